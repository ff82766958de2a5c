//! One canonical report, one golden file for each format under `testdata/reports/`. `BLESS=1` writes them;
//! a person reads them. Formats with a schema or a parser are checked against it as well.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read and write golden files; the crate itself does not"
)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its functions included")]

mod canonical;
mod checklist;

use canonical::{CanonicalPages, clean_report, report};
use quick_xml::events::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use stockade_model::{Report, Severity};
use stockade_report::check::{Verdict, check};
use stockade_report::{Format, Options, SarifProfile, render};

/// A path in `testdata`.
fn testdata(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)
}

/// Compares with a golden file in `testdata/reports`, or writes it where `BLESS` is set.
fn compare(name: &str, actual: &str) {
    let path = testdata("reports").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} differs from its golden file; run `BLESS=1 cargo test -p stockade-report` and read the difference"
    );
}

fn bytes(format: Format, report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    render(format, report, &CanonicalPages, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn options() -> Options {
    Options { docs_base_url: Some("https://docs.example/rules/".to_owned()), ..Options::default() }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Pretty | Format::Concise | Format::Github => "txt",
        Format::Json | Format::Gitlab => "json",
        Format::Sarif => "sarif",
        Format::Junit | Format::Checkstyle => "xml",
        Format::Markdown => "md",
        Format::Html => "html",
    }
}

#[test]
fn every_format_has_its_golden_file() {
    for format in Format::ALL {
        compare(&format!("{format}.{}", extension(format)), &bytes(format, &report(), &options()));
        let clean = bytes(format, &clean_report(), &options());
        compare(&format!("{format}-clean.{}", extension(format)), &clean);
    }
    let full = Options { sarif_profile: SarifProfile::Full, category: Some("infra".to_owned()), ..options() };
    compare("sarif-full.sarif", &bytes(Format::Sarif, &report(), &full));
    let all = Options { show_suppressed: true, color: true, hyperlinks: true, ..options() };
    compare("pretty-color.txt", &bytes(Format::Pretty, &report(), &all));
}

#[test]
fn formats_have_names_that_parse() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>(), Ok(format));
    }
    assert!("yaml".parse::<Format>().unwrap_err().to_string().contains("sarif"));
}

fn schema(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(testdata("schemas").join(name)).unwrap();
    // A pattern of the published SARIF schema (for languages) has a stray bracket that strict readers of
    // regular expressions refuse.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    jsonschema::options().should_validate_formats(true).build(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, text: &str) {
    let value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn sarif_fits_its_schema() {
    let schema = schema("sarif-2.1.0.json");
    // The schema must be able to fail.
    assert!(!schema.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]})));
    for sarif_profile in [SarifProfile::Full, SarifProfile::Github] {
        for report in [report(), clean_report()] {
            let options = Options { sarif_profile, category: Some("a/b".to_owned()), ..options() };
            assert_valid(&schema, &bytes(Format::Sarif, &report, &options));
        }
    }
}

#[test]
fn json_fits_its_schema() {
    let schema = schema("stockade-report.schema.json");
    assert!(!schema.is_valid(&serde_json::json!({"version": 1})));
    for report in [report(), clean_report()] {
        assert_valid(&schema, &bytes(Format::Json, &report, &Options::default()));
    }
}

#[test]
fn sarif_for_github_keeps_the_worst_and_says_so() {
    let mut report = report();
    let model = report.findings[0].clone();
    report.findings = (0..6_000)
        .map(|i| {
            let mut f = model.clone();
            f.severity = if i >= 5_900 { Severity::Critical } else { Severity::Low };
            f.fingerprint = format!("{i:032x}");
            f
        })
        .collect();
    let github = Options { sarif_profile: SarifProfile::Github, ..options() };
    let text = bytes(Format::Sarif, &report, &github);
    let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    assert_eq!(results.iter().filter(|r| r["level"] == "error").count(), 100);
    assert!(text.contains("1,000 results of the lowest severities were left out"));
    let full = Options { sarif_profile: SarifProfile::Full, ..options() };
    let sarif: serde_json::Value = serde_json::from_str(&bytes(Format::Sarif, &report, &full)).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 6_000);
}

#[test]
fn sarif_edits_are_exact() {
    let sarif: serde_json::Value =
        serde_json::from_str(&bytes(Format::Sarif, &report(), &options())).unwrap();
    let result = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["ruleId"] == "nginx/old-tls")
        .unwrap();
    // Applies the replacements from the back, finding places by line and UTF-16 column.
    let mut text: Vec<u16> = canonical::CONF.encode_utf16().collect();
    let starts: Vec<usize> =
        std::iter::once(0).chain((0..text.len()).filter(|i| text[*i] == 10).map(|i| i + 1)).collect();
    let replacements = result["fixes"][0]["artifactChanges"][0]["replacements"].as_array().unwrap();
    for r in replacements.iter().rev() {
        let at = |line: &str, column: &str| {
            let number = |key: &str| r["deletedRegion"][key].as_u64().unwrap() as usize;
            starts[number(line) - 1] + number(column) - 1
        };
        let range = at("startLine", "startColumn")..at("endLine", "endColumn");
        let new = r["insertedContent"]["text"].as_str().unwrap_or_default();
        text.splice(range, new.encode_utf16());
    }
    let expected = canonical::CONF.replace("TLSv1 TLSv1.2", "TLSv1.2\r\n\t\tTLSv1.3 # ü");
    assert_eq!(String::from_utf16(&text).unwrap(), expected);
}

#[test]
fn terminal_formats_hand_through_no_control_character() {
    for format in [Format::Pretty, Format::Concise] {
        let text = bytes(format, &report(), &Options { show_suppressed: true, ..options() });
        let bad: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(bad.is_empty(), "{format}: {bad:?}");
    }
}

#[test]
fn github_takes_our_sarif() {
    for report in [report(), clean_report()] {
        let remarks = check(bytes(Format::Sarif, &report, &options()).as_bytes());
        let bad: Vec<_> = remarks.iter().filter(|r| r.verdict != Verdict::Ignored).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
    // The full profile is for others, and the check must see that.
    let full = Options { sarif_profile: SarifProfile::Full, ..options() };
    let remarks = check(bytes(Format::Sarif, &report(), &full).as_bytes());
    assert!(remarks.iter().any(|r| r.message.contains("suppressions are ignored")));
}

/// Names and attributes of all elements, in order.
fn elements(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut all = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(e) | Event::Empty(e) => {
                let attributes = e.attributes().map(|a| {
                    let a = a.unwrap();
                    let value = quick_xml::escape::unescape(&a.value).unwrap().into_owned();
                    (a.key.0.to_owned(), value)
                });
                all.push((e.name().0.to_owned(), attributes.collect()));
            }
            Event::Eof => return all,
            _ => {}
        }
    }
}

#[test]
fn junit_reads_back() {
    let all = elements(&bytes(Format::Junit, &report(), &options()));
    let of = |name: &str| all.iter().filter(|(n, _)| n == name).collect::<Vec<_>>();
    let root = &of("testsuites")[0].1;
    for (attribute, element) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        let number = of(element).len();
        let sum: usize = of("testsuite").iter().map(|(_, a)| a[attribute].parse::<usize>().unwrap()).sum();
        assert_eq!(sum, number, "{attribute}");
        if attribute != "skipped" {
            assert_eq!(root[attribute], number.to_string(), "{attribute}");
        }
    }
    assert!(of("failure").iter().any(|(_, a)| a["message"].contains("<b>bold</b> | \"quoted\"")));
    assert!(of("testsuite").iter().any(|(_, a)| a["name"] == canonical::ODD_PATH));
}

/// `cargo xtask shipped formats` asks a reader of schemas; this needs no program.
#[test]
fn junit_has_only_what_all_readers_take() {
    let known: &[(&str, &[&str])] = &[
        ("testsuites", &["name", "tests", "failures", "errors"]),
        ("testsuite", &["name", "file", "tests", "failures", "errors", "skipped"]),
        ("testcase", &["name", "classname"]),
        ("failure", &["type", "message"]),
        ("error", &["type", "message"]),
        ("skipped", &["message"]),
    ];
    // Two findings of one rule in one place, and two faults of one plugin in one file.
    let mut report = report();
    report.findings.insert(0, report.findings[0].clone());
    report.faults.push(report.faults[0].clone());
    let mut cases = BTreeSet::new();
    for (name, attributes) in elements(&bytes(Format::Junit, &report, &options())) {
        let (_, allowed) = known.iter().find(|(known, _)| *known == name).unwrap();
        assert!(attributes.keys().all(|a| allowed.contains(&a.as_str())), "{name} {attributes:?}");
        if name == "testcase" {
            let case = (attributes["classname"].clone(), attributes["name"].clone());
            assert!(cases.insert(case.clone()), "{case:?} is there twice");
        }
    }
}

#[test]
fn gitlab_fits_its_schema() {
    let schema = schema("gitlab-code-quality.schema.json");
    assert!(!schema.is_valid(&serde_json::json!([{"description": "a", "fingerprint": "b"}])));
    for report in [report(), clean_report()] {
        assert_valid(&schema, &bytes(Format::Gitlab, &report, &options()));
    }
}

#[test]
fn checkstyle_reads_back() {
    let report = report();
    let all = elements(&bytes(Format::Checkstyle, &report, &Options { show_suppressed: true, ..options() }));
    let errors: Vec<_> = all.iter().filter(|(n, _)| n == "error").map(|(_, a)| a).collect();
    assert_eq!(errors.len(), report.findings.len());
    for (error, finding) in errors.iter().zip(&report.findings) {
        assert!(error["message"].starts_with(&finding.message));
        assert_eq!(error["line"], finding.region.line.to_string());
        assert_eq!(error["column"], finding.region.column.to_string());
    }
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let mut report = report();
    for finding in &mut report.findings {
        finding.fingerprint = "same".to_owned();
    }
    let json: serde_json::Value = serde_json::from_str(&bytes(Format::Gitlab, &report, &options())).unwrap();
    let all = json.as_array().unwrap();
    let prints: BTreeSet<&str> = all.iter().map(|e| e["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((all.len(), prints.len()), (8, 8));
}

#[test]
fn annotations_stop_where_github_does() {
    let mut report = report();
    let model = report.findings[1].clone();
    report.findings = vec![model; 40];
    report.findings[39].severity = Severity::Critical;
    report.findings[39].message = "the worst\n::error::injected".to_owned();
    let text = bytes(Format::Github, &report, &options());
    let commands: Vec<&str> = text.lines().filter(|l| l.starts_with("::")).collect();
    let count = |level: &str| commands.iter().filter(|l| l.starts_with(level)).count();
    assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 1, 1));
    // Two faults come first, then the worst finding.
    assert!(commands[3].contains("the worst%0A::error::injected"));
    assert!(commands.last().unwrap().contains("32 further findings"));
    assert_eq!(text.lines().filter(|l| l.starts_with("Dockerfile:3:34: high[")).count(), 32);
}

#[test]
fn markdown_stays_within_its_room() {
    let mut report = report();
    let model = report.findings[0].clone();
    report.findings = vec![model; 2_000];
    let text = bytes(Format::Markdown, &report, &options());
    assert!(text.len() < 60_000, "{}", text.len());
    assert!(text.trim_end().ends_with("further findings not listed here for want of room."));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let error = render(format, &report(), &CanonicalPages, &options(), &mut Full).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{format}");
    }
}
