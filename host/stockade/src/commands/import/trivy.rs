//! Trivy's `trivy.yaml`, `.trivyignore` and `.trivyignore.yaml`.

use super::output::{Output, SEVERITIES, quote};
use super::yaml::{self, Yaml};
use super::{is_over, read};
use crate::error::ProgramError;
use std::fmt::Write as _;
use std::path::Path;
use stockade_pack::config::Date;

/// The sections of `.trivyignore.yaml`.
const SECTIONS: [&str; 4] = ["misconfigurations", "secrets", "vulnerabilities", "licenses"];

pub(super) fn import(
    path: &Path,
    text: String,
    today: Option<Date>,
    output: &mut Output<'_>,
) -> Result<(), ProgramError> {
    if !path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
        ignore_lines(&text, today, output);
        return Ok(());
    }
    let file = yaml::open(path, text)?;
    if SECTIONS.iter().any(|section| file.at(&[section]).is_some()) {
        ignore_file(&file, today, output);
        return Ok(());
    }
    settings(&file, output);
    // What trivy reads besides, without being told: the file beside it.
    let named = file.text_at(&["ignorefile"]);
    let beside = path.with_file_name(named.as_deref().unwrap_or(".trivyignore"));
    if !beside.is_file() {
        // One that is named and missing, as where a build makes it, leaves the rest as it is.
        if let Some(named) = named {
            output.section("ignorefile");
            output.note(&format!("ignorefile {named}: is not there; import it by itself where it is"));
        }
        return Ok(());
    }
    output.section(&format!("{}:", beside.file_name().unwrap_or_default().to_string_lossy()));
    import(&beside, read(&beside)?, today, output)
}

fn settings(file: &Yaml, output: &mut Output<'_>) {
    for key in file.keys() {
        match key.as_str() {
            "severity" => severities(&file.texts(file.at(&["severity"])), output),
            "exit-code" => {
                output.section("exit-code");
                match file.text_at(&["exit-code"]).as_deref() {
                    Some("0") => output.setting("fail-on \"never\"", "exit-code 0"),
                    _ => output.note("exit-code: the exit code here is 1 for findings; `fail-on` says from which severity on"),
                }
            }
            // Read when the settings are done, so that what it says stands together.
            "ignorefile" => {}
            "scan" => {
                for name in file.names(file.at(&["scan"])) {
                    scan(&name, &file.texts(file.at(&["scan", &name])), output);
                }
            }
            "skip-dirs" | "skip-files" => scan(&key, &file.texts(file.at(&[&key])), output),
            other => {
                output.section(other);
                output.note(&format!("{other}: has no counterpart here"));
            }
        }
    }
}

fn scan(name: &str, values: &[String], output: &mut Output<'_>) {
    output.section(&format!("scan.{name}"));
    if name == "skip-dirs" || name == "skip-files" {
        for path in values {
            output.setting(&format!("exclude {}", quote(&anchored(path))), path);
        }
    } else {
        output.note(&format!("scan.{name}: has no counterpart here"));
    }
}

/// Trivy leaves severities out that are not listed.
fn severities(listed: &[String], output: &mut Output<'_>) {
    output.section("severity: the others are left out");
    let has = |name: &str| listed.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    // Trivy has no `info`; it goes with `low`.
    let left: Vec<String> = SEVERITIES
        .iter()
        .filter(|name| if **name == "info" { !has("low") } else { !has(name) })
        .map(|name| quote(&format!("severity:{name}")))
        .collect();
    if left.is_empty() || left.len() == SEVERITIES.len() {
        output.note(&format!("severity {}: leaves nothing out", listed.join(", ")));
    } else {
        output.setting(&format!("ignore {}", left.join(" ")), &format!("severity {}", listed.join(", ")));
    }
}

/// One id a line, with a comment behind `#` and a last day behind `exp:`.
fn ignore_lines(text: &str, today: Option<Date>, output: &mut Output<'_>) {
    let mut remark = String::new();
    for line in text.lines() {
        let (entry, comment) = line.split_once('#').unwrap_or((line, ""));
        let mut words = entry.split_whitespace();
        let Some(id) = words.next() else {
            comment.trim().clone_into(&mut remark);
            continue;
        };
        let until = words.find_map(|word| word.strip_prefix("exp:")).map(str::to_owned);
        let reason = if comment.trim().is_empty() { &remark } else { comment.trim() };
        accept(&Accepted { id, paths: &[], until: until.as_deref(), reason }, today, output);
        remark.clear();
    }
}

fn ignore_file(file: &Yaml, today: Option<Date>, output: &mut Output<'_>) {
    for section in SECTIONS {
        let items = file.at(&[section]).map(|node| file.items(node)).unwrap_or_default();
        if items.is_empty() {
            continue;
        }
        output.section(section);
        for item in items {
            let text = |name: &str| file.child(item, name).and_then(|node| file.text(node));
            let Some(id) = text("id").or_else(|| file.text(item)) else { continue };
            if section == "vulnerabilities" || section == "licenses" {
                output.note(&format!("{id}: stockade looks for no {section}"));
                continue;
            }
            let until = text("expired_at");
            let paths = file.texts(file.child(item, "paths"));
            let reason = text("statement").unwrap_or_default();
            let accepted = Accepted { id: &id, paths: &paths, until: until.as_deref(), reason: &reason };
            accept(&accepted, today, output);
        }
    }
}

/// An entry of an ignore file.
struct Accepted<'a> {
    id: &'a str,
    /// Everywhere, where there are none.
    paths: &'a [String],
    until: Option<&'a str>,
    reason: &'a str,
}

fn accept(entry: &Accepted<'_>, today: Option<Date>, output: &mut Output<'_>) {
    // `2027-01-31`, or with a time, which counts for the whole day.
    let day = entry.until.map(|until| (until, until.chars().take(10).collect::<String>()));
    let mut last = None;
    if let Some((written, day)) = &day {
        match day.parse::<Date>() {
            Ok(until) if is_over(until, today) => {
                output.note(&format!("{}: ran out on {day}", entry.id));
                return;
            }
            Ok(_) => last = Some(day),
            Err(_) => {
                output.note(&format!("{}: `{written}` is no day; not taken over", entry.id));
                return;
            }
        }
    }
    let Some((rules, origin)) = output.resolve(&normal(entry.id)) else { return };
    let mut tail = String::new();
    if let Some(day) = last {
        let _ = write!(tail, " until={}", quote(day));
    }
    if !entry.reason.is_empty() {
        let _ = write!(tail, " reason={}", quote(entry.reason));
    }
    if entry.paths.is_empty() && last.is_none() {
        // `ignore` takes no reason, so the comment keeps it.
        let reason = if entry.reason.is_empty() { String::new() } else { format!(": {}", entry.reason) };
        output.setting(&format!("ignore {rules}"), &format!("{origin}{reason}"));
    } else if entry.paths.is_empty() {
        output.setting(&format!("suppress {rules} path=\"**\"{tail}"), &origin);
    }
    for path in entry.paths {
        output.setting(&format!("suppress {rules} path={}{tail}", quote(&anchored(path))), &origin);
    }
}

/// The one spelling of ids that the rules' aliases have: `DS-0002` for `DS002`, `AVD-DS-0002` and `avd-ds-0002`.
fn normal(id: &str) -> String {
    let upper = id.to_ascii_uppercase();
    let short = upper.strip_prefix("AVD-").unwrap_or(&upper);
    let letters: String = short.chars().take_while(char::is_ascii_alphabetic).collect();
    let rest = short.get(letters.len()..).unwrap_or_default();
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    if letters.is_empty() || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return id.to_owned();
    }
    format!("{letters}-{digits:0>4}")
}

/// Trivy's paths start at the root; a pattern here does so with a slash in it.
fn anchored(path: &str) -> String {
    let path = path.trim_start_matches("./");
    if path.trim_end_matches('/').contains('/') { path.to_owned() } else { format!("/{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        for (written, expected) in [
            ("DS002", "DS-0002"),
            ("DS-0002", "DS-0002"),
            ("AVD-DS-0002", "DS-0002"),
            ("avd-ksv-0014", "KSV-0014"),
            ("KSV014", "KSV-0014"),
            ("CVE-2024-1", "CVE-2024-1"),
            ("aws-access-key-id", "aws-access-key-id"),
            ("", ""),
        ] {
            assert_eq!(normal(written), expected, "{written}");
        }
    }
}
