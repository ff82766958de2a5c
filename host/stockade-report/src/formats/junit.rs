//! JUnit XML, for servers that show test results: a suite for each file, in it a failed case for each finding.
//!
//! An analysed file without findings is a passed case, because a server takes a report without any case for a
//! broken one. What could not be analysed is a skipped case, and a plugin's fault an error. There are no
//! times: a report looks at no clock. Only attributes that all readers know are written: some refuse the whole file
//! for another one. `testdata/schemas/junit.xsd` says which.

use super::xml::Xml;
use crate::Input;
use crate::summary::state;
use std::collections::{BTreeMap, HashMap};
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
    let [tests, failures, errors, _] = total.map(|n| n.to_string());
    let numbers = [("name", "stockade"), ("tests", &*tests), ("failures", &*failures), ("errors", &*errors)];
    xml.open("testsuites", &numbers)?;
    for (path, suite) in &suites {
        let [tests, failures, errors, skipped] = suite.numbers().map(|n| n.to_string());
        xml.open(
            "testsuite",
            &[
                ("name", path),
                ("file", path),
                ("tests", &tests),
                ("failures", &failures),
                ("errors", &errors),
                ("skipped", &skipped),
            ],
        )?;
        cases(&mut xml, input, path, suite)?;
        xml.close("testsuite")?;
    }
    xml.close("testsuites")?;
    xml.finish()
}

/// Names of a suite's cases: readers take two of one name for one, and show the last.
#[derive(Default)]
struct Names(HashMap<String, u32>);

impl Names {
    fn unique(&mut self, name: String) -> String {
        let seen = self.0.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        if *seen == 1 { name } else { format!("{name} ({seen})") }
    }
}

fn cases(xml: &mut Xml<'_>, input: &Input<'_>, path: &str, suite: &Suite<'_>) -> io::Result<()> {
    let mut names = Names::default();
    for finding in &suite.findings {
        let id = input.rule_id(finding);
        let name = names.unique(format!("{id} at {}:{}", finding.region.line, finding.region.column));
        xml.open("testcase", &[("name", &name), ("classname", path)])?;
        match state(finding) {
            Some(state) => xml.empty("skipped", &[("message", &state)])?,
            None => {
                let place = format!("{path}:{}:{}", finding.region.line, finding.region.column);
                let mut text = format!("{place}: {} [{id}] {}", finding.severity, finding.message);
                if let Some(places) = crate::summary::elsewhere(finding) {
                    text += &format!("\n{places}");
                }
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
        let name = names.unique(format!("plugin {}", fault.plugin));
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
