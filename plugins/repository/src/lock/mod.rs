//! Manifests without a lock file, so that what is installed depends on the day.

mod manifest;
mod python;
#[cfg(test)]
mod tests;
mod tree;

use crate::paths;
use manifest::{
    APPLICATION, CRATE, IGNORED, INSTALLS, LIBRARY, MANIFEST, PROGRAM, PUBLIC, STARTS, WORKSPACE,
};
pub(crate) use python::unbounded;
use std::collections::BTreeSet;
use stockade_sdk::{FileFacts, Out, Params, ProjectOut, Source, Span};
use tree::{Tree, folder, join, upwards};

/// A package manager's files.
struct Ecosystem {
    manifest: &'static str,
    /// The lock file that a message names first.
    lock: &'static str,
    /// Others that do as well.
    others: &'static [&'static str],
    /// Whether such a manifest needs a lock.
    needs_lock: fn(Tree<'_>, &FileFacts) -> bool,
}

const ECOSYSTEMS: [Ecosystem; 7] = [
    Ecosystem {
        manifest: "package.json",
        lock: "package-lock.json",
        others: &[
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "npm-shrinkwrap.json",
            "deno.lock",
            "vlt-lock.json",
            "shrinkwrap.yaml",
            // Rush keeps the lock of all its projects in a folder of its own.
            "rush.json",
        ],
        needs_lock: npm,
    },
    Ecosystem { manifest: "composer.json", lock: "composer.lock", others: &[], needs_lock: php },
    Ecosystem { manifest: "Cargo.toml", lock: "Cargo.lock", others: &[], needs_lock: cargo },
    Ecosystem { manifest: "Pipfile", lock: "Pipfile.lock", others: &["pylock.toml"], needs_lock: pipfile },
    Ecosystem { manifest: "Gemfile", lock: "Gemfile.lock", others: &["gems.locked"], needs_lock: ruby },
    Ecosystem { manifest: "gems.rb", lock: "gems.locked", others: &["Gemfile.lock"], needs_lock: ruby },
    Ecosystem { manifest: "go.mod", lock: "go.sum", others: &["vendor/modules.txt"], needs_lock: go },
];

/// Folders whose manifests nobody deploys, beside those of [`paths::is_aside`]: what a build puts there, and what others
/// are to copy.
const ASIDE: [&str; 26] = [
    "xtask",
    "__fixtures__",
    "spec",
    "specs",
    "integration",
    "integration-tests",
    "integration_tests",
    "dist",
    "build",
    "out",
    "target",
    "public",
    "fuzz",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "playground",
    "playgrounds",
    "template",
    "scaffold",
    "skeleton",
    "starter",
    "starters",
    "boilerplate",
    "cookbook",
];

/// Files by which people hide others from tools: a lock file may be there and not be seen.
const HIDING: [&str; 2] = [".ignore", ".stockadeignore"];

/// Whether a file lies where nothing is deployed from, or is a template by its path.
fn is_aside(path: &str) -> bool {
    paths::is_aside(path)
        || path.contains("{{")
        || folder(path).split('/').any(|part| ASIDE.iter().any(|aside| part.eq_ignore_ascii_case(aside)))
}

/// Whether the manifest's fact has this word.
fn says(file: &FileFacts, word: &str) -> bool {
    let manifest = file.facts.iter().find(|fact| fact.key == MANIFEST);
    manifest.is_some_and(|fact| fact.value.split(' ').any(|one| one == word))
}

fn application(_: Tree<'_>, file: &FileFacts) -> bool {
    says(file, INSTALLS) && says(file, APPLICATION)
}

/// An application says that it is private or cannot be published. One that does not may still be known by the image that it
/// is started in.
fn npm(tree: Tree<'_>, file: &FileFacts) -> bool {
    let image = || tree.has(folder(&file.path), &["Dockerfile", "Containerfile"]);
    application(tree, file) || says(file, INSTALLS) && says(file, STARTS) && !says(file, LIBRARY) && image()
}

/// Without a type, which libraries leave out as well, the file that a web server calls tells an application.
fn php(tree: Tree<'_>, file: &FileFacts) -> bool {
    const STARTED: [&str; 4] = ["artisan", "bin/console", "public/index.php", "index.php"];
    let is_started = || tree.has(folder(&file.path), &STARTED);
    application(tree, file) || says(file, INSTALLS) && says(file, STARTS) && is_started()
}

/// Whether a manifest is the root of a workspace of libraries, which is private because no root is published, and whose
/// programs are there to work on the libraries.
fn is_of_libraries(tree: Tree<'_>, file: &FileFacts) -> bool {
    let (own, name) = (folder(&file.path), file.path.rsplit('/').next().unwrap_or_default());
    let by_file = name == "package.json" && tree.has(own, &["pnpm-workspace.yaml", "lerna.json"]);
    if !by_file && !says(file, WORKSPACE) {
        return false;
    }
    let below = tree.starting(own, "").filter(|path| path.ends_with(name) && !is_aside(path));
    let mut public = below.filter_map(|path| tree.at(path)).filter(|(_, file)| says(file, PUBLIC)).peekable();
    if name == "Cargo.toml" {
        public.peek().is_some() && !public.any(|(_, file)| cargo(tree, file))
    } else {
        public.peek().is_some()
    }
}

/// A crate with a program. Helpers beside a library leave open what it is for.
fn cargo(tree: Tree<'_>, file: &FileFacts) -> bool {
    let own = folder(&file.path);
    let is_library = says(file, LIBRARY) || tree.has(own, &["src/lib.rs"]);
    let program = says(file, PROGRAM) || tree.starting(own, "src/bin/").next().is_some();
    let is_program = tree.has(own, &["src/main.rs"]) || program && !is_library;
    says(file, INSTALLS) && says(file, CRATE) && is_program
}

/// Beside a package's own files a Pipfile is for those who work on it.
fn pipfile(tree: Tree<'_>, file: &FileFacts) -> bool {
    let own = folder(&file.path);
    let is_package = tree.has(own, &["setup.py", "setup.cfg", "pyproject.toml"]);
    application(tree, file) && !is_package && tree.starting(own, "requirements").next().is_none()
}

/// Gemfiles are not read: what lies beside them tells. Gems and what is tested like them have no lock on purpose.
fn ruby(tree: Tree<'_>, file: &FileFacts) -> bool {
    const STARTED: [&str; 8] = [
        "config.ru",
        "config/application.rb",
        "config/environment.rb",
        "Procfile",
        "Dockerfile",
        "Capfile",
        "fastlane/Fastfile",
        "_config.yml",
    ];
    let own = folder(&file.path);
    let library = || {
        tree.has(own, &["metadata.json", "metadata.rb", "Berksfile"])
            || tree.starting(own, "").any(|path| path.ends_with(".podspec") && folder(path) == own)
            || tree.files().any(|(_, other)| other.path.ends_with(".gemspec"))
    };
    tree.has(own, &STARTED) && !library()
}

/// What `go.mod` requires is not read here: only who keeps `go.sum` out of git has one.
fn go(tree: Tree<'_>, file: &FileFacts) -> bool {
    ignored_by(tree, &join(folder(&file.path), "go.sum")).is_some()
}

/// The `.gitignore` that keeps the file at this path out of git.
fn ignored_by<'a>(tree: Tree<'a>, path: &str) -> Option<&'a str> {
    upwards(folder(path)).find_map(|at| {
        let (_, file) = tree.at(&join(at, ".gitignore"))?;
        let below = path.strip_prefix(at)?.trim_start_matches('/');
        let mut patterns = file.facts.iter().filter(|fact| fact.key == IGNORED);
        patterns.any(|fact| manifest::ignores(&fact.value, below)).then_some(file.path.as_str())
    })
}

/// Which of these lock files is kept out of git in a folder, and by what, as the end of a message.
fn ignored_lock(tree: Tree<'_>, folder: &str, locks: &[&str]) -> Option<String> {
    locks.iter().find_map(|lock| {
        let by = ignored_by(tree, &join(folder, lock))?;
        Some(format!("{by} keeps {lock} out of git"))
    })
}

/// Records what the checks need to know of a file.
pub(crate) fn record(source: &Source, out: &mut Out) {
    manifest::record(source, out);
    python::record(source, out);
}

/// `lockfile-missing`: an application's manifest that no lock file lies beside or above.
pub(crate) fn missing(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    let tree = Tree::new(files);
    for ecosystem in &ECOSYSTEMS {
        let mut locks = vec![ecosystem.lock];
        locks.extend(ecosystem.others);
        let named = |(_, file): &(usize, &FileFacts)| {
            file.path.rsplit('/').next() == Some(ecosystem.manifest) && !is_aside(&file.path)
        };
        let mut without: Vec<(usize, &FileFacts)> = tree
            .files()
            .filter(named)
            .filter(|(_, file)| (ecosystem.needs_lock)(tree, file))
            .filter(|(_, file)| !tree.has_above(folder(&file.path), &locks))
            .filter(|(_, file)| !tree.has_above(folder(&file.path), &HIDING))
            .map(|found| holder(tree, found))
            .collect();
        // The outermost first: its lock may be that of all below it.
        without.sort_by_key(|(at, file)| (file.path.matches('/').count(), *at));
        let mut reported: BTreeSet<&str> = BTreeSet::new();
        for (at, file) in without {
            let own = folder(&file.path);
            if !upwards(own).any(|above| reported.contains(above)) {
                reported.insert(own);
                if !is_of_libraries(tree, file) {
                    report(tree, at, file, &locks, out);
                }
            }
        }
    }
}

/// Where the lock of a manifest lies: that of a member of Cargo's workspaces is its root's.
fn holder<'a>(tree: Tree<'a>, found: (usize, &'a FileFacts)) -> (usize, &'a FileFacts) {
    let (_, file) = found;
    if !file.path.ends_with("Cargo.toml") {
        return found;
    }
    let mut above = upwards(folder(&file.path)).filter_map(|at| tree.at(&join(at, "Cargo.toml")));
    above.find(|(_, file)| says(file, WORKSPACE)).unwrap_or(found)
}

fn report(tree: Tree<'_>, at: usize, file: &FileFacts, locks: &[&str], out: &mut ProjectOut) {
    let own = folder(&file.path);
    let missing = || {
        let lock = locks.first().copied().unwrap_or_default();
        let or_others = if locks.contains(&"yarn.lock") { " or the lock file of another tool" } else { "" };
        format!("there is no {lock}{or_others}")
    };
    let why = ignored_lock(tree, own, locks).unwrap_or_else(missing);
    let span: Option<Span> = file.facts.iter().find(|fact| fact.key == MANIFEST).and_then(|fact| fact.span);
    out.finding(at, span, format!("versions of what {} brings are free: {why}", file.path)).key("lockfile");
}
