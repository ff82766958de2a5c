//! Roles: whether they differ, and whether those with power need a second factor.

use crate::index::Role as Part;
use crate::view::{View, is_value, section, written};
use std::collections::{BTreeMap, BTreeSet};
use stockade_sdk::tree_edit::push_front;
use stockade_sdk::{Kind, Node, Out, Params, Setting, ValueKind, row_flag};

/// Roles that are looked at in one section.
const MAX_ROLES: usize = 200;

/// `roles`: a section of roles has a single one, or two that may do the same. `key` names what a role may do.
pub fn roles(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let mut done = BTreeSet::new();
    for setting in view.hits(out.rule(), Part::Key) {
        // The element of a list of rights stands in the list, which stands in the role.
        let Some(role) = section(*setting).filter(|node| node.kind() == Kind::Mapping) else { continue };
        let Some(all) = role.parent().filter(|all| matches!(all.kind(), Kind::Mapping | Kind::Sequence))
        else {
            continue;
        };
        if !done.insert(all.id()) || !all.name().to_ascii_lowercase().ends_with("roles") {
            continue;
        }
        if all.may_have_more() {
            continue;
        }
        let roles: Vec<Node<'_>> = all.children().take(MAX_ROLES).collect();
        if let [only] = roles[..] {
            let message = format!("{} is the only role", name_of(only));
            out.finding(name_place(only), message).key("single-role");
            continue;
        }
        let mut rights: Vec<(Vec<&str>, Node<'_>)> = Vec::new();
        for role in roles {
            let Some(own) = rights_of(role) else { continue };
            if let Some((_, twin)) = rights.iter().find(|(other, _)| *other == own) {
                let message = format!("the roles {} and {} may do the same", name_of(*twin), name_of(role));
                out.finding(name_place(role), message).key(format!("role={}", name_of(role)));
            } else {
                rights.push((own, role));
            }
        }
    }
}

/// What a role may do, sorted; `None` where that is not known, or nothing.
fn rights_of(role: Node<'_>) -> Option<Vec<&str>> {
    let lists = ["capabilities", "capability", "permissions", "permission"];
    let list = lists.iter().find_map(|key| role.get(key))?;
    // Other rights beside the list would make a difference.
    let others = role.children().any(|entry| {
        let name = entry.name();
        !lists.contains(&name)
            && !matches!(
                name,
                "name" | "id" | "description" | "label" | "title" | "display_name" | "displayName"
            )
    });
    if others || role.may_have_more() || list.may_have_more() || list.resolve().kind() != Kind::Sequence {
        return None;
    }
    let mut rights: Vec<&str> = list.children().filter(|n| n.is_scalar()).map(Node::text).collect();
    let plain = rights.len() == list.children().count() && list.children().all(Node::is_known);
    rights.sort_unstable();
    (plain && !rights.is_empty()).then_some(rights)
}

fn name_of(role: Node<'_>) -> &str {
    if !role.name().is_empty() {
        return role.name();
    }
    ["name", "id"].iter().find_map(|key| role.get(key)).map_or("", |node| node.text())
}

fn name_place(role: Node<'_>) -> stockade_sdk::Place {
    match role.key_span() {
        Some(_) => role.key_place(),
        None => ["name", "id"].iter().find_map(|key| role.get(key)).map_or(role.place(), Node::place),
    }
}

/// `role-exempt`: the list of roles named by `key` lacks one of `roles` that the file defines.
pub fn role_exempt(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let defined = defined_roles(view);
    let mut lists: Vec<(Setting<'_>, Node<'_>, Vec<&str>)> = Vec::new();
    // Where in `lists` each list of elements is.
    let mut known: BTreeMap<u32, usize> = BTreeMap::new();
    for setting in view.judged(out.rule()).map(|(setting, _)| setting) {
        if setting.has(row_flag::ELEMENT) {
            let Some(list) = setting.node().parent() else { continue };
            match known.get(&list.id()).and_then(|at| lists.get_mut(*at)) {
                Some((.., elements)) => elements.push(setting.value().trim()),
                None => {
                    known.insert(list.id(), lists.len());
                    lists.push((setting, list, vec![setting.value().trim()]));
                }
            }
        } else if setting.kind() != ValueKind::Empty && setting.node().resolve().kind() == Kind::Scalar {
            let words = setting.value().split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
            lists.push((setting, setting.node(), words.collect()));
        }
    }
    for (setting, list, elements) in lists {
        let all = elements
            .iter()
            .any(|element| matches!(element.to_ascii_lowercase().as_str(), "*" | "all" | "any"));
        if all || list.may_have_more() || !is_value(setting) {
            continue;
        }
        for role in params.strings("roles") {
            let exempt =
                defined.contains(role) && !elements.iter().any(|element| element.eq_ignore_ascii_case(role));
            if !exempt {
                continue;
            }
            let sequence = list.kind() == Kind::Sequence;
            let place = if sequence { list.key_place() } else { setting.place() };
            let finding = out
                .finding(
                    place,
                    format!("{} lacks the role {role}, which this file defines", written(setting)),
                )
                .key(format!("role={role}"));
            let edits = if sequence {
                push_front(list, role)
            } else {
                // A text of roles: the new one goes in front, in the same quotes.
                let span = list.span();
                let source = list.source().slice(span);
                let quoted = usize::from(source.starts_with(['"', '\'']));
                let at = span.start + quoted as u32;
                (source.contains(list.text()))
                    .then(|| vec![stockade_sdk::Edit::insert(at, format!("{role},"))])
            };
            if let Some(edits) = edits {
                finding.unsafe_fix(format!("Add {role}"), edits);
            }
        }
    }
}

/// The names of roles that a file defines: entries of a mapping `roles`, or names in a list of them.
fn defined_roles<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    if view.source.is_empty() {
        return names;
    }
    for node in view.source.root().descendants().filter(|n| n.name() == "roles") {
        match node.kind() {
            // A mapping of roles has mappings: what each may do.
            Kind::Mapping => names.extend(node.children().filter(|n| !n.is_scalar()).map(Node::name)),
            Kind::Sequence => names.extend(node.children().filter_map(|role| Some(role.get("name")?.text()))),
            _ => {}
        }
    }
    names
}
