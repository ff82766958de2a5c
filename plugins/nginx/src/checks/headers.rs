//! Response headers: where they get lost, and which do not arrive.

use crate::view::{View, arg_text, args, inside, is_block, levels};
use stockade_sdk::{Edit, Node, Out, Params};

/// Headers that protect users.
const SECURITY: [&str; 9] = [
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
];

fn is_security(header: &str) -> bool {
    SECURITY.iter().any(|name| name.eq_ignore_ascii_case(header))
}

fn added(block: Node<'_>) -> Vec<Node<'_>> {
    inside(block).filter(|d| d.is("add_header")).collect()
}

/// `add-header-inheritance`: a block that adds a header of its own gets none of the outer ones.
pub fn inheritance(view: &View<'_>, _: &Params, out: &mut Out) {
    for block in view.directives.iter().copied().filter(|d| is_block(*d)) {
        let own = added(block);
        let Some(first) = own.first() else { continue };
        if view.level(block).brings {
            continue;
        }
        let inherits = |level| view.level(level).get("add_header_inherit");
        let merges = levels(block).filter_map(inherits).any(|d| arg_text(d, 0) == "merge");
        let Some(outer) = levels(block).skip(1).find(|level| view.level(*level).get("add_header").is_some())
        else {
            continue;
        };
        let lost: Vec<Node<'_>> = added(outer)
            .into_iter()
            .filter(|h| is_security(arg_text(*h, 0)))
            .filter(|h| !own.iter().any(|o| arg_text(*o, 0).eq_ignore_ascii_case(arg_text(*h, 0))))
            .collect();
        let Some(one) = lost.first().filter(|_| !merges) else { continue };
        let names: Vec<&str> = lost.iter().map(|h| arg_text(*h, 0)).collect();
        out.finding(
            first.entry_place(),
            format!(
                "add_header {} drops {} of the {} block",
                arg_text(*first, 0),
                names.join(", "),
                outer.name()
            ),
        )
        .label(one.key_place(), "set here, not sent there");
    }
}

/// `add-header-not-always`: a security header that error pages go without.
pub fn not_always(view: &View<'_>, _: &Params, out: &mut Out) {
    for header in view.named(&["add_header"]) {
        let words: Vec<Node<'_>> = args(header).collect();
        let [name, .., last] = words.as_slice() else { continue };
        if !is_security(name.text()) || last.text() == "always" || words.len() != 2 {
            continue;
        }
        out.finding(header.key_place(), format!("{} is not sent with error pages", name.text()))
            .safe_fix("Add always", vec![Edit::insert(last.span().end, " always")]);
    }
}

/// `header-multiline`: a line break in the value of a header, which HTTP has no room for any more.
pub fn multiline(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["add_header", "add_trailer", "more_set_headers"]) {
        let Some(value) = args(directive).find(|value| is_folded(*value, directive)) else { continue };
        let name = match directive.name() {
            "more_set_headers" => value.text().split(':').next().unwrap_or_default().trim(),
            _ => arg_text(directive, 0),
        };
        out.finding(value.place(), format!("the value of {name} goes over several lines"));
    }
}

/// Whether a header's value has a line break. The options of `more_set_headers` are lists that may go over lines.
fn is_folded(value: Node<'_>, directive: Node<'_>) -> bool {
    let first = value.text().split('\n').next().unwrap_or_default();
    value.text().contains('\n') && (!directive.is("more_set_headers") || first.contains(':'))
}
