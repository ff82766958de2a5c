//! Prints what stockade reads in a file: `cargo run -p stockade-syntax --example tree -- FILE [KIND]`.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

#[path = "../tests/support/tree.rs"]
mod tree;

use anyhow::Context as _;
use stockade_syntax::{FileKind, classify, decode, parse_at};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let path = args.next().context("name a file")?;
    let bytes = std::fs::read(&path).with_context(|| format!("read {path}"))?;
    let text = decode(bytes)?.text;
    let kind = match args.next() {
        Some(name) => FileKind::from_name(&name).with_context(|| format!("no kind `{name}`"))?,
        None => classify(&path, &text).kind.context("this file has no kind: name one")?,
    };
    print!("{}", tree::dump(&parse_at(kind, &path, text)));
    Ok(())
}
