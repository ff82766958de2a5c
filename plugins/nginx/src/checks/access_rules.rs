//! Access rules that keep nobody out.

use crate::view::{Found, View, arg, arg_text, in_force, insert_after, inside, is_block};
use stockade_sdk::{Node, Out, Params};

/// Directives that decide about access before the answer is made, which `return` does not wait for.
fn asks(directive: &Node<'_>) -> bool {
    match directive.name() {
        "deny" => true,
        "auth_basic" | "auth_request" | "auth_jwt" => arg_text(*directive, 0) != "off",
        _ => false,
    }
}

/// `access-rule-without-effect`: `allow` without a `deny` that keeps the others out, and rules in a location that answers
/// before they are asked.
pub fn without_effect(view: &View<'_>, _: &Params, out: &mut Out) {
    for block in view.directives.iter().copied().filter(|d| is_block(*d)) {
        let level = view.level(block);
        if level.brings {
            continue;
        }
        allow_alone(view, block, out);
        if block.is("location") && level.get("return").is_some() {
            answered_before(block, out);
        }
    }
}

fn allow_alone<'a>(view: &View<'a>, block: Node<'a>, out: &mut Out) {
    // Those of RTMP are about who may publish and play.
    let allows =
        || inside(block).filter(|d| d.is("allow") && !matches!(arg_text(*d, 0), "all" | "publish" | "play"));
    let (Some(first), Some(last)) = (allows().next(), allows().last()) else { return };
    if inside(block).any(|d| d.is("deny")) {
        return;
    }
    // With `satisfy any` an address that is allowed need not log in.
    let any = matches!(in_force(view, block, "satisfy", false), Found::Set(d) if arg_text(d, 0) == "any");
    let unknown = matches!(in_force(view, block, "satisfy", true), Found::Unknown)
        && inside(block).any(|d| d.name().starts_with("auth_"));
    if any || unknown {
        return;
    }
    let who = arg(first, 0).map_or("", Node::text);
    out.finding(first.entry_place(), format!("allow {who} without a deny lets everyone in"))
        .unsafe_fix("Deny all others", vec![insert_after(last, &["deny all;"])]);
}

fn answered_before(block: Node<'_>, out: &mut Out) {
    let answers = inside(block).find(|d| d.is("return") && arg_text(*d, 0).starts_with('2'));
    let (Some(answer), Some(rule)) = (answers, inside(block).find(asks)) else { return };
    out.finding(rule.entry_place(), format!("{} is not asked: return answers before it", rule.name()))
        .label(answer.entry_place(), "answers everyone");
}
