//! Roles, their bindings, and service accounts.

use crate::checks::describe;
use crate::edit::set;
use crate::view::{Answer, Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Node, Out, Params};

/// Verbs that change something.
const WRITE: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

/// Whether the object is a Role or ClusterRole, OpenShift's own group included.
pub(super) fn is_role(object: &Object<'_>) -> bool {
    matches!(object.kind, "Role" | "ClusterRole")
}

pub(super) fn is_binding(object: &Object<'_>) -> bool {
    matches!(object.kind, "RoleBinding" | "ClusterRoleBinding")
}

/// Whether the API server itself makes the role and keeps it as it is: `cluster-admin` and its like in a cluster's export.
fn is_built_in(object: &Object<'_>) -> bool {
    let label = ask(object.node, "metadata.labels").then_key("kubernetes.io/bootstrapping");
    label.node().and_then(known_text) == Some("rbac-defaults")
        && object.name().is_some_and(|name| {
            name.starts_with("system:") || matches!(name, "cluster-admin" | "admin" | "edit" | "view")
        })
}

/// The rules of all roles that somebody wrote.
fn role_rules<'a, 'v>(view: &'v Manifests<'a>) -> impl Iterator<Item = (&'v Object<'a>, Node<'a>)> {
    view.objects
        .iter()
        .filter(|object| is_role(object) && !is_built_in(object))
        .flat_map(|object| list(object.node, "rules").map(move |rule| (object, rule)))
}

/// The known texts of a list with their nodes.
pub(super) fn texts<'a>(rule: Node<'a>, key: &str) -> Vec<(Node<'a>, &'a str)> {
    list(rule, key).filter_map(|node| Some((node, known_text(node)?))).collect()
}

/// Whether the rule speaks of one of these API groups. A rule without groups is refused by the API server; it counts,
/// so that the author hears of it.
fn covers_group(rule: Node<'_>, params: &Params) -> bool {
    let groups = texts(rule, "apiGroups");
    !params.has("groups")
        || groups.is_empty()
        || groups.iter().any(|(_, group)| *group == "*" || params.strings("groups").any(|g| g == *group))
}

/// `role-grants`: a rule of a role gives one of `verbs` (`write` stands for all that change something; a star gives
/// every verb) on one of `resources`, both named; with `star` also on every resource. With `unnamed` a rule with
/// resourceNames is left out, with `names` only such names count; with both a rule for one of the names or without any.
pub(crate) fn role_grants(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let unnamed = params.bool_or("unnamed", false);
    let only_cluster = params.bool_or("cluster-role", false);
    let namespace = params.string("namespace");
    for (object, rule) in role_rules(view) {
        if (only_cluster && object.kind != "ClusterRole") || !covers_group(rule, params) {
            continue;
        }
        let named = !ask(rule, "resourceNames").is_missing();
        if named && unnamed && !params.has("names") || (named || !unnamed) && !names_fit(rule, params) {
            continue;
        }
        let elsewhere = object.namespace().node().and_then(known_text);
        if object.kind == "Role" && namespace.is_some_and(|ns| elsewhere.is_some_and(|e| e != ns)) {
            continue;
        }
        let verbs: Vec<&str> = texts(rule, "verbs").into_iter().map(|(_, verb)| verb).collect();
        let wanted = |verb: &str| {
            verb == "*"
                || params.strings("verbs").any(|v| v == verb || (v == "write" && WRITE.contains(&verb)))
        };
        let given: Vec<&str> = verbs.into_iter().filter(|verb| wanted(verb)).collect();
        // A star for resources beside a star for verbs is what `role-wildcard` is about.
        let star = params.bool_or("star", false) && !given.contains(&"*");
        let resources: Vec<_> = texts(rule, "resources")
            .into_iter()
            .filter(|(_, resource)| {
                // `*/exec` is that subresource of every resource.
                let of_any = resource.strip_prefix("*/");
                let is = |wanted: &str| {
                    wanted == *resource
                        || (of_any.is_some() && wanted.split_once('/').map(|(_, sub)| sub) == of_any)
                };
                (star && *resource == "*") || params.strings("resources").any(is)
            })
            .collect();
        let (Some((first, _)), false) = (resources.first(), given.is_empty()) else { continue };
        let resources: Vec<&str> = resources.iter().map(|(_, resource)| *resource).collect();
        let message = format!("{} allows {} on {}", describe(object), given.join(", "), resources.join(", "));
        out.finding(first.place(), message);
    }
}

fn names_fit(rule: Node<'_>, params: &Params) -> bool {
    if !params.has("names") {
        return true;
    }
    let names = texts(rule, "resourceNames");
    names.iter().any(|(_, name)| params.strings("names").any(|n| n == *name))
}

/// Whether the rule is for API groups of custom resources alone: a star there is every resource of one operator, not of
/// the cluster.
fn is_custom(rule: Node<'_>) -> bool {
    let groups = texts(rule, "apiGroups");
    let custom = |group: &str| group.contains('.') && group != "k8s.io" && !group.ends_with(".k8s.io");
    !groups.is_empty() && groups.iter().all(|(_, group)| custom(group))
}

/// `role-wildcard`: a rule of a role has a star among its verbs and resources (`where "all"`), its verbs alone or beside
/// the resources of custom groups (`"verb"`), or its resources or groups alone (`"resource"`).
pub(crate) fn role_wildcard(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(wanted) = params.string("where") else { return };
    for (object, rule) in role_rules(view) {
        let star = |key: &str| list(rule, key).find(|node| known_text(*node) == Some("*"));
        let (verb, resource, group) = (star("verbs"), star("resources"), star("apiGroups"));
        let named = list(rule, "resources").next().is_some();
        let found = match (wanted, verb, resource.or(group)) {
            ("all", Some(verb), _) if resource.is_some() && !is_custom(rule) => {
                Some((verb, "every verb on every resource"))
            }
            ("verb", Some(verb), _) if resource.is_some() && is_custom(rule) => {
                Some((verb, "every verb on every resource"))
            }
            ("verb", Some(verb), _) if resource.is_none() && named => Some((verb, "every verb")),
            ("resource", None, Some(node)) if resource.is_some() => Some((node, "every resource")),
            ("resource", None, Some(node)) => Some((node, "resources of every API group")),
            _ => None,
        };
        let Some((node, what)) = found else { continue };
        let title = describe(object);
        let message = match wanted {
            "verb" if resource.is_none() => {
                format!("{title} allows {what} on {}", some_of(rule, "resources"))
            }
            "resource" if resource.is_some() => {
                let verbs = some_of(rule, "verbs");
                format!("{title} allows {verbs} on {what}{}", of_groups(rule, group))
            }
            "all" | "verb" => format!("{title} allows {what}{}", of_groups(rule, group)),
            _ => format!("{title} allows {} on {what}", some_of(rule, "verbs")),
        };
        out.finding(node.place(), message);
    }
}

/// The groups of a rule for a message; nothing where all are meant, or none is named.
fn of_groups(rule: Node<'_>, star: Option<Node<'_>>) -> String {
    match some_of(rule, "apiGroups") {
        groups if star.is_none() && !groups.is_empty() => format!(" of {groups}"),
        _ => String::new(),
    }
}

/// The first few texts of a list, for a message.
fn some_of(rule: Node<'_>, key: &str) -> String {
    let texts = texts(rule, key);
    let quoted = |text: &str| if text.is_empty() { "the core group".to_owned() } else { text.to_owned() };
    let mut shown: Vec<String> = texts.iter().take(4).map(|(_, text)| quoted(text)).collect();
    if texts.len() > shown.len() {
        shown.push(format!("{} more", texts.len() - shown.len()));
    }
    shown.join(", ")
}

/// `scc-use`: a role lets its holders use one of OpenShift's `constraints`, or a binding gives them the role that the
/// cluster has for that.
pub(crate) fn scc_use(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let is_wide = |name: &str| params.strings("constraints").any(|wide| wide == name);
    for (object, rule) in role_rules(view) {
        let has = |key: &str, word: &str| texts(rule, key).iter().any(|(_, text)| *text == word);
        if !has("resources", "securitycontextconstraints") || !(has("verbs", "use") || has("verbs", "*")) {
            continue;
        }
        for (node, name) in texts(rule, "resourceNames").into_iter().filter(|(_, name)| is_wide(name)) {
            out.finding(node.place(), format!("{} lets pods use the constraint {name}", describe(object)));
        }
    }
    for object in view.objects.iter().filter(|o| is_binding(o)) {
        let Some(node) = ask(object.node, "roleRef.name").node() else { continue };
        let role = known_text(node).and_then(|role| role.strip_prefix("system:openshift:scc:"));
        if let Some(name) = role.filter(|name| is_wide(name)) {
            out.finding(node.place(), format!("{} lets pods use the constraint {name}", describe(object)));
        }
    }
}

/// `approve-csr`: a ClusterRole may approve certificate requests and is trusted by the signers.
pub(crate) fn approve_csr(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.kind == "ClusterRole") {
        let grants = |resource: &str, verbs: &[&str]| {
            list(object.node, "rules").find_map(|rule| {
                let groups = texts(rule, "apiGroups");
                let in_group = groups.iter().any(|(_, g)| matches!(*g, "certificates.k8s.io" | "*"));
                let verbs_given = texts(rule, "verbs");
                let has_verb = verbs_given.iter().any(|(_, v)| *v == "*" || verbs.contains(v));
                let subresource = resource.split_once('/').map(|(_, sub)| sub);
                let covers = |r: &str| {
                    r == resource
                        || r == "*"
                        || (subresource.is_some() && r.strip_prefix("*/") == subresource)
                };
                let node = texts(rule, "resources").into_iter().find(|(_, r)| covers(r));
                // Every right on everything is what `role-wildcard` is about.
                let all = |list: &[(Node<'_>, &str)]| list.iter().any(|(_, text)| *text == "*");
                let everything = all(&groups) && all(&verbs_given) && node.is_some_and(|(_, r)| r == "*");
                node.filter(|_| has_verb && in_group && !everything)
            })
        };
        let approval = grants("certificatesigningrequests/approval", &["update", "patch"]);
        if let (Some((node, _)), Some(_)) = (approval, grants("signers", &["approve"])) {
            out.finding(node.place(), format!("{} may approve certificate requests", describe(object)));
        }
    }
}

/// `default-service-account-automount`: a ServiceAccount named default does not switch off the mounting of its token.
pub(crate) fn default_account_automount(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "ServiceAccount") && o.name() == Some("default")) {
        let place = match ask(object.node, "automountServiceAccountToken") {
            Answer::Unknown => continue,
            Answer::Missing => object.place(),
            Answer::Is(node) => match truth(node) {
                Some(false) => continue,
                None if !node.is_known() => continue,
                _ => node.entry_place(),
            },
        };
        let finding = out.finding(place, "the service account default mounts its token into every pod");
        if let Some(edits) = set(object.node, &["automountServiceAccountToken"], "false") {
            finding.unsafe_fix("set automountServiceAccountToken to false", edits);
        }
    }
}

/// `scc-privileged`: an OpenShift constraint admits privileged containers.
pub(crate) fn scc_privileged(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.kind == "SecurityContextConstraints") {
        let Some(node) = ask(object.node, "allowPrivilegedContainer").node() else { continue };
        if truth(node) == Some(true) {
            let message = format!("{} admits privileged containers", describe(object));
            let finding = out.finding(node.entry_place(), message);
            if let Some(edits) = set(object.node, &["allowPrivilegedContainer"], "false") {
                finding.unsafe_fix("set allowPrivilegedContainer to false", edits);
            }
        }
    }
}

/// `service-account-default`: a pod names no service account, or the one called default.
pub(crate) fn service_account_default(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.workloads() {
        let answer = pod.ask("serviceAccountName").or_else(|| pod.ask("serviceAccount"));
        match answer {
            Answer::Unknown => {}
            Answer::Missing => {
                out.finding(object.place(), format!("{} names no service account", describe(object)));
            }
            Answer::Is(node) => {
                if matches!(known_text(node), Some("default" | "")) {
                    let message = format!("{} runs under the service account default", describe(object));
                    out.finding(node.entry_place(), message);
                }
            }
        }
    }
}

/// `deprecated-service-account`: a pod uses the old name of the field serviceAccountName.
pub(crate) fn deprecated_service_account(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.workloads() {
        let Some(node) = pod.ask("serviceAccount").node() else { continue };
        let message = format!("{} sets the deprecated field serviceAccount", describe(object));
        let finding = out.finding(node.entry_place(), message);
        match pod.ask("serviceAccountName") {
            Answer::Missing => {
                let key = node.key_span().filter(|span| node.source().slice(*span) == "serviceAccount");
                if let Some(span) = key {
                    let edit = stockade_sdk::Edit::replace(span, "serviceAccountName");
                    finding.safe_fix("call it serviceAccountName", vec![edit]);
                }
            }
            // The API server takes serviceAccountName where both are given, so the old field says nothing.
            Answer::Is(new) if known_text(new).is_some_and(|name| known_text(node) == Some(name)) => {
                if let Some(edits) = pod.spec.remove(node) {
                    finding.safe_fix("remove serviceAccount", edits);
                }
            }
            _ => {}
        }
    }
}
