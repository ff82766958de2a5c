//! Dependencies that nothing keeps up to date.

use crate::paths;
use stockade_sdk::{FileFacts, Node, Out, Params, ProjectOut, Source};

/// An ecosystem that Dependabot looks after here.
const COVERED: &str = "covered";
/// A bot that looks after all of them.
const ALL: &str = "all";

/// Ecosystems by the names of their manifests, with the names that Dependabot has for them.
const ECOSYSTEMS: [(&str, &[&str], &[&str]); 11] = [
    ("npm", &["package.json"], &["npm", "bun"]),
    ("Python", &["pipfile", "setup.py", "poetry.lock", "uv.lock", "pdm.lock"], &["pip", "uv", "conda"]),
    ("Go", &["go.mod"], &["gomod"]),
    ("Rust", &["cargo.toml"], &["cargo"]),
    ("Maven", &["pom.xml"], &["maven"]),
    ("Gradle", &["build.gradle", "build.gradle.kts"], &["gradle"]),
    ("Ruby", &["gemfile"], &["bundler"]),
    ("PHP", &["composer.json"], &["composer"]),
    ("Elixir", &["mix.exs"], &["mix"]),
    ("Dart", &["pubspec.yaml"], &["pub"]),
    ("Docker", &[], &["docker", "docker-compose"]),
];

/// Files of bots that look after everything.
fn is_bot(path: &str) -> bool {
    matches!(
        &*paths::name(path),
        "renovate.json"
            | "renovate.json5"
            | "renovate.jsonc"
            | ".renovaterc"
            | ".renovaterc.json"
            | ".renovaterc.json5"
            | ".pyup.yml"
            | "depfu.yml"
            | ".scala-steward.conf"
            | ".updatecli.yaml"
            | "updatecli.yaml"
            | ".depfu.yml"
            | "renovate-config.js"
            | "renovate.js"
    ) || path.starts_with("updatecli/")
}

/// Records what a configuration of Dependabot covers, and bots that a pipeline or manifest starts.
pub(crate) fn record(source: &Source, out: &mut Out) {
    let name = paths::name(source.path());
    if matches!(&*name, "dependabot.yml" | "dependabot.yaml") && !source.is_empty() {
        for document in source.root().children() {
            for node in document.at("updates[*]") {
                if let Some(ecosystem) = node.get("package-ecosystem") {
                    out.fact(COVERED, ecosystem.text().to_ascii_lowercase(), None);
                }
            }
            for node in document.at("update_configs[*].package_manager") {
                out.fact(COVERED, node.text(), None);
            }
        }
        return;
    }
    let pipeline =
        paths::is_pipeline(source.path()) || matches!(source.kind(), "github-workflow" | "gitlab-ci");
    let package = source.kind() == "package-json"
        && !source.is_empty()
        && source
            .root()
            .children()
            .any(|document| document.get("renovate").is_some_and(|n: Node<'_>| !n.is_null()));
    let text = source.text();
    let updating = [
        "renovate",
        "dependabot-core",
        "npm-check-updates",
        "pip-compile --upgrade",
        "go get -u",
        "cargo update",
        "poetry update",
        "uv lock --upgrade",
        "update-flake-lock",
        "pre-commit autoupdate",
    ];
    if package || pipeline && updating.iter().any(|word| text.contains(word)) {
        out.fact(ALL, "", None);
    }
}

/// For each ecosystem its manifest that is nearest to the root: how deep it lies, and its number. All are looked for at
/// once, because a repository may have a hundred thousand files.
fn manifests(files: &[FileFacts]) -> [Option<(usize, usize)>; ECOSYSTEMS.len()] {
    let mut firsts = [None; ECOSYSTEMS.len()];
    for (at, file) in files.iter().enumerate() {
        let name = paths::name(&file.path);
        for ((ecosystem, manifests, _), first) in ECOSYSTEMS.iter().zip(&mut firsts) {
            let own = manifests.contains(&&*name)
                || match *ecosystem {
                    "Docker" => paths::is_dockerfile(&name),
                    "Python" => paths::is_requirements(&name),
                    _ => false,
                };
            if own && !paths::is_aside(&file.path) {
                let found = (file.path.matches('/').count(), at);
                *first = Some(first.map_or(found, |known| found.min(known)));
            }
        }
    }
    firsts
}

/// `updates-missing`: there are manifests of an ecosystem that no bot looks after.
pub(crate) fn missing(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    let facts =
        |key: &'static str| files.iter().flat_map(|file| &file.facts).filter(move |fact| fact.key == key);
    if facts(ALL).next().is_some() || files.iter().any(|file| is_bot(&file.path)) {
        return;
    }
    let covered: Vec<&str> = facts(COVERED).map(|fact| fact.value.as_str()).collect();
    let configured =
        files.iter().any(|f| matches!(&*paths::name(&f.path), "dependabot.yml" | "dependabot.yaml"));
    let firsts = manifests(files);
    for ((ecosystem, _, names), first) in ECOSYSTEMS.into_iter().zip(firsts) {
        let Some((_, at)) = first else { continue };
        if names.iter().any(|name| covered.contains(name)) {
            continue;
        }
        let path = files.get(at).map_or("", |file| file.path.as_str());
        if configured {
            out.finding(
                at,
                None,
                format!("dependabot.yml does not cover {ecosystem}, whose dependencies {path} lists"),
            )
            .key(format!("ecosystem={ecosystem}"));
        } else {
            // One bot is missing, not one for each language.
            out.finding(at, None, format!("nothing keeps the dependencies in {path} up to date"))
                .key("updates");
            return;
        }
    }
}
