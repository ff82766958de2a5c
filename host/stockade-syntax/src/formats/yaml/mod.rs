//! YAML: any number of documents in a file, JSON included, templates read without rendering.

mod build;
mod gaps;
mod messages;
pub(crate) mod schema;

use crate::limits;
use stockade_model::Document;

/// Parses a YAML file. A broken document costs the rest of itself, not the documents behind it.
pub(crate) fn parse(text: String) -> Document {
    build::build(&text, limits::MAX_YAML_KEY_CHARS, &|_, _| None).into_document(text, |_, _, _| false)
}
