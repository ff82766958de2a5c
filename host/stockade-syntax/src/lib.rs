//! Bytes to documents: what a file is, and what stands where in it.
//!
//! Pure: no file, clock or environment is read. Any bytes give a document and a list of problems; nothing here
//! fails or panics on input.

mod classify;
pub mod formats;
mod kind;

pub use classify::{
    Classified, Family, MAX_TEXT, MINIFIED_AVERAGE, MINIFIED_LINE, PathClass, classify, classify_path, marks,
};
pub use kind::FileKind;
pub use stockade_model::Document;

/// Parses `text` as `kind`. Offsets in the document are bytes of `text`.
#[must_use]
pub fn parse(kind: FileKind, text: String) -> Document {
    formats::parse(kind, text)
}
