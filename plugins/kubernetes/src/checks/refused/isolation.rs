//! What the API server refuses in how a pod is kept apart from its node: profiles without a file, namespaces that
//! exclude each other.

use super::{Fields, final_text};
use crate::checks::describe;
use crate::view::{Answer, Object, Part, Pod, ask, truth};
use stockade_sdk::Out;

/// Reports such settings of a pod and of its containers. `fields` are those of the pod.
pub(super) fn judge(object: &Object<'_>, pod: &Pod<'_>, fields: &Fields<'_>, out: &mut Out) {
    if fields.has("securityContext") {
        profiles(pod.spec, &describe(object), out);
    }
    for container in &pod.containers {
        profiles(container.part, &format!("container {}", container.name()), out);
    }
    let is = |field: &str, value: bool| {
        let node = pod.ask(field).node().filter(|_| fields.has(field))?;
        (truth(node) == Some(value)).then_some(node)
    };
    if let (Some(node), Some(other)) = (is("shareProcessNamespace", true), is("hostPID", true)) {
        let message =
            format!("{} shares the processes of its node and cannot share its own", describe(object));
        out.finding(node.entry_place(), message).label(other.entry_place(), "that of its node");
    }
    if let Some(node) = is("hostUsers", false) {
        for field in ["hostPID", "hostIPC"] {
            if let Some(other) = is(field, true) {
                let message =
                    format!("{} has users of its own and cannot set {field} to true", describe(object));
                out.finding(other.entry_place(), message).label(node.entry_place(), "users of its own");
            }
        }
    }
    let policy = pod.ask("dnsPolicy").node().filter(|_| fields.has("dnsPolicy"));
    if let Some(node) = policy.filter(|node| final_text(*node) == Some("None"))
        && pod.ask("dnsConfig.nameservers").is_missing()
    {
        let message = format!("{} has the dnsPolicy None and names no nameservers", describe(object));
        out.finding(node.entry_place(), message);
    }
}

/// Reports profiles of seccomp and AppArmor that name no file where one is asked for, or one where none is read.
fn profiles(part: Part<'_>, whose: &str, out: &mut Out) {
    for field in ["seccompProfile", "appArmorProfile"] {
        let Some(profile) = part.ask_context(field).node().filter(|profile| !profile.may_have_more()) else {
            continue;
        };
        let Some(kind) = ask(profile, "type").node() else { continue };
        let file = ask(profile, "localhostProfile");
        match (final_text(kind), file) {
            (Some("Localhost"), Answer::Missing) => {
                let message = format!("the {field} of {whose} names no localhostProfile");
                out.finding(kind.entry_place(), message);
            }
            (Some(other @ ("RuntimeDefault" | "Unconfined")), Answer::Is(node)) => {
                let message = format!("the {field} of {whose} is {other} and has a localhostProfile");
                out.finding(node.entry_place(), message);
            }
            (Some("Localhost"), Answer::Is(node)) if field == "seccompProfile" => {
                let Some(path) = final_text(node) else { continue };
                if path.starts_with('/') || path.split('/').any(|step| step == "..") {
                    let message =
                        format!("the localhostProfile {path} of {whose} leads out of the kubelet's folder");
                    out.finding(node.place(), message);
                }
            }
            _ => {}
        }
    }
}
