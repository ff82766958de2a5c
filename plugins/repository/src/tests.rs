//! What the checks say about lists of files.

use crate::{Repository, policy, scanner, updates};
use stockade_sdk::{Family as _, FileFacts, Out, Param, Params, ProjectOut};
use stockade_testkit::source;

/// Facts of these files: path, kind (empty: not read), text.
fn facts(files: &[(&str, &str, &str)]) -> Vec<FileFacts> {
    let mut all: Vec<FileFacts> = files
        .iter()
        .map(|(path, kind, text)| {
            let mut out = Out::new();
            if !kind.is_empty() {
                let source = source(kind, path, text);
                Repository::facts(&Repository::view(&source), &mut out);
            }
            FileFacts { path: (*path).to_owned(), kind: (*kind).to_owned(), facts: out.facts().to_vec() }
        })
        .collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

pub(crate) type Check = fn(&&[FileFacts], &Params, &mut ProjectOut);

pub(crate) fn found(check: Check, of: &str, files: &[(&str, &str, &str)]) -> Vec<String> {
    let param = Param { depth: 0, name: "of".to_owned(), args: vec![of.to_owned()], props: Vec::new() };
    let files = facts(files);
    let mut out = ProjectOut::default();
    check(&files.as_slice(), &Params::new(vec![param]), &mut out);
    out.findings().iter().map(|f| format!("{}: {}", files[f.file as usize].path, f.message)).collect()
}

const PLAIN: &str = "on: push\njobs:\n  a:\n    steps:\n      - run: make\n";

#[test]
fn scanners() {
    let workflow = ".github/workflows/ci.yml";
    let scan = |text: &str| {
        found(
            scanner::missing,
            "dependencies",
            &[(workflow, "github-workflow", text), ("Dockerfile", "", "")],
        )
        .len()
    };
    assert_eq!(scan(PLAIN), 1);
    assert_eq!(scan("# trivy\non: push\n"), 1, "a comment calls nothing");
    assert_eq!(scan("on: push\njobs:\n  a:\n    steps:\n      - uses: anchore/scan-action@v6\n"), 0);
    assert_eq!(scan("on: push\njobs:\n  a:\n    steps:\n      - run: npm audit\n"), 0);
    assert_eq!(
        scan("on: push\njobs:\n  a:\n    uses: x/y/.github/workflows/z.yml@v1\n"),
        0,
        "steps from elsewhere"
    );
    assert_eq!(scan("on: push\njobs:\n  a:\n    uses: ./.github/workflows/z.yml\n"), 1);
    // Without a pipeline the finding is on what is built.
    let alone = found(scanner::missing, "dependencies", &[("Dockerfile", "", ""), ("README.md", "", "")]);
    assert_eq!(alone.len(), 1);
    assert!(alone[0].starts_with("Dockerfile: "), "{alone:?}");
    for aside in ["examples/a/Dockerfile", "tests/Dockerfile", "README.md"] {
        assert_eq!(found(scanner::missing, "dependencies", &[(aside, "", "")]).len(), 0, "{aside}");
    }
    assert_eq!(
        found(scanner::missing, "dependencies", &[("Dockerfile", "", ""), ("Jenkinsfile", "", "")]).len(),
        0
    );
    assert_eq!(
        found(scanner::missing, "dependencies", &[("Dockerfile", "", ""), (".trivyignore", "", "")]).len(),
        0
    );
}

#[test]
fn analysers() {
    let sources = [("a.py", "", ""), ("b.go", "", ""), ("c/d.ts", "", "")];
    assert_eq!(found(scanner::missing, "code", &sources).len(), 1);
    assert_eq!(found(scanner::missing, "code", &sources[..2]).len(), 0, "too little to speak of");
    let mut scanned = sources.to_vec();
    scanned.push((".pre-commit-config.yaml", "yaml", "repos:\n  - repo: https://github.com/PyCQA/bandit\n"));
    assert_eq!(found(scanner::missing, "code", &scanned).len(), 0);
}

#[test]
fn updates_of_dependencies() {
    let check = updates::missing;
    let bot = |ecosystem: &str| {
        format!("version: 2\nupdates:\n  - package-ecosystem: {ecosystem}\n    directory: /\n")
    };
    let none = found(check, "", &[("go.mod", "", ""), ("web/package.json", "", "")]);
    assert_eq!(none, ["web/package.json: nothing keeps the dependencies in web/package.json up to date"]);
    let own =
        |text: &str| found(check, "", &[(".github/dependabot.yml", "yaml", text), ("go.mod", "", "")]).len();
    assert_eq!(own(&bot("gomod")), 0);
    assert_eq!(own(&bot("npm")), 1);
    assert_eq!(found(check, "", &[("renovate.json", "", ""), ("go.mod", "", "")]).len(), 0);
    assert_eq!(found(check, "", &[("examples/go.mod", "", ""), ("docs/requirements.txt", "", "")]).len(), 0);
}

#[test]
fn policies() {
    let check = policy::missing;
    assert_eq!(found(check, "", &[("README.md", "", "")]).len(), 1);
    for path in [
        "SECURITY.md",
        ".github/SECURITY.md",
        "docs/security.rst",
        "docs/incident-response.md",
        "SECURITY-INSIGHTS.yml",
    ] {
        assert_eq!(found(check, "", &[("README.md", "", ""), (path, "", "")]).len(), 0, "{path}");
    }
    assert_eq!(found(check, "", &[("README.md", "", ""), ("config/security.yaml", "", "")]).len(), 1);
    let open = found(
        check,
        "",
        &[("README.md", "", ""), ("SECURITY.md", "markdown", "# Security\n\nTODO: write\n")],
    );
    assert_eq!(open, ["SECURITY.md: SECURITY.md is a template that nobody has filled in"]);
}
