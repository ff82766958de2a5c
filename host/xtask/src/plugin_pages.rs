//! Pages of the book about plugins that are made from the code: the contract, the limits, and what hostile plugins try.

use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::PathBuf;

const WIT: &str = "wit/v0.1.0/plugin.wit";
const LIMITS: &str = "host/stockade-sandbox/src/limits.rs";
const HOSTILE: &str = "testdata/hostile/plugins/README.md";

/// The pages: path and text.
pub(crate) fn pages(files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let read = |path: &str| std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
    for (name, text) in [
        ("contract", contract(&read(WIT)?)?),
        ("limits", limits(&read(LIMITS)?)?),
        ("hostile", hostile(&read(HOSTILE)?)?),
    ] {
        files.push((PathBuf::from(format!("book/src/authors/{name}.md")), text));
    }
    Ok(())
}

/// Each type and function of the WIT text with what is said about it.
fn contract(wit: &str) -> Result<String> {
    let mut page = String::from(
        "# The contract\n\nThis page is generated from `wit/v0.1.0/plugin.wit`, which is frozen: a plugin that was built \
         for it keeps working.\n",
    );
    let mut doc = String::new();
    let mut lines = wit.lines().peekable();
    while let Some(line) = lines.next() {
        let text = line.trim();
        if let Some(said) = text.strip_prefix("///") {
            writeln!(doc, "{}", said.strip_prefix(' ').unwrap_or(said))?;
            continue;
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let name = rest.trim_end_matches(['{', ';', ' ']);
        let outer = !line.starts_with(' ');
        match word {
            "package" => writeln!(page, "\n`{name}`: {doc}")?,
            "interface" | "world" => writeln!(page, "\n## The {word} `{name}`\n\n{}", doc.trim_end())?,
            "record" | "enum" | "variant" | "flags" => {
                let mut code = format!("{text}\n");
                for inner in lines.by_ref() {
                    writeln!(code, "{}", inner.strip_prefix("  ").unwrap_or(inner))?;
                    if inner.trim() == "}" {
                        break;
                    }
                }
                writeln!(page, "\n### `{name}`\n\n{}\n\n```wit\n{}\n```", doc.trim_end(), code.trim_end())?;
            }
            _ if !outer && text.contains(": func(") => {
                let name = text.split(':').next().unwrap_or_default();
                writeln!(page, "\n### `{name}`\n\n{}\n\n```wit\n{text}\n```", doc.trim_end())?;
            }
            _ => {}
        }
        doc.clear();
    }
    Ok(page)
}

/// Each limit of the sandbox with its number and its reason, as the code has them.
fn limits(code: &str) -> Result<String> {
    let fields = between(code, "pub struct Limits {", "\n}\n")?;
    let numbers = between(code, "        Self {\n", "        }\n")?;
    let mut page = String::from(
        "# Limits\n\nThis page is generated from `host/stockade-sandbox/src/limits.rs`. The limits are the same on every \
         machine, and nothing in a scanned repository changes them; `--limit NAME=NUMBER` changes those that are a matter of what a machine \
         can spare. A plugin that reaches one has a *fault* on that file: the \
         report says so, the exit code is 2, and all other plugins go on.\n\n| limit | number | why |\n|---|---:|---|\n",
    );
    let mut doc: Vec<&str> = Vec::new();
    for line in fields.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            doc.push(said.trim());
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(':')) {
            let number = numbers
                .lines()
                .find_map(|number| number.trim().strip_prefix(name)?.strip_prefix(": "))
                .with_context(|| format!("no number for {name}"))?;
            writeln!(page, "| `{name}` | {} | {} |", number_for_people(number), doc.join(" "))?;
            doc.clear();
        }
    }
    page.push_str(
        "\nThe file of a plugin carries its description, rules and pages in one section of at most 4 MiB and 2,002 files. \
         A manifest from a registry has at most 256 KiB, a signature's payload 64 KiB; a fetch takes at most five minutes \
         and five redirects.\n",
    );
    Ok(page)
}

fn number_for_people(code: &str) -> String {
    let code = code.trim_end_matches(',');
    match code.strip_prefix("Duration::from_secs(") {
        Some(rest) => format!("{} s", rest.trim_end_matches(')')),
        None => code.replace('_', ",").replace(" * MIB", " MiB").replace(" * KIB", " KiB"),
    }
}

/// The table that the sandbox's test keeps.
fn hostile(readme: &str) -> Result<String> {
    let (_, table) = readme.split_once("<!-- table -->\n").context("the hostile plugins have no table")?;
    let count = table.lines().filter(|line| line.starts_with("| `")).count();
    Ok(format!(
        "# Hostile plugins\n\nThis page is generated from `{HOSTILE}`, which a test writes: {count} plugins that try to hurt \
         the host, what each tries, and what the host says. Beside each of them runs a well-behaved plugin, whose answers \
         stay the same. The numbers are those of the test, which sets the limits low.\n\n{table}"
    ))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Result<&'a str> {
    let (_, rest) = text.split_once(begin).with_context(|| format!("`{begin}` is gone"))?;
    Ok(rest.split_once(end).with_context(|| format!("nothing ends `{begin}`"))?.0)
}
