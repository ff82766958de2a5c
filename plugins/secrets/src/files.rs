//! Files that should not be in a repository.

use crate::checks::is_fixture;
use crate::literal::is_literal_secret;
use crate::names::is_for_visitors;
use stockade_sdk::secrecy::{flat, is_secret_name, may_be_secret};
use stockade_sdk::{Out, Params, Source, row_flag};

/// Endings of env files that are there to be copied.
const TEMPLATES: [&str; 6] = ["example", "sample", "template", "dist", "defaults", "schema"];

/// `env-file-committed`: an env file with a secret in it.
pub(crate) fn env_file(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    let name = source.file_name().to_ascii_lowercase();
    let Some(ending) = name.strip_prefix(".env") else { return };
    let template = ending.split('.').any(|part| TEMPLATES.contains(&part));
    if template || !(ending.is_empty() || ending.starts_with('.')) || is_fixture(source) {
        return;
    }
    let mut secrets = source.variables().filter(|v| {
        is_secret_name(v.name())
            && !is_for_visitors(v.name())
            && !v.has(row_flag::UNKNOWN | row_flag::SECRET_REFERENCE | row_flag::INHERITED)
            && may_be_secret(v.value())
    });
    // The one that nobody doubts is named, if there is one.
    let first = secrets.next();
    let is_clear = |name: &str, value: &str| is_literal_secret(&flat(name), value);
    let secret = match first {
        Some(first) if !is_clear(first.name(), first.value()) => {
            secrets.find(|v| is_clear(v.name(), v.value())).or(Some(first))
        }
        first => first,
    };
    if let Some(variable) = secret {
        let span = variable.name_span();
        let place = stockade_sdk::Place { span, node: Some(variable.node().id()) };
        out.finding(
            place,
            format!("{} is in the repository and sets {}", source.file_name(), variable.name()),
        );
    }
}
