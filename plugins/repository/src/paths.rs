//! What the path of a file says about the repository.

use std::borrow::Cow;
use stockade_sdk::FileFacts;

/// Folders whose content is not the repository's own product.
const ASIDE: [&str; 24] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "__tests__",
    "e2e",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "docs",
    "doc",
    "vendor",
    "node_modules",
    "third_party",
    "third-party",
    "site-packages",
    "templates",
];

/// The last part of a path, in lower case. Asked for every file of a repository, of which few have capital letters.
pub(crate) fn name(path: &str) -> Cow<'_, str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether a file is for tests, examples or documentation, or somebody else's.
pub(crate) fn is_aside(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| ASIDE.iter().any(|aside| folder.eq_ignore_ascii_case(aside)))
}

/// Whether a file steers a pipeline.
pub(crate) fn is_pipeline(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = name(path);
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let folder = [
        ".github/workflows/",
        ".gitea/workflows/",
        ".forgejo/workflows/",
        ".circleci/",
        ".buildkite/",
        ".woodpecker/",
        ".tekton/",
        ".azure-pipelines/",
        ".gitlab/ci/",
    ];
    yaml && folder.iter().any(|folder| lower.starts_with(folder))
        || !lower.contains('/')
            && (matches!(
                &*name,
                ".travis.yml"
                    | ".drone.yml"
                    | ".woodpecker.yml"
                    | "bitbucket-pipelines.yml"
                    | "cloudbuild.yaml"
                    | "cloudbuild.yml"
                    | "buildspec.yml"
                    | ".cirrus.yml"
                    | "appveyor.yml"
                    | ".appveyor.yml"
                    | "jenkinsfile"
                    | ".semaphore.yml"
                    | "wercker.yml"
            ) || name.starts_with(".gitlab-ci")
                || yaml && name.starts_with("azure-pipelines"))
}

/// Files that run tools and that are read nowhere: what they call is not known.
pub(crate) fn is_opaque(path: &str) -> bool {
    let name = name(path);
    matches!(
        &*name,
        "jenkinsfile"
            | "justfile"
            | ".justfile"
            | "earthfile"
            | "noxfile.py"
            | "tasks.py"
            | "dodo.py"
            | "rakefile"
            | "magefile.go"
            | "gulpfile.js"
            | "build.sbt"
            | "dagger.json"
            | "fastfile"
            | "sconstruct"
            | "build.zig"
    ) || name.ends_with(".jenkinsfile")
        || path.starts_with(".teamcity/")
        || path.starts_with(".ci/") && !name.contains('.')
}

/// Files that only those have who use a scanner, with the words that name it.
pub(crate) fn scanner_file(path: &str) -> Option<&'static str> {
    Some(match &*name(path) {
        ".trivyignore" | "trivy.yaml" | ".trivyignore.yaml" => "trivy",
        ".grype.yaml" | ".grype.yml" => "grype",
        ".snyk" => "snyk",
        "osv-scanner.toml" => "osv-scanner",
        ".nancy-ignore" => "nancy",
        "deny.toml" => "cargo-deny",
        "audit-ci.json" | "audit-ci.jsonc" => "audit-ci",
        ".bandit" | "bandit.yaml" | "bandit.yml" => "bandit",
        ".semgrep.yml" | ".semgrep.yaml" | ".semgrepignore" => "semgrep",
        "sonar-project.properties" | ".sonarcloud.properties" => "sonar",
        ".deepsource.toml" => "deepsource",
        ".lgtm.yml" | "lgtm.yml" | "codeql-config.yml" => "codeql",
        "qodana.yaml" => "qodana",
        ".codacy.yml" | ".codacy.yaml" => "codacy",
        ".codeclimate.yml" => "codeclimate",
        ".mega-linter.yml" => "megalinter",
        _ => return None,
    })
}

/// Whether a file is source code of a language that analysers read.
pub(crate) fn is_source(path: &str) -> bool {
    const ENDINGS: [&str; 23] = [
        "py", "go", "js", "jsx", "ts", "tsx", "mjs", "java", "kt", "scala", "rb", "php", "c", "cc", "cpp",
        "cs", "rs", "swift", "m", "ex", "vue", "svelte", "sol",
    ];
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) && !is_aside(path) && !matches!(&*name(path), "conf.py" | "setup.py")
}

/// Whether a file pins what the repository depends on, or builds an image.
pub(crate) fn is_pinned(path: &str) -> bool {
    let name = name(path);
    !is_aside(path)
        && (is_dockerfile(&name)
            || is_requirements(&name)
            || matches!(
                &*name,
                "package-lock.json"
                    | "npm-shrinkwrap.json"
                    | "yarn.lock"
                    | "pnpm-lock.yaml"
                    | "bun.lock"
                    | "bun.lockb"
                    | "poetry.lock"
                    | "uv.lock"
                    | "pdm.lock"
                    | "pipfile.lock"
                    | "cargo.lock"
                    | "go.sum"
                    | "gemfile.lock"
                    | "composer.lock"
                    | "packages.lock.json"
                    | "mix.lock"
                    | "pubspec.lock"
            ))
}

pub(crate) fn is_dockerfile(name: &str) -> bool {
    matches!(name, "dockerfile" | "containerfile")
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile")
}

pub(crate) fn is_requirements(name: &str) -> bool {
    name.starts_with("requirements") && name.ends_with(".txt")
}

/// The number of the first file for which `test` holds, those nearest to the root first.
pub(crate) fn first(files: &[FileFacts], test: impl Fn(&str) -> bool) -> Option<usize> {
    let found = files.iter().enumerate().filter(|(_, file)| test(&file.path));
    found.min_by_key(|(at, file)| (file.path.matches('/').count(), *at)).map(|(at, _)| at)
}

/// Whether a file is the repository's README.
pub(crate) fn is_readme(path: &str) -> bool {
    !path.contains('/') && name(path).starts_with("readme")
}
