//! The book's table of other tools' rules and the rules here, made from the aliases.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How the tools write themselves; those not listed are shown as the aliases name them.
const NAMES: [(&str, &str); 14] = [
    ("buildkit", "BuildKit's build checks"),
    ("checkov", "Checkov"),
    ("dclint", "DCLint"),
    ("dockle", "Dockle"),
    ("gixy", "Gixy"),
    ("hadolint", "hadolint"),
    ("kics", "KICS"),
    ("kube-linter", "kube-linter"),
    ("kube-score", "kube-score"),
    ("kubescape", "Kubescape"),
    ("kubesec", "kubesec"),
    ("polaris", "Polaris"),
    ("semgrep", "Semgrep's registry"),
    ("trivy", "Trivy"),
];

/// A tool's ids in their order, each as it is written and with the rules here.
type Ids<'a> = BTreeMap<Vec<Part>, (&'a str, Vec<&'a str>)>;

/// The page, from what `stockade rules --format json` says.
pub(crate) fn page(rules: &Value) -> Result<String> {
    let mut tools: BTreeMap<&str, Ids<'_>> = BTreeMap::new();
    for rule in rules.as_array().context("`stockade rules` gives no array")? {
        let id = rule["id"].as_str().context("a rule has an id")?;
        for alias in rule["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let (tool, peer) = alias.split_once(':').context("an alias names a tool")?;
            let entry = tools.entry(tool).or_default().entry(parts(peer)).or_insert((peer, Vec::new()));
            entry.1.push(id);
        }
    }
    let mut text = String::from(
        "# Other tools' rules\n\nThis page is generated. It lists the rules of other tools that a rule here stands for. \
         Wherever a rule is named, on the command line, in `stockade.kdl` and in comments, their ids work too: `DL3007`, or \
         with the tool in front where two tools share an id, `hadolint:DL3007`. What is not listed has no rule here; [moving \
         over](../guide/migration.md) says what to expect.\n\n| tool | ids |\n|---|---:|\n",
    );
    let name = |tool: &str| {
        NAMES.iter().find(|(id, _)| *id == tool).map_or(tool.to_owned(), |(_, name)| (*name).to_owned())
    };
    for (tool, ids) in &tools {
        writeln!(text, "| [{}](#{tool}) | {} |", name(tool), ids.len())?;
    }
    for (tool, ids) in &tools {
        write!(text, "\n## {} {{#{tool}}}\n\n| {} | here |\n|---|---|\n", name(tool), name(tool))?;
        for (peer, rules) in ids.values() {
            let links: Vec<String> =
                rules.iter().map(|rule| format!("[`{rule}`](../rules/{rule}.md)")).collect();
            writeln!(text, "| `{peer}` | {} |", links.join(", "))?;
        }
    }
    Ok(text)
}

/// Texts sort by their letters, numbers by their value: `CKV_K8S_9` comes before `CKV_K8S_10`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(String),
}

fn parts(id: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for run in id.chars().collect::<Vec<_>>().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let run: String = run.iter().collect();
        parts.push(run.parse().map_or(Part::Text(run), Part::Number));
    }
    parts
}
