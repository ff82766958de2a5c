//! Charts as inline SVG: what is where, at a glance.

use super::escape;
use crate::Input;
use crate::summary::Summary;
use crate::text::{clip, number};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use stockade_model::{Finding, Severity};

/// Bars of a chart.
const BARS: usize = 8;
/// Width of a chart in its own units.
const WIDTH: usize = 320;
/// Height of a bar with its label.
const STEP: usize = 34;
/// Characters of a label that fit above a bar.
const LABEL: usize = 36;

pub(super) fn all(input: &Input<'_>, findings: &[&Finding], summary: &Summary<'_>, page: &mut String) {
    severities(summary, page);
    let mut by_rule: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    let mut by_file: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for finding in findings {
        for parts in
            [by_rule.entry(input.rule_id(finding)).or_default(), by_file.entry(&finding.path).or_default()]
        {
            if let Some(n) = parts.get_mut(finding.severity as usize) {
                *n += 1;
            }
        }
    }
    bars("Most frequent rules", by_rule, page);
    bars("Files with most findings", by_file, page);
}

/// How the open findings divide among the severities.
fn severities(summary: &Summary<'_>, page: &mut String) {
    let rows: Vec<(&str, [usize; 5])> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| {
            let mut parts = [0; 5];
            if let Some(n) = parts.get_mut(severity as usize) {
                *n = summary.of(severity);
            }
            (severity.as_str(), parts)
        })
        .collect();
    chart("By severity", &rows, page);
}

fn bars(title: &str, counts: BTreeMap<&str, [usize; 5]>, page: &mut String) {
    let mut rows: Vec<(&str, [usize; 5])> = counts.into_iter().collect();
    rows.sort_by_key(|(_, parts)| Reverse(parts.iter().sum::<usize>()));
    rows.truncate(BARS);
    chart(title, &rows, page);
}

/// Horizontal bars, each divided by severity.
fn chart(title: &str, rows: &[(&str, [usize; 5])], page: &mut String) {
    let most = rows.iter().map(|(_, parts)| parts.iter().sum::<usize>()).max().unwrap_or(0).max(1);
    let height = rows.len() * STEP;
    let _ = write!(
        page,
        "<div class=\"card\"><h3>{title}</h3>\n\
         <svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n"
    );
    for (i, (name, parts)) in rows.iter().enumerate() {
        let total: usize = parts.iter().sum();
        let (top, bar) = (i * STEP + 13, i * STEP + 18);
        let label = escape(&clip(name, LABEL));
        let _ = writeln!(
            page,
            "<text x=\"0\" y=\"{top}\">{label}<title>{}</title></text>\
             <text class=\"soft\" x=\"{WIDTH}\" y=\"{top}\" text-anchor=\"end\">{}</text>",
            escape(name),
            number(total)
        );
        let mut x = 0;
        for severity in Severity::ALL.into_iter().rev() {
            let n = parts.get(severity as usize).copied().unwrap_or(0);
            // At least a unit, so that one finding among thousands is seen.
            let width = if n == 0 { 0 } else { (n * WIDTH / most).max(1) };
            if width > 0 {
                let _ = writeln!(
                    page,
                    "<rect class=\"{severity}\" x=\"{x}\" y=\"{bar}\" width=\"{width}\" height=\"8\" rx=\"1\">\
                     <title>{severity}: {}</title></rect>",
                    number(n)
                );
            }
            x += width;
        }
    }
    *page += "</svg></div>\n";
}
