//! Python applications whose dependencies have no upper bound and no lock.

use super::manifest::{APPLICATION, LIBRARY};
use super::tree::{Tree, folder};
use super::{HIDING, ignored_lock, is_aside};
use stockade_sdk::{FileFacts, Node, Out, Params, ProjectOut, Source, Span};

/// What the manifest is: [`APPLICATION`] or [`LIBRARY`], or nothing of both.
const PROJECT: &str = "python project";
/// A dependency without an upper bound: its name.
const UNBOUNDED: &str = "unbounded";

/// A message names one and counts the others; a list longer than this was made by a tool.
const MAX_DEPENDENCIES: usize = 256;

/// Files that hold the versions which are installed, or that leave open where these stand.
const LOCKS: [&str; 15] = [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pixi.lock",
    "hatch.lock",
    "flake.lock",
    "conda-lock.yml",
    "environment.yml",
    "environment.yaml",
    // The lock files of Pants and Bazel may lie anywhere and have any name.
    "pants.toml",
    "MODULE.bazel",
    "WORKSPACE",
    "WORKSPACE.bazel",
    "Pipfile",
];

/// Beginnings of names of files that may be a lock: `requirements.txt`, `requirements/prod.txt`, `pylock.toml`.
const LOCK_STARTS: [&str; 3] = ["requirements", "constraints", "pylock."];

/// Files that only those have who deploy.
const DEPLOYED: [&str; 4] = ["Procfile", "fly.toml", "zappa_settings.json", "app.yaml"];

/// Records a project's dependencies that have no upper bound, and whether it is an application.
pub(super) fn record(source: &Source, out: &mut Out) {
    let Some(document) = source.root().children().next() else { return };
    let (project, dependencies) = match (source.kind(), source.file_name()) {
        ("pyproject", "pyproject.toml") => (of_pyproject(document), in_pyproject(document)),
        ("setup-cfg", "setup.cfg") => (of_setup(document), in_setup(document)),
        _ => return,
    };
    if dependencies.is_empty() {
        return;
    }
    out.fact(PROJECT, project, None);
    for (name, span) in dependencies.into_iter().take(MAX_DEPENDENCIES) {
        out.fact(UNBOUNDED, name, Some(span));
    }
}

/// What the classifiers say; `None` without any. PyPI refuses what has one that begins with `Private ::`.
fn by_classifiers(classifiers: Option<Node<'_>>) -> Option<&'static str> {
    let list = classifiers?;
    let private = list.descendants().chain([list]).any(|one| one.text().contains("Private ::"));
    Some(if private { APPLICATION } else { LIBRARY })
}

fn of_pyproject(document: Node<'_>) -> &'static str {
    let is_off = |path: &str| document.find(path).and_then(Node::as_bool) == Some(false);
    if ["tool.poetry.package-mode", "tool.uv.package", "tool.pdm.distribution"]
        .iter()
        .any(|path| is_off(path))
    {
        return APPLICATION;
    }
    let classifiers =
        document.find("project.classifiers").or_else(|| document.find("tool.poetry.classifiers"));
    let built = || if document.get("build-system").is_some() { "" } else { APPLICATION };
    by_classifiers(classifiers).unwrap_or_else(built)
}

fn of_setup(document: Node<'_>) -> &'static str {
    by_classifiers(document.find("metadata.classifiers")).unwrap_or("")
}

type Found<'a> = Vec<(&'a str, Span)>;

fn in_pyproject<'a>(document: Node<'a>) -> Found<'a> {
    let own = document.find("project.name").map_or("", Node::text);
    let sources = document.find("tool.uv.sources");
    let elsewhere = |name: &str| name == own || sources.is_some_and(|sources| sources.get(name).is_some());
    let listed = document.find("project.dependencies").into_iter().flat_map(Node::children);
    let mut found: Found<'a> = listed
        .filter(|line| line.is_scalar() && line.is_known())
        .filter_map(|line| Some((unbounded_name(line.text())?, line.span())))
        .filter(|(name, _)| !elsewhere(name))
        .collect();
    let poetry = document.find("tool.poetry.dependencies").into_iter().flat_map(Node::children);
    found.extend(poetry.filter(|package| package.name() != "python").filter_map(|package| {
        let version = if package.is_scalar() { Some(package) } else { package.get("version") }?;
        let elsewhere = ["git", "path", "url", "file"].iter().any(|key| package.get(key).is_some());
        (!elsewhere && version.is_known() && is_open(version.text()))
            .then(|| (package.name(), package.key_span().unwrap_or(package.span())))
    }));
    found
}

fn in_setup<'a>(document: Node<'a>) -> Found<'a> {
    let Some(list) = document.find("options.install_requires") else { return Vec::new() };
    // One on the line of the key, or one on each line below it.
    let single = list.children().next().is_none().then_some(list);
    let lines = list.children().chain(single).filter(|line| line.is_known());
    lines.filter_map(|line| Some((unbounded_name(line.text())?, line.span()))).collect()
}

/// The package that a requirement (PEP 508) names, where nothing keeps later versions out.
fn unbounded_name(line: &str) -> Option<&str> {
    let line = line.split([';', '#']).next().unwrap_or(line).trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    let specifier = rest.trim_matches(['(', ')', ' ']);
    let is_specifier = specifier.is_empty() || specifier.starts_with(['<', '>', '=', '~', '!']);
    let bounded = |one: &str| ["==", "~=", "<"].iter().any(|start| one.trim_start().starts_with(start));
    (!name.is_empty() && is_specifier && !specifier.split(',').any(bounded)).then_some(name)
}

/// Whether one of the alternatives of Poetry's constraint has no end: `*`, `>=2`, `>=2,!=2.3`.
fn is_open(constraint: &str) -> bool {
    constraint.split("||").any(|alternative| {
        let mut parts = alternative.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
        parts.all(|part| part == "*" || part.starts_with('>') || part.starts_with("!="))
    })
}

/// `python-unbounded`: an application with dependencies that may be any later version, and no lock file that says which.
pub(crate) fn unbounded(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    let tree = Tree::new(files);
    for (at, file) in tree.files().filter(|(_, file)| !is_aside(&file.path)) {
        let open = || file.facts.iter().filter(|fact| fact.key == UNBOUNDED);
        let Some(first) = open().next() else { continue };
        let own = folder(&file.path);
        let project = file.facts.iter().find(|fact| fact.key == PROJECT).map_or("", |fact| &fact.value);
        // Packages that are built without saying by what are old ones.
        let is_old = tree.has(own, &["setup.py"]);
        let deployed = || project.is_empty() && tree.has(own, &DEPLOYED);
        if !(project == APPLICATION && !is_old || deployed()) {
            continue;
        }
        let locked = tree.has_above(own, &LOCKS)
            || super::upwards(own)
                .any(|above| LOCK_STARTS.iter().any(|start| tree.starting(above, start).next().is_some()));
        if locked || tree.has_above(own, &HIDING) {
            continue;
        }
        let others = match open().count() - 1 {
            0 => "may be any later version".to_owned(),
            1 => "and one other may be any later version".to_owned(),
            count => format!("and {count} others may be any later version"),
        };
        let why = ignored_lock(tree, own, &LOCKS).unwrap_or_else(|| "no lock file says which".to_owned());
        out.finding(at, first.span, format!("{} {others}: {why}", first.value)).key("unbounded");
    }
}

#[cfg(test)]
mod tests {
    use super::{is_open, unbounded_name};

    #[test]
    fn requirements_without_an_end() {
        for line in
            ["flask", "flask>=2", "flask [async] >= 2 ; python_version > '3'", "flask(>2,!=3)", "a.b-c_d"]
        {
            assert!(unbounded_name(line).is_some(), "{line}");
        }
        for line in [
            "flask==3.0.3",
            "flask~=3.0",
            "flask>=2,<4",
            "flask[async]==3",
            "flask @ https://example.com/flask.whl",
            "flask@git+https://example.com/flask",
            "",
            "[x]",
            "file: requirements.txt",
            "flask[async",
        ] {
            assert_eq!(unbounded_name(line), None, "{line}");
        }
    }

    #[test]
    fn constraints_of_poetry() {
        for open in ["*", ">=2", ">=2,!=2.3", ">1 || ^2", ""] {
            assert!(is_open(open), "{open}");
        }
        for closed in ["^2", "~2.1", "2.1.0", "==2", ">=2,<3", ">=2 <3", "2.*", "^1 || ^2"] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
