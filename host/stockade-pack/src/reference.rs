//! The reference pages of the book, made from the same shapes that files are checked against.

use crate::config::shapes::CONFIG_FILE;
use crate::guide::GUIDE_FILE;
use crate::pack::PACK_FILE;
use crate::plugin::PLUGIN_FILE;
use crate::rule::RULE_FILE;
use crate::view::{Args, Children, Shape, Value};
use std::fmt::Write as _;

/// Where the schema lies in the book; the page links it.
const SCHEMA_FILE: &str = "stockade.schema.kdl";
const GENERATED: &str = "<!-- Made from the code: `BLESS=1 cargo test -p stockade-pack` writes it. -->\n";

const CONFIG_INTRO: &str = "\
A repository is configured by a file `stockade.kdl`, written in [KDL 2](https://kdl.dev). Stockade looks for it in the \
folder of each path that it scans and in the folders above, up to the root of the repository. The outermost file \
governs the run; files in folders below refine it for what lies in their folder.

Rules are named by *selectors*: an id (`dockerfile/user-root`), a pattern of ids (`dockerfile/*`), another tool's id \
(`hadolint:DL3002`, `DL3002`), `tag:supply-chain`, `severity:low`, `cwe:CWE-250`, `ref:CIS-Docker-*`, or \
`profile:strict`, or `pack:NAME` (a pack, or a guide's rules). A selector that matches nothing is an error.

Files and folders are named by *patterns*: `*` stands for anything within a name, `**` for any number of folders, \
`{a,b}` for either. A pattern without a slash matches at any depth; one with a slash starts at the folder of the file \
that it stands in. A pattern that matches a folder covers all in it.

What is said later counts more: the file that is extended, then this file, then its `path` blocks, then files in \
folders below, then the command line. Within one file or block the order is `profile`, `select`, `extend-select`, \
`ignore`.
";

/// The page about `stockade.kdl`, in Markdown.
#[must_use]
pub fn config_reference() -> String {
    let mut page = format!(
        "{GENERATED}# `stockade.kdl`\n\n{CONFIG_INTRO}\nEditors and other programs find the same as a document of the \
         [KDL schema language](https://github.com/kdl-org/kdl/blob/main/SCHEMA-SPEC.md) in \
         [`{SCHEMA_FILE}`]({SCHEMA_FILE}); `stockade config schema` prints it. [The guide](../guide/configuration.md) \
         shows how the parts work together.\n"
    );
    section(&mut page, CONFIG_FILE, "", 2);
    page
}

/// The page about the files of packs and plugins, in Markdown.
#[must_use]
pub fn pack_reference() -> String {
    let mut page = format!("{GENERATED}# Files of packs and plugins\n");
    for (title, intro, shapes) in [
        ("`pack.kdl`", "Each folder of rules has one. The pack's name is that of the folder.", PACK_FILE),
        (
            "`<rule>.kdl`",
            "One rule. Its name is that of the file, and beside it lies its page, `<rule>.md`.",
            RULE_FILE,
        ),
        (
            "`guide.kdl`",
            "A pack may follow a document: a guide lists its demands in their order, each with the rules that enforce \
             it. `stockade scan --pack NAME` switches on just these rules, `stockade report --pack NAME` prints the \
             document as a checklist.",
            GUIDE_FILE,
        ),
        ("`plugin.kdl`", "What a plugin says about itself, read without running it.", PLUGIN_FILE),
    ] {
        // The page shows what is inside the one node that such a file holds.
        let _ = write!(page, "\n## {title}\n\n{intro}\n");
        for shape in shapes {
            let _ = write!(page, "\n```kdl\n{}\n```\n", shape.example);
            if let Children::Of(inner) = shape.children {
                section(&mut page, inner, "", 3);
            }
        }
    }
    page
}

/// Nesting is that of the shapes: three at most.
fn section(page: &mut String, shapes: &[Shape], parent: &str, level: usize) {
    for shape in shapes {
        let name = if parent.is_empty() {
            format!("`{}`", shape.name)
        } else {
            format!("`{}` in `{parent}`", shape.name)
        };
        let _ = write!(
            page,
            "\n{} {name}\n\n{}\n\n```kdl\n{}\n```\n\n",
            "#".repeat(level),
            shape.doc,
            shape.example
        );
        let _ = writeln!(page, "- {}", arguments(shape.args));
        for prop in shape.props {
            let required = if prop.required { "" } else { ", may be left out" };
            let _ =
                writeln!(page, "- `{}=`: {}; {}{required}", prop.name, prop.doc, value(prop.value, false));
        }
        if let Children::Free = shape.children {
            page.push_str("- Block: the parameters of the check\n");
        }
        let times = if shape.many { "may be repeated" } else { "at most once" };
        let required = if shape.required { ", required" } else { "" };
        let outermost = if shape.outermost { "; only in the outermost file" } else { "" };
        let _ = writeln!(page, "- {}{required}{outermost}", capital(times));
        if !shape.default.is_empty() {
            let _ = writeln!(page, "- Left out: {}", shape.default);
        }
        if let Children::Of(inner) = shape.children {
            section(page, inner, shape.name, level + 1);
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn arguments(args: Args) -> String {
    match args {
        Args::None => "No argument".to_owned(),
        Args::One(of) => format!("One argument: {}", value(of, false)),
        Args::Some(of) => format!("One or more arguments: {}", value(of, true)),
        Args::Maybe(of) => format!("One argument, or none for `#true`: {}", value(of, false)),
    }
}

fn value(value: Value, many: bool) -> String {
    match value {
        Value::Text => if many { "texts" } else { "a text" }.to_owned(),
        Value::Bool => "`#true` or `#false`".to_owned(),
        Value::Int(least, most) => format!("a whole number from {least} to {most}"),
        Value::Number(least, most) => format!("a number from {least} to {most}"),
        Value::Size => "a number of bytes, or a text with a unit (`KB`, `KiB`, `MB`, `MiB`)".to_owned(),
        Value::Word(_, words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    }
}
