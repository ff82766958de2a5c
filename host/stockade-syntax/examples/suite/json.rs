//! JSONTestSuite: `y_` must be read without a problem, `n_` must give one, `i_` is up to the reader.

use super::{Exception, Score, files, name_in};
use std::path::Path;
use stockade_syntax::{FileKind, decode, parse};

/// Cases that come out differently, and why that is right.
pub(super) const EXCEPTIONS: &[Exception] = &[
    ("y_object_duplicated_key.json", "allowed by the grammar, but worth the warning it gets"),
    ("y_object_duplicated_key_and_value.json", "allowed by the grammar, but worth the warning it gets"),
];

pub(super) fn run(folder: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    for path in files(folder, "json")? {
        let name = name_in(folder, &path);
        let problem = match decode(std::fs::read(&path)?) {
            Err(problem) => Some(problem.to_string()),
            Ok(decoded) => {
                let document = parse(FileKind::Json, decoded.text);
                document.problems.first().map(|problem| problem.message.clone())
            }
        };
        let outcome = match (name.get(..2), problem) {
            (Some("y_"), Some(problem)) => Err(format!("must be read, but: {problem}")),
            (Some("n_"), None) => Err("must be refused".to_owned()),
            _ => Ok(()),
        };
        score.add(&name, outcome);
    }
    Ok(score)
}
