//! What manifests say of themselves: whether they bring something from elsewhere, and whether they are of an
//! application or of a library. Go's and Ruby's are not read; their names alone count.

use stockade_sdk::{Node, Out, Source, Span};

/// The fact about a manifest: its value is some of the words below.
pub(super) const MANIFEST: &str = "manifest";
/// A pattern by which a `.gitignore` keeps a lock file out of git.
pub(super) const IGNORED: &str = "ignored";

/// It asks for a package that comes from elsewhere.
pub(super) const INSTALLS: &str = "installs";
/// It says that nobody will install it as a package.
pub(super) const APPLICATION: &str = "application";
/// It has what only a package that others install needs.
pub(super) const LIBRARY: &str = "library";
/// It says how to start it, or leaves open what it is (Composer).
pub(super) const STARTS: &str = "starts";
/// It is of a package, and not of a workspace alone (Cargo).
pub(super) const CRATE: &str = "crate";
/// It lists programs (Cargo).
pub(super) const PROGRAM: &str = "program";
/// It is the root of a workspace, which holds the lock of its members.
pub(super) const WORKSPACE: &str = "workspace";
/// A registry takes it: it has a name and a version and is not kept back.
pub(super) const PUBLIC: &str = "public";

/// More patterns than these about lock files has no `.gitignore` that a person wrote.
const MAX_PATTERNS: usize = 64;

/// What a manifest is found to be: the words, and where a finding about it stands.
#[derive(Default)]
struct Manifest {
    words: Vec<&'static str>,
    span: Option<Span>,
}

impl Manifest {
    fn is(mut self, word: &'static str, holds: bool) -> Self {
        if holds {
            self.words.push(word);
        }
        self
    }

    /// Takes the first list that names a package from elsewhere.
    fn with_lists<'a>(
        mut self,
        lists: impl Iterator<Item = Node<'a>>,
        is_remote: impl Fn(Node<'a>) -> bool,
    ) -> Self {
        for list in lists {
            if list.children().any(&is_remote) {
                self.span = list.key_span();
                return self.is(INSTALLS, true);
            }
        }
        self
    }
}

/// Records what a manifest says, or which lock files a `.gitignore` names.
pub(crate) fn record(source: &Source, out: &mut Out) {
    if source.is_empty() {
        return;
    }
    let read = match (source.kind(), source.file_name()) {
        ("package-json", "package.json") => npm,
        ("json", "composer.json") => composer,
        ("toml", "Cargo.toml") => cargo,
        ("pipfile", "Pipfile") => pipfile,
        ("gitignore", ".gitignore") => return record_ignored(source, out),
        _ => return,
    };
    let Some(document) = source.root().children().next() else { return };
    // What a template leaves open may be what decides.
    if document.may_have_more() {
        return;
    }
    let manifest = read(document);
    if !manifest.words.is_empty() {
        out.fact(MANIFEST, manifest.words.join(" "), manifest.span);
    }
}

fn npm(document: Node<'_>) -> Manifest {
    let is_local =
        |text: &str| ["file:", "link:", "portal:", "workspace:"].iter().any(|start| text.starts_with(start));
    let lists = ["dependencies", "devDependencies", "optionalDependencies"];
    let private = document.get("private").and_then(Node::as_bool) == Some(true);
    // The registry takes nothing without both.
    let nameless = document.get("name").is_none() || document.get("version").is_none();
    let for_others = [
        "files",
        "exports",
        "publishConfig",
        "bin",
        "module",
        "types",
        "typings",
        "unpkg",
        "jsdelivr",
        "peerDependencies",
    ];
    let is_library = for_others.iter().any(|key| document.get(key).is_some());
    Manifest::default()
        .with_lists(lists.iter().filter_map(|list| document.get(list)), |package| {
            package.is_scalar() && !is_local(package.text())
        })
        // What is published may get its version from a tool only then.
        .is(APPLICATION, private && document.get("publishConfig").is_none() || nameless && !is_library)
        .is(LIBRARY, is_library)
        .is(STARTS, document.find("scripts.start").is_some())
        .is(WORKSPACE, document.get("workspaces").is_some())
        .is(PUBLIC, !private && !nameless)
}

fn composer(document: Node<'_>) -> Manifest {
    let kind = document.get("type");
    let project = kind.is_some_and(|kind| kind.is_known() && kind.text() == "project");
    Manifest::default()
        // What has no vendor in front of it is PHP itself or a part of it: `php`, `ext-json`.
        .with_lists(["require", "require-dev"].iter().filter_map(|list| document.get(list)), |package| {
            package.name().contains('/')
        })
        .is(APPLICATION, project || kind.is_none() && document.get("name").is_none())
        .is(STARTS, kind.is_none())
}

fn cargo(document: Node<'_>) -> Manifest {
    const LISTS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let package = document.get("package");
    let targets = document.get("target").into_iter().flat_map(Node::children);
    let tables = std::iter::once(document).chain(targets);
    let lists = tables.flat_map(|table| LISTS.iter().filter_map(move |list| table.get(list)));
    Manifest::default()
        .with_lists(lists, |package| package.is_scalar() || package.get("path").is_none())
        .is(CRATE, package.is_some())
        .is(PUBLIC, package.is_some_and(|p| p.get("publish").and_then(Node::as_bool) != Some(false)))
        .is(PROGRAM, document.get("bin").is_some())
        .is(LIBRARY, document.get("lib").is_some())
        .is(WORKSPACE, document.get("workspace").is_some())
}

fn pipfile(document: Node<'_>) -> Manifest {
    Manifest::default()
        .with_lists(["packages", "dev-packages"].iter().filter_map(|list| document.get(list)), |package| {
            package.is_scalar() || package.get("path").is_none()
        })
        .is(APPLICATION, true)
}

/// The names of lock files that people keep out of git.
const LOCKS: [&str; 17] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "Cargo.lock",
    "composer.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    "*.lock",
];

fn record_ignored(source: &Source, out: &mut Out) {
    let mut patterns: Vec<(&str, Span)> = Vec::new();
    for node in source.root().children() {
        let pattern = node.text();
        if node.get("not").is_some() {
            patterns.retain(|(known, _)| *known != pattern);
        } else if patterns.len() < MAX_PATTERNS
            && LOCKS.contains(&pattern.rsplit('/').next().unwrap_or_default())
        {
            patterns.push((pattern, node.span()));
        }
    }
    for (pattern, span) in patterns {
        out.fact(IGNORED, pattern, Some(span));
    }
}

/// Whether a pattern of a `.gitignore` means the file at this path, from the folder of the `.gitignore` on.
pub(super) fn ignores(pattern: &str, path: &str) -> bool {
    let (anchored, bare) = match pattern.strip_prefix('/') {
        Some(bare) => (true, bare),
        None => (false, pattern),
    };
    let bare = bare.strip_prefix("**/").unwrap_or(bare);
    let name = path.rsplit('/').next().unwrap_or_default();
    let fits = |name: &str| bare == name || bare == "*.lock" && name.ends_with(".lock");
    if bare.contains('/') {
        return bare == path;
    }
    fits(if anchored && !pattern.starts_with("/**/") { path } else { name })
}
