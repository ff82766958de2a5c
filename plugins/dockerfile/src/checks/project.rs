//! Checks that hold a Dockerfile against the `.dockerignore` of its build.
//!
//! Which folder is the build's context is said by the command that builds. The nearest `.dockerignore`, from the
//! Dockerfile's folder upwards, is what such a build reads in all common layouts; a file named after the Dockerfile
//! (`web.Dockerfile.dockerignore`) takes its place.

use crate::glob::{self, PathPattern};
use crate::view::View;
use std::collections::HashMap;
use stockade_sdk::{FileFacts, Kind, Out, Params, ProjectOut, Span};

/// Facts recorded.
const PATTERN: &str = "pattern";
const SOURCE: &str = "source";

/// The Dockerfiles and ignore files of a scan.
#[derive(Debug)]
pub struct Project<'a> {
    files: &'a [FileFacts],
    /// Ignore files by path.
    ignores: HashMap<&'a str, usize>,
}

/// Records the patterns of an ignore file, or what a Dockerfile copies from its context.
pub fn facts(view: &View<'_>, out: &mut Out) {
    if view.source.kind() == "dockerignore" {
        for pattern in view.source.root().elements("pattern") {
            let sign = if pattern.get("not").is_some() { "!" } else { "" };
            out.fact(PATTERN, format!("{sign}{}", pattern.text()), Some(pattern.span()));
        }
        return;
    }
    for (_, copy) in view.instructions().filter(|(_, i)| matches!(i.keyword, "COPY" | "ADD") && !i.onbuild) {
        if copy.flag("from").is_some() {
            continue;
        }
        let Some((sources, _)) = copy.copied() else { continue };
        for source in sources.iter().filter(|s| s.kind() == Kind::Scalar && s.is_known()) {
            let text = source.text();
            if !text.contains("://") && !text.starts_with("git@") {
                out.fact(SOURCE, text, Some(source.place().span));
            }
        }
    }
}

/// Collects the facts.
#[must_use]
pub fn project(files: &[FileFacts]) -> Project<'_> {
    let ignores = files
        .iter()
        .enumerate()
        .filter(|(_, f)| f.kind == "dockerignore")
        .map(|(at, f)| (f.path.as_str(), at));
    Project { files, ignores: ignores.collect() }
}

/// A pattern of an ignore file; `!` turns it round.
struct Pattern<'a> {
    text: &'a str,
    paths: PathPattern<'a>,
    keeps: bool,
}

impl<'a> Project<'a> {
    fn dockerfiles(&self) -> impl Iterator<Item = (usize, &'a FileFacts)> + use<'a> {
        self.files.iter().enumerate().filter(|(_, file)| file.kind == "dockerfile")
    }

    /// The ignore file of a Dockerfile's build.
    fn ignore_of(&self, dockerfile: &str) -> Option<&'a FileFacts> {
        let at = |path: String| self.ignores.get(path.as_str()).and_then(|at| self.files.get(*at));
        if let Some(own) = at(format!("{dockerfile}.dockerignore")) {
            return Some(own);
        }
        let mut folder = dockerfile;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let found =
                at(format!("{prefix}.dockerignore")).or_else(|| at(format!("{prefix}.containerignore")));
            if found.is_some() || folder.is_empty() {
                return found;
            }
        }
    }
}

fn patterns(file: &FileFacts) -> Vec<Pattern<'_>> {
    let texts = file.facts.iter().filter(|f| f.key == PATTERN).map(|f| f.value.as_str());
    texts
        .map(|written| {
            let text = written.strip_prefix('!').unwrap_or(written);
            Pattern { text, paths: PathPattern::new(text), keeps: text.len() < written.len() }
        })
        .collect()
}

/// Whether the patterns leave a path out: the last one that fits decides.
fn excludes(patterns: &[Pattern<'_>], path: &str) -> bool {
    let parts = glob::parts(path);
    patterns.iter().rev().find(|p| p.paths.fits(&parts)).is_some_and(|p| !p.keeps)
}

/// `context-copied`: the whole context is copied and nothing keeps `guards` (paths that should stay out) from coming along.
pub fn context(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    for (at, file) in project.dockerfiles() {
        let Some(copy) = file.facts.iter().find(|f| f.key == SOURCE && is_whole_context(&f.value)) else {
            continue;
        };
        let message = match project.ignore_of(&file.path) {
            None => format!("{} is the whole build context and there is no .dockerignore", copy.value),
            Some(ignore) => {
                let patterns = patterns(ignore);
                if params.strings("guards").any(|guard| excludes(&patterns, guard)) {
                    continue;
                }
                format!(
                    "{} is the whole build context and {} excludes none of .git, .env and key files",
                    copy.value, ignore.path
                )
            }
        };
        out.finding(at, copy.span, message).key("context");
    }
}

fn is_whole_context(source: &str) -> bool {
    matches!(source, "." | "./" | "/" | "*" | "./*" | "/*" | "..")
}

/// `copied-but-ignored`: a source that the `.dockerignore` excludes, so that the build does not find it.
pub fn ignored(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    for (at, file) in project.dockerfiles() {
        let Some(ignore) = project.ignore_of(&file.path) else { continue };
        let patterns = patterns(ignore);
        if patterns.is_empty() || leaves_out(ignore, &patterns, &file.path) {
            continue;
        }
        for source in file.facts.iter().filter(|f| f.key == SOURCE) {
            let path = glob::clean(&source.value);
            // A wildcard copies what is left.
            if path.is_empty() || path.contains(['*', '?', '[']) || path.starts_with("..") {
                continue;
            }
            let kept_below =
                patterns.iter().any(|p| p.keeps && glob::clean(p.text).starts_with(&format!("{path}/")));
            if excludes(&patterns, path) && !kept_below {
                let rule = patterns_place(ignore, path);
                let finding =
                    out.finding(at, source.span, format!("{} is excluded by {}", source.value, ignore.path));
                let finding = finding.data("source", source.value.as_str());
                if let Some((span, text)) = rule {
                    finding.label_in(ignore.path.as_str(), span, format!("pattern {text}"));
                }
            }
        }
    }
}

/// Whether an ignore file of a folder above leaves a Dockerfile's own folder out: then this is an example or a tool that is
/// built from where it lies.
fn leaves_out(ignore: &FileFacts, patterns: &[Pattern<'_>], dockerfile: &str) -> bool {
    let folder = |path: &str| path.rsplit_once('/').map_or(0, |(folder, _)| folder.len() + 1);
    let below = dockerfile.get(folder(&ignore.path)..folder(dockerfile)).unwrap_or_default();
    !below.is_empty() && excludes(patterns, below.trim_end_matches('/'))
}

/// Where the pattern stands that excludes a path.
fn patterns_place<'f>(ignore: &'f FileFacts, path: &str) -> Option<(Span, &'f str)> {
    let facts = ignore.facts.iter().filter(|f| f.key == PATTERN && !f.value.starts_with('!'));
    let parts = glob::parts(path);
    let fact = facts.rev().find(|f| PathPattern::new(&f.value).fits(&parts))?;
    Some((fact.span?, fact.value.as_str()))
}
