//! What people type who know other tools, and what does it here.

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use std::path::Path;

/// The error with a tip where a word that is no command of `program` tells what was wanted, or where what is missing is one of
/// many names.
pub(crate) fn with_tip(mut error: Error, program: &Command) -> Error {
    if error.kind() == ErrorKind::MissingRequiredArgument {
        let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else { return error };
        let tips: Vec<_> = missing.iter().filter_map(|name| tip_for_missing(name)).map(Into::into).collect();
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
        return error;
    }
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    // A word behind a command, such as `plugin fix`, is about that command.
    let is_first = std::env::args_os().skip(1).find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    if is_first.is_none_or(|first| first != word.as_str()) {
        return error;
    }
    if let Some(tip) = tip(word, Path::new(word).exists()) {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error.with_cmd(program)
}

/// Where the names are found for an argument that was left out, by how the error names it.
fn tip_for_missing(argument: &str) -> Option<String> {
    let tip = match argument {
        "--pack <NAME>" => "`stockade packs` lists the guides",
        "--lang <LANGUAGE>" => {
            "languages are rust, c, zig, assemblyscript, python, javascript and go; `kdl` is for rules without code"
        }
        "<RULE>" => "`stockade rules` lists the rules",
        "<ACTION>" => "`write`, `update` or `prune`; `stockade baseline --help` says what each does",
        "<REFERENCE>" => "such as `oci://ghcr.io/acme/rules:1.0.0`",
        "<SOURCE>" => "a file, an https URL, or such as `oci://ghcr.io/acme/rules:1.0.0`",
        _ => return None,
    };
    Some(tip.to_owned())
}

fn tip(word: &str, exists: bool) -> Option<String> {
    Some(match word {
        "check" | "lint" | "run" | "analyze" | "analyse" | "audit" | "validate" => {
            "`stockade scan` checks the current folder, `stockade scan PATH` a file or folder".to_owned()
        }
        "fix" | "format" => {
            "`stockade scan --fix` applies fixes, `stockade scan --diff` shows them".to_owned()
        }
        "version" => "`stockade --version` prints the version".to_owned(),
        "list" | "ls" => "`stockade rules` lists the rules".to_owned(),
        "rule" | "show" | "docs" => "`stockade explain RULE` shows a rule's page".to_owned(),
        "add" | "install" => "`stockade plugin add SOURCE` adds a plugin".to_owned(),
        _ if exists => format!("`stockade scan {word}` checks a file or folder"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::tip;

    #[test]
    fn paths_and_words_of_other_tools_have_a_tip() {
        assert_eq!(tip("lint", false).as_deref(), tip("check", true).as_deref());
        assert_eq!(tip("app", true).as_deref(), Some("`stockade scan app` checks a file or folder"));
        assert_eq!(tip("app", false), None);
    }
}
