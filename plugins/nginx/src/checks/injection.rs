//! What clients write into headers, redirects and requests to an upstream: nginx decodes the path, line breaks with it.

use super::proxy::{Capture, capture};
use crate::view::{Comparison, Location, View, arg, arg_text, levels, location, replace_arg, variables};
use stockade_sdk::{Node, Out, Params};

/// Where a line break in a variable may come from.
#[derive(Clone, Copy, Debug)]
enum Origin<'a> {
    /// It is the decoded path.
    Path,
    /// A group of a location's pattern matched it.
    Group(&'a str),
}

/// Chains of `set` that are followed.
const MAX_CHAIN: u8 = 4;

/// `header-injection`: a header, a redirect or the request to an upstream has a part of the decoded path that may hold a
/// line break.
pub fn injection(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["add_header", "return", "rewrite", "proxy_set_header", "proxy_pass"]) {
        let Some(value) = sent(directive) else { continue };
        let found = variables(value.text())
            .into_iter()
            .find_map(|name| origin(view, directive, name, 0).map(|origin| (name, origin)));
        let Some((name, origin)) = found else { continue };
        let what = directive.name();
        let message = match origin {
            Origin::Group(group) => {
                format!("{what} has ${name}, whose pattern ({group}) matches line breaks")
            }
            Origin::Path => format!("{what} has ${name}, the decoded path, which may hold line breaks"),
        };
        let finding = out.finding(value.place(), message);
        // The path as it came has its query behind it.
        let queries =
            ["$args", "$is_args", "$query_string", "?"].iter().any(|query| value.text().contains(query));
        if matches!(origin, Origin::Path) && !queries {
            let edit = replace_arg(value, &format!("${name}"), "$request_uri")
                .or_else(|| replace_arg(value, &format!("${{{name}}}"), "$request_uri"));
            if let Some(edit) = edit {
                finding.unsafe_fix("Use $request_uri", vec![edit]);
            }
        }
    }
}

/// The argument that is written into a message of HTTP as it is.
fn sent(directive: Node<'_>) -> Option<Node<'_>> {
    let is_absolute = |value: &Node<'_>| value.text().starts_with("http") || value.text().starts_with('$');
    match directive.name() {
        "proxy_pass" => arg(directive, 0),
        "return" => {
            let code = arg(directive, 0)?;
            // Behind other codes stands a text.
            if code.text().starts_with('3') { arg(directive, 1) } else { Some(code).filter(is_absolute) }
        }
        "rewrite" => {
            let is_redirect = matches!(arg_text(directive, 2), "redirect" | "permanent");
            arg(directive, 1).filter(|target| is_redirect || is_absolute(target))
        }
        _ => arg(directive, 1),
    }
}

/// Where a line break in a variable may come from; none where it cannot hold one, as far as the file shows.
fn origin<'a>(view: &View<'a>, directive: Node<'a>, name: &str, depth: u8) -> Option<Origin<'a>> {
    if matches!(name, "uri" | "document_uri") {
        return (!is_bounded(directive)).then_some(Origin::Path);
    }
    if let Some(Capture { group }) = capture(view, directive, name) {
        // nginx encodes what the groups of a `rewrite` hold, and a number in one is of its own pattern.
        let own = directive.is("rewrite") && name.parse::<usize>().is_ok();
        return (breaks_lines(group) && !own).then_some(Origin::Group(group));
    }
    if depth >= MAX_CHAIN {
        return None;
    }
    view.sets_around(directive, name).into_iter().find_map(|set| {
        variables(arg_text(set, 1)).into_iter().find_map(|inner| origin(view, set, inner, depth + 1))
    })
}

/// Whether the location lets only paths in that hold no line break.
fn is_bounded(directive: Node<'_>) -> bool {
    let is_whole =
        |pattern: &str| pattern.starts_with('^') && pattern.ends_with('$') && !breaks_lines(pattern);
    if directive.is("rewrite") && is_whole(arg_text(directive, 0)) {
        return true;
    }
    let Some(block) = levels(directive).find(|level| level.is("location")) else { return false };
    let Location { path, by } = location(block);
    match by {
        Comparison::Exact => true,
        Comparison::Pattern => is_whole(path),
        Comparison::Prefix => false,
    }
}

/// Whether a part of a pattern matches a line break. A dot does not.
fn breaks_lines(group: &str) -> bool {
    let negated = group
        .match_indices("[^")
        .filter_map(|(at, _)| group.get(at..)?.split(']').next())
        .any(|class| !class.contains("\\s") && !class.contains("\\n") && !class.contains("\\r"));
    negated
        || ["\\s", "\\D", "\\W", "(?s)"].iter().any(|escape| group.contains(escape) && !group.contains("[^"))
}
