//! Prints the variables and settings of a file: `cargo run -p stockade-syntax --example views -- FILE`.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

use anyhow::Context as _;
use stockade_syntax::{add_views, classify, decode, parse_at};

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("name a file")?;
    let text = decode(std::fs::read(&path)?)?.text;
    let kind = classify(&path, &text).kind.context("this file has no kind")?;
    let mut document = parse_at(kind, &path, text);
    add_views(kind, &mut document, &["settings", "environment"]);
    for table in &document.tables {
        // Name, value and the cells that are neither place nor text.
        let (value_at, rest) = if table.name == "settings" { (7, [3, 6]) } else { (3, [5, 6]) };
        for row in table.cells.chunks_exact(table.stride as usize) {
            let cell = |at: usize| row.get(at).copied().unwrap_or_default();
            let slice =
                |at: usize| document.data.get(cell(at) as usize..cell(at + 1) as usize).unwrap_or_default();
            let [kind, flags] = rest.map(cell);
            println!("{} {} = {:?} (kind {kind}, flags {flags})", table.name, slice(1), slice(value_at));
        }
    }
    Ok(())
}
