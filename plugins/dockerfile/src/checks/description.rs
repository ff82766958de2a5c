//! Comments that a build prints as descriptions of stages and arguments.

use crate::pair::pairs;
use crate::view::View;
use std::collections::BTreeSet;
use stockade_sdk::{Edit, Node, Out, Params, Place, Span};

/// `definition-description`: a comment right above a named `FROM` or an `ARG` that does not begin with the name, so that
/// no build shows it. Comments whose first word is one of `pragmas` are for tools.
pub fn definition(view: &View<'_>, params: &Params, out: &mut Out) {
    // Directives are no comments, though they look like them.
    let comments: BTreeSet<u32> = view.source.comments().map(|(span, _)| span.start).collect();
    if comments.is_empty() {
        return;
    }
    let stages = view.froms().filter_map(|(stage, from)| {
        let alias = stage.alias().filter(|alias| alias.is_known())?;
        Some((from, vec![alias.text()]))
    });
    let own =
        view.instructions().map(|(_, i)| i).filter(|i| i.keyword == "ARG" && !i.onbuild).map(|i| i.node);
    let arguments = view
        .globals
        .iter()
        .copied()
        .chain(own)
        .map(|arg| (arg, pairs(arg).map(|pair| pair.name()).collect::<Vec<_>>()));
    for (node, names) in stages.chain(arguments) {
        let (Some(name), block) = (names.first(), block_above(view, node, &comments)) else { continue };
        // An empty comment parts the one above it from the definition.
        let Some(last) = block.last().filter(|line| words(view, **line).next().is_some()) else { continue };
        let first_words = || block.iter().filter_map(|line| words(view, *line).next());
        let is_name = |word: &str| {
            names
                .iter()
                .any(|name| if node.is("FROM") { name.eq_ignore_ascii_case(word) } else { *name == word })
        };
        if first_words().any(is_name) || block.iter().any(|line| is_pragma(view, *line, params)) {
            continue;
        }
        let place = Place { span: *last, node: Some(node.id()) };
        let finding =
            out.finding(place, format!("the comment does not begin with {name}, which it seems to describe"));
        // `# VERSION: of the tool` is a description but for its colon.
        let colon = block.iter().find_map(|line| {
            let word = words(view, *line).next()?;
            let bare = word.strip_suffix(':').filter(|bare| is_name(bare))?;
            let at = line.start + view.source.slice(*line).find(word)? as u32 + bare.len() as u32;
            Some(Span { start: at, end: at + 1 })
        });
        match colon {
            Some(colon) => finding.safe_fix("Remove the colon", vec![Edit::remove(colon)]),
            None => {
                let line = view.source.line_at(node.key_span().map_or(node.span().start, |key| key.start));
                finding
                    .safe_fix("Put an empty line below it", vec![Edit::insert(line.start, view.line_break)])
            }
        };
    }
}

/// The comment lines that end right above an instruction, in source order.
fn block_above(view: &View<'_>, node: Node<'_>, comments: &BTreeSet<u32>) -> Vec<Span> {
    let mut block = Vec::new();
    let mut line = view.source.line_at(node.key_span().map_or(node.span().start, |key| key.start));
    while let Some(end_of_above) = line.start.checked_sub(1) {
        line = view.source.line_at(end_of_above);
        let text = view.source.slice(line);
        let start = line.start + (text.len() - text.trim_start().len()) as u32;
        if !comments.contains(&start) {
            break;
        }
        block.push(Span { start, end: line.start + text.trim_end().len() as u32 });
    }
    block.reverse();
    block
}

fn words<'a>(view: &View<'a>, comment: Span) -> impl Iterator<Item = &'a str> {
    view.source.slice(comment).trim_start_matches('#').split_ascii_whitespace()
}

/// Whether a comment tells a tool something about the line below it, which an empty line would part it from.
fn is_pragma(view: &View<'_>, comment: Span, params: &Params) -> bool {
    let word = words(view, comment).next().unwrap_or_default();
    let word = word.split(['=', ':']).next().unwrap_or(word);
    params.strings("pragmas").any(|pragma| pragma.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use crate::tests::{fixed, places};

    #[test]
    fn descriptions_of_definitions() {
        let params: [(&str, &[&str]); 1] = [("pragmas", &["hadolint", "renovate"])];
        let found = |text: &str| places("definition-description", &params, text);
        assert_eq!(found("# syntax=docker/dockerfile:1\nFROM x AS a\n"), [""; 0], "a directive");
        assert_eq!(found("# hadolint ignore=DL3006\nFROM x AS a\n"), [""; 0]);
        assert_eq!(found("# A is\nFROM x AS a\n# b\nARG A=1 b=2\n"), [""; 0]);
        assert_eq!(found("FROM x\n  # other\n  ARG A\n"), ["# other"]);
        assert_eq!(found("FROM x\nRUN <<E\n# other\nE\nARG A\n"), [""; 0]);
        assert_eq!(found("FROM x\nRUN a \\\n# other\n  b\n# c\nARG A\n"), ["# c"]);
        assert_eq!(found("# other\n#\nFROM x AS a\n"), [""; 0], "an empty comment parts them");
        assert_eq!(found("FROM x\n# other\nONBUILD ARG A\n# other\nENV A=1\n"), [""; 0]);
        let mended = |text: &str| fixed("definition-description", &params, text);
        assert_eq!(mended("# o\r\nFROM x AS a\r\n"), "# o\r\n\r\nFROM x AS a\r\n");
        assert_eq!(mended("FROM x\n  #A: b\n  ARG A\n"), "FROM x\n  #A b\n  ARG A\n");
    }
}
