//! Which manifests need a lock, by what lies beside them.

use super::manifest::ignores;
use crate::tests::found;

/// Whether the check of lock files has anything to say about these files: path, kind, text.
fn missing(files: &[(&str, &str, &str)]) -> Vec<String> {
    found(super::missing, "", files)
}

fn unbounded(files: &[(&str, &str, &str)]) -> Vec<String> {
    found(super::unbounded, "", files)
}

const APP: &str = r#"{"private": true, "dependencies": {"a": "^1"}}"#;

#[test]
fn packages_of_node() {
    let alone = |text: &str| missing(&[("package.json", "package-json", text)]).len();
    assert_eq!(alone(APP), 1);
    assert_eq!(
        alone(r#"{"devDependencies": {"prettier": "3.0.0"}}"#),
        1,
        "nothing without a name is published"
    );
    for silent in [
        r#"{"private": true}"#,
        r#"{"private": true, "dependencies": {"a": "workspace:*", "b": "file:../b"}}"#,
        r#"{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1"}}"#,
        r#"{"private": true, "publishConfig": {"access": "public"}, "dependencies": {"b": "^1"}}"#,
        "[]",
        "",
    ] {
        assert_eq!(alone(silent), 0, "{silent}");
    }
    let started = r#"{"name": "a", "version": "1.0.0", "main": "a.js", "scripts": {"start": "node a.js"}, "dependencies": {"b": "^1"}}"#;
    assert_eq!(alone(started), 0);
    assert_eq!(missing(&[("Dockerfile", "", ""), ("package.json", "package-json", started)]).len(), 1);
    let lock = |path: &str| missing(&[("apps/web/package.json", "package-json", APP), (path, "", "")]).len();
    for path in ["package-lock.json", "apps/yarn.lock", "apps/web/bun.lockb", "rush.json", ".ignore"] {
        assert_eq!(lock(path), 0, "{path}");
    }
    assert_eq!(lock("apps/web/ui/package-lock.json"), 1, "a lock of something below");
    assert_eq!(lock("other/yarn.lock"), 1);
    let nested = [("package.json", "package-json", APP), ("apps/web/package.json", "package-json", APP)];
    assert_eq!(missing(&nested).len(), 1, "one lock serves both");
    let root = r#"{"private": true, "workspaces": ["p/*"], "devDependencies": {"a": "^1"}}"#;
    let member = r#"{"name": "b", "version": "1.0.0"}"#;
    let monorepo = |text: &str| {
        missing(&[
            ("package.json", "package-json", root),
            ("p/b/package.json", "package-json", text),
            ("site/package.json", "package-json", APP),
        ])
    };
    assert_eq!((monorepo(APP).len(), monorepo(member).len()), (1, 0), "of applications, and of libraries");
    for aside in ["examples/a/package.json", "dist/package.json", "{{name}}/package.json"] {
        assert_eq!(missing(&[(aside, "package-json", APP)]).len(), 0, "{aside}");
    }
}

#[test]
fn crates() {
    const CRATE: &str = "[package]\nname = \"a\"\n[dependencies]\nserde = \"1\"\n";
    let with = |text: &str, path: &str| missing(&[("a/Cargo.toml", "toml", text), (path, "", "")]).len();
    assert_eq!(with(CRATE, "a/src/main.rs"), 1);
    assert_eq!(with(CRATE, "a/src/bin/x.rs"), 1);
    assert_eq!(with(CRATE, "a/src/lib.rs"), 0);
    assert_eq!(
        with("[package]\nname = \"a\"\n[dependencies]\nb = { path = \"../b\" }\n", "a/src/main.rs"),
        0
    );
    assert_eq!(with(&format!("{CRATE}[[bin]]\nname = \"x\"\npath = \"x.rs\"\n"), "a/x.rs"), 1);
    let helper = format!("{CRATE}[[bin]]\nname = \"x\"\n");
    assert_eq!(with(&helper, "a/src/lib.rs"), 0, "a helper beside a library");
    let workspace = missing(&[
        ("Cargo.toml", "toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
        ("a/Cargo.toml", "toml", CRATE),
        ("a/src/main.rs", "", ""),
        ("b/Cargo.toml", "toml", CRATE),
        ("b/src/main.rs", "", ""),
    ]);
    assert_eq!(workspace.len(), 1);
    assert!(workspace[0].starts_with("Cargo.toml: "), "{workspace:?}");
    let helper = CRATE.replace("name", "publish = false\nname");
    let of_libraries = |text: &str| {
        missing(&[
            ("Cargo.toml", "toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
            ("a/Cargo.toml", "toml", CRATE),
            ("a/src/lib.rs", "", ""),
            ("b/Cargo.toml", "toml", text),
            ("b/src/main.rs", "", ""),
        ])
        .len()
    };
    assert_eq!((of_libraries(CRATE), of_libraries(&helper)), (1, 0));
    let unpublished = missing(&[
        ("Cargo.toml", "toml", "[workspace]\nmembers = [\"b\"]\n"),
        ("b/Cargo.toml", "toml", &helper),
        ("b/src/main.rs", "", ""),
    ]);
    assert_eq!(unpublished.len(), 1);
}

#[test]
fn manifests_of_other_languages() {
    let composer = |text: &str| missing(&[("composer.json", "json", text)]).len();
    assert_eq!(composer(r#"{"type": "project", "require": {"a/b": "^1"}}"#), 1);
    assert_eq!(composer(r#"{"require": {"a/b": "^1"}}"#), 1);
    assert_eq!(composer(r#"{"type": "project", "require": {"php": "^8", "ext-json": "*"}}"#), 0);
    assert_eq!(composer(r#"{"name": "a/a", "require": {"a/b": "^1"}}"#), 0);
    let pipfile =
        |path: &str| missing(&[("Pipfile", "pipfile", "[packages]\nflask = \"*\"\n"), (path, "", "")]).len();
    assert_eq!(pipfile("app.py"), 1);
    for silent in ["setup.py", "Pipfile.lock", "requirements.txt"] {
        assert_eq!(pipfile(silent), 0, "{silent}");
    }
    let ruby = |path: &str| missing(&[("Gemfile", "", ""), (path, "", "")]).len();
    assert_eq!((ruby("config.ru"), ruby("lib/a.rb")), (1, 0));
    assert_eq!(missing(&[("Gemfile", "", ""), ("a/a.gemspec", "", ""), ("config.ru", "", "")]).len(), 0);
    let go = |ignored: &str| missing(&[("go.mod", "", ""), (".gitignore", "gitignore", ignored)]).len();
    assert_eq!((go("go.sum\n"), go("*.test\n"), go("go.sum\n!go.sum\n")), (1, 0, 0));
    let ignored = missing(&[
        ("package.json", "package-json", APP),
        (".gitignore", "gitignore", "/package-lock.json\n"),
    ]);
    assert!(ignored[0].ends_with(".gitignore keeps package-lock.json out of git"), "{ignored:?}");
}

#[test]
fn patterns_of_gitignore() {
    for (pattern, path) in [
        ("yarn.lock", "yarn.lock"),
        ("yarn.lock", "web/yarn.lock"),
        ("/yarn.lock", "yarn.lock"),
        ("web/yarn.lock", "web/yarn.lock"),
        ("/web/yarn.lock", "web/yarn.lock"),
        ("**/yarn.lock", "web/yarn.lock"),
        ("*.lock", "web/yarn.lock"),
    ] {
        assert!(ignores(pattern, path), "{pattern} {path}");
    }
    for (pattern, path) in
        [("/yarn.lock", "web/yarn.lock"), ("web/yarn.lock", "yarn.lock"), ("*.lock", "go.sum"), ("", "a")]
    {
        assert!(!ignores(pattern, path), "{pattern} {path}");
    }
}

#[test]
fn projects_of_python() {
    let alone = |text: &str| unbounded(&[("pyproject.toml", "pyproject", text)]).len();
    let list = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"flask>=2\"]\n";
    assert_eq!(alone(list), 1);
    for silent in [
        "[build-system]\nrequires = []\n",
        "[tool.uv]\npackage = true\n[build-system]\nrequires = []\n",
        "[project.urls]\n[build-system]\n",
        "[tool.uv.sources]\nflask = { path = \"../flask\" }\n",
    ] {
        assert_eq!(alone(&format!("{list}{silent}")), 0, "{silent}");
    }
    let poetry = "[tool.poetry]\nname = \"a\"\n[tool.poetry.dependencies]\npython = \">=3.9\"\nflask = { version = \">=2\", extras = [] }\n[build-system]\nrequires = []\n";
    assert_eq!(alone(poetry), 0, "a package as far as is known");
    assert_eq!(alone(&poetry.replace("name = \"a\"", "package-mode = false")), 1);
    let procfile = [("Procfile", "", ""), ("pyproject.toml", "pyproject", poetry)];
    assert_eq!(unbounded(&procfile).len(), 1, "who deploys it has no package");
    let beside = |path: &str| unbounded(&[("svc/a/pyproject.toml", "pyproject", list), (path, "", "")]).len();
    for silent in [
        "svc/a/uv.lock",
        "uv.lock",
        "svc/a/requirements.txt",
        "svc/a/requirements/prod.txt",
        "pants.toml",
        "svc/a/setup.py",
    ] {
        assert_eq!(beside(silent), 0, "{silent}");
    }
    let setup = "[metadata]\nname = a\nclassifiers =\n    Private :: Do Not Upload\n[options]\ninstall_requires =\n    flask\n    requests>=2\n";
    assert_eq!(
        unbounded(&[("setup.cfg", "setup-cfg", setup)]),
        ["setup.cfg: flask and one other may be any later version: no lock file says which"]
    );
    let public = setup.replace("Private :: Do Not Upload", "Environment :: Console");
    assert_eq!(unbounded(&[("setup.cfg", "setup-cfg", &public)]).len(), 0);
}
