//! What becomes of more findings than fit: in one file, and in a report for GitHub.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn stockade(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
    command.args(arguments).current_dir(folder).env_clear().output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A Dockerfile whose every line behind the first is worth three findings.
fn dockerfile(lines: usize) -> String {
    let bad = |n: usize| format!("RUN sudo ls /{n} && wget http://example.com/{n} && apt-get install p{n}\n");
    let lines = (0..lines).map(bad);
    std::iter::once("FROM debian:12.5\nUSER 1000\n".to_owned()).chain(lines).collect()
}

const RULES: &str =
    "dockerfile/run-sudo,dockerfile/apt-get-assume-yes,dockerfile/apt-get-no-install-recommends";

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_first_ten_thousand_findings_of_a_file_are_reported_and_the_rest_counted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), dockerfile(4_000)).unwrap();
    std::fs::write(folder.path().join("other.Dockerfile"), dockerfile(1)).unwrap();
    let scan = |format: &str| {
        stockade(folder.path(), &["scan", "--no-cache", "--select", RULES, "--format", format])
    };
    let output = scan("json");
    assert_eq!(output.status.code(), Some(2), "what was left out makes the run incomplete");
    let report = json(&output);
    assert_eq!(report["faults"].as_array().unwrap().len(), 0);
    let findings = report["findings"].as_array().unwrap();
    let of = |path: &str| findings.iter().filter(|finding| finding["path"] == path).count();
    assert_eq!((of("Dockerfile"), of("other.Dockerfile")), (10_000, 3));
    // Three on a line, from line 3 on: the last line has the first of its three.
    let last = findings.iter().rfind(|finding| finding["path"] == "Dockerfile").unwrap();
    assert_eq!(last["region"]["line"].as_u64().or(last["line"].as_u64()), Some(3 + 3_333), "{last}");
    let words = "plugin `dockerfile` found 12000 places; the first 10000 are reported, 2000 are left out";
    assert_eq!(report["notes"][0]["path"], "Dockerfile");
    assert_eq!(report["notes"][0]["message"], words);

    let sarif = json(&scan("sarif"));
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 10_003);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["level"], "warning");
    let text = notification["message"]["text"].as_str().unwrap();
    assert!(text.contains("2000 are left out"), "{text}");
    let concise = stdout(&scan("concise"));
    assert!(concise.contains(words), "the people see it too");
}

/// Objects that many rules are broken by: more than one answer of a plugin may hold, in bytes and in facts.
#[test]
fn an_answer_that_is_too_long_is_asked_for_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let pod = |n: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d{n}\nspec:\n  selector:\n    matchLabels:\n      \
             app: d{n}\n  template:\n    metadata:\n      labels:\n        app: d{n}\n    spec:\n      hostNetwork: true\n      \
             hostPID: true\n      containers:\n      - name: c\n        image: nginx\n        securityContext:\n          \
             privileged: true\n"
        )
    };
    std::fs::write(folder.path().join("all.yaml"), (0..3_000).map(pod).collect::<String>()).unwrap();
    let arguments =
        ["scan", "--no-cache", "--profile", "all", "--select", "kubernetes/*", "--format", "json"];
    let output = stockade(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    let report = json(&output);
    assert_eq!(report["faults"].as_array().unwrap().len(), 0, "{}", report["faults"]);
    let notes = report["notes"].as_array().unwrap();
    let words = |note: &Value| note["message"].as_str().unwrap().to_owned();
    let cut = notes.iter().map(words).find(|note| note.starts_with("plugin `kubernetes` found ")).unwrap();
    assert!(cut.contains("the first 10000 are reported"), "{cut}");
    // Far more than one answer may hold: 16 MiB, at half a KiB each.
    let found: usize = cut.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!(found > 40_000, "{cut}");
    assert!(report["findings"].as_array().unwrap().len() >= 10_000);
}

#[test]
fn github_gets_the_most_severe_five_thousand_of_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join(".git")).unwrap();
    // Many files, so that no limit but GitHub's counts; the severe ones come last.
    for n in 0..30 {
        std::fs::create_dir(root.join(format!("d{n:02}"))).unwrap();
        std::fs::write(root.join(format!("d{n:02}/Dockerfile")), dockerfile(100)).unwrap();
    }
    let accepted = format!("# stockade: ignore-file[dockerfile/*] -- it is generated\n{}", dockerfile(50));
    std::fs::write(root.join("accepted.Dockerfile"), accepted).unwrap();
    let pod = |n: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p{n}\nspec:\n  containers:\n  - name: c\n    image: a:1\n    securityContext:\n      privileged: true\n"
        )
    };
    std::fs::write(root.join("zz.yaml"), (0..200).map(pod).collect::<String>()).unwrap();
    let rules = RULES.to_owned() + ",kubernetes/privileged-container";
    let select = ["scan", "--no-cache", "--select", &rules, "--fail-on", "never"];
    let output = stockade(
        root,
        &[&select[..], &["--sarif-profile", "github", "--report", "sarif=out.sarif", "--format", "json"]]
            .concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    let sarif: Value = serde_json::from_slice(&std::fs::read(root.join("out.sarif")).unwrap()).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    let uri = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert!(place.get("uriBaseId").is_none(), "GitHub ignores it");
        place["uri"].as_str().unwrap().to_owned()
    };
    assert!(
        results.iter().all(|result| uri(result) != "accepted.Dockerfile"),
        "suppressed results become alerts"
    );
    let count = |level: &str| results.iter().filter(|result| result["level"] == level).count();
    let open =
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["state"]["kind"] == "open");
    let severe = |finding: &&Value| ["critical", "high"].contains(&finding["severity"].as_str().unwrap());
    let severe = open.clone().filter(severe).count();
    assert_eq!((count("error"), severe), (200, 200), "the most severe stay, wherever they stand");
    // What is mildest went first, then the last of what is next.
    let left_out = open.clone().count() - 5_000;
    let of = |severity: &str| open.clone().filter(|finding| finding["severity"] == severity).count();
    assert_eq!((of("low"), of("medium"), left_out), (3_000, 6_000, 4_200));
    assert_eq!((count("note"), count("warning")), (0, 4_800));
    let last = results.iter().filter(|result| result["level"] == "warning").map(uri).next_back();
    assert_eq!(last.as_deref(), Some("d23/Dockerfile"));
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let text = notes.iter().rfind(|note| note["descriptor"]["id"] == "results-left-out").unwrap();
    let text = text["message"]["text"].as_str().unwrap();
    assert!(text.starts_with(&left_out_words(left_out)), "{text}");

    let output = stockade(root, &["sarif", "check", "out.sarif"]);
    assert_eq!(stdout(&output), "out.sarif: GitHub code scanning would take all of it\n");
}

fn left_out_words(n: usize) -> String {
    let digits = n.to_string();
    let number = match digits.len().checked_sub(3).filter(|at| *at > 0) {
        Some(at) => format!("{},{}", &digits[..at], &digits[at..]),
        None => digits,
    };
    format!("{number} results of the lowest severities were left out")
}

/// A job's workspace without its `.git`: GitHub takes URIs as relative to the repository's root, other readers are told.
#[test]
fn without_a_repository_uris_are_relative_to_what_is_scanned() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("work space");
    std::fs::create_dir_all(workspace.join("app dir")).unwrap();
    std::fs::write(workspace.join("app dir/Dockerfile"), dockerfile(1)).unwrap();
    let uris = |here: &Path, path: &str, profile: &str| -> Value {
        let more = ["--format", "sarif", "--sarif-profile", profile, path];
        let output = stockade(here, &[&["scan", "--no-cache", "--select", RULES][..], &more].concat());
        json(&output)["runs"][0].clone()
    };
    let place =
        |run: &Value| run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].clone();
    let here = folder.path();
    for (run, expected) in [
        (uris(&workspace, ".", "open"), "app%20dir/Dockerfile"),
        (uris(&workspace, "app dir/Dockerfile", "github"), "app%20dir/Dockerfile"),
        (uris(here, "work space", "open"), "app%20dir/Dockerfile"),
        (uris(here, "work space/app dir", "open"), "Dockerfile"),
        (uris(here, workspace.to_str().unwrap(), "open"), "app%20dir/Dockerfile"),
    ] {
        assert_eq!(place(&run), serde_json::json!({ "uri": expected }));
    }
    let run = uris(&workspace, ".", "full");
    assert_eq!(place(&run), serde_json::json!({ "uri": "app%20dir/Dockerfile", "uriBaseId": "SRCROOT" }));
    let base = &run["originalUriBaseIds"]["SRCROOT"];
    assert!(base["description"]["text"].as_str().unwrap().contains("the folder that was scanned"), "{base}");
    assert!(base.get("uri").is_none(), "a report names no path of the machine");
}

/// Rules about a repository as a whole get every path: what they may do grows with them, or a large one would never pass.
#[test]
fn the_budget_of_rules_about_a_repository_grows_with_its_paths() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join(".git")).unwrap();
    std::fs::write(root.join("package.json"), "{\"name\": \"a\"}\n").unwrap();
    let deep = root.join("a/rather/deep/folder/with/a/rather/long/name/as/in/a/large/repository");
    std::fs::create_dir_all(&deep).unwrap();
    for n in 0..2_000 {
        std::fs::write(deep.join(format!("Some_source_{n}.py")), "").unwrap();
    }
    let select = "config/dependency-update-missing,config/security-policy-missing";
    let arguments =
        ["scan", "--no-cache", "--select", select, "--limit", "call_fuel=1000000", "--format", "json"];
    let report = json(&stockade(root, &arguments));
    assert_eq!(report["faults"].as_array().unwrap().len(), 0, "{}", report["faults"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "{}", report["findings"]);
}

/// What is asked of each of thousands of places is looked for once: a mapping that all services merge, the block and the
/// `set` that decide about a variable.
#[test]
fn what_thousands_of_places_share_is_looked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let keys: String = (0..2_000).map(|n| format!("  k{n}: v\n")).collect();
    let service = |n: usize| format!("  s{n}:\n    <<: *base\n    image: shop/web:1.4\n");
    let services: String = (0..2_000).map(service).collect();
    let compose = format!("x-base: &base\n  privileged: true\n{keys}services:\n{services}");
    std::fs::write(root.join("compose.yaml"), compose).unwrap();
    let passes = "        proxy_pass http://$1:9090/$2;\n".repeat(10_000);
    let location = format!("    location ~ ^/relay/([^/]+)/(.*)$ {{\n{passes}    }}\n");
    let server = |n: usize| format!("server {{\n    set $to app{n};\n    proxy_pass http://$to;\n}}\n");
    let servers: String = (0..5_000).map(server).collect();
    std::fs::write(root.join("nginx.conf"), format!("server {{\n{location}}}\n{servers}")).unwrap();
    let output = stockade(root, &["scan", "--no-cache", "--profile", "all", "--format", "json"]);
    let report = json(&output);
    assert_eq!(report["faults"].as_array().unwrap().len(), 0, "{}", report["faults"]);
    let findings = report["findings"].as_array().unwrap();
    let found = |rule: &str| findings.iter().any(|finding| finding["rule"] == rule);
    assert!(found("compose/privileged") && found("nginx/dynamic-proxy-host"));
}
