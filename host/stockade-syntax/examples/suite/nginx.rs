//! crossplane's test configurations: those named for a mistake in syntax must give an error, all others none.

use crate::{Exception, Score, files, name_in};
use std::path::Path;
use stockade_syntax::{FileKind, parse};

pub(crate) const EXCEPTIONS: &[Exception] = &[
    ("tests/configs/includes-globbed/servers/locations/not-included.conf", NEVER_READ),
    ("tests/configs/includes-regular/conf.d/bar.conf", NEVER_READ),
    ("tests/configs/includes-regular/conf.d/foo.conf", NEVER_READ),
    (
        "tests/configs/quote-behavior/nginx.conf",
        "nginx itself refuses a word directly behind a closing quote; crossplane takes it. The words are the same",
    ),
];

const NEVER_READ: &str = "holds a word without `;` on purpose, for it must not be included by its neighbours";

/// Folders whose files are broken on purpose. `bad-args` and `spelling-mistake` are about the meaning of
/// directives, which is none of a parser's business.
const BROKEN: [&str; 1] = ["missing-semicolon"];

pub(crate) fn run(dir: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    for path in files(dir, "conf")? {
        let name = name_in(dir, &path);
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let document = parse(FileKind::Nginx, text);
        let broken = BROKEN.iter().any(|folder| name.split('/').any(|part| part == *folder));
        let outcome = match (document.problems.first(), broken) {
            (Some(problem), false) => Err(problem.message.clone()),
            (None, true) => Err("no error found".to_owned()),
            _ => Ok(()),
        };
        score.add(&name, outcome);
    }
    Ok(score)
}
