//! Two texts as a diff: unified for tools, plain for people.

use std::fmt::Write as _;

/// Lines around a change.
const CONTEXT: usize = 3;
/// Most cells of the table that compares the lines between the first and the last change; above it they are shown
/// as one change. Four million cells are 16 MB and a hundredth of a second.
const MAX_CELLS: usize = 4_000_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Old,
    New,
}

/// The unified diff from `old` to `new`, with `a/` and `b/` before the path; empty where they are equal.
pub(crate) fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let lines = compare(&split(old), &split(new));
    let mut text = format!("--- {}\n+++ {}\n", header(&format!("a/{path}")), header(&format!("b/{path}")));
    let changes: Vec<usize> =
        (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|l| l.0 != Side::Both)).collect();
    let mut next = 0;
    while let Some(first) = changes.get(next).copied() {
        let mut last = first;
        while let Some(more) = changes.get(next).copied().filter(|more| *more <= last + 2 * CONTEXT + 1) {
            last = more;
            next += 1;
        }
        let (from, to) = (first.saturating_sub(CONTEXT), (last + CONTEXT + 1).min(lines.len()));
        hunk(&lines, from, to, &mut text);
    }
    text
}

/// What changes from `old` to `new`, for people: each line behind `- `, `+ ` or, around a change, two spaces, with
/// `...` for what is left out. Empty where they are equal but for the line break at the end.
pub(crate) fn plain(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lines = compare(&old, &new);
    let changed = |at: usize| lines.get(at).is_some_and(|line| line.0 != Side::Both);
    let near = |at: usize| (at.saturating_sub(CONTEXT)..=at + CONTEXT).any(changed);
    let mut text = String::new();
    let mut skipped = false;
    for (at, (side, line)) in lines.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) && !text.is_empty() {
            text.push_str("  ...\n");
        }
        let sign = match side {
            Side::Both => ' ',
            Side::Old => '-',
            Side::New => '+',
        };
        let _ = writeln!(text, "{sign} {line}");
    }
    text
}

/// A file's name as git writes it in a diff, so that tools read back what it is: in quotes where it holds a character that
/// would end or change the line, and with a tab behind it where it holds a space.
fn header(name: &str) -> String {
    let quoted = |byte: u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\\');
    if !name.bytes().any(quoted) {
        return if name.contains(' ') { format!("{name}\t") } else { name.to_owned() };
    }
    let mut out = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_ascii_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn hunk(lines: &[(Side, &str)], from: usize, to: usize, text: &mut String) {
    let count =
        |part: &[(Side, &str)], side: Side| part.iter().filter(|l| l.0 == Side::Both || l.0 == side).count();
    let before = lines.get(..from).unwrap_or_default();
    let part = lines.get(from..to).unwrap_or_default();
    let range = |side: Side| {
        let (start, len) = (count(before, side), count(part, side));
        // An empty range is named by the line before it.
        format!("{},{len}", if len == 0 { start } else { start + 1 })
    };
    let _ = writeln!(text, "@@ -{} +{} @@", range(Side::Old), range(Side::New));
    for (side, line) in part {
        text.push(match side {
            Side::Both => ' ',
            Side::Old => '-',
            Side::New => '+',
        });
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines of both texts in one order, each with the side that it is on: what is equal at both ends, and between
/// that the longest common subsequence.
fn compare<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Side, &'t str)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (a, b) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, rest) = a.split_at_checked(a.len() - tail).unwrap_or((a, &[]));
    let b = b.get(..b.len() - tail).unwrap_or_default();
    let mut lines: Vec<(Side, &str)> = old.iter().take(head).map(|line| (Side::Both, *line)).collect();
    middle(a, b, &mut lines);
    lines.extend(rest.iter().map(|line| (Side::Both, *line)));
    lines
}

fn middle<'t>(a: &[&'t str], b: &[&'t str], lines: &mut Vec<(Side, &'t str)>) {
    let width = b.len() + 1;
    let small = (a.len() + 1).checked_mul(width).is_some_and(|cells| cells <= MAX_CELLS);
    let (mut i, mut j) = (0, 0);
    if small {
        // cells[i][j]: the longest common subsequence of what follows.
        let mut cells = vec![0_u32; (a.len() + 1) * width];
        let at = |cells: &[u32], i: usize, j: usize| cells.get(i * width + j).copied().unwrap_or(0);
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                let longest = if a.get(i) == b.get(j) {
                    at(&cells, i + 1, j + 1) + 1
                } else {
                    at(&cells, i + 1, j).max(at(&cells, i, j + 1))
                };
                if let Some(cell) = cells.get_mut(i * width + j) {
                    *cell = longest;
                }
            }
        }
        while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            if x == y {
                lines.push((Side::Both, x));
                (i, j) = (i + 1, j + 1);
            } else if at(&cells, i + 1, j) >= at(&cells, i, j + 1) {
                lines.push((Side::Old, x));
                i += 1;
            } else {
                lines.push((Side::New, y));
                j += 1;
            }
        }
    }
    lines.extend(a.iter().skip(i).map(|line| (Side::Old, *line)));
    lines.extend(b.iter().skip(j).map(|line| (Side::New, *line)));
}

#[cfg(test)]
mod tests {
    use super::{plain, unified};

    #[test]
    fn changes_have_three_lines_around_them() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let expected = "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
            @@ -11,4 +11,3 @@\n 11\n 12\n 13\n-14\n";
        assert_eq!(unified("f", old, new), expected);
        assert_eq!(unified("f", old, old), "");
    }

    #[test]
    fn names_are_written_as_git_does() {
        let heads = |path: &str| unified(path, "", "b\n").lines().next().map(str::to_owned);
        assert_eq!(heads("a b/ü").as_deref(), Some("--- a/a b/ü\t"));
        assert_eq!(heads("x\n+++ b/y\u{1b}\"").as_deref(), Some(r#"--- "a/x\012+++ b/y\033\"""#));
    }

    #[test]
    fn people_see_the_lines_around_a_change() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12";
        let new = "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11";
        assert_eq!(plain(old, new), "- 1\n+ one\n  2\n  3\n  4\n  ...\n  9\n  10\n  11\n- 12\n");
        assert_eq!(plain("a\nb", "a\nb\n"), "");
    }

    #[test]
    fn ends_without_a_line_break_are_marked() {
        assert_eq!(
            unified("f", "a", "b\n"),
            "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n"
        );
        assert_eq!(unified("f", "", "b\n"), "--- a/f\n+++ b/f\n@@ -0,0 +1,1 @@\n+b\n");
    }
}
