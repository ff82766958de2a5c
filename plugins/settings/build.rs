//! Reads the patterns of the built-in rules: where their matches begin and end is worked out once, not in each instance of the
//! plugin, which would take it most of the time that a scan of a few files takes.

#[path = "src/edge.rs"]
#[expect(dead_code, unreachable_pub, reason = "the plugin uses the rest")]
mod edge;
#[path = "src/pattern.rs"]
#[expect(dead_code, unreachable_pub, reason = "the plugin uses the rest")]
mod pattern;

use edge::Edges;
use pattern::Pattern;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    // As cargo runs it, not as it was compiled: a target folder may be shared by several checkouts.
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let rules = own.join("../../rules");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    println!("cargo::rerun-if-changed={}", rules.display());
    for watched in ["build.rs", "src/edge.rs", "src/pattern.rs"] {
        println!("cargo::rerun-if-changed={}", own.join(watched).display());
    }
    let mut known = BTreeMap::new();
    for pack in std::fs::read_dir(&rules).map_err(|why| format!("{}: {why}", rules.display()))? {
        let pack = pack?.path();
        if pack.is_dir() {
            read_pack(&pack, &mut known)?;
        }
    }
    let mut code = String::from("static KNOWN: &[Known] = &[\n");
    for (text, pattern) in &known {
        let both = pattern.edges();
        writeln!(
            code,
            "Known {{ text: {text:?}, edges: Both {{ heads: {}, tails: {}, from_start: {} }} }},",
            written(&both.heads),
            written(&both.tails),
            both.from_start
        )?;
    }
    code.push_str("];\n");
    std::fs::write(out.join("known.rs"), code)?;
    Ok(())
}

/// Adds the patterns of the rules in a folder that ask this plugin.
fn read_pack(pack: &Path, known: &mut BTreeMap<String, Pattern>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(pack)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "kdl") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        if !text.contains("\"settings:") {
            continue;
        }
        // Texts that are no patterns do no harm, and patterns that are not found here are read by the plugin.
        for text in text.lines().flat_map(strings).filter(|text| text.contains(['(', '^', '$'])) {
            if let Ok(pattern) = Pattern::new(&text) {
                known.insert(text, pattern);
            }
        }
    }
    Ok(())
}

/// The texts in quotes on a line of KDL, without those with escapes other than of the backslash and the quote.
fn strings(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('"') {
        let raw = rest.get(..open).is_some_and(|front| front.ends_with('#'));
        let inside = rest.get(open + 1..).unwrap_or_default();
        let mut text = String::new();
        let mut chars = inside.char_indices();
        let mut end = None;
        while let Some((at, letter)) = chars.next() {
            match letter {
                '"' => {
                    end = Some(at + 1);
                    break;
                }
                '\\' if !raw => text.extend(chars.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        let Some(end) = end else { break };
        found.push(text);
        rest = inside.get(end..).unwrap_or_default();
    }
    found
}

/// Edges as an expression.
fn written(edges: &Edges) -> String {
    let list: Vec<String> =
        edges.list().iter().map(|edge| format!("Edge::of_number({})", edge.number())).collect();
    format!("Edges::known(&[{}], {}, {}, {})", list.join(", "), edges.short(), edges.any(), edges.near())
}
