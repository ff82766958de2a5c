//! Bytes to documents: what a file is, and what stands where in it.
//!
//! Pure: no file, clock or environment is read. Any bytes give a document and a list of problems; nothing here
//! fails or panics on input.

mod binary;
mod classify;
mod decode;
mod embedded;
pub mod formats;
mod kind;
mod kustomize;
pub mod limits;
mod references;
mod source_map;
mod table;
mod template;
mod views;

pub use binary::parse_binary;
pub use classify::{
    Classified, Family, MARKS, MAX_TEXT, MINIFIED_AVERAGE, MINIFIED_LINE, PathClass, classify, classify_path,
    marks, unfit,
};
pub use decode::{DecodeProblem, Decoded, Encoding, decode};
pub use embedded::{Embedded, MAX_EMBEDDED, MAX_EMBEDDED_BYTES, embedded};
pub use kind::FileKind;
pub use kustomize::{Kustomization, Objects, Patch, PatchBody};
pub use references::{MAX_REFERENCES, Reference, references};
pub use source_map::SourceMap;
pub use stockade_model::Document;
pub use template::{
    Definitions, HelperBlocks, Helpers, Rendered, Sources, Substitution, SwitchedOff, ValueLayer, comments,
    part_switched_off, render, substitute_layers, substitute_values, substitute_variables, switched_off,
};
pub use views::{
    ENVIRONMENT_STRIDE, MAX_ROWS, Origin, SETTINGS_STRIDE, ValueKind, add_views, fold, row_flag,
};

/// Parses `text` as `kind`. Offsets in the document are bytes of `text`. A text that is longer than
/// [`limits::MAX_TEXT_BYTES`] gives a document without nodes and a problem that says so.
#[must_use]
pub fn parse(kind: FileKind, text: String) -> Document {
    parse_at(kind, "", text)
}

/// Like [`parse`], for a file whose path is known: some things are allowed only in files with certain names (comments
/// in `tsconfig.json`). `path` is relative to the repository, separated by `/`.
#[must_use]
pub fn parse_at(kind: FileKind, path: &str, text: String) -> Document {
    if text.len() > limits::MAX_TEXT_BYTES {
        return formats::too_long(text);
    }
    formats::parse(kind, path, text)
}
