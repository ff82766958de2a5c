//! Bindings of roles: who gets what.

use crate::checks::describe;
use crate::checks::rbac::{is_binding, is_role, texts};
use crate::view::{Manifests, Object, ask, known_text, list};
use std::collections::BTreeMap;
use stockade_sdk::{Node, Out, Params};

/// Whether the binding's name is excepted by the rule.
fn excepted(object: &Object<'_>, params: &Params) -> bool {
    object.name().is_some_and(|name| params.strings("except").any(|e| e == name))
}

/// `binding-role`: a binding refers to one of `roles`. `except` names bindings that may.
pub(crate) fn binding_role(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| is_binding(o) && !excepted(o, params)) {
        let Some(node) = ask(object.node, "roleRef.name").node() else { continue };
        let Some(role) = known_text(node).filter(|role| params.strings("roles").any(|r| r == *role)) else {
            continue;
        };
        out.finding(node.place(), format!("{} binds the role {role}", describe(object)));
    }
}

/// Kind and name of a subject. A service account may be written as the user that the API server takes it for.
fn account<'a>(kind: &'a str, name: &'a str) -> (&'a str, Option<&'a str>) {
    match name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        Some((_, account)) if kind == "User" => ("ServiceAccount", Some(account)),
        _ => (kind, Some(name)),
    }
}

/// Whether a role does no more than put its holders under a PodSecurityPolicy: everyone has to be under one, and
/// another rule judges what the policy admits.
fn puts_under_policy(role: &Object<'_>) -> bool {
    let mut rules = list(role.node, "rules").peekable();
    let only = |rule: Node<'_>, key: &str, word: &str| {
        let texts = texts(rule, key);
        !texts.is_empty() && texts.iter().all(|(_, text)| *text == word)
    };
    rules.peek().is_some()
        && rules.all(|rule| {
            let names = texts(rule, "resourceNames");
            let is_wide = |name: &str| ["privileged", "permissive", "unrestricted"].contains(&name);
            only(rule, "resources", "podsecuritypolicies")
                && only(rule, "verbs", "use")
                && !names.is_empty()
                && !names.iter().any(|(_, name)| name.split(['-', '.', ':']).any(is_wide))
        })
}

/// The roles of a file by kind and name, and whether all of one name do no more than put their holders under a
/// PodSecurityPolicy. One look at each role, for a file may hold thousands of them and of bindings.
fn policy_roles<'a>(view: &Manifests<'a>) -> BTreeMap<(&'a str, &'a str), bool> {
    let mut roles = BTreeMap::new();
    for role in view.objects.iter().filter(|o| is_role(o)) {
        if let Some(name) = role.name() {
            *roles.entry((role.kind, name)).or_insert(true) &= puts_under_policy(role);
        }
    }
    roles
}

/// Whether the file holds the role that a binding gives, and that is one for policies only.
fn binds_policy(roles: &BTreeMap<(&str, &str), bool>, binding: &Object<'_>) -> bool {
    let ask = |field: &str| ask(binding.node, field).node().and_then(known_text);
    let (Some(kind), Some(name)) = (ask("roleRef.kind"), ask("roleRef.name")) else { return false };
    roles.get(&(kind, name)) == Some(&true)
}

/// `binding-subject`: a subject of a binding has one of `names`, and one of `kinds` where these are given. `except`
/// names bindings that may have it; `policies` lets them give a role that only lets pods use a PodSecurityPolicy.
pub(crate) fn binding_subject(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let roles = if params.bool_or("policies", false) { policy_roles(view) } else { BTreeMap::new() };
    let bindings = view.objects.iter().filter(|o| is_binding(o) && !excepted(o, params));
    for object in bindings.filter(|o| !binds_policy(&roles, o)) {
        for subject in list(object.node, "subjects") {
            let Some(node) = ask(subject, "name").node() else { continue };
            let kind = ask(subject, "kind").node().and_then(known_text).unwrap_or_default();
            let (kind, name) = known_text(node).map_or((kind, None), |name| account(kind, name));
            let Some(name) = name.filter(|name| params.strings("names").any(|n| n == *name)) else {
                continue;
            };
            if params.has("kinds") && !params.strings("kinds").any(|k| k == kind) {
                continue;
            }
            let role = ask(object.node, "roleRef.name").node().and_then(known_text).unwrap_or("a role");
            out.finding(node.place(), format!("{} gives {role} to {name}", describe(object)));
        }
    }
}
