//! Results kept between runs, through the program: over the test projects, under damage, and in parallel.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A copy of some of the test data, and a home.
struct Fixture {
    tree: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self::with(&["projects"])
    }

    fn with(folders: &[&str]) -> Self {
        let tree = tempfile::tempdir().unwrap();
        for folder in folders {
            copy(&root().join("testdata").join(folder), &tree.path().join(folder));
        }
        Self { tree, home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command
            .args(arguments)
            .current_dir(self.tree.path())
            .env_clear()
            .env("STOCKADE_HOME", self.home.path())
            .env("STOCKADE_TODAY", "2026-11-21");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The report of a scan with all rules, and what was said beside it.
    fn scan(&self, format: &str, more: &[&str]) -> (Vec<u8>, String) {
        let arguments = [
            "scan",
            "--no-config",
            "--fail-on",
            "never",
            "--profile",
            "all",
            "--verbose",
            "--format",
            format,
        ];
        let output = self.run(&[&arguments[..], more].concat());
        (output.stdout, String::from_utf8(output.stderr).unwrap())
    }

    /// The one file of results, beside what killed runs had begun.
    fn kept(&self) -> PathBuf {
        let files: Vec<PathBuf> = fs::read_dir(self.home.path().join("cache/results"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_none_or(|extension| extension != "tmp"))
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// The root of our own repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// How many files were known, and how many are new.
fn known(words: &str) -> (usize, usize) {
    let line = words
        .lines()
        .find(|line| line.contains("known from earlier runs"))
        .unwrap_or_else(|| panic!("{words}"));
    let numbers: Vec<usize> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    (numbers[0], numbers[1])
}

#[test]
fn a_second_scan_reports_the_same_bytes() {
    let fixture = Fixture::with(&["projects", "formats"]);
    for format in ["sarif", "json", "pretty"] {
        let (cold, words) = fixture.scan(format, &["--no-cache"]);
        assert!(!words.contains("earlier runs"), "{words}");
        let (first, _) = fixture.scan(format, &[]);
        let (second, words) = fixture.scan(format, &["--threads", "1"]);
        assert!(cold == first && cold == second, "{format} differs");
        let (known, new) = known(&words);
        assert!(known > 250 && new < known / 10, "{known} known, {new} new");
    }
    // Guides count how many files each rule looked at.
    let guide =
        ["report", "--pack", "hardening-node", "--format", "json", "--fail-on", "never", "--no-config"];
    let cold = fixture.run(&[&guide[..], &["--no-cache"]].concat());
    for _ in 0..2 {
        assert_eq!(fixture.run(&guide).stdout, cold.stdout);
    }
}

#[test]
fn edits_of_the_configuration_and_of_files_count() {
    let fixture = Fixture::new();
    let scan = |more: &[&str]| fixture.run(&[&["scan", "--format", "json"], more].concat()).stdout;
    scan(&[]);
    let configuration = fixture.tree.path().join("stockade.kdl");
    let steps = [
        "select \"dockerfile/*\" \"compose/*\"\n",
        "select \"dockerfile/*\" \"compose/*\"\nseverity \"dockerfile/*\" to=\"critical\"\n",
        "profile \"strict\"\npath \"projects/**\" {\n    ignore \"dockerfile/*\"\n}\n",
        "profile \"strict\"\nexclude \"projects/**\"\n",
    ];
    let mut before = scan(&[]);
    for step in steps {
        fs::write(&configuration, step).unwrap();
        let cold = scan(&["--no-cache"]);
        assert!(!cold.is_empty() && cold != before, "{step}");
        assert!(scan(&[]) == cold && scan(&[]) == cold, "{step}");
        before = cold;
    }
    fs::write(fixture.tree.path().join("Dockerfile"), "FROM debian:latest\n").unwrap();
    let cold = scan(&["--no-cache"]);
    assert!(cold != before && scan(&[]) == cold && scan(&[]) == cold);
}

#[test]
fn damage_costs_time_and_nothing_else() {
    let fixture = Fixture::new();
    let (cold, _) = fixture.scan("json", &["--no-cache"]);
    fixture.scan("json", &[]);
    let kept = fixture.kept();
    let good = fs::read(&kept).unwrap();
    // The engine's own tests damage many more places.
    for at in [0, 20, 60, 90, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&kept, &bad).unwrap();
        let (report, words) = fixture.scan("json", &[]);
        assert!(report == cold && words.contains("is not used: it"), "byte {at}: {words}");
        assert_eq!(fs::read(&kept).unwrap(), good, "it is written anew");
    }
    // Killed while writing: the old file is whole, and what was begun is no results.
    fs::write(kept.with_extension("results.1-0.tmp"), &good[..good.len() / 2]).unwrap();
    assert!(fixture.scan("json", &[]).0 == cold);
    fs::write(&kept, &good[..good.len() / 3]).unwrap();
    assert!(fixture.scan("json", &[]).0 == cold);
}

/// Two runs on one cache at once, and a third that is killed: early, late, and while it writes.
#[test]
fn runs_at_the_same_time_and_killed_ones_do_not_disturb_each_other() {
    const ROUNDS: u32 = 20;
    let fixture = Fixture::new();
    let (cold, _) = fixture.scan("json", &["--no-cache"]);
    let arguments = ["scan", "--no-config", "--fail-on", "never", "--profile", "all", "--format", "json"];
    let start = || fixture.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    assert!(fixture.run(&arguments).stdout == cold);
    let whole = begun.elapsed();
    let (mut cut_short, mut ended) = (0, 0);
    for round in 0..ROUNDS {
        // Every other time there is nothing yet, so that all three write.
        if round % 2 == 0 {
            fs::remove_file(fixture.kept()).unwrap();
        }
        let mut killed = fixture.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
        let runs = [start(), start()];
        // From a quarter of a run's time to well behind its end: three at once take longer than one.
        let patience = whole / 4 + whole * 3 * round / ROUNDS;
        let begun = Instant::now();
        while begun.elapsed() < patience && killed.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = killed.kill();
        if killed.wait().unwrap().success() {
            ended += 1
        } else {
            cut_short += 1
        }
        for run in runs {
            assert!(run.wait_with_output().unwrap().stdout == cold, "round {round}");
        }
        assert!(fixture.run(&arguments).stdout == cold, "after round {round}");
    }
    assert!(cut_short > 0, "{ended} runs ended before they were killed, and none was cut short");
    // What a killed run had begun to write is not in the way, and what is kept is whole.
    let (warm, words) = fixture.scan("json", &[]);
    let (known, new) = known(&words);
    assert!(warm == cold && known > 10 && new <= known / 10, "{known} known, {new} new");
}

/// What nobody should have in a repository, at places from which plugins record facts.
const PLANTED: [(&str, &str); 5] = [
    (
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: hunter2hunter2\n",
    ),
    ("prod.env", "DB_PASSWORD=hunter2hunter2\nAPI_TOKEN=q8Zk3vXwq8Zk3vXwT5rN1mPbLs7Yd2Gh\n"),
    (
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2hunter2\n",
    ),
    (
        "settings.toml",
        "[db] # stockade: ignore[tls/*] -- hunter2hunter2 is for tests\npassword = \"hunter2hunter2\"\n",
    ),
    (
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n",
    ),
];

#[test]
fn no_secret_of_the_test_projects_is_kept() {
    let fixture = Fixture::new();
    for (path, text) in PLANTED {
        fs::write(fixture.tree.path().join(path), text).unwrap();
    }
    let mut sensitive = Vec::new();
    for pack in fs::read_dir(root().join("rules")).unwrap() {
        let pack = pack.unwrap();
        for rule in fs::read_dir(pack.path()).into_iter().flatten() {
            let rule = rule.unwrap().path();
            let is_rule = rule.extension().is_some_and(|ending| ending == "kdl");
            if is_rule && fs::read_to_string(&rule).unwrap().contains("sensitive #true") {
                let name = rule.file_stem().unwrap().to_str().unwrap();
                sensitive.push(format!("{}/{name}", pack.file_name().to_str().unwrap()));
            }
        }
    }
    assert!(sensitive.len() > 15, "{sensitive:?}");
    let (report, _) = fixture.scan("json", &[]);
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let kept = fs::read(fixture.kept()).unwrap();
    let mut secrets = 0;
    for finding in report["findings"].as_array().unwrap() {
        if !sensitive.iter().any(|rule| finding["rule"] == **rule) {
            continue;
        }
        let text = fs::read(fixture.tree.path().join(finding["path"].as_str().unwrap())).unwrap();
        let at = |name: &str| usize::try_from(finding["span"][name].as_u64().unwrap()).unwrap();
        let Some(secret) = text.get(at("start")..at("end")).filter(|secret| secret.len() > 7) else {
            continue;
        };
        // A finding may point at the name that a secret has: that is told to everybody.
        let named =
            str::from_utf8(secret).is_ok_and(|name| finding["message"].as_str().unwrap().contains(name));
        if named {
            continue;
        }
        secrets += 1;
        let holds = kept.windows(secret.len()).any(|window| window == secret);
        assert!(!holds, "{}: {}", finding["path"], finding["rule"]);
    }
    assert!(secrets > 5, "{secrets} secrets");
    for planted in ["hunter2hunter2", "q8Zk3vXw", "MIIEvQIBADANBgkqh"] {
        assert!(!kept.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
}

#[test]
fn results_are_private_and_can_be_cleared() {
    let fixture = Fixture::new();
    fixture.scan("json", &[]);
    let kept = fixture.kept();
    let info = fixture.run(&["cache", "info"]);
    assert!(String::from_utf8(info.stdout).unwrap().contains("1 file, "));
    let path = fixture.run(&["cache", "path"]);
    assert_eq!(Path::new(String::from_utf8(path.stdout).unwrap().trim()), kept.parent().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let key = fixture.home.path().join("state/results.key");
        assert_eq!([mode(kept.parent().unwrap()), mode(&kept), mode(&key)], [0o700, 0o600, 0o600]);
        // A folder that others may write to is not used.
        fs::set_permissions(kept.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
        let (_, words) = fixture.scan("json", &[]);
        assert!(words.contains("is open to other users"), "{words}");
        fs::set_permissions(kept.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(fixture.run(&["cache", "clear"]).status.code(), Some(0));
    assert!(!kept.exists());
    // In a folder of the user's choice the key lies beside them.
    let folder = fixture.home.path().join("elsewhere");
    let named = ["--cache-dir", folder.to_str().unwrap()];
    fixture.scan("json", &named);
    let (_, words) = fixture.scan("json", &named);
    assert!(known(&words).0 > 15 && folder.join("key").is_file(), "{words}");
    assert!(!kept.exists());
}

#[test]
fn a_profile_names_stages_plugins_and_rules() {
    let fixture = Fixture::new();
    let arguments =
        ["scan", "projects/demo", "--no-config", "--fail-on", "never", "--format", "json", "--profile-time"];
    let plain = fixture.run(&[&arguments[..7], &["--no-cache"]].concat());
    let output = fixture.run(&[&arguments[..], &["--limit", "plugin_time=0"]].concat());
    assert_eq!(output.stdout, plain.stdout, "the report stays as it is");
    let words = String::from_utf8(output.stderr).unwrap();
    for part in ["classify and parse", "plugin calls", "\nplugin ", "\ndockerfile "] {
        assert!(words.contains(part), "{part:?} is missing: {words}");
    }
    // Which rules are the slowest differs from run to run.
    let rules = words.lines().skip_while(|line| !line.starts_with("rule ")).filter(|line| line.contains('/'));
    assert!(rules.count() > 10, "{words}");
    assert!(words.contains("more than its budget of 0 s"), "{words}");
    assert!(!String::from_utf8(plain.stderr).unwrap().contains("budget"));
}
