//! Confinement by the kernel: seccomp, AppArmor, SELinux, the mask of /proc, sysctls; and HostProcess on Windows.

use crate::checks::describe;
use crate::view::{Answer, Container, Manifests, Part, Pod, ask, known_text, truth};
use stockade_sdk::{Edit, Node, Out, Params};

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APPARMOR_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";

/// What an annotation's value means in the words of the fields.
fn from_annotation(value: &str) -> &str {
    match value {
        "runtime/default" | "docker/default" => "RuntimeDefault",
        "unconfined" => "Unconfined",
        other if other.starts_with("localhost/") => "Localhost",
        other => other,
    }
}

/// The annotation of a container, else that of its pod.
fn annotated<'a>(pod: &Pod<'a>, container: &Container<'a>, prefix: &str, whole: Option<&str>) -> Answer<'a> {
    let name = container.ask("name").node().and_then(known_text);
    let own = match name {
        Some(name) => pod.annotation(&format!("{prefix}{name}")),
        None => Answer::Unknown,
    };
    match whole {
        Some(whole) => own.or_else(|| pod.annotation(whole)),
        None => own,
    }
}

/// `seccomp-profile-missing`: no profile but Unconfined, or none at all, is in force.
pub(crate) fn seccomp_missing(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (pod, container) in view.containers() {
        // A privileged container is Unconfined, whatever profile it names.
        if pod.windows || container.is_privileged() {
            continue;
        }
        let field = match pod.effective(container, "seccompProfile") {
            Answer::Is(profile) => ask(profile, "type"),
            other => other,
        };
        let answer = field.or_else(|| annotated(pod, container, SECCOMP_CONTAINER, Some(SECCOMP_POD)));
        let found = match answer {
            Answer::Unknown => continue,
            Answer::Missing => None,
            Answer::Is(node) => match known_text(node) {
                Some(text) if matches!(from_annotation(text), "RuntimeDefault" | "Localhost") => continue,
                Some(text) => Some(text),
                None => continue,
            },
        };
        let name = container.name();
        let message = match found {
            Some(text) => format!("container {name} has the seccomp profile {text}"),
            None => format!("container {name} has no seccomp profile"),
        };
        let finding = out.finding(container.place_of_missing("securityContext.seccompProfile"), message);
        let path = ["securityContext", "seccompProfile", "type"];
        let value = crate::edit::word(container.part.node, "RuntimeDefault");
        if let Some(edits) = container.set(&path, &value) {
            finding.unsafe_fix("use the profile RuntimeDefault", edits);
        }
    }
}

/// `seccomp-unconfined`: a profile is Unconfined, by field or by annotation.
pub(crate) fn seccomp_unconfined(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.pods() {
        let of_pod = pod.ask("securityContext.seccompProfile.type").node();
        let fields = pod
            .containers
            .iter()
            .filter_map(|c| c.ask("securityContext.seccompProfile.type").node().map(|n| (n, Some(c.name()))));
        for (node, container) in of_pod.map(|n| (n, None)).into_iter().chain(fields) {
            if known_text(node) == Some("Unconfined") {
                let whose = container.map_or_else(|| describe(object), |name| format!("container {name}"));
                let fix = crate::edit::word(node, "RuntimeDefault");
                let finding =
                    out.finding(node.entry_place(), format!("{whose} has the seccomp profile Unconfined"));
                if node.kind() == stockade_sdk::Kind::Scalar {
                    finding
                        .unsafe_fix("use the profile RuntimeDefault", vec![Edit::replace_value(node, fix)]);
                }
            }
        }
        // The kubelet reads the annotations only where no field says anything.
        if pod.containers.iter().all(|c| !pod.effective(c, "seccompProfile").is_missing()) {
            continue;
        }
        annotations(
            pod,
            |key| key == SECCOMP_POD || key.starts_with(SECCOMP_CONTAINER),
            |node| {
                let finding = out.finding(
                    node.place(),
                    format!("{} has the seccomp profile unconfined", describe(object)),
                );
                let fix = crate::edit::word(node, "runtime/default");
                finding.unsafe_fix("use the profile runtime/default", vec![Edit::replace_value(node, fix)]);
            },
        );
    }
}

/// Calls `found` for the annotations of a pod that `matches` names and whose value is unconfined.
fn annotations<'a>(pod: &Pod<'a>, matches: impl Fn(&str) -> bool, mut found: impl FnMut(Node<'a>)) {
    let Some(map) = pod.metadata.and_then(|m| ask(m, "annotations").node()) else { return };
    for node in map.children().filter(|n| matches(n.name()) && known_text(*n) == Some("unconfined")) {
        found(node);
    }
}

/// `apparmor-profile`: a profile is Unconfined or, where `restricted` is set, none is in force.
pub(crate) fn apparmor(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let restricted = params.bool_or("restricted", false);
    for (pod, container) in view.containers() {
        if pod.windows {
            continue;
        }
        let field = match pod.effective(container, "appArmorProfile") {
            Answer::Is(profile) => ask(profile, "type"),
            other => other,
        };
        let name = container.name();
        match field.or_else(|| annotated(pod, container, APPARMOR_CONTAINER, None)) {
            Answer::Is(node) => {
                let Some(text) = known_text(node) else { continue };
                let profile = from_annotation(text);
                if profile == "Unconfined"
                    || (restricted && !matches!(profile, "RuntimeDefault" | "Localhost"))
                {
                    out.finding(node.place(), format!("container {name} has the AppArmor profile {text}"));
                }
            }
            Answer::Missing if restricted => {
                let place = container.place_of_missing("securityContext");
                out.finding(place, format!("container {name} sets no AppArmor profile"));
            }
            Answer::Missing | Answer::Unknown => {}
        }
    }
}

/// The security contexts of pods and containers that are there, with what to call their owner.
fn contexts<'a, 'v>(view: &'v Manifests<'a>) -> impl Iterator<Item = (String, Part<'a>, Node<'a>)> + 'v {
    view.pods().flat_map(|(object, pod)| {
        let of_pod = std::iter::once((None, pod.spec));
        of_pod.chain(pod.containers.iter().map(|c| (Some(c), c.part))).filter_map(move |(container, part)| {
            let context = part.ask("securityContext").node()?;
            let whose = container.map_or_else(|| describe(object), |c| format!("container {}", c.name()));
            Some((whose, part, context))
        })
    })
}

/// `selinux-options`: a user or role is set, or a type that `allow-types` does not name.
pub(crate) fn selinux(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (whose, owner, context) in contexts(view) {
        let Some(options) = ask(context, "seLinuxOptions").node() else { continue };
        for field in ["user", "role", "type"] {
            let Some(node) = ask(options, field).node() else { continue };
            let Some(value) = known_text(node).filter(|v| !v.is_empty()) else { continue };
            if field == "type" && params.strings("allow-types").any(|t| t == value) {
                continue;
            }
            let finding =
                out.finding(node.entry_place(), format!("{whose} sets the SELinux {field} {value}"));
            if let Some(edits) = owner.remove(node) {
                finding.unsafe_fix(format!("remove the SELinux {field}"), edits);
            }
        }
    }
}

/// `windows-host-process`: a pod or container runs as a HostProcess.
pub(crate) fn windows_host_process(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (whose, _, context) in contexts(view) {
        let Some(node) = ask(context, "windowsOptions.hostProcess").node() else { continue };
        if truth(node) == Some(true) {
            let finding = out.finding(node.entry_place(), format!("{whose} runs as a Windows HostProcess"));
            if node.kind() == stockade_sdk::Kind::Scalar {
                finding.unsafe_fix("set hostProcess to false", vec![Edit::replace_value(node, "false")]);
            }
        }
    }
}

/// `sysctls`: a pod sets a kernel parameter that `allow` does not name, or one with a value that hides another.
pub(crate) fn sysctls(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (object, pod) in view.pods() {
        for item in pod.list("securityContext.sysctls") {
            let Some(node) = ask(item, "name").node() else { continue };
            let Some(name) = known_text(node) else { continue };
            // The kernel takes a slash for a dot.
            let safe = params.strings("allow").any(|safe| safe == name || safe == name.replace('/', "."));
            let (node, message) = if safe {
                // CVE-2022-0811: `+` parts the parameters that CRI-O hands to its helper.
                let value = ask(item, "value").node();
                let Some(value) = value.filter(|v| known_text(*v).is_some_and(|v| v.contains(['+', '='])))
                else {
                    continue;
                };
                (value, format!("the value of the sysctl {name} of {} sets another one", describe(object)))
            } else {
                (node, format!("{} sets the sysctl {name}", describe(object)))
            };
            let finding = out.finding(node.place(), message);
            if let Some(edits) = pod.spec.remove(item) {
                finding.unsafe_fix(format!("do not set {name}"), edits);
            }
        }
    }
}
