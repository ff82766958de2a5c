//! One report that has everything: several files, text beyond ASCII, both kinds of line ends, labels in other
//! files, fixes, findings that do not count, faults and notes, and paths and messages that try to break out of
//! each format.

use std::borrow::Cow;
use std::sync::Arc;
use stockade_model::{
    About, Applicability, Edit, Fault, FaultKind, FileEntry, FileStatus, Finding, Fix, Label, Later,
    LineIndex, Note, Precision, Report, Rule, RuleTable, Severity, Span, State, Stats, line_hashes,
    reserved_rules,
};
use stockade_report::Pages;

pub(crate) const DOCKERFILE: &str = "\
# syntax=docker/dockerfile:1
FROM debian:latest AS build
RUN curl http://example.com/a.sh | sh && curl http://example.com/b.sh | sh
FROM build
USER root
";

/// Carriage returns, tabs, wide characters, a character outside the basic plane, an escape sequence.
pub(crate) const CONF: &str = "server {\r\n\tlisten 80;\t# Größe 漢字\r\n\tserver_name \"𝄞.example\u{1b}[31m\";\r\n\tssl_protocols TLSv1 TLSv1.2;\r\n}\r\n";

pub(crate) const MANIFEST: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: web:1.2
      securityContext:
        privileged: true
        allowPrivilegeEscalation: true
        runAsNonRoot: false
        readOnlyRootFilesystem: false
        seccompProfile:
          type: Unconfined
";

pub(crate) const ODD_PATH: &str = "k8s:prod/grüße an alle, 100%.yaml";

/// One line, far longer than any terminal.
pub(crate) fn minified() -> String {
    let mut text = String::from("{");
    for i in 0..400 {
        text += &format!("\"setting{i:03}\":\"</script>&<b>{i}\",");
    }
    text += "\"password\":\"hunter2\",\"end\":true}";
    text
}

pub(crate) struct CanonicalPages;

impl Pages for CanonicalPages {
    fn page(&self, rule: &Rule) -> Option<Cow<'_, str>> {
        (rule.id == "dockerfile/latest-tag")
            .then_some(Cow::Borrowed("# Base image is tagged latest\n\nA tag that moves.\n\n## Bad\n\n```dockerfile\nFROM debian:latest\n```\n"))
    }
}

fn rule(id: &str, title: &str, severity: Severity, cwe: &[&str], tags: &[&str]) -> Rule {
    let strings = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    Rule {
        id: id.to_owned(),
        severity,
        also_severity: if severity == Severity::Medium { vec![Severity::Info] } else { Vec::new() },
        precision: Precision::High,
        plugin: id.split('/').next().unwrap().to_owned(),
        check: "check".to_owned(),
        params: Later::default(),
        kinds: strings(&["dockerfile"]).into(),
        any_literal: [].into(),
        also_literals: Vec::new(),
        literal_param: None,
        project: false,
        repository: false,
        yields_to: Vec::new(),
        single_files: false,
        profiles: strings(&["default"]),
        fixable: "safe".to_owned(),
        sensitive: false,
        deprecated: None,
        about: Later::from(About {
            title: title.to_owned(),
            cwe: strings(cwe),
            tags: strings(tags),
            help: "Do the right thing.".to_owned(),
            since: "0.1.0".to_owned(),
            description: "Because of reasons that are explained here".to_owned(),
            ..About::default()
        }),
        page: 0,
    }
}

fn rules() -> RuleTable {
    let mut latest = rule(
        "dockerfile/latest-tag",
        "Base image is tagged latest",
        Severity::Medium,
        &["CWE-1357", "CWE-829"],
        &["supply-chain", "reproducibility"],
    );
    latest.about.change(|about| {
        about.aliases = vec!["hadolint:DL3007".to_owned(), "checkov:CKV_DOCKER_7".to_owned()];
        about.refs = vec!["CIS-Docker-4.2".to_owned()];
        about.help = "Pin the image to a version tag or a digest.".to_owned();
    });
    let mut many_tags = rule(
        "kubernetes/privileged",
        "Container is privileged",
        Severity::Critical,
        &["CWE-250"],
        &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"],
    );
    many_tags.about.change(|about| about.security_severity = Some("9.8".to_owned()));
    let mut bare = rule("config/bare", "Rule that says little", Severity::Info, &[], &[]);
    bare.about.change(|about| (about.help, about.description) = Default::default());
    let mut all = vec![
        latest,
        many_tags,
        bare,
        rule("dockerfile/pipe-to-shell", "Download is piped to a shell", Severity::High, &["CWE-494"], &[]),
        rule("dockerfile/user-root", "Final stage ends as root", Severity::High, &["CWE-250"], &[]),
        rule("nginx/old-tls", "Old TLS version is allowed", Severity::High, &["CWE-326"], &["tls"]),
        rule("secrets/password", "Password in a file", Severity::Critical, &["CWE-798"], &["secrets"]),
        rule("zzz/off", "Rule that is switched off", Severity::Low, &["CWE-1"], &[]),
    ];
    all.extend(reserved_rules());
    RuleTable::new(all)
}

/// The `n`-th (from 0) place of `needle` in `text`.
fn find(text: &str, needle: &str, n: usize) -> Span {
    let (at, _) = text.match_indices(needle).nth(n).unwrap();
    Span::new(at as u32, (at + needle.len()) as u32)
}

struct Builder {
    rules: RuleTable,
    findings: Vec<Finding>,
}

impl Builder {
    fn add(&mut self, id: &str, path: &str, text: &str, span: Span, message: &str) -> &mut Finding {
        let (rule, found) = self.rules.find(id).unwrap();
        let region = LineIndex::new(text).region(text, span);
        let n = self.findings.len();
        self.findings.push(Finding {
            rule,
            severity: found.severity,
            path: Arc::from(path),
            span,
            region,
            message: message.to_owned(),
            help: None,
            labels: Vec::new(),
            fixes: Vec::new(),
            node_path: String::new(),
            data: Vec::new(),
            fingerprint: format!("{n:032x}"),
            line_hash: line_hashes(text, &[region.line]).remove(0),
            secret: Vec::new(),
            state: State::Open,
        });
        self.findings.last_mut().unwrap()
    }
}

fn label(path: &str, text: &str, span: Span, message: &str) -> Label {
    Label {
        path: Arc::from(path),
        span,
        region: LineIndex::new(text).region(text, span),
        message: message.to_owned(),
    }
}

fn file(path: &str, kind: &'static str, status: FileStatus, text: Option<&str>) -> FileEntry {
    FileEntry {
        path: Arc::from(path),
        kind,
        reason: "by its name".into(),
        status,
        text: text.map(Arc::from),
        hidden: Vec::new(),
    }
}

/// The report. Findings are in the order in which a report has them.
pub(crate) fn report() -> Report {
    let min = minified();
    let mut b = Builder { rules: rules(), findings: Vec::new() };

    let f = b.add(
        "dockerfile/latest-tag",
        "Dockerfile",
        DOCKERFILE,
        find(DOCKERFILE, "debian:latest", 0),
        "base image `debian` is tagged `latest`",
    );
    f.node_path = "FROM[0]/image".to_owned();
    f.data = vec![("image".to_owned(), "debian".to_owned()), ("tag".to_owned(), "latest".to_owned())];
    f.labels = vec![
        label("Dockerfile", DOCKERFILE, find(DOCKERFILE, "build", 1), "used here [again]"),
        label(ODD_PATH, MANIFEST, find(MANIFEST, "web:1.2", 0), "the image that runs is another"),
    ];
    f.fixes = vec![Fix {
        title: "pin the tag".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span: find(DOCKERFILE, "latest", 0), replacement: "12".to_owned() }],
    }];
    for n in 0..2 {
        b.add(
            "dockerfile/pipe-to-shell",
            "Dockerfile",
            DOCKERFILE,
            find(DOCKERFILE, "| sh", n),
            "output of `curl` is piped to `sh`",
        );
    }
    let f = b.add(
        "dockerfile/user-root",
        "Dockerfile",
        DOCKERFILE,
        find(DOCKERFILE, "USER root\n", 0),
        "ends as `root`",
    );
    f.severity = Severity::Low;
    f.state = State::Suppressed { reason: Some("drops it later".to_owned()), by: "Dockerfile:5".to_owned() };

    b.add(
        "config/bare",
        "conf/site.conf",
        CONF,
        find(CONF, "𝄞.example\u{1b}[31m", 0),
        "name holds a control character",
    );

    let f = b.add(
        "nginx/old-tls",
        "conf/site.conf",
        CONF,
        find(CONF, "TLSv1 ", 0),
        "`TLSv1` is allowed, 100% broken: see [x](y), <b>bold</b> | \"quoted\" @you",
    );
    f.help = Some("Allow `TLSv1.2` and `TLSv1.3` only.".to_owned());
    f.fixes = vec![Fix {
        title: "remove `TLSv1`".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![
            Edit { span: find(CONF, "TLSv1 ", 0), replacement: String::new() },
            Edit { span: find(CONF, "TLSv1.2", 0), replacement: "TLSv1.2\r\n\t\tTLSv1.3 # ü".to_owned() },
        ],
    }];
    let privileged = find(MANIFEST, "securityContext:", 0);
    let whole = Span::new(privileged.start, MANIFEST.len() as u32);
    let f = b.add("kubernetes/privileged", ODD_PATH, MANIFEST, whole, "container `web` is privileged");
    f.node_path = "0/spec/containers/0/securityContext".to_owned();
    f.fixes =
        vec![Fix { title: "think about it".to_owned(), applicability: Applicability::Manual, edits: vec![] }];
    let f = b.add("kubernetes/privileged", ODD_PATH, MANIFEST, find(MANIFEST, "web", 0), "known for long");
    f.state = State::Baselined;
    let f =
        b.add("kubernetes/privileged", ODD_PATH, MANIFEST, find(MANIFEST, "Pod", 0), "accepted elsewhere");
    f.state = State::Suppressed { reason: None, by: "configuration".to_owned() };

    b.add(
        "secrets/password",
        "values.min.json",
        &min,
        find(&min, "\"hunter2\"", 0),
        "value of `password` is a password",
    );
    b.add(
        "syntax/invalid",
        "values.min.json",
        &min,
        Span::new(min.len() as u32, min.len() as u32),
        "file ends too early",
    );

    let mut report = Report {
        version: "0.1.0".to_owned(),
        enabled: b.rules.rules.iter().map(|r| r.id != "zzz/off").collect(),
        rules: b.rules,
        findings: b.findings,
        stale_baseline: 2,
        beside: Vec::new(),
        looked_at: Vec::new(),
        suppressions: Vec::new(),
        faults: vec![
            Fault {
                plugin: "kubernetes".to_owned(),
                kind: FaultKind::Trap,
                path: Some(ODD_PATH.to_owned()),
                message: "unreachable <executed>".to_owned(),
            },
            Fault {
                plugin: "own".to_owned(),
                kind: FaultKind::Open,
                path: None,
                message: "imports `wasi:sockets`, which is not offered".to_owned(),
            },
        ],
        notes: vec![
            Note {
                path: None,
                message: "the baseline is a year old".to_owned(),
                help: None,
                incomplete: false,
            },
            Note {
                path: Some("data/huge.yaml".to_owned()),
                message: "larger than 8 MiB".to_owned(),
                help: Some("Raise `max-file-size`, or exclude it.".to_owned()),
                incomplete: true,
            },
        ],
        files: vec![
            file("Dockerfile", "dockerfile", FileStatus::Analysed, Some(DOCKERFILE)),
            file("README", "", FileStatus::NoKind("no format claims it".into()), None),
            file("conf/clean.conf", "nginx", FileStatus::Analysed, None),
            file("conf/site.conf", "nginx", FileStatus::Analysed, Some(CONF)),
            file("data/huge.yaml", "yaml", FileStatus::NotAnalysed("larger than 8 MiB".to_owned()), None),
            file("data/odd\u{1b}[2J.yaml", "yaml", FileStatus::NotAnalysed("not UTF-8".to_owned()), None),
            file(ODD_PATH, "kubernetes", FileStatus::Analysed, Some(MANIFEST)),
            file("values.min.json", "json", FileStatus::Analysed, Some(&min)),
        ],
        stats: Stats::default(),
    };
    report.stats = Stats {
        seen: 8,
        analysed: 5,
        no_kind: 1,
        not_analysed: 2,
        bytes: 20_000,
        rules: report.enabled.iter().filter(|e| **e).count(),
    };
    report
}

/// The report of a run that found nothing.
pub(crate) fn clean_report() -> Report {
    let mut report = report();
    report.findings.clear();
    report.faults.clear();
    report.notes.clear();
    report.files.truncate(1);
    report.stats.seen = 1;
    report.stats.analysed = 1;
    report.stats.no_kind = 0;
    report.stats.not_analysed = 0;
    report
}
