//! Suppressions held against findings, with a fake checker that finds the word `bad`.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::sync::Arc;
use stockade_engine::{
    Acceptance, Found, Options, Origin, Plan, Policy, Suppressions, Walked, apply, run_files,
};
use stockade_model::{
    Checker, Document, Fault, FaultKind, FileFacts, Finding, PluginInfo, RawFinding, RawReport, Report, Rule,
    RuleTable, Span, State, Suppression, SuppressionUse, reserved_rules,
};
use stockade_syntax::FileKind;

struct Fake {
    plugins: Vec<PluginInfo>,
}

impl Checker for Fake {
    fn plugins(&self) -> &[PluginInfo] {
        &self.plugins
    }

    fn check(
        &self,
        _: usize,
        path: &str,
        _: &str,
        doc: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        if doc.text().contains("trap") {
            let message = "it trapped".to_owned();
            return Err(Fault {
                plugin: "fake".to_owned(),
                kind: FaultKind::Trap,
                path: Some(path.to_owned()),
                message,
            });
        }
        let words = [(0, "bad"), (2, "hunter2")];
        let findings = words.iter().filter(|(rule, _)| rules.contains(rule)).flat_map(|(rule, word)| {
            doc.text().match_indices(word).filter(|(at, _)| !doc.text()[..*at].ends_with('/')).map(
                |(at, word)| RawFinding {
                    rule: *rule,
                    span: Some(Span::new(at as u32, (at + word.len()) as u32)),
                    message: format!("found on {at}"),
                    ..RawFinding::default()
                },
            )
        });
        Ok(RawReport { findings: findings.collect(), ..RawReport::default() })
    }

    fn check_project(&self, _: usize, _: &[u32], _: &[FileFacts]) -> Result<RawReport, Fault> {
        Ok(RawReport::default())
    }
}

fn rule(id: &str) -> Rule {
    let mut rule = reserved_rules().remove(0);
    rule.id = id.to_owned();
    rule.plugin = "fake".to_owned();
    rule.kinds = ["yaml".to_owned()].into();
    rule.project = id == "a/project";
    rule.sensitive = id == "a/secret";
    if id == "a/bad" {
        rule.about.change(|about| about.aliases = vec!["tool:B1".to_owned()]);
    }
    rule
}

struct TestPolicy {
    plan: Arc<Plan>,
    locked: bool,
    acceptances: Vec<Acceptance>,
}

impl Policy for TestPolicy {
    fn possible(&self) -> Vec<bool> {
        self.plan.enabled.clone()
    }
    fn plan(&self, _: &str) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }
    fn kind(&self, path: &str) -> Option<FileKind> {
        path.ends_with(".yaml").then_some(FileKind::Yaml)
    }
    fn excluded(&self, _: &str) -> Option<String> {
        None
    }
    fn locked(&self, _: &str, rule: usize) -> bool {
        self.locked && rule == 0
    }
    fn acceptances(&self) -> Vec<Acceptance> {
        self.acceptances.clone()
    }
    fn accepted(&self, path: &str, rule: usize, _: &str) -> Vec<usize> {
        let speaks = |a: &Acceptance| a.scope == path && a.rules.contains(&rule);
        (0..self.acceptances.len()).filter(|i| speaks(&self.acceptances[*i])).collect()
    }
}

/// A scan of one file on 21 November 2026.
struct Case {
    text: &'static str,
    settings: Suppressions,
    off: &'static [&'static str],
    locked: bool,
    acceptances: Vec<Acceptance>,
}

fn case(text: &'static str) -> Case {
    let settings = Suppressions { today: "2026-11-21".parse().ok(), ..Suppressions::default() };
    Case { text, settings, off: &[], locked: false, acceptances: Vec::new() }
}

impl Case {
    fn scan(&self) -> Report {
        let mut rules = vec![rule("a/bad"), rule("a/project"), rule("a/secret"), rule("b/other")];
        rules.extend(reserved_rules());
        let table = RuleTable::new(rules);
        let plan = Plan {
            enabled: table.rules.iter().map(|r| !self.off.contains(&r.id.as_str())).collect(),
            severity: table.rules.iter().map(|r| r.severity).collect(),
            rated: Vec::new(),
        };
        let policy =
            TestPolicy { plan: Arc::new(plan), locked: self.locked, acceptances: self.acceptances.clone() };
        let plugin = PluginInfo {
            name: "fake".to_owned(),
            version: "1.0.0".to_owned(),
            needs: vec![],
            only_with: None,
        };
        let kind = self.text.contains("kind: ConfigMap").then_some(FileKind::Kubernetes);
        let file = Found { path: "f.yaml".into(), origin: Origin::Text(Arc::from(self.text)), kind };
        let options = Options { threads: 1, suppressions: self.settings, ..Options::default() };
        let walked = Walked { files: vec![file], ..Walked::default() };
        run_files(walked, &table, &policy, &Fake { plugins: vec![plugin] }, &options).unwrap()
    }

    /// The findings, as `line rule text` with a `-` before those that are suppressed.
    fn findings(&self) -> Vec<String> {
        let report = self.scan();
        let line = |f: &Finding| {
            let id = report.rules.rules[f.rule].id.replace("meta/suppression-", "");
            let mark = if f.state == State::Open { "" } else { "-" };
            format!("{mark}{} {id} {}", f.region.line, f.message)
        };
        report.findings.iter().map(line).collect()
    }

    /// The same without the places in the text that the checker was given.
    fn found(&self) -> Vec<String> {
        let short = |line: String| line.split(" found on").next().unwrap_or_default().to_owned();
        self.findings().into_iter().map(short).collect()
    }

    fn fixed(&self) -> String {
        let report = self.scan();
        let open: Vec<&Finding> = report.findings.iter().filter(|f| f.state == State::Open).collect();
        apply(self.text, open, false).text
    }
}

#[test]
fn a_directive_marks_what_it_reaches_and_nothing_else() {
    let found = case("a: bad # stockade: ignore[a/bad] -- known\nb: bad\n").findings();
    assert_eq!(found, ["-1 a/bad found on 3", "2 a/bad found on 45"]);
    let found = case("# stockade: ignore[B1]\na:\n  - bad\n  - bad\nb: bad\n").findings();
    assert_eq!(found, ["-3 a/bad found on 30", "-4 a/bad found on 38", "5 a/bad found on 45"]);
    let found = case("# stockade: ignore-file[a/*]\na: bad\n---\nb: bad\n").findings();
    assert_eq!(found, ["-2 a/bad found on 32", "-4 a/bad found on 43"]);
    let found = case("# stockade: ignore-document[tool:B1]\na: bad\n---\nb: bad\n").findings();
    assert_eq!(found, ["-2 a/bad found on 40", "4 a/bad found on 51"]);
    let other = case("a: bad # stockade: ignore[b/other]\n").findings();
    assert_eq!(other, ["1 a/bad found on 3", "1 unused the suppression of `b/other` suppresses nothing"]);
}

#[test]
fn a_marked_finding_says_by_whom_and_why() {
    let report =
        case("# stockade: ignore-file[a/bad] -- wide\na: bad # stockade: ignore[a/bad] -- near\n").scan();
    let by = "a comment on line 2".to_owned();
    assert_eq!(report.findings[0].state, State::Suppressed { reason: Some("near".to_owned()), by });
    assert_eq!(report.findings.len(), 1, "both are used");
    let mut off = case("a: bad # stockade: ignore[a/bad]\n");
    off.settings.off = true;
    assert_eq!(off.findings(), ["1 a/bad found on 3"]);
}

#[test]
fn what_is_not_needed_is_reported_and_removed() {
    let some = case("a: 1 # stockade: ignore[a/bad]\nb: bad # stockade: ignore[b/other, a/bad] -- known\n");
    assert_eq!(
        some.findings(),
        [
            "1 unused the suppression of `a/bad` suppresses nothing",
            "-2 a/bad found on 34",
            "2 unused the suppression of `b/other` suppresses nothing",
        ]
    );
    assert_eq!(some.fixed(), "a: 1\nb: bad # stockade: ignore[a/bad] -- known\n");
    let own_line = case("a: 1\n# stockade: ignore[a/bad, b/other]\nb: 2\n");
    assert_eq!(own_line.fixed(), "a: 1\nb: 2\n");
    let several = case("a: bad # stockade: ignore[b/other, a/secret, a/bad]\n");
    assert_eq!(several.fixed(), "a: bad # stockade: ignore[a/bad]\n");
}

#[test]
fn nothing_is_said_of_rules_that_did_not_look() {
    let mut off = case("a: 1 # stockade: ignore[a/bad]\n");
    off.off = &["a/bad"];
    assert_eq!(off.findings(), Vec::<String>::new());
    assert_eq!(off.scan().suppressions[0].usage, SuppressionUse::Unknown);
    assert_eq!(case("a: trap # stockade: ignore[a/bad]\n").findings(), Vec::<String>::new());
    let mut pattern = case("a: 1 # stockade: ignore[a/*]\n");
    pattern.settings.narrowed = true;
    assert_eq!(pattern.findings(), Vec::<String>::new());
    let mut partial = case("a: 1 # stockade: ignore[a/project]\n");
    assert_eq!(partial.findings().len(), 1);
    partial.settings.partial = true;
    assert_eq!(partial.findings(), Vec::<String>::new());
}

#[test]
fn a_day_that_is_over_ends_a_suppression() {
    let last = case("a: bad # stockade: ignore[a/bad] until 2026-11-21\n");
    assert_eq!(last.findings(), ["-1 a/bad found on 3"]);
    let over = case("a: bad # stockade: ignore[a/bad] until 2026-11-20\n");
    assert_eq!(over.findings(), ["1 a/bad found on 3", "1 expired the suppression counted until 2026-11-20"]);
    assert_eq!(over.fixed(), "a: bad\n");
    let mut no_day = over;
    no_day.settings.today = None;
    assert_eq!(no_day.findings(), ["-1 a/bad found on 3"]);
}

#[test]
fn mistakes_are_findings_and_suppress_nothing() {
    for (text, expected) in [
        ("a: bad # stockade: ignore a/bad\n", "1 invalid the directive names no rules"),
        ("a: bad # stockade: ignore[a/bat]\n", "1 unknown-rule there is no rule `a/bat`"),
        ("a: bad # stockade: ignore[tag:syntax]\n", "1 unknown-rule there is no rule `tag:syntax`"),
        (
            "a: bad # stockade: ignore[meta/suppression-unused]\n",
            "1 forbidden `meta/suppression-unused` cannot be suppressed by a comment",
        ),
        (
            "x: 1\na: bad # stockade: ignore-file[a/bad]\n",
            "2 misplaced the directive for the file does not stand at its top",
        ),
    ] {
        let found = case(text).findings();
        assert!(found.iter().any(|f| f.contains("a/bad found") && !f.starts_with('-')), "{found:?}");
        assert!(found.iter().any(|f| f == expected), "{found:?}");
    }
    let report = case("a: 1 # stockade: ignore[a/bat]\n").scan();
    assert_eq!(report.findings[0].help.as_deref(), Some("Did you mean `a/bad`?"));
}

#[test]
fn the_policy_decides_what_counts() {
    let with = |text, change: fn(&mut Suppressions)| {
        let mut case = case(text);
        change(&mut case.settings);
        case.findings()
    };
    let bare = "a: bad # stockade: ignore[a/bad]\n";
    assert_eq!(
        with(bare, |s| s.require_reason = true),
        [
            "1 a/bad found on 3",
            "1 reason-missing the suppression gives no reason, which the configuration demands"
        ]
    );
    assert_eq!(
        with("a: bad # stockade: ignore[a/bad] -- r\n", |s| s.require_reason = true),
        ["-1 a/bad found on 3"]
    );
    let long = "the suppression does not end within 90 days, as the configuration demands";
    assert_eq!(
        with(bare, |s| s.max_days = Some(90)),
        ["1 a/bad found on 3".to_owned(), format!("1 too-long {long}")]
    );
    assert_eq!(
        with("a: bad # stockade: ignore[a/bad] until 2027-02-20\n", |s| s.max_days = Some(90)),
        ["1 a/bad found on 3".to_owned(), format!("1 too-long {long}")]
    );
    assert_eq!(
        with("a: bad # stockade: ignore[a/bad] until 2027-02-19\n", |s| s.max_days = Some(90)),
        ["-1 a/bad found on 3"]
    );
    assert_eq!(
        with(bare, |s| s.forbid_inline = true),
        ["1 a/bad found on 3", "1 forbidden the configuration allows no suppressions in files"]
    );
    let mut locked = case(bare);
    locked.locked = true;
    assert_eq!(
        locked.findings(),
        ["1 a/bad found on 3", "1 forbidden `a/bad` cannot be suppressed by a comment"]
    );
    let mut locked = case("a: bad # stockade: ignore[a/*]\n");
    locked.locked = true;
    assert_eq!(locked.findings()[0], "1 a/bad found on 3", "patterns do not reach locked rules");
}

#[test]
fn a_directive_never_repeats_a_secret() {
    let text = "a: hunter2 # stockade: ignore[a/secret, hunter2] -- hunter2 is a dummy\n";
    let report = case(text).scan();
    let words = format!("{:?} {:?}", report.findings, report.suppressions);
    assert!(!words.contains("hunter2"), "{words}");
    let State::Suppressed { reason, .. } = &report.findings[0].state else { panic!("{:?}", report.findings) };
    assert_eq!(reason.as_deref(), Some("*** is a dummy"));
}

#[test]
fn what_suppresses_nothing_says_where_its_rule_speaks() {
    let help = |case: &Case, rule: &str| {
        let report = case.scan();
        let of_rule = |f: &&Finding| report.rules.rules[f.rule].id == rule;
        report.findings.iter().find(of_rule).and_then(|f| f.help.clone()).unwrap_or_default()
    };
    const UNUSED: &str = "meta/suppression-unused";
    let above = case("# stockade: ignore[a/bad]\na: 1\nb: bad\nc: bad\n");
    assert_eq!(help(&above, UNUSED), "`a/bad` has findings on lines 3 and 4.");
    let one_of_two = case("# stockade: ignore[a/bad, a/secret]\na: hunter2\nb: bad\n");
    assert_eq!(help(&one_of_two, UNUSED), "`a/bad` has a finding on line 3.");
    assert_eq!(help(&case("# stockade: ignore[a/bad]\na: 1\n"), UNUSED), "");
    let other = case("# stockade: ignore[a/bad]\na: 1\nb: bad # stockade: ignore[a/bad]\n");
    assert_eq!(help(&other, UNUSED), "", "what is suppressed where it stands needs no other directive");
    let misplaced = help(&case("b: bad\n# stockade: ignore[a/bad]\n"), "meta/suppression-misplaced");
    assert!(misplaced.ends_with("`a/bad` has a finding on line 1."), "{misplaced}");
    let mut configured = case("a: 1\nb: bad\n");
    configured.acceptances = vec![acceptance(0, "elsewhere.yaml", "")];
    assert_eq!(help(&configured, UNUSED), "`a/bad` has a finding at `f.yaml:2`.");
}

#[test]
fn an_entry_of_a_policy_for_many_repositories_may_be_for_another_one() {
    let mut shared = case("a: 1\n");
    shared.acceptances = vec![Acceptance { shared: true, ..acceptance(0, "f.yaml", "") }];
    assert_eq!(shared.findings(), Vec::<String>::new());
    assert_eq!(shared.scan().suppressions[0].usage, SuppressionUse::Unknown);
}

const KDL: &str = "// why\nsuppress \"a/bad\" path=\"f.yaml\"\nprofile \"all\"\n";

fn acceptance(rule: usize, scope: &str, until: &str) -> Acceptance {
    let start = KDL.find("suppress").unwrap() as u32;
    Acceptance {
        path: Arc::from("stockade.kdl"),
        text: Arc::from(KDL),
        span: Span::new(start, KDL.find("\nprofile").unwrap() as u32),
        names: vec!["a/bad".to_owned()],
        rules: vec![rule],
        scope: scope.to_owned(),
        until: until.parse().ok(),
        reason: Some("by contract".to_owned()),
        shared: false,
    }
}

#[test]
fn the_configuration_accepts_too_and_is_held_to_the_same() {
    let mut used = case("a: bad\n");
    used.acceptances = vec![acceptance(0, "f.yaml", "")];
    assert_eq!(used.findings(), ["-1 a/bad found on 3"]);
    let mut stale = case("a: 1\n");
    stale.acceptances = vec![acceptance(0, "f.yaml", "")];
    assert_eq!(stale.findings(), ["2 unused the suppression of `a/bad` suppresses nothing"]);
    let report = stale.scan();
    assert_eq!((&*report.findings[0].path, report.findings[0].line_hash.is_empty()), ("stockade.kdl", false));
    assert_eq!(apply(KDL, &report.findings, false).text, "// why\nprofile \"all\"\n");
    stale.settings.partial = true;
    assert_eq!(stale.findings(), Vec::<String>::new());
    let mut over = case("a: bad\n");
    over.acceptances = vec![acceptance(0, "f.yaml", "2026-01-01")];
    assert_eq!(
        over.findings(),
        ["1 a/bad found on 3", "2 expired the suppression of `a/bad` counted until 2026-01-01"]
    );
}

#[test]
fn the_list_holds_them_all() {
    let mut all =
        case("# stockade: ignore-file[b/other] -- r\na: bad # stockade: ignore[a/bad] until 2027-01-01\n");
    all.acceptances = vec![acceptance(0, "f.yaml", "")];
    let report = all.scan();
    let line = |s: &Suppression| {
        let rules = s.rules.join(" ");
        format!("{}:{} {} {rules} {:?} {:?} {:?}", s.path, s.region.line, s.scope, s.until, s.reason, s.usage)
    };
    let lines: Vec<String> = report.suppressions.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "f.yaml:1 file b/other None Some(\"r\") Unused",
            "f.yaml:2 line a/bad Some(\"2027-01-01\") None Used(1)",
            "stockade.kdl:2 f.yaml a/bad None Some(\"by contract\") Used(1)",
        ]
    );
}

/// A directive in a file inside a file counts there, and everything said of it is said where it stands in the outer file.
#[test]
fn directives_count_in_files_inside_files() {
    let map = |data: &str| -> &'static str {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n{data}").leak()
    };
    let by_line = case(map("  a.yaml: |\n    x: bad # stockade: ignore[a/bad] -- r\n    y: bad\n"));
    assert_eq!(by_line.found(), ["-7 a/bad", "8 a/bad"]);
    let by_node = case(map("  a.yaml: |\n    # stockade: ignore[a/bad]\n    x:\n      y: bad\n    z: bad\n"));
    assert_eq!(by_node.found(), ["-9 a/bad", "10 a/bad"]);
    // The file that is meant is the inner one.
    let whole = case(map(
        "  a.yaml: |\n    # stockade: ignore-file[a/bad]\n    x: bad\n  b.yaml: |\n    # second\n    y: bad\n",
    ));
    assert_eq!(whole.found(), ["-8 a/bad", "11 a/bad"]);
    let stale = case(map(
        "  a.yaml: |\n    # first\n    # stockade: ignore[a/bad]\n    x: 1\n    y: 2 # stockade: ignore[a/bad, a/secret]\n    \
         z: hunter2 # stockade: ignore[a/secret, a/bad]\n",
    ));
    let (one, two) = ("suppresses nothing", "`a/bad`, `a/secret`");
    assert_eq!(
        stale.found(),
        [
            format!("8 unused the suppression of `a/bad` {one}"),
            format!("10 unused the suppression of {two} {one}"),
            "-11 a/secret".to_owned(),
            format!("11 unused the suppression of `a/bad` {one}"),
        ]
    );
    let fixed =
        map("  a.yaml: |\n    # first\n    x: 1\n    y: 2\n    z: hunter2 # stockade: ignore[a/secret]\n");
    assert_eq!(stale.fixed(), fixed);
    // Without its first line the block would be indented otherwise; in quotes nothing can be taken out line by line.
    for data in [
        "  a.yaml: |\n    # stockade: ignore[a/bad]\n",
        "  a.yaml: \"x: 1\\n# stockade: ignore[a/bad]\\ny: 2\\n\"\n",
    ] {
        let kept = case(map(data));
        assert_eq!(kept.findings().len(), 1, "{data}");
        assert_eq!(kept.fixed(), kept.text);
    }
    let misplaced = case(map("  a.yaml: |\n    x: 1\n    # stockade: ignore-file[a/bad]\n    y: 1\n"));
    assert_eq!(misplaced.found(), ["8 misplaced the directive for the file does not stand at its top"]);
}
