//! Checkstyle's XML, which many editors and review tools read: files with their errors.

use super::xml::Xml;
use crate::Input;
use std::io;
use stockade_model::{Finding, Severity};

/// The version of Checkstyle whose format this is; readers know it.
const FORMAT_VERSION: &str = "4.3";

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut xml = Xml::new(out)?;
    let findings: Vec<&Finding> = input.shown().collect();
    xml.open("checkstyle", &[("version", FORMAT_VERSION)])?;
    for file in findings.chunk_by(|a, b| a.path == b.path) {
        let Some(first) = file.first() else {
            continue;
        };
        xml.open("file", &[("name", &first.path)])?;
        for finding in file {
            error(&mut xml, input, finding)?;
        }
        xml.close("file")?;
    }
    xml.close("checkstyle")?;
    xml.finish()
}

fn error(xml: &mut Xml<'_>, input: &Input<'_>, finding: &Finding) -> io::Result<()> {
    let message = match crate::summary::state(finding) {
        Some(state) => format!("{} ({state})", finding.message),
        None => finding.message.clone(),
    };
    xml.empty(
        "error",
        &[
            ("line", &finding.region.line.to_string()),
            ("column", &finding.region.column.to_string()),
            (
                "severity",
                match finding.severity {
                    Severity::Critical | Severity::High => "error",
                    Severity::Medium => "warning",
                    Severity::Low | Severity::Info => "info",
                },
            ),
            ("message", &message),
            ("source", &format!("stockade.{}", input.rule_id(finding))),
        ],
    )
}
