//! Scanners that no pipeline calls.

use crate::paths;
use stockade_sdk::{FileFacts, Out, Params, ProjectOut, Source, Span};

/// Words of scanners in a file that runs tools: the text of the fact is all of them that any rule knows.
const MENTIONS: &str = "mentions";
/// A pipeline takes steps from elsewhere.
const EXTERNAL: &str = "external";
/// Where a pipeline begins.
const PIPELINE: &str = "pipeline";

/// Names of scanners, of dependencies and images first, of source code behind them. A tool that does both is in both.
const SCANNERS: [&str; 2] = [
    "trivy grype snyk pip-audit pip_audit safety osv-scanner osv scout audit audit-ci govulncheck nancy dependency-check \
     dependency-review-action dependency_scanning dependency-scanning container_scanning container-scanning anchore clair twistlock prisma-cloud \
     aquasec wiz jfrog xray mend whitesource fossa blackduck black-duck sonatype nexus-iq cargo-deny deny gemnasium auditjs retire \
     cve-bin-tool dep-scan depscan megalinter mega-linter ox-security vulnerable stockade rustsec mondoo sysdig neuvector docker-scan",
    "bandit semgrep codeql codeql-action gosec brakeman sonar sonarcloud sonarqube sonar-scanner snyk spotbugs findsecbugs find-sec-bugs \
     sast njsscan mobsf flawfinder coverity checkmarx veracode fortify horusec devskim eslint-plugin-security flake8-bandit sobelow \
     slither mythril security-code-scan psalm megalinter mega-linter super-linter deepsource codacy codeclimate qodana opengrep bearer \
     contrast kiuwan klocwork cppcheck infer pmd dlint shiftleft graudit insider securego github-advanced-security",
];

/// Whether a file runs tools: a pipeline, a Makefile, a hook, a script.
fn runs_tools(source: &Source) -> bool {
    let name = paths::name(source.path());
    matches!(
        source.kind(),
        "github-workflow" | "gitlab-ci" | "makefile" | "shell" | "package-json" | "ini" | "pyproject"
    ) || paths::is_pipeline(source.path())
        || matches!(
            &*name,
            ".pre-commit-config.yaml"
                | ".pre-commit-config.yml"
                | "lefthook.yml"
                | ".lefthook.yml"
                | "taskfile.yml"
                | "taskfile.yaml"
                | ".golangci.yml"
                | ".golangci.yaml"
                | ".golangci.toml"
                | "skaffold.yaml"
                | "trunk.yaml"
                | "prek.toml"
        )
}

/// Records which scanners a file mentions.
pub(crate) fn record(source: &Source, out: &mut Out) {
    if !runs_tools(source) {
        return;
    }
    if paths::is_pipeline(source.path()) {
        let first = source.root().children().flat_map(stockade_sdk::Node::children).next();
        out.fact(PIPELINE, "", first.and_then(stockade_sdk::Node::key_span));
        if takes_from_elsewhere(source) {
            out.fact(EXTERNAL, "", None);
        }
    }
    let known: Vec<&str> =
        SCANNERS.iter().flat_map(|list| list.split(' ')).filter(|word| !word.is_empty()).collect();
    let mut found: Vec<&str> = Vec::new();
    for line in source.text().lines() {
        let bare = line.trim_start();
        if bare.starts_with('#') || bare.starts_with("//") {
            continue;
        }
        for word in bare.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
            // Most words are none: their length tells.
            if word.len() < 3 || word.len() > 30 {
                continue;
            }
            let lower = word.to_ascii_lowercase();
            // `aquasecurity`, `trivy-action`, `snyk-test`.
            let hit = known.iter().find(|name| {
                lower.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
                    || name.len() > 5 && lower.contains(**name)
            });
            found.extend(hit.filter(|hit| !found.contains(hit)));
        }
    }
    if !found.is_empty() {
        out.fact(MENTIONS, found.join(" "), None);
    }
}

/// Whether a pipeline takes jobs from another repository, whose steps are not to be seen.
fn takes_from_elsewhere(source: &Source) -> bool {
    if source.is_empty() {
        return true;
    }
    source.root().children().any(|document| {
        // A job that is a workflow of another repository.
        let jobs = document.get("jobs").into_iter().flat_map(stockade_sdk::Node::children);
        let workflows = jobs.filter_map(|job| job.get("uses")).any(|uses| !uses.text().starts_with("./"));
        let included = document.get("include").is_some_and(|include| {
            include.descendants().chain([include]).any(|node| {
                matches!(node.name(), "project" | "remote" | "component") || node.text().starts_with("http")
            })
        });
        let orbs = document.get("orbs").is_some();
        let templates = !document.at("resources.repositories").is_empty();
        workflows || included || orbs || templates
    })
}

/// `scanner-missing`: nothing that runs tools calls a scanner: of `dependencies`, for a repository that pins some or builds an
/// image, or of `code`, for one with source code.
pub(crate) fn missing(files: &&[FileFacts], params: &Params, out: &mut ProjectOut) {
    let of_code = params.string("of") == Some("code");
    let names: Vec<&str> =
        SCANNERS[usize::from(of_code)].split(' ').filter(|word| !word.is_empty()).collect();
    let subject = if of_code {
        // A file or two are somebody's settings.
        (files.iter().filter(|file| paths::is_source(&file.path)).take(3).count() == 3)
            .then(|| paths::first(files, paths::is_source))
            .flatten()
    } else {
        paths::first(files, paths::is_pinned)
    };
    let Some(subject) = subject else { return };
    let has = |key: &str| files.iter().flat_map(|file| &file.facts).any(|fact| fact.key == key);
    let mentioned = files.iter().flat_map(|file| &file.facts).filter(|fact| fact.key == MENTIONS);
    let called = mentioned.flat_map(|fact| fact.value.split(' ')).any(|word| names.contains(&word));
    let owned =
        files.iter().filter_map(|file| paths::scanner_file(&file.path)).any(|word| names.contains(&word));
    let unknown = has(EXTERNAL) || files.iter().any(|file| paths::is_opaque(&file.path));
    if called || owned || unknown {
        return;
    }
    let pipeline = files.iter().enumerate().find_map(|(at, file)| {
        let fact = file.facts.iter().find(|fact| fact.key == PIPELINE)?;
        Some((at, fact.span))
    });
    let path = files.get(subject).map_or("", |file| file.path.as_str());
    let (at, span): (usize, Option<Span>) = pipeline.unwrap_or((subject, None));
    let message = if of_code {
        "no pipeline, Makefile or hook analyses the source code".to_owned()
    } else {
        format!("no pipeline, Makefile or hook looks for known vulnerabilities in what {path} brings")
    };
    out.finding(at, span, message).key("scanner");
}
