//! compose-go's test projects: every file must be read without a problem, and with services that have an image or a
//! build it must be known for a Compose file by its content alone. Whether includes and `extends` go in circles is
//! the loader's business, not a reader's.

use crate::{Exception, Score, files, name_in};
use std::path::Path;
use stockade_syntax::{FileKind, classify, decode, parse};

pub(crate) const EXCEPTIONS: &[Exception] = &[];

pub(crate) fn run(dir: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    let mut paths = files(dir, "yaml")?;
    paths.extend(files(dir, "env")?);
    for path in paths {
        let name = name_in(dir, &path);
        let Ok(decoded) = decode(std::fs::read(&path)?) else {
            score.add(&name, Err("is no text".to_owned()));
            continue;
        };
        let is_env = name.ends_with(".env");
        let kind = if is_env { FileKind::Dotenv } else { FileKind::Compose };
        let document = parse(kind, decoded.text.clone());
        let runs_something = document.children(0).next().is_some_and(|root| {
            let services = document.get(root, "services");
            services.is_some_and(|services| {
                document.children(services).any(|service| {
                    document.get(service, "image").or_else(|| document.get(service, "build")).is_some()
                })
            })
        });
        let outcome = if let Some(problem) = document.problems.first() {
            Err(problem.message.clone())
        } else if runs_something && classify("some.yaml", &decoded.text).kind != Some(FileKind::Compose) {
            Err("is not known for a Compose file".to_owned())
        } else {
            Ok(())
        };
        score.add(&name, outcome);
    }
    Ok(score)
}
