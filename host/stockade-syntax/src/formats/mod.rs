//! One module per format. Each takes the whole text and gives a [`Document`].

pub(crate) mod apache;
pub(crate) mod arguments;
pub(crate) mod dockerfile;
pub(crate) mod dockerignore;
pub(crate) mod dotenv;
pub(crate) mod ini;
mod inventory;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod nginx;
pub(crate) mod properties;
pub(crate) mod requirements;
pub(crate) mod shell;
pub(crate) mod spliced;
pub(crate) mod sshd;
pub(crate) mod toml;
pub(crate) mod yaml;

use crate::{FileKind, limits};
use stockade_model::{Document, Span};
use stockade_model::{Problem, ProblemLevel};

/// Parses `text`, which is within the limits, as `kind`.
pub(crate) fn parse(kind: FileKind, path: &str, text: String) -> Document {
    use FileKind as K;
    // Each format's module is added to this match as it lands.
    match kind {
        K::Yaml
        | K::Kubernetes
        | K::KubernetesCrd
        | K::Kustomization
        | K::KustomizePatch
        | K::HelmChart
        | K::HelmValues
        | K::Compose
        | K::GithubWorkflow
        | K::GitlabCi
        | K::PrometheusRules => yaml::parse(kind, path, text),
        K::Json | K::PackageJson | K::JsonLines => json::parse(kind, path, text),
        K::Dockerfile => dockerfile::parse(text),
        K::Shell => shell::parse(text),
        K::Toml | K::Pyproject | K::Pipfile => toml::parse(text),
        K::Dotenv => dotenv::parse(text),
        K::Ini | K::SetupCfg | K::Systemd => ini::parse(kind, text),
        K::Properties => properties::parse(text),
        K::SiteHeaders => properties::parse_headers(text),
        K::Nginx => nginx::parse(text),
        K::Apache => apache::parse(text),
        K::Sshd => sshd::parse(text),
        K::Requirements => requirements::parse(text),
        K::Dockerignore => dockerignore::parse(text),
        K::Gitignore => dockerignore::parse_gitignore(text),
        _ => Document::of_text(text),
    }
}

/// What a text over the limit becomes.
pub(crate) fn too_long(text: String) -> Document {
    let message = format!("the file is longer than {} MiB: it is not read", limits::MAX_TEXT_BYTES >> 20);
    let mut document = Document::of_text(String::new());
    // The text itself is dropped: nobody may lend 32-bit offsets into it.
    drop(text);
    document.problems.push(Problem {
        code: "limit",
        level: ProblemLevel::Error,
        span: Span::new(0, 0),
        message,
    });
    document
}
