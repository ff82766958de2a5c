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
    document.marks.extend(stockade_syntax::marks(path, document.text()));
    document.marks.sort_unstable();
    document.marks.dedup();
    stockade_syntax::add_views(file_kind, &mut document, &["environment", "settings"]);
    stockade_sdk::Source::new(to_wire(kind, path, document))
}

fn to_wire(kind: &str, path: &str, document: Document) -> types::Source {
    let comments = document.comments.iter().flat_map(|c| [c.span.start, c.span.end, c.node]).collect();
    let mut tables = vec![
        types::Table { name: "nodes".to_owned(), stride: STRIDE as u32, cells: document.nodes },
        types::Table { name: "comments".to_owned(), stride: 3, cells: comments },
    ];
    for table in document.tables {
        tables.push(types::Table { name: table.name.to_owned(), stride: table.stride, cells: table.cells });
    }
    types::Source {
        path: path.to_owned(),
        kind: kind.to_owned(),
        marks: document.marks.iter().map(|m| (*m).to_owned()).collect(),
        data: document.data,
        text_len: document.text_len,
        tables,
    }
}
