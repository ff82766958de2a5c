//! Findings whose severity is not that of their rule.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::sync::Arc;
use stockade_engine::{Options, Plan, Root, run};
use stockade_model::{
    Checker, Document, Fault, FaultKind, FileFacts, PluginInfo, RawFinding, RawReport, Report, RuleTable,
    Severity, Span, reserved_rules,
};

/// Finds one thing in every file, with this data.
struct Fake {
    plugins: Vec<PluginInfo>,
    data: Vec<(String, String)>,
}

impl Checker for Fake {
    fn plugins(&self) -> &[PluginInfo] {
        &self.plugins
    }

    fn check(&self, _: usize, _: &str, _: &str, _: &Document, rules: &[u32]) -> Result<RawReport, Fault> {
        let finding = RawFinding {
            rule: *rules.first().unwrap(),
            span: Some(Span::new(0, 1)),
            message: "found it".to_owned(),
            data: self.data.clone(),
            ..RawFinding::default()
        };
        Ok(RawReport { findings: vec![finding], ..RawReport::default() })
    }

    fn check_project(&self, _: usize, _: &[u32], _: &[FileFacts]) -> Result<RawReport, Fault> {
        Ok(RawReport::default())
    }
}

/// Scans one file with a rule that is high and also medium; `rated` is what the configuration says of it.
fn scan(data: &[(&str, &str)], rated: Option<Severity>) -> Report {
    let mut rule = reserved_rules().remove(0);
    rule.id = "a/rule".to_owned();
    rule.plugin = "fake".to_owned();
    rule.kinds = ["yaml".to_owned()].into();
    rule.severity = Severity::High;
    rule.also_severity = vec![Severity::Medium];
    let table = RuleTable::new(vec![rule]);
    let fake = Fake {
        plugins: vec![PluginInfo {
            name: "fake".to_owned(),
            version: "1.0.0".to_owned(),
            needs: Vec::new(),
            only_with: None,
        }],
        data: data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    };
    let plan = Plan {
        enabled: vec![true],
        severity: vec![rated.unwrap_or(Severity::High)],
        rated: vec![rated.is_some()],
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.yaml"), "a: 1\n").unwrap();
    let root = Root::find(dir.path(), &[dir.path().to_path_buf()]).unwrap();
    run(&root, &table, &Arc::new(plan), &fake, &Options::default()).unwrap()
}

/// The severity and the data of the one finding.
fn severity(report: &Report) -> (Severity, Vec<&str>) {
    assert_eq!(report.faults, []);
    let finding = report.findings.first().unwrap();
    (finding.severity, finding.data.iter().map(|(key, _)| key.as_str()).collect())
}

#[test]
fn a_finding_has_the_declared_severity_that_the_plugin_names() {
    assert_eq!(severity(&scan(&[("cipher", "RC4")], None)), (Severity::High, vec!["cipher"]));
    let named = scan(&[("stockade:severity", "medium"), ("cipher", "HIGH")], None);
    assert_eq!(severity(&named), (Severity::Medium, vec!["cipher"]), "the host's key stays with the host");
    assert_eq!(severity(&scan(&[("stockade:severity", "high")], None)).0, Severity::High);
}

#[test]
fn a_severity_from_the_configuration_holds_for_all_findings() {
    let named = [("stockade:severity", "medium")];
    assert_eq!(severity(&scan(&named, Some(Severity::Critical))).0, Severity::Critical);
    // Also where it is the severity that the rule has anyway.
    assert_eq!(severity(&scan(&named, Some(Severity::High))).0, Severity::High);
}

#[test]
fn a_severity_that_the_rule_does_not_declare_is_a_fault() {
    let said = |data: &[(&str, &str)]| {
        let report = scan(data, Some(Severity::Low));
        assert_eq!(report.findings, []);
        let [fault] = &report.faults[..] else { panic!("{:?}", report.faults) };
        assert_eq!((fault.kind, fault.path.as_deref()), (FaultKind::Answer, Some("a.yaml")));
        fault.message.clone()
    };
    assert_eq!(
        said(&[("stockade:severity", "critical")]),
        "a finding has the severity `critical`, which its rule does not declare"
    );
    assert_eq!(
        said(&[("stockade:severity", "very\n\u{1b}[31mbad, and more of it")]),
        "a finding has the severity `very[31mbad, and mor`, which its rule does not declare"
    );
    assert_eq!(
        said(&[("stockade:severity", "medium"), ("stockade:severity", "high")]),
        "a finding names two severities"
    );
}

#[test]
fn other_keys_of_the_host_reach_no_report() {
    let report = scan(&[("stockade:later", "1"), ("cipher", "RC4")], None);
    assert_eq!(severity(&report), (Severity::High, vec!["cipher"]));
}
