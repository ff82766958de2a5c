//! One line for each finding, in the form that editors and `grep` users know, and one for the summary.

use crate::summary::{Summary, elsewhere, files, state, troubles};
use crate::text::{clean, leading_path};
use crate::{Input, formats::pretty::Paint};
use std::io;

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint::new(input.options);
    for finding in input.shown() {
        let rule = input.rule(finding);
        let id = input.rule_id(finding);
        let url = rule.and_then(|rule| input.url(rule));
        let region = &finding.region;
        write!(out, "{}:{}:{}: ", leading_path(&finding.path), region.line, region.column)?;
        let severity = paint.severity(finding.severity, finding.severity.as_str());
        write!(out, "{severity}[{}] {}", paint.link(url.as_deref(), id), clean(&finding.message))?;
        for more in [elsewhere(finding), state(finding)].into_iter().flatten() {
            write!(out, " ({more})")?;
        }
        writeln!(out)?;
    }
    for fault in &input.report.faults {
        writeln!(out, "fault: {}", clean(&fault.to_string()))?;
    }
    for note in &input.report.notes {
        match &note.path {
            Some(path) => writeln!(out, "note: {}: {}", clean(path), clean(&note.message))?,
            None => writeln!(out, "note: {}", clean(&note.message))?,
        }
    }
    let summary = Summary::new(input.report);
    write!(out, "{}; {}", summary.findings(), files(input.report))?;
    if let Some(troubles) = troubles(input.report) {
        write!(out, "; {troubles}")?;
    }
    writeln!(out)
}
