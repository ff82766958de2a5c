//! Files that tell a system whom it lets do what: who becomes root, who mounts its folders, whom its name server, its SNMP agent and
//! its Redis serve. Each has a language of its own.

pub(crate) mod exports;
pub(crate) mod haproxy;
pub(crate) mod named;
pub(crate) mod redis;
pub(crate) mod snmp;
pub(crate) mod sudoers;

#[cfg(test)]
mod tests;

use stockade_sdk::{Place, Span};

/// The lines of a file, each with those that a backslash before its end joins to it; without comments and empty ones.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let mut end = 0;
        loop {
            let line = rest.get(end..).unwrap_or_default();
            let length = line.find('\n').map_or(line.len(), |found| found + 1);
            end += length;
            let is_joined =
                line.get(..length).unwrap_or_default().trim_end_matches(['\n', '\r']).ends_with('\\');
            if !is_joined || end >= rest.len() {
                break;
            }
        }
        let line = rest.get(..end).unwrap_or_default();
        if !line.trim_start().starts_with('#') && !line.trim().is_empty() {
            lines.push(line);
        }
        at += end;
    }
    lines
}

/// The place of a slice of a file's text.
pub(crate) fn place(text: &str, part: &str) -> Place {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    Place { span: Span { start: start as u32, end: (start + part.len()) as u32 }, node: None }
}
