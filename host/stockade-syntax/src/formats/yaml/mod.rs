//! YAML: any number of documents in a file, JSON included, templates read without rendering.

mod build;
mod gaps;
mod messages;
pub(crate) mod schema;

use super::json;
use crate::limits;
use stockade_model::Document;

/// Parses a YAML file. A broken document costs the rest of itself, not the documents behind it.
pub(crate) fn parse(text: String) -> Document {
    // Manifests are written in JSON too. That is YAML, but for tabs and for what it costs to read it as such.
    let start = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if (start.starts_with('{') || start.starts_with('['))
        && let Some(parts) = json::read_strict(&text)
    {
        return parts.into_document(text, |_, _, _| false);
    }
    build::build(&text, limits::MAX_YAML_KEY_CHARS, &|_, _| None).into_document(text, |_, _, _| false)
}
