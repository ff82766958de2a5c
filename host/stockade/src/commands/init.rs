//! `stockade init`: a first `stockade.kdl`.

use super::print;
use crate::config::FILE;
use crate::error::ProgramError;
use crate::exit::Exit;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use stockade_engine::{Root, Walked, walk};
use stockade_syntax::{PathClass, classify_path};

/// Folders that usually hold other people's files.
const VENDORED: [&str; 5] = ["vendor", "third_party", "node_modules", "testdata", "fixtures"];
/// Files by which other tools are configured.
const PEER_FILES: [(&str, &str); 8] = [
    (".hadolint.yaml", "hadolint"),
    (".hadolint.yml", "hadolint"),
    (".checkov.yaml", "checkov"),
    (".checkov.yml", "checkov"),
    (".trivyignore", "trivy"),
    ("trivy.yaml", "trivy"),
    (".kube-linter.yaml", "kube-linter"),
    (".semgrepignore", "semgrep"),
];

/// Writes the file, or says why not.
pub(crate) fn run() -> Result<Exit, ProgramError> {
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    let file = here.join(FILE);
    let root = Root::find(&here, &[])?;
    let above = root.starts.first().map(|start| start.ancestors().skip(1)).into_iter().flatten();
    let is_nested =
        above.take_while(|folder| folder.starts_with(&root.base)).any(|folder| folder.join(FILE).is_file());
    let text = text(&walk(&root, stockade_engine::threads(0)), is_nested);
    // Never over a file that is there, also where two run at once.
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(&file);
    let mut handle = created.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => ProgramError::Unusable {
            path: FILE.into(),
            reason: "it exists already".to_owned(),
            advice: "Edit it; `stockade config show` tells what is in force. Or remove it first.",
        },
        _ => ProgramError::file("create", FILE, &error),
    })?;
    handle.write_all(text.as_bytes()).map_err(|error| {
        // An empty configuration would be one.
        let _ = std::fs::remove_file(&file);
        ProgramError::file("write", FILE, &error)
    })?;
    print("wrote stockade.kdl; `stockade config show` tells what is in force\n")?;
    Ok(Exit::Clean)
}

/// A first configuration for what was found; where it is nested below another one, without what only that may say.
fn text(walked: &Walked, is_nested: bool) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut vendored: Vec<&str> = Vec::new();
    let mut peers: Vec<&str> = Vec::new();
    for found in &walked.files {
        if let PathClass::Known(kind, _) = classify_path(&found.path) {
            *kinds.entry(kind.as_str()).or_default() += 1;
        }
        let (folders, name) = found.path.rsplit_once('/').unwrap_or(("", &found.path));
        vendored.extend(VENDORED.into_iter().filter(|vendor| folders.split('/').any(|part| part == *vendor)));
        peers.extend(PEER_FILES.into_iter().filter(|(file, _)| *file == name).map(|(_, tool)| tool));
    }
    vendored.sort_unstable();
    vendored.dedup();
    peers.sort_unstable();
    peers.dedup();
    let mut out = String::from(
        "// Configuration of stockade. The book has every setting: reference/config.md.\n\
         // `stockade config show` tells what is in force, `stockade rules` which rules there are.\n\n",
    );
    if !kinds.is_empty() {
        let list: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let _ = writeln!(out, "// Known by their names here: {}.", list.join(", "));
    }
    out.push_str(if is_nested {
        "\n// This file refines the `stockade.kdl` above this folder: `fail-on` and `suppressions` stand there, and the rules\n\
         // are those of that file, unless a profile starts anew.\n// profile \"strict\"\n\n"
    } else {
        "\n// The rules to start from: `baseline`, `default`, `strict` or `all`.\nprofile \"default\"\n\n\
         // The least severity that makes the exit code 1.\nfail-on \"low\"\n\n"
    });
    out.push_str(
        "// Rules to switch off or rate otherwise.\n\
         // ignore \"dockerfile/healthcheck-missing\"\n// severity \"DL3007\" to=\"high\"\n\n\
         // Other rules for some files.\n// path \"tests/**\" { ignore \"kubernetes/*\" }\n\n",
    );
    if vendored.is_empty() {
        out.push_str(
            "// Folders to leave out.\n// exclude \"vendor\" reason=\"checked where it comes from\"\n\n",
        );
    } else {
        out.push_str(
            "// Folders that look like other people's files: take away the slashes to leave them out.\n",
        );
        for folder in vendored {
            let _ = writeln!(out, "// exclude \"{folder}\" reason=\"not ours\"");
        }
        out.push('\n');
    }
    if is_nested {
        return out;
    }
    out.push_str(
        "// What suppressions must be like.\nsuppressions {\n    require-reason\n    // max-days 90\n",
    );
    if peers.is_empty() {
        out.push_str("    // peers \"hadolint\"\n");
    } else {
        let list: Vec<String> = peers.iter().map(|tool| format!("\"{tool}\"")).collect();
        let _ = writeln!(
            out,
            "    // Directives of the tools that are in use here count, too.\n    peers {}",
            list.join(" ")
        );
    }
    out.push_str("}\n");
    out
}
