//! The lines around a place, ready to be shown: harmless, tabs expanded, over-long lines clipped.
//!
//! Nothing here is proportional to the size of the file except its line index, which [`Sources`] makes once
//! for each file; a line of a megabyte costs no more than the columns shown of it.

use crate::text::{clean, push_visible, width};
use std::collections::HashMap;
use stockade_model::{LineIndex, Report, Span, mask};

/// A place that spans more lines than this is shown by its first line only: a whole
/// manifest as a snippet buries what the finding says.
const MARKED_LINES: usize = 6;
/// Most places shown of one finding; a rule that names hundreds would bury its own message.
const MARKS: usize = 12;
/// Stands for what was cut off a line.
const ELLIPSIS: char = '…';

/// The texts of the files of a report, with their line indices.
pub(crate) struct Sources<'a> {
    report: &'a Report,
    indices: HashMap<&'a str, LineIndex>,
    /// Texts of the files that hold secrets, without them.
    masked: HashMap<&'a str, String>,
}

/// A file's text with its line index.
#[derive(Clone, Copy)]
pub(crate) struct Source<'s> {
    pub(crate) text: &'s str,
    pub(crate) index: &'s LineIndex,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        let mut secrets: HashMap<&str, Vec<Span>> = HashMap::new();
        for finding in report.findings.iter().filter(|f| !f.secret.is_empty()) {
            secrets.entry(&finding.path).or_default().extend(&finding.secret);
        }
        for file in report.files.iter().chain(&report.beside).filter(|file| !file.hidden.is_empty()) {
            secrets.entry(&file.path).or_default().extend(&file.hidden);
        }
        let masked = secrets.into_iter().filter_map(|(path, spans)| {
            let text = report.file(path)?.text.as_deref()?;
            Some((path, mask(text, &spans)))
        });
        Self { report, indices: HashMap::new(), masked: masked.collect() }
    }

    /// The file's text, if the report kept it.
    pub(crate) fn get(&mut self, path: &str) -> Option<Source<'_>> {
        let file = self.report.file(path)?;
        let text = self.masked.get(path).map(String::as_str).or(file.text.as_deref())?;
        let index = self.indices.entry(&file.path).or_insert_with(|| LineIndex::new(text));
        Some(Source { text, index })
    }
}

impl<'s> Source<'s> {
    /// Offset and text of a line (from 0), without its line break.
    pub(crate) fn line(&self, line: usize) -> (usize, &'s str) {
        let start = self.index.start_of(line) as usize;
        let end = if line + 1 < self.index.len() {
            self.index.start_of(line + 1) as usize
        } else {
            self.text.len()
        };
        let text = self.text.get(start..end).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        (start, text.strip_suffix('\r').unwrap_or(text))
    }

    /// First and last line (from 0) that `span` touches. A span that ends right behind a line break
    /// does not touch the line that follows.
    pub(crate) fn lines(&self, span: Span) -> (usize, usize) {
        let first = self.index.line_of(span.start);
        let last = self.index.line_of(span.end.max(span.start));
        if last > first && self.index.start_of(last) == span.end { (first, last - 1) } else { (first, last) }
    }
}

/// One line to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    /// Without line break; clean, and no wider than asked for.
    pub(crate) text: String,
}

/// A marked place: byte offsets into the texts of an excerpt's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which of the spans asked for.
    pub(crate) span: usize,
    /// Index of the first line, and where in it the place starts.
    pub(crate) start: (usize, usize),
    /// Index of the last line, and where in it the place ends.
    pub(crate) end: (usize, usize),
    /// Where the place really ends (line from 1), if only its first line is marked.
    pub(crate) continues_to: Option<usize>,
}

/// Neighbouring lines with the places marked in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) lines: Vec<Line>,
    pub(crate) marks: Vec<Mark>,
}

/// Where the marked part of a place lies in the file.
struct Place {
    span: usize,
    start: u32,
    end: u32,
    first: usize,
    last: usize,
    continues_to: Option<usize>,
}

/// The lines of `source` that show `spans`, with `context` lines before and after, no line wider than
/// `columns`. Spans far from each other come in separate excerpts, in the file's order.
pub(crate) fn excerpts(source: Source<'_>, spans: &[Span], context: usize, columns: usize) -> Vec<Excerpt> {
    let mut places: Vec<Place> = spans
        .iter()
        .enumerate()
        .take(MARKS)
        .map(|(span, at)| {
            let (first, last) = source.lines(*at);
            let start = at.start.min(source.text.len() as u32);
            if last - first < MARKED_LINES {
                Place { span, start, end: at.end.max(start), first, last, continues_to: None }
            } else {
                let (line_start, text) = source.line(first);
                let end = (line_start + text.len()) as u32;
                Place { span, start, end: end.max(start), first, last: first, continues_to: Some(last + 1) }
            }
        })
        .collect();
    places.sort_by_key(|p| (p.first, p.start, p.span));

    let last_line = source.index.len().saturating_sub(1);
    let mut groups: Vec<(usize, usize, Vec<Place>)> = Vec::new();
    for place in places {
        let from = place.first.saturating_sub(context);
        let to = (place.last + context).min(last_line);
        match groups.last_mut() {
            // One line between two groups is shown rather than left out.
            Some((_, end, group)) if from <= *end + 2 => {
                *end = (*end).max(to);
                group.push(place);
            }
            _ => groups.push((from, to, vec![place])),
        }
    }
    groups.into_iter().map(|(from, to, places)| excerpt(source, from, to, &places, columns)).collect()
}

fn excerpt(source: Source<'_>, from: usize, to: usize, places: &[Place], columns: usize) -> Excerpt {
    let mut marks: Vec<Mark> = places
        .iter()
        .map(|p| Mark {
            span: p.span,
            start: (p.first - from, 0),
            end: (p.last - from, 0),
            continues_to: p.continues_to,
        })
        .collect();
    let mut lines = Vec::with_capacity(to - from + 1);
    for line in from..=to {
        let (start, text) = source.line(line);
        // An empty line behind the last line break is no line to look at, unless it is the place itself.
        if line > from && text.is_empty() && line + 1 == source.index.len() && !touches(places, line) {
            break;
        }
        let inside = |offset: u32| (offset as usize).saturating_sub(start).min(text.len());
        let mut points = Vec::new();
        let mut focus: Option<usize> = None;
        for place in places {
            if place.first == line {
                points.push(inside(place.start));
                focus = Some(focus.map_or(inside(place.start), |f| f.min(inside(place.start))));
            }
            if place.last == line {
                points.push(inside(place.end));
            }
        }
        let (text, points) = clip_line(text, &points, focus.unwrap_or(0), columns);
        let mut points = points.into_iter();
        for (place, mark) in places.iter().zip(&mut marks) {
            if place.first == line {
                mark.start.1 = points.next().unwrap_or(0);
            }
            if place.last == line {
                mark.end.1 = points.next().unwrap_or(0);
            }
        }
        lines.push(Line { number: line + 1, text });
    }
    for mark in &mut marks {
        mark.end = mark.end.max(mark.start);
    }
    Excerpt { lines, marks }
}

fn touches(places: &[Place], line: usize) -> bool {
    places.iter().any(|p| p.first <= line && line <= p.last)
}

/// `line` as it may be shown in `columns` columns, and where the byte offsets `points` of `line` are in it.
/// Of a longer line a part is shown that has the byte at `focus` in its first third.
fn clip_line(line: &str, points: &[usize], focus: usize, columns: usize) -> (String, Vec<usize>) {
    let (from, to) = window(line, focus, columns);
    let mut text = String::with_capacity(to - from + 8);
    let mut column = 0;
    if from > 0 {
        text.push(ELLIPSIS);
        column = 1;
    }
    let mut mapped: Vec<Option<usize>> = points.iter().map(|p| (*p < from).then_some(0)).collect();
    for (at, c) in line.get(from..to).unwrap_or_default().char_indices() {
        for (point, place) in points.iter().zip(&mut mapped) {
            // A point inside a character counts as before it.
            if place.is_none() && *point < from + at + c.len_utf8() {
                *place = Some(text.len());
            }
        }
        column += push_visible(&mut text, c, column);
    }
    let end = text.len();
    if to < line.len() {
        text.push(ELLIPSIS);
    }
    let whole = text.len();
    let place =
        |(point, place): (&usize, Option<usize>)| place.unwrap_or(if *point > to { whole } else { end });
    let mapped = points.iter().zip(mapped).map(place).collect();
    (text, mapped)
}

/// Which bytes of `line` to show; see [`clip_line`].
fn window(line: &str, focus: usize, columns: usize) -> (usize, usize) {
    if line.len() <= columns && !line.contains('\t') {
        return (0, line.len());
    }
    // A character takes at least a column, save combining ones, so nothing that is shown lies further away;
    // those are counted as a column here to bound the work.
    let mut scratch = String::new();
    let mut forward = |from: usize, budget: usize| {
        let mut column = 0;
        for (at, c) in line.get(from..).unwrap_or_default().char_indices() {
            scratch.clear();
            column += push_visible(&mut scratch, c, column).max(1);
            if column > budget {
                return from + at;
            }
        }
        line.len()
    };
    if forward(0, columns) == line.len() {
        return (0, line.len());
    }
    let focus = floor_boundary(line, focus);
    if forward(0, columns.saturating_sub(1)) > focus && focus < columns / 2 {
        return (0, forward(0, columns.saturating_sub(1)));
    }
    // A third before the place, so that what leads to it can be read; more where the line ends soon.
    let from = back(line, focus, columns / 3);
    let to = forward(from, columns.saturating_sub(2));
    if to == line.len() { (back(line, to, columns.saturating_sub(1)).min(from), to) } else { (from, to) }
}

/// Where the text starts that takes `columns` before the byte at `to`.
fn back(line: &str, to: usize, columns: usize) -> usize {
    let mut left = columns;
    let mut from = to;
    for (at, c) in line.get(..to).unwrap_or_default().char_indices().rev() {
        let mut one = String::new();
        // A tab counts as the most it may take.
        let taken = push_visible(&mut one, c, 0).max(1);
        if taken > left {
            break;
        }
        left -= taken;
        from = at;
    }
    from
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The text of one line (from 1) on its own, clean and clipped to `columns`, without its indentation.
pub(crate) fn plain_line(source: Source<'_>, line: u32, columns: usize) -> String {
    let (_, text) = source.line((line as usize).saturating_sub(1));
    let text = text.trim();
    let (text, _) = clip_line(text, &[], 0, columns);
    debug_assert!(width(&text) <= columns.max(1) && matches!(clean(&text), std::borrow::Cow::Borrowed(_)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, spans: &[(u32, u32)], columns: usize) -> Vec<Excerpt> {
        let index = LineIndex::new(text);
        let spans: Vec<Span> = spans.iter().map(|(a, b)| Span::new(*a, *b)).collect();
        excerpts(Source { text, index: &index }, &spans, 1, columns)
    }

    fn marked(excerpt: &Excerpt, mark: usize) -> &str {
        let mark = &excerpt.marks[mark];
        assert_eq!(mark.start.0, mark.end.0);
        &excerpt.lines[mark.start.0].text[mark.start.1..mark.end.1]
    }

    #[test]
    fn marks_follow_their_text_through_tabs_and_controls() {
        let text = "a: 1\r\n\tü\u{1b}: 漢字\r\nb: 2\r\n";
        let at = text.find('漢').unwrap() as u32;
        let all = show(text, &[(at, at + 6)], 80);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].lines[1], Line { number: 2, text: "    ü\u{241b}: 漢字".to_owned() });
        assert_eq!(marked(&all[0], 0), "漢字");
        assert_eq!(all[0].lines.iter().map(|l| l.number).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn long_lines_are_clipped_around_the_place() {
        let text = format!("{}NEEDLE{}", "x".repeat(100_000), "y".repeat(100_000));
        let all = show(&text, &[(100_000, 100_006)], 60);
        let line = &all[0].lines[0].text;
        assert!(width(line) <= 60 && line.starts_with('…') && line.ends_with('…'), "{line}");
        assert_eq!(marked(&all[0], 0), "NEEDLE");

        // A place beyond what fits ends at the ellipsis.
        let all = show(&text, &[(10, 150_000)], 60);
        assert!(marked(&all[0], 0).ends_with("xx…"));
        // Wide characters fill the columns twice as fast.
        let all = show(&"漢".repeat(1000), &[(1500, 1503)], 60);
        assert!(width(&all[0].lines[0].text) <= 60);
        assert_eq!(marked(&all[0], 0), "漢");
    }

    #[test]
    fn a_place_at_the_end_of_a_long_line_has_what_leads_to_it() {
        let text = "x".repeat(1_000);
        let all = show(&text, &[(998, 1_000)], 60);
        assert_eq!(width(&all[0].lines[0].text), 60);
        assert_eq!(all[0].marks[0].end.1, all[0].lines[0].text.len());
    }

    #[test]
    fn far_places_come_apart_and_long_ones_show_their_head() {
        let text = "line\n".repeat(100);
        let all = show(&text, &[(0, 4), (250, 254), (255, 400)], 60);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].marks[1].continues_to, Some(80));
        assert_eq!(all[1].marks[1].start, (2, 0));
        assert_eq!(all[1].marks[1].end, (2, 4));
    }

    #[test]
    fn a_place_that_ends_behind_a_line_break_stays_on_its_line() {
        let all = show("one\ntwo\n", &[(0, 4)], 60);
        assert_eq!(marked(&all[0], 0), "one");
    }

    #[test]
    fn empty_files_and_places_outside_do_no_harm() {
        assert_eq!(show("", &[(0, 0)], 60)[0].lines, [Line { number: 1, text: String::new() }]);
        let all = show("ab\n", &[(50, 60)], 60);
        assert_eq!(all[0].lines.last().map(|l| l.number), Some(2));
    }
}
