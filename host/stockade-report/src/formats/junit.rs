//! JUnit XML, for servers that show test results: a suite for each file, in it a failed case for each finding.
//!
//! An analysed file without findings is a passed case, because a server takes a report without any case for a
//! broken one. What could not be analysed is a skipped case, and a plugin's fault an error. There are no
//! times: a report looks at no clock.

use super::xml::Xml;
use crate::Input;
use crate::summary::state;
use std::collections::BTreeMap;
use std::io;
use stockade_model::{Fault, FileStatus, Finding, State};

/// What a suite holds.
#[derive(Default)]
struct Suite<'a> {
    findings: Vec<&'a Finding>,
    faults: Vec<&'a Fault>,
    not_analysed: Option<&'a str>,
}

impl Suite<'_> {
    /// Cases, failures, errors, skipped.
    fn numbers(&self) -> [usize; 4] {
        let failures = self.findings.iter().filter(|f| f.state == State::Open).count();
        let skipped = self.findings.len() - failures + usize::from(self.not_analysed.is_some());
        let cases = failures + self.faults.len() + skipped;
        [cases.max(1), failures, self.faults.len(), skipped]
    }
}

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for file in &input.report.files {
        match &file.status {
            FileStatus::Analysed => {
                suites.entry(&file.path).or_default();
            }
            FileStatus::NotAnalysed(reason) => {
                suites.entry(&file.path).or_default().not_analysed = Some(reason);
            }
            FileStatus::NoKind(_) => {}
        }
    }
    for finding in input.shown() {
        suites.entry(&finding.path).or_default().findings.push(finding);
    }
    for fault in &input.report.faults {
        suites.entry(fault.path.as_deref().unwrap_or("stockade")).or_default().faults.push(fault);
    }

    let mut total = [0; 4];
    for suite in suites.values() {
        for (sum, n) in total.iter_mut().zip(suite.numbers()) {
            *sum += n;
        }
    }
    let mut xml = Xml::new(out)?;
    numbered(&mut xml, "testsuites", "stockade", total)?;
    for (path, suite) in &suites {
        numbered(&mut xml, "testsuite", path, suite.numbers())?;
        cases(&mut xml, input, path, suite)?;
        xml.close("testsuite")?;
    }
    xml.close("testsuites")?;
    xml.finish()
}

fn numbered(xml: &mut Xml<'_>, element: &str, name: &str, numbers: [usize; 4]) -> io::Result<()> {
    let [tests, failures, errors, skipped] = numbers.map(|n| n.to_string());
    xml.open(
        element,
        &[
            ("name", name),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
        ],
    )
}

fn cases(xml: &mut Xml<'_>, input: &Input<'_>, path: &str, suite: &Suite<'_>) -> io::Result<()> {
    for finding in &suite.findings {
        let id = input.rule_id(finding);
        let name = format!("{id} at line {}", finding.region.line);
        let line = finding.region.line.to_string();
        xml.open("testcase", &[("name", &name), ("classname", path), ("file", path), ("line", &line)])?;
        match state(finding) {
            Some(state) => xml.empty("skipped", &[("message", &state)])?,
            None => {
                let place = format!("{path}:{}:{}", finding.region.line, finding.region.column);
                let mut text = format!("{place}: {} [{id}] {}", finding.severity, finding.message);
                let help = input.help(finding);
                if !help.is_empty() {
                    text += &format!("\n{help}");
                }
                let kind = finding.severity.as_str();
                xml.text("failure", &[("type", kind), ("message", &finding.message)], &text)?;
            }
        }
        xml.close("testcase")?;
    }
    for fault in &suite.faults {
        let name = format!("plugin {}", fault.plugin);
        xml.open("testcase", &[("name", &name), ("classname", path)])?;
        xml.text("error", &[("type", fault.kind.as_str()), ("message", &fault.message)], &fault.to_string())?;
        xml.close("testcase")?;
    }
    if let Some(reason) = suite.not_analysed {
        xml.open("testcase", &[("name", "not analysed"), ("classname", path)])?;
        xml.empty("skipped", &[("message", reason)])?;
        xml.close("testcase")?;
    }
    if suite.findings.is_empty() && suite.faults.is_empty() && suite.not_analysed.is_none() {
        xml.empty("testcase", &[("name", "no findings"), ("classname", path)])?;
    }
    Ok(())
}
