//! Development only: what tests of plugins and of the whole line share.

use stockade_model::{Document, STRIDE};
use stockade_sdk::bindings::stockade::plugin::types;
use stockade_syntax::FileKind;

/// Parses `text` as the kind with this name and hands it over as a plugin would get it, with all tables.
///
/// # Panics
/// When there is no such kind: it is for tests.
#[must_use]
pub fn source(kind: &str, path: &str, text: &str) -> stockade_sdk::Source {
    let Some(file_kind) = FileKind::from_name(kind) else { panic!("no file kind is named `{kind}`") };
    let mut document = stockade_syntax::parse_at(file_kind, path, text.to_owned());
    document.marks.extend(stockade_syntax::marks(file_kind, path, document.text()));
    document.marks.sort_unstable();
    document.marks.dedup();
    stockade_syntax::add_views(file_kind, &mut document, &["environment", "settings"]);
    let needs = ["nodes", "comments", "environment", "settings"].map(str::to_owned);
    stockade_sdk::Source::new(to_wire(path, kind, &document, &needs))
}

/// A document as it crosses to a plugin that asks for these tables.
#[must_use]
pub fn to_wire(path: &str, kind: &str, document: &Document, needs: &[String]) -> types::Source {
    let table = |name: &String| {
        let (stride, cells) = match name.as_str() {
            "nodes" => (STRIDE as u32, document.nodes.clone()),
            "comments" => {
                (3, document.comments.iter().flat_map(|c| [c.span.start, c.span.end, c.node]).collect())
            }
            _ => {
                let table = document.tables.iter().find(|table| table.name == *name)?;
                (table.stride, table.cells.clone())
            }
        };
        Some(types::Table { name: name.clone(), stride, cells })
    };
    types::Source {
        path: path.to_owned(),
        kind: kind.to_owned(),
        marks: document.marks.iter().map(|m| (*m).to_owned()).collect(),
        data: document.data.clone(),
        text_len: document.text_len,
        tables: needs.iter().filter_map(table).collect(),
    }
}
