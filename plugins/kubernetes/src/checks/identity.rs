//! The user and group that containers run as.

use crate::checks::describe;
use crate::view::{Answer, Container, Manifests, Pod, is_complete, known_text, list, truth};
use std::collections::HashSet;
use stockade_sdk::{Kind, Node, Out, Params};

/// What is known of a number.
enum Number<'a> {
    Is(i64, Node<'a>),
    Missing,
    Unknown,
}

fn number(answer: Answer<'_>) -> Number<'_> {
    match answer {
        Answer::Is(node) => node.as_int().map_or(Number::Unknown, |n| Number::Is(n, node)),
        Answer::Missing => Number::Missing,
        Answer::Unknown => Number::Unknown,
    }
}

/// Whether the pod has a user namespace of its own: its root is nobody on the node then, and the Pod Security Standards
/// take any user.
fn has_own_users(pod: &Pod<'_>) -> bool {
    pod.ask("hostUsers").node().and_then(truth) == Some(false)
}

/// `run-as-non-root`: neither `runAsNonRoot` nor, unless `strict`, any user id is in force.
pub(crate) fn run_as_non_root(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let strict = params.bool_or("strict", false);
    for (pod, container) in view.containers() {
        if has_own_users(pod) {
            continue;
        }
        let non_root = pod.effective(container, "runAsNonRoot");
        let said = match non_root {
            Answer::Unknown => continue,
            Answer::Missing => None,
            Answer::Is(node) => match truth(node) {
                Some(true) => continue,
                Some(false) => Some(node),
                None if node.is_known() => Some(node),
                None => continue,
            },
        };
        let user = number(pod.effective(container, "runAsUser"));
        // That the id is 0 is what `root-id` is about, and with it the fix here would keep the container from starting.
        if !strict && (!matches!(user, Number::Missing) || is_windows_user(pod, container)) {
            continue;
        }
        let own = said.filter(|node| is_below(*node, container.part.node));
        let place = own.map_or_else(|| container.place_of_missing("securityContext"), Node::entry_place);
        let name = container.name();
        let message = match (said, user) {
            (_, Number::Is(0, _)) => format!("container {name} runs as root: runAsUser is 0"),
            (Some(_), _) => format!("container {name} may run as root: runAsNonRoot is not true"),
            (None, _) => format!("container {name} may run as root: runAsNonRoot is not set"),
        };
        let finding = out.finding(place, message);
        if let Some(edits) = container.set(&["securityContext", "runAsNonRoot"], "true") {
            finding.unsafe_fix("set runAsNonRoot to true", edits);
        }
    }
}

/// Whether a user of Windows, with or without a domain before it, is the one that may do everything in its container.
fn is_administrator(name: &str) -> bool {
    let name = name.rsplit('\\').next().unwrap_or(name);
    name.eq_ignore_ascii_case("ContainerAdministrator")
}

/// Whether a container on Windows runs as a user that the manifest names: of the administrator another rule tells.
fn is_windows_user<'a>(pod: &Pod<'a>, container: &Container<'a>) -> bool {
    let option = |name: &str| pod.effective(container, &format!("windowsOptions.{name}"));
    let user = match option("runAsUserName") {
        Answer::Missing => false,
        Answer::Unknown => true,
        Answer::Is(_) => true,
    };
    pod.windows && (user || option("hostProcess").node().and_then(truth) == Some(true))
}

fn is_below(node: Node<'_>, top: Node<'_>) -> bool {
    node.ancestors().take(8).any(|a| a == top.resolve())
}

/// `root-id`: a pod or container sets one of `fields` to 0, alone or in a list; where `runAsUser` is among them, also one
/// that runs as the administrator of Windows.
pub(crate) fn root_id(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let of_users = params.strings("fields").any(|field| field == "runAsUser");
    for (object, pod) in view.pods() {
        let own_users = has_own_users(pod);
        let owners =
            std::iter::once((pod.spec, None)).chain(pod.containers.iter().map(|c| (c.part, Some(c.name()))));
        // What an operator takes for the pod and for its container alike is one setting.
        let mut told: HashSet<u32> = HashSet::new();
        for (part, container) in owners {
            if of_users
                && let Answer::Is(node) = part.ask_context("windowsOptions.runAsUserName")
                && let Some(user) = known_text(node).filter(|user| is_administrator(user))
                && (pod.spec.is_whole() || told.insert(node.id()))
            {
                let whose = container.map_or_else(|| describe(object), |name| format!("container {name}"));
                let finding = out.finding(node.entry_place(), format!("{whose} runs as {user}"));
                if node.kind() == Kind::Scalar {
                    let edit = stockade_sdk::Edit::replace_value(node, "ContainerUser");
                    finding.unsafe_fix("run as ContainerUser", vec![edit]);
                }
            }
            for field in params.strings("fields").filter(|field| !(own_users && *field == "runAsUser")) {
                let Answer::Is(value) = part.ask_context(field) else { continue };
                let items = if value.resolve().kind() == Kind::Sequence {
                    value.children().collect()
                } else {
                    vec![value]
                };
                for item in items.into_iter().filter(|n| n.as_int() == Some(0)) {
                    if !pod.spec.is_whole() && !told.insert(item.id()) {
                        continue;
                    }
                    let whose =
                        container.map_or_else(|| describe(object), |name| format!("container {name}"));
                    let place = if item == value { item.entry_place() } else { item.place() };
                    let verb = if item == value {
                        format!("sets {field} to 0")
                    } else {
                        format!("has 0 in {field}")
                    };
                    let finding = out.finding(place, format!("{whose} {verb}"));
                    if item.kind() == stockade_sdk::Kind::Scalar {
                        let edit = stockade_sdk::Edit::replace_value(item, UNPRIVILEGED);
                        finding.unsafe_fix(format!("use the id {UNPRIVILEGED}"), vec![edit]);
                    }
                }
            }
        }
    }
}

/// An id that no user of a host has: above those that Linux distributions give out.
const UNPRIVILEGED: &str = "10001";

/// `low-id`: the user or group id (`field`) that is in force for a container is absent or not above `above`.
pub(crate) fn low_id(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let above = params.int_or("above", 10_000);
    let fixed = above.saturating_add(1).to_string();
    for (pod, container) in view.containers() {
        if pod.windows || has_own_users(pod) {
            continue;
        }
        let name = container.name();
        let (place, message) = match number(pod.effective(container, field)) {
            Number::Unknown => continue,
            Number::Is(id, _) if id > above => continue,
            Number::Is(id, node) => {
                let own = is_below(node, container.part.node);
                let place = if own { node.entry_place() } else { container.place() };
                (place, format!("container {name} has {field} {id}"))
            }
            Number::Missing => (
                container.place_of_missing("securityContext"),
                format!("container {name} does not set {field}"),
            ),
        };
        let finding = out.finding(place, message);
        if let Some(edits) = container.set(&["securityContext", field], &fixed) {
            finding.unsafe_fix(format!("set {field} to {fixed}"), edits);
        }
    }
}

/// `fs-group-missing`: a pod that runs as non-root mounts a claim and sets no `fsGroup`.
pub(crate) fn fs_group_missing(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.pods() {
        if pod.windows || !pod.ask("securityContext.fsGroup").is_missing() {
            continue;
        }
        let Some(user) = non_root_user(pod) else { continue };
        let template = list(object.node, "spec.volumeClaimTemplates").next();
        let claim = pod.volumes().find_map(|volume| volume.get("persistentVolumeClaim"));
        let Some(claim) = claim.or(template) else { continue };
        let context = pod.ask("securityContext").node();
        let place = context.map_or_else(
            || claim.parent().and_then(|v| v.get("name")).unwrap_or(claim).place(),
            Node::key_place,
        );
        let message = format!("{} mounts a persistent volume without an fsGroup", describe(object));
        let finding = out.finding(place, message);
        if let Some(edits) = pod.spec.set(&["securityContext", "fsGroup"], &user) {
            finding.unsafe_fix(format!("set fsGroup to {user}"), edits);
        }
    }
}

/// The id that the pod's first non-root container has, as text; where only `runAsNonRoot` is set, an unprivileged one.
fn non_root_user(pod: &Pod<'_>) -> Option<String> {
    pod.containers.iter().find_map(|container| {
        if let Number::Is(id @ 1.., _) = number(pod.effective(container, "runAsUser")) {
            return Some(id.to_string());
        }
        let non_root = pod.effective(container, "runAsNonRoot").node().and_then(truth) == Some(true);
        non_root.then(|| UNPRIVILEGED.to_owned())
    })
}

/// `token-secret`: a Secret that the control plane fills with a token of a service account, which never ends.
pub(crate) fn token_secret(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "Secret")) {
        let Some(node) = object.node.get("type") else { continue };
        if known_text(node) == Some("kubernetes.io/service-account-token") {
            let message = format!("{} asks for a token that never ends", describe(object));
            out.finding(node.entry_place(), message);
        }
    }
}

/// `security-context-missing`: neither the pod nor the container has a security context that says anything.
pub(crate) fn security_context_missing(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    let empty = |answer: Answer<'_>| match answer {
        Answer::Missing => true,
        Answer::Unknown => false,
        Answer::Is(node) => node.children().next().is_none() && is_complete(node),
    };
    for (pod, container) in view.containers() {
        if empty(pod.ask("securityContext")) && empty(container.ask("securityContext")) {
            let message =
                format!("neither container {} nor its pod has a security context", container.name());
            out.finding(container.place_of_missing("securityContext"), message);
        }
    }
}
