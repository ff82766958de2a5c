//! Results of earlier runs: a run with them says what one without them says, and does less.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stockade_engine::{Cache, Identity, Options, Plan, Policy, Root, run_files, walk};
use stockade_model::{
    Applicability, Checker, Document, Edit, Fact, Fault, FaultKind, FileFacts, Fix, PluginInfo, RawFinding,
    RawLabel, RawReport, Report, Rule, RuleTable, Severity, Span, reserved_rules,
};
use stockade_syntax::FileKind;

const SECRET: [u8; 32] = [7; 32];

/// Finds `bad` as rule 0 and what follows `token=` as rule 2, which is sensitive; tells of values that were filled in;
/// records the marks of each file. `trap` in a file is a fault.
struct Fake {
    plugins: Vec<PluginInfo>,
    calls: AtomicUsize,
}

fn found(rule: u32, at: usize, len: usize, message: String) -> RawFinding {
    let span = Span::new(at as u32, (at + len) as u32);
    let edits = vec![Edit { span, replacement: "good".to_owned() }];
    let fix = Fix { title: "mend it".to_owned(), applicability: Applicability::Safe, edits };
    let label = RawLabel { path: None, span: Span::new(0, span.start), message: "before".to_owned() };
    RawFinding {
        rule,
        span: Some(span),
        message,
        help: Some("Mend it.".to_owned()),
        labels: if rule == 0 { vec![label] } else { Vec::new() },
        fixes: vec![fix],
        data: vec![("at".to_owned(), at.to_string())],
        ..RawFinding::default()
    }
}

impl Checker for Fake {
    fn plugins(&self) -> &[PluginInfo] {
        &self.plugins
    }

    fn check(
        &self,
        _: usize,
        path: &str,
        kind: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let text = document.text();
        if text.contains("trap") {
            let (plugin, message) = ("fake".to_owned(), "it trapped".to_owned());
            return Err(Fault { plugin, kind: FaultKind::Trap, path: Some(path.to_owned()), message });
        }
        let mut findings: Vec<RawFinding> = text
            .match_indices("bad")
            .map(|(at, word)| found(0, at, 3, format!("found {word} in {kind}")))
            .collect();
        for (at, _) in text.match_indices("token=") {
            let value = text[at + 6..].split_whitespace().next().unwrap_or_default();
            findings.push(found(2, at + 6, value.len(), "a token".to_owned()));
        }
        for node in 0..document.len() as u32 {
            if document.value(node).starts_with("filled") {
                let message = format!("the value is {}", document.value(node));
                findings.push(RawFinding { rule: 0, node: Some(node), message, ..RawFinding::default() });
            }
        }
        findings.retain(|finding| rules.contains(&finding.rule));
        let mut facts = vec![Fact {
            key: "marks".to_owned(),
            value: document.marks.join(" "),
            span: Some(Span::new(0, 1)),
        }];
        if let Some((_, rest)) = text.split_once("fact=") {
            facts.push(Fact { key: "said".to_owned(), value: rest.to_owned(), span: None });
        }
        Ok(RawReport { findings, facts, ..RawReport::default() })
    }

    fn check_project(&self, _: usize, _: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let finding = |(at, file): (usize, &FileFacts)| RawFinding {
            rule: 1,
            file: at as u32,
            span: file.facts.first().and_then(|fact| fact.span),
            message: format!("{} {:?}", file.kind, file.facts),
            ..RawFinding::default()
        };
        Ok(RawReport { findings: files.iter().enumerate().map(finding).collect(), ..RawReport::default() })
    }
}

fn table() -> RuleTable {
    let rule = |id: &str| Rule {
        id: id.to_owned(),
        plugin: "fake".to_owned(),
        kinds: FileKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect(),
        ..reserved_rules().remove(0)
    };
    let project = Rule { project: true, ..rule("b/project") };
    let token = Rule { sensitive: true, ..rule("c/token") };
    let mut rules = vec![rule("a/word"), project, token];
    rules.extend(reserved_rules());
    RuleTable::new(rules)
}

/// What the configuration says; below `quiet/` the word counts for less.
#[derive(Clone, Default)]
struct Settings {
    /// Severity of the word in `quiet/`, or none for off.
    quiet: Option<Severity>,
    /// What `d/unknown.data` is.
    kind: Option<FileKind>,
}

impl Policy for Settings {
    fn possible(&self) -> Vec<bool> {
        table().rules.iter().map(|_| true).collect()
    }

    fn plan(&self, path: &str) -> Arc<Plan> {
        let mut enabled = self.possible();
        let mut severity: Vec<Severity> = enabled.iter().map(|_| Severity::High).collect();
        if path.starts_with("quiet/") {
            enabled[0] = self.quiet.is_some();
            severity[0] = self.quiet.unwrap_or(Severity::High);
        }
        Arc::new(Plan { enabled, severity, ..Plan::default() })
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        self.kind.filter(|_| path == "d/unknown.data")
    }

    fn excluded(&self, _: &str) -> Option<String> {
        None
    }
}

const OPTIONS: fn() -> Options<'static> = || Options { count_files: true, ..Options::default() };

fn fake() -> Fake {
    let (name, version) = ("fake".to_owned(), "1.0.0".to_owned());
    Fake {
        plugins: vec![PluginInfo { name, version, needs: Vec::new(), only_with: None }],
        calls: AtomicUsize::new(0),
    }
}

fn identity(settings: &Settings) -> Identity {
    Identity::new(&table(), &settings.possible(), &fake().plugins, false, &OPTIONS(), ("build", &["code"]))
}

/// A report, and how often a plugin was asked about a file.
fn scan(folder: &Path, settings: &Settings, cache: Option<&Cache>) -> (Report, usize) {
    let fake = fake();
    let root = Root::find(folder, &[folder.to_path_buf()]).unwrap();
    let options = Options { cache, ..OPTIONS() };
    let report = run_files(walk(&root, 2), &table(), settings, &fake, &options).unwrap();
    (report, fake.calls.into_inner())
}

/// Everything that a report says.
fn text(report: &Report) -> String {
    format!("{report:#?}")
}

fn reopen(settings: &Settings, bytes: &[u8]) -> Cache {
    Cache::open(SECRET, identity(settings), bytes.to_vec()).unwrap()
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

const FILES: [(&str, &str); 20] = [
    ("a.yaml", "a: bad\nb: [bad, ü, bad]\n"),
    ("compose.yaml", "services:\n  web:\n    image: bad\n    env_file: [conf/app.settings]\n"),
    ("conf/app.settings", "NAME=bad\n"),
    ("d/unknown.data", "key = bad\n"),
    ("quiet/a.yaml", "a: bad\n"),
    ("chart/Chart.yaml", "apiVersion: v2\nname: outer\ndependencies:\n  - name: inner\n    alias: part\n"),
    ("chart/values.yaml", "part:\n  tag: filled from outside\n"),
    ("chart/charts/inner/Chart.yaml", "apiVersion: v2\nname: inner\n"),
    ("chart/charts/inner/values.yaml", "tag: filled inside\nother: filled too\n"),
    (
        "chart/charts/inner/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  a: {{ .Values.tag }}\n  b: {{ .Values.other }}\n  c: {{ include \"tag\" . }}\n",
    ),
    ("chart/charts/inner/templates/_helpers.tpl", "{{ define \"tag\" }}filled by helper{{ end }}\n"),
    ("base/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {a: bad}\n"),
    ("kustomization.yaml", "resources: [base/pod.yaml]\npatches: [{path: patch.yaml}]\n"),
    ("patch.yaml", "kind: Pod\nmetadata: {name: a}\nspec: {a: good}\n"),
    ("s.yaml", "# stockade: ignore[a/word] until 2027-01-31 -- it is not so bad\na: bad\n"),
    ("wrong.yaml", "a: [bad\n# stockade: ignore[\n"),
    (
        "Dockerfile",
        "FROM bad\n# stockade: ignore-file[c/token] -- nothing here\nRUN echo token=topsecretvalue\n",
    ),
    ("run.sh", "#!/bin/sh\necho bad\n"),
    ("shop/compose.yaml", "services:\n  web:\n    image: ${TAG}\n"),
    ("shop/.env", "TAG=filled-beside\n"),
];

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    FILES.iter().for_each(|(path, text)| write(dir.path(), path, text));
    dir
}

/// The bytes of the cache after a first run.
fn learn(folder: &Path, settings: &Settings) -> Vec<u8> {
    let cache = Cache::new(SECRET, identity(settings));
    scan(folder, settings, Some(&cache));
    cache.to_bytes().unwrap()
}

#[test]
fn a_second_run_says_the_same_and_asks_no_plugin() {
    let (dir, settings) = (tree(), Settings::default());
    let (cold, calls) = scan(dir.path(), &settings, None);
    assert!(calls > 10 && cold.findings.len() > 15, "{calls} calls, {} findings", cold.findings.len());
    let cache = Cache::new(SECRET, identity(&settings));
    let (first, _) = scan(dir.path(), &settings, Some(&cache));
    assert_eq!(text(&cold), text(&first));
    let warm = reopen(&settings, &cache.to_bytes().unwrap());
    let (second, calls) = scan(dir.path(), &settings, Some(&warm));
    assert_eq!(text(&cold), text(&second));
    assert_eq!((calls, warm.added()), (0, 0), "all is known");
    assert_eq!(warm.to_bytes(), None, "nothing is new");
    // Within one run, too: `--fix` scans again.
    let (again, calls) = scan(dir.path(), &settings, Some(&cache));
    assert_eq!((text(&again), calls), (text(&cold), 0));
}

/// What somebody does between two runs.
type Change = fn(&Path, &mut Settings);

#[test]
fn line_hashes_are_made_where_they_are_asked_for() {
    let (folder, settings) = (tree(), Settings::default());
    let root = Root::find(folder.path(), &[folder.path().to_path_buf()]).unwrap();
    let without = Options { line_hashes: false, ..OPTIONS() };
    let report = run_files(walk(&root, 2), &table(), &settings, &fake(), &without).unwrap();
    assert!(!report.findings.is_empty() && report.findings.iter().all(|f| f.line_hash.is_empty()));
    let (with, _) = scan(folder.path(), &settings, None);
    assert!(with.findings.iter().all(|f| !f.line_hash.is_empty()));
    // What was kept without them is of no use to a run that wants them.
    let other =
        Identity::new(&table(), &settings.possible(), &fake().plugins, false, &without, ("build", &["code"]));
    assert_ne!(other, identity(&settings));
}

#[test]
fn after_every_change_a_run_says_what_one_without_results_says() {
    let changes: [(&str, Change); 21] = [
        ("a file is edited", |dir, _| write(dir, "a.yaml", "a: bad\nb: [bad, o, bad]\n")),
        ("a file is renamed", |dir, _| std::fs::rename(dir.join("a.yaml"), dir.join("test.yaml")).unwrap()),
        ("two files change places", |dir, _| {
            write(dir, "a.yaml", FILES[14].1);
            write(dir, "s.yaml", FILES[0].1);
        }),
        ("a file goes", |dir, _| std::fs::remove_file(dir.join("s.yaml")).unwrap()),
        ("a file comes", |dir, _| write(dir, "new.yaml", "a: bad\n")),
        ("a mode changes", |dir, _| executable(&dir.join("a.yaml"))),
        ("a severity changes for some paths", |_, settings| settings.quiet = Some(Severity::Low)),
        ("the configuration says what a file is", |_, settings| settings.kind = Some(FileKind::Ini)),
        ("the values of a chart change", |dir, _| {
            write(dir, "chart/charts/inner/values.yaml", "tag: filled inside\nother: filled anew\n");
        }),
        ("the values of the chart around it change", |dir, _| {
            write(dir, "chart/values.yaml", "part:\n  tag: filled from elsewhere\n");
        }),
        ("a part of a chart gets another name", |dir, _| {
            write(dir, "chart/Chart.yaml", "apiVersion: v2\nname: outer\ndependencies: [{name: inner}]\n");
        }),
        ("a helper of a chart changes", |dir, _| {
            let helper = "{{ define \"tag\" }}filled by another{{ end }}\n";
            write(dir, "chart/charts/inner/templates/_helpers.tpl", helper);
        }),
        ("a patch of a kustomization changes", |dir, _| {
            write(dir, "patch.yaml", "kind: Pod\nmetadata: {name: a}\nspec: {b: bad}\n");
        }),
        ("a kustomization goes", |dir, _| std::fs::remove_file(dir.join("kustomization.yaml")).unwrap()),
        ("the values of a chart go", |dir, _| {
            std::fs::remove_file(dir.join("chart/charts/inner/values.yaml")).unwrap();
        }),
        ("a variable beside a Compose file changes", |dir, _| write(dir, "shop/.env", "TAG=filled-anew\n")),
        ("the variables beside a Compose file go", |dir, _| {
            std::fs::remove_file(dir.join("shop/.env")).unwrap();
        }),
        ("a file is no longer named by another", |dir, _| write(dir, "compose.yaml", "services: {}\n")),
        ("a file is named by another one", |dir, _| {
            write(dir, "production/compose.yaml", "services: {a: {env_file: ../conf/app.settings}}\n");
        }),
        ("a suppression comes", |dir, _| {
            write(dir, "a.yaml", "# stockade: ignore[a/word] -- so be it\na: bad\nb: [bad, ü, bad]\n");
        }),
        ("a file can no longer be read", |dir, _| {
            std::fs::write(dir.join("a.yaml"), b"a: \xff\xfe\0bad").unwrap()
        }),
    ];
    for (what, change) in changes {
        let (dir, mut settings) = (tree(), Settings::default());
        let before = learn(dir.path(), &settings);
        let (old, _) = scan(dir.path(), &settings, None);
        change(dir.path(), &mut settings);
        let (cold, all) = scan(dir.path(), &settings, None);
        let warm = reopen(&settings, &before);
        let (report, calls) = scan(dir.path(), &settings, Some(&warm));
        assert_eq!(text(&cold), text(&report), "{what}");
        assert!(calls < all, "{what}: {calls} calls of {all}");
        assert_ne!(text(&old), text(&cold), "{what}: it makes no difference");
    }
}

#[cfg(unix)]
fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn executable(file: &Path) {
    // There are no modes: some other change.
    std::fs::write(file, "a: bad\n").unwrap();
}

#[test]
fn damage_anywhere_makes_a_cache_none() {
    let (dir, settings) = (tree(), Settings::default());
    let good = learn(dir.path(), &settings);
    let open = |bytes: &[u8]| Cache::open(SECRET, identity(&settings), bytes.to_vec());
    assert!(open(&good).is_ok());
    let step = (good.len() / 256).max(1);
    for at in (0..good.len()).step_by(step).chain(0..128) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(open(&bad).is_err(), "byte {at}");
        assert!(open(&good[..at]).is_err(), "cut at {at}");
    }
    assert!(open(&[&good[..], b"!"].concat()).is_err());
    assert!(Cache::open([8; 32], identity(&settings), good.clone()).is_err(), "another user's");
    let other = Identity::new(&table(), &[], &fake().plugins, false, &OPTIONS(), ("build", &["code"]));
    assert!(Cache::open(SECRET, other, good).is_err(), "other rules");
}

/// Whoever has the key may write what he likes; nothing of it stops the program.
#[test]
fn sealed_nonsense_stops_nothing() {
    let (dir, settings) = (tree(), Settings::default());
    let good = learn(dir.path(), &settings);
    let mut known = 0;
    for at in (48..good.len()).step_by(11) {
        for flip in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= flip;
            let mut hasher = blake3::Hasher::new_keyed(&SECRET);
            hasher.update(&[0]).update(&bad[48..]);
            bad[16..48].copy_from_slice(hasher.finalize().as_bytes());
            let Ok(cache) = Cache::open(SECRET, identity(&settings), bad) else { continue };
            let (report, _) = scan(dir.path(), &settings, Some(&cache));
            assert!(
                report.notes.iter().all(|note| !note.message.contains("itself failed")),
                "{:?}",
                report.notes
            );
            known += cache.hits();
            if at % 5 != 0 {
                break;
            }
        }
    }
    assert!(known > 1000, "the seal is right: {known}");
}

#[test]
fn no_secret_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    write(dir.path(), "plain.yaml", "a: token=hushhush1\n");
    write(dir.path(), "fact.yaml", "a: token=hushhush2\nb: fact=hushhush2\n");
    write(
        dir.path(),
        "reason.yaml",
        "# stockade: ignore[c/token] -- hushhush3 is no secret\na: token=hushhush3\n",
    );
    write(
        dir.path(),
        "quoted.yaml",
        "# stockade: ignore[c/token] -- hushhush4 is none\na: token='x@hushhush4'\n",
    );
    let bytes = learn(dir.path(), &settings);
    assert!(memchr::memmem::find(&bytes, b"hushhush").is_none());
    let cache = reopen(&settings, &bytes);
    assert_eq!(cache.entries(), 1);
    let (warm, calls) = scan(dir.path(), &settings, Some(&cache));
    let (cold, _) = scan(dir.path(), &settings, None);
    assert_eq!((text(&warm), calls), (text(&cold), 3));
}

#[test]
fn what_went_wrong_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    write(dir.path(), "good.yaml", "a: bad\n");
    write(dir.path(), "trap.yaml", "a: trap\n");
    std::fs::write(dir.path().join("no-text.yaml"), b"a: \0\xff").unwrap();
    let cache = reopen(&settings, &learn(dir.path(), &settings));
    assert_eq!(cache.entries(), 1);
    let (report, calls) = scan(dir.path(), &settings, Some(&cache));
    assert_eq!((calls, report.faults.len(), report.notes.len()), (1, 1, 1));
}

#[test]
fn what_no_run_needs_goes_after_a_while() {
    let dir = tree();
    let settings = Settings::default();
    let mut bytes = learn(dir.path(), &settings);
    let all = reopen(&settings, &bytes).entries();
    for path in ["a.yaml", "s.yaml"] {
        std::fs::remove_file(dir.path().join(path)).unwrap();
    }
    for round in 0..9 {
        write(dir.path(), "new.yaml", &format!("a: {round}\n"));
        let cache = reopen(&settings, &bytes);
        scan(dir.path(), &settings, Some(&cache));
        bytes = cache.to_bytes().unwrap();
        // A new one each time, and after eight times the two are gone.
        let gone = if round < 8 { 0 } else { 2 };
        assert_eq!(reopen(&settings, &bytes).entries(), all + round + 1 - gone, "round {round}");
    }
}
