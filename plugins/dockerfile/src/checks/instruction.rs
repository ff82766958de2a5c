//! Instructions as such: which there are, in what order, and how they are written.

use super::stage::{is_lower, is_upper};
use crate::view::{Instruction, View, is_keyword, remove_instruction, whole_span};
use stockade_sdk::{Edit, Kind, Node, Out, Params, Place, Span};

/// `maintainer`: `MAINTAINER`, which a label takes the place of.
pub fn maintainer(view: &View<'_>, _: &Params, out: &mut Out) {
    for maintainer in view.all("MAINTAINER") {
        let Some(name) = maintainer.words().next() else { continue };
        let finding = out
            .finding(maintainer.node.key_place(), format!("MAINTAINER {} is a deprecated form", name.text()));
        if maintainer.onbuild {
            continue;
        }
        let text = name.text().trim().trim_matches('"');
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        // A continued line would keep its line breaks inside the quotes.
        if !view.source.slice(name.span()).contains('\n') {
            let line = format!("LABEL org.opencontainers.image.authors=\"{quoted}\"");
            finding.safe_fix("Write it as a label", vec![Edit::replace(whole_span(maintainer.node), line)]);
        } else {
            finding.safe_fix("Remove it", vec![remove_instruction(maintainer.node)]);
        }
    }
}

/// `order`: instructions other than `ARG` before the first `FROM`.
pub fn order(view: &View<'_>, _: &Params, out: &mut Out) {
    // A file without any FROM is a part that something else puts together.
    if view.final_stage().is_none() {
        return;
    }
    for stage in view.stages.iter().take_while(|s| s.from.is_none()) {
        let misplaced = |i: &&Instruction<'_>| !i.onbuild && i.keyword != "ARG" && is_keyword(i.keyword);
        for instruction in stage.instructions.iter().filter(misplaced) {
            let message = format!("{} stands before the first FROM", instruction.keyword);
            out.finding(instruction.node.key_place(), message);
        }
    }
}

/// `onbuild`: instructions that cannot be triggers (`forbid`).
pub fn onbuild(view: &View<'_>, params: &Params, out: &mut Out) {
    for onbuild in view.all("ONBUILD") {
        let Some(inner) = onbuild.node.children().find(|c| c.name() != "flags") else { continue };
        let (keyword, place) = if inner.kind() == Kind::Element {
            (inner.name().to_owned(), inner.key_place())
        } else {
            let word = inner.text().split_ascii_whitespace().next().unwrap_or_default();
            let start = inner.span().start;
            let span = Span { start, end: start + word.len() as u32 };
            let place = if view.source.slice(span) == word {
                Place { span, node: Some(inner.id()) }
            } else {
                inner.place()
            };
            (word.to_ascii_uppercase(), place)
        };
        if params.strings("forbid").any(|forbidden| forbidden == keyword) {
            out.finding(place, format!("ONBUILD cannot trigger {keyword}"));
        }
    }
}

/// `keyword-casing`: keywords that differ in case from the file's other ones.
pub fn casing(view: &View<'_>, _: &Params, out: &mut Out) {
    let mut keywords: Vec<Node<'_>> = view.globals.clone();
    for stage in &view.stages {
        keywords.extend(stage.from);
        keywords.extend(stage.instructions.iter().map(|i| i.node));
    }
    let word = |node: &Node<'_>| node.key_span().map_or("", |span| view.source.slice(span));
    let lower = keywords.iter().filter(|k| is_lower(word(k))).count();
    let upper = keywords.iter().filter(|k| is_upper(word(k))).count();
    let to_lower = lower > upper;
    for keyword in &keywords {
        let (text, Some(span)) = (word(keyword), keyword.key_span()) else { continue };
        if !is_keyword(keyword.name()) {
            continue;
        }
        if (to_lower && !is_lower(text)) || (!to_lower && !is_upper(text)) {
            let wanted = if to_lower { text.to_ascii_lowercase() } else { text.to_ascii_uppercase() };
            let case = if to_lower { "lower" } else { "upper" };
            out.finding(
                keyword.key_place(),
                format!("{text} is not in {case} case as most keywords of the file"),
            )
            .safe_fix(format!("Write {wanted}"), vec![Edit::replace(span, wanted)]);
        }
    }
}

/// `legacy-pairs`: `ENV` and `LABEL` without an equals sign.
pub fn legacy_pairs(view: &View<'_>, _: &Params, out: &mut Out) {
    for instruction in view.instructions().map(|(_, i)| i).filter(|i| matches!(i.keyword, "ENV" | "LABEL")) {
        for pair in instruction.node.children().filter(|c| c.kind() == Kind::Scalar && c.style() == 3) {
            let message =
                format!("{} {} is written without an equals sign", instruction.keyword, pair.name());
            let finding = out.finding(pair.key_place(), message);
            let (Some(key), value) = (pair.key_span(), pair.span()) else { continue };
            let text = view.source.slice(value).trim_end();
            if text.contains('\n') || text.is_empty() {
                continue;
            }
            let gap = Span { start: key.end, end: value.start + text.len() as u32 };
            finding
                .safe_fix("Write an equals sign", vec![Edit::replace(gap, format!("={}", pair_value(text)))]);
        }
    }
}

/// The value of the old form as the new one writes it: the old form takes all of the line, blanks included.
fn pair_value(text: &str) -> String {
    let quoted_whole = text.len() > 1
        && (text.starts_with('"') && text.ends_with('"') || text.starts_with('\'') && text.ends_with('\''))
        && !text.get(1..text.len() - 1).unwrap_or_default().contains(['"', '\'']);
    let plain = !text.contains([' ', '\t', '"', '\'', '\\']);
    if quoted_whole || plain {
        return text.to_owned();
    }
    let mut value = String::from("\"");
    for c in text.chars() {
        if c == '"' {
            value.push('\\');
        }
        value.push(c);
    }
    value.push('"');
    value
}

/// Lines behind an empty one that are looked through for the next with text.
const MAX_GAP: usize = 16;

/// `empty-continuation`: blank lines inside a continued instruction.
pub fn empty_continuation(view: &View<'_>, _: &Params, out: &mut Out) {
    let instructions = view.instructions().map(|(_, i)| i.node).filter(|n| !n.is("ONBUILD"));
    let froms = view.froms().map(|(_, from)| from);
    for node in instructions.chain(froms).chain(view.globals.iter().copied()) {
        let start = whole_span(node).start;
        if !view.source.slice(whole_span(node)).contains(view.escape) {
            continue;
        }
        // Blank lines of a here-document are its own.
        let end = node
            .descendants()
            .filter(|n| {
                n.is("heredoc")
                    || (n.style() == 3
                        && n.kind() == Kind::Scalar
                        && n.parent().is_some_and(|p| p.is("redirect")))
            })
            .map(|n| n.span().start)
            .min()
            .unwrap_or(node.span().end);
        let text = view.source.slice(Span { start, end });
        let mut continued = false;
        let mut offset = start;
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            let content = line.trim_end_matches(['\n', '\r']);
            let blank = content.trim().is_empty();
            if continued && blank && line.ends_with('\n') {
                // The line is empty, so it has nothing to point at but itself.
                let span = Span { start: offset, end: offset + content.len() as u32 };
                let place = Place { span, node: Some(node.id()) };
                let whole = Span { start: offset, end: offset + line.len() as u32 };
                let is_text = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
                // Only the last of several empty lines is asked what comes behind it.
                let is_last = lines.clone().next().is_some_and(|line| !line.trim().is_empty());
                let next = lines.clone().take(if is_last { MAX_GAP } else { 0 }).find(is_text);
                let swallowed = next.and_then(|line| line.split([' ', '\t']).next());
                let finding = match swallowed.filter(|word| is_keyword(word)) {
                    // Without the line it would still be swallowed.
                    Some(keyword) => {
                        let message =
                            format!("{keyword} behind an empty line is still part of {}", node.name());
                        out.finding(place, message)
                    }
                    None => out
                        .finding(place, format!("empty line inside {}", node.name()))
                        .safe_fix("Remove the line", vec![Edit::remove(whole)]),
                };
                finding.data("instruction", node.name());
            }
            let comment = content.trim_start().starts_with('#');
            continued = content.trim_end().ends_with(view.escape) || (continued && (blank || comment));
            offset += line.len() as u32;
        }
    }
}

/// `run-consecutive`: `RUN` behind `RUN` with the same flags. One with several commands counts as meant to stand alone.
pub fn consecutive(view: &View<'_>, _: &Params, out: &mut Out) {
    for stage in &view.stages {
        let mut previous: Option<&Instruction<'_>> = None;
        for instruction in &stage.instructions {
            if instruction.keyword == "RUN"
                && !instruction.onbuild
                && let Some(earlier) = previous
                && flags(earlier) == flags(instruction)
                && is_single(earlier)
                && is_single(instruction)
            {
                let message = "RUN follows a RUN with the same flags";
                let finding = out
                    .finding(instruction.node.key_place(), message)
                    .label(earlier.node.key_place(), "that one");
                if let Some(edit) = joined(view, earlier, instruction) {
                    finding.unsafe_fix("Join them", vec![edit]);
                }
            }
            previous = (instruction.keyword == "RUN" && !instruction.onbuild).then_some(instruction);
        }
    }
}

fn flags<'a>(run: &Instruction<'a>) -> Vec<(&'a str, &'a str)> {
    run.flags().into_iter().flat_map(Node::children).map(|f| (f.name(), f.text())).collect()
}

/// Whether a script is a single command.
fn is_single(run: &Instruction<'_>) -> bool {
    run.script().is_some_and(|script| {
        let mut children = script.children();
        children.next().is_some_and(|c| c.is("command")) && children.next().is_none()
    })
}

/// An edit that makes the second of two `RUN`s in shell form a part of the first: all between their scripts becomes `&&`.
fn joined(view: &View<'_>, first: &Instruction<'_>, second: &Instruction<'_>) -> Option<Edit> {
    let (from, to) = (first.script()?, second.script()?);
    let heredoc = |i: &Instruction<'_>| {
        i.node.descendants().any(|n| n.is("heredoc") || n.is("redirect") && n.text().contains("<<"))
    };
    if heredoc(first) || heredoc(second) || first.append_command(view, "true").is_none() || !is_chain(from) {
        return None;
    }
    let between = Span { start: from.span().end, end: to.span().start };
    // Comments between them would be lost.
    if view.source.slice(between).lines().any(|line| line.trim_start().starts_with('#')) {
        return None;
    }
    Some(Edit::replace(between, format!(" {}{}    && ", view.escape, view.line_break)))
}

/// Whether a script is commands joined by `&&` only: then what is added behind runs if all went well, as before.
fn is_chain(script: Node<'_>) -> bool {
    script.children().filter(|c| c.name() == "op").all(|op| op.text() == "&&")
}

/// `ignore-pragma`: comments by which linters are told to be quiet (`pragmas`).
pub fn pragma(view: &View<'_>, params: &Params, out: &mut Out) {
    for (span, node) in view.source.comments() {
        let text = view.source.slice(span).trim_start_matches('#').trim();
        let mut words =
            text.split(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | ':')).filter(|w| !w.is_empty());
        let (Some(first), second) = (words.next(), words.next().unwrap_or_default()) else { continue };
        let folded = format!("{first} {second}");
        if let Some(pragma) = params.strings("pragmas").find(|p| *p == first || *p == folded) {
            let place = Place { span, node: Some(node.id()) };
            out.finding(place, format!("comment switches a check off by {pragma}"));
        }
    }
}
