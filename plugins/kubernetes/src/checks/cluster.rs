//! Namespaces and their bounds, disruption budgets, names of ports, admission policies.

use crate::checks::describe;
use crate::checks::names::is_placeholder;
use crate::edit::set;
use crate::view::{Answer, Manifests, Object, Pod, ask, ask_key, is_complete, known_text, list, truth};
use std::collections::HashSet;
use stockade_sdk::{Node, Out, Params};

/// Whether a pod says that the node or the cluster does not work without it. Until Kubernetes 1.17 only pods in
/// kube-system could.
fn is_critical(pod: &Pod<'_>) -> bool {
    let class = pod.ask("priorityClassName").node().and_then(known_text);
    matches!(class, Some("system-node-critical" | "system-cluster-critical"))
}

/// `system-namespace`: a workload is in one of `namespaces`, its name does not begin with one of `except`, and it has no
/// priority class of the system.
pub(crate) fn system_namespace(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (object, _) in view.workloads().filter(|(_, pod)| !is_critical(pod)) {
        let Some(node) = object.namespace().node() else { continue };
        let Some(namespace) = known_text(node).filter(|ns| params.strings("namespaces").any(|n| n == *ns))
        else {
            continue;
        };
        let core = |name: &str| params.strings("except").any(|prefix| name.starts_with(prefix));
        if !object.name().is_none_or(core) {
            out.finding(node.entry_place(), format!("{} is in the namespace {namespace}", describe(object)));
        }
    }
}

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Whether a pod asks for what no level but `privileged` admits.
fn needs_privileged(pod: &Pod<'_>) -> bool {
    let on = |field: &&str| pod.ask(field).node().and_then(truth) == Some(true);
    let binds = |port: Node<'_>| ask(port, "hostPort").node().is_some_and(|node| node.as_int() != Some(0));
    ["hostNetwork", "hostPID", "hostIPC"].iter().any(on)
        || pod.volumes().any(|volume| volume.get("hostPath").is_some())
        || pod.containers.iter().any(|c| c.is_privileged() || c.list("ports").any(binds))
}

/// `pod-security-labels`: a Namespace does not enforce a level of Pod Security, or enforces none that restricts without
/// that a workload beside it asks for more.
pub(crate) fn pod_security_labels(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    let mut privileged: Option<HashSet<&str>> = None;
    for object in view.objects.iter().filter(|o| o.is("", "Namespace")) {
        let (place, message, is_chosen) = match ask(object.node, "metadata.labels").then_key(ENFORCE) {
            Answer::Unknown => continue,
            Answer::Missing => {
                (object.place(), format!("{} enforces no level of Pod Security", describe(object)), false)
            }
            Answer::Is(node) => match known_text(node) {
                None | Some("baseline" | "restricted") => continue,
                Some(level) => {
                    (node.entry_place(), format!("{} enforces the level {level}", describe(object)), true)
                }
            },
        };
        let privileged = privileged.get_or_insert_with(|| {
            let needing = view.workloads().filter(|(_, pod)| needs_privileged(pod));
            needing.filter_map(|(owner, _)| owner.namespace().node().and_then(known_text)).collect()
        });
        let is_needed = object.name().is_some_and(|name| privileged.contains(name));
        // What the pods ask for is told of them, and they would not start with another level.
        if is_needed && is_chosen {
            continue;
        }
        let finding = out.finding(place, message);
        let level = crate::edit::word(object.node, "baseline");
        if let Some(edits) = set(object.node, &["metadata", "labels", ENFORCE], &level).filter(|_| !is_needed)
        {
            finding.unsafe_fix("enforce the level baseline", edits);
        }
    }
}

/// `limit-range`: no entry of a LimitRange sets all bounds.
pub(crate) fn limit_range(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "LimitRange")) {
        let limits = ask(object.node, "spec.limits");
        if matches!(limits, Answer::Unknown) || limits.node().is_some_and(|l| !is_complete(l)) {
            continue;
        }
        let full = |entry: Node<'_>| {
            ["type", "max", "min", "default", "defaultRequest"]
                .iter()
                .all(|key| !ask(entry, key).is_missing())
        };
        if !list(object.node, "spec.limits").any(full) {
            let place = limits.node().map_or_else(|| object.place(), Node::key_place);
            out.finding(place, format!("no entry of {} sets all bounds and defaults", describe(object)));
        }
    }
}

/// `resource-quota`: a ResourceQuota leaves processor time or memory unbounded.
pub(crate) fn resource_quota(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "ResourceQuota")) {
        let hard = ask(object.node, "spec.hard");
        // `cpu` is the short form of `requests.cpu`.
        let bounds = [
            ("requests.cpu", "cpu"),
            ("requests.memory", "memory"),
            ("limits.cpu", "limits.cpu"),
            ("limits.memory", "limits.memory"),
        ];
        let lacks = |key: &str| match hard {
            Answer::Is(map) => ask_key(map, key).is_missing(),
            Answer::Missing => true,
            Answer::Unknown => false,
        };
        let missing: Vec<&str> =
            bounds.iter().filter(|(key, short)| lacks(key) && lacks(short)).map(|(key, _)| *key).collect();
        if !missing.is_empty() {
            let place = hard.node().map_or_else(|| object.place(), Node::key_place);
            out.finding(place, format!("{} does not bound {}", describe(object), missing.join(", ")));
        }
    }
}

fn budgets<'a, 'v>(view: &'v Manifests<'a>) -> impl Iterator<Item = &'v Object<'a>> {
    view.objects.iter().filter(|o| o.is("policy", "PodDisruptionBudget"))
}

/// `pdb-policy-missing`: a budget says nothing.
pub(crate) fn budget_policy(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in budgets(view) {
        if ["spec.minAvailable", "spec.maxUnavailable"].iter().all(|path| ask(object.node, path).is_missing())
        {
            let message = format!("{} sets neither minAvailable nor maxUnavailable", describe(object));
            out.finding(object.place(), message);
        }
    }
}

/// `pdb-unhealthy`: a budget does not say how to treat pods that are not ready.
pub(crate) fn budget_unhealthy(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in budgets(view) {
        if ask(object.node, "spec.unhealthyPodEvictionPolicy").is_missing() {
            out.finding(object.place(), format!("{} sets no unhealthyPodEvictionPolicy", describe(object)));
        }
    }
}

/// Whether a text is a service name as RFC 6335 has it: up to 15 letters, digits and single inner hyphens, with a
/// letter among them.
fn is_service_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// `port-name`: the name of a container port, or the target port of a Service, cannot be one.
pub(crate) fn port_name(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        for port in container.list("ports") {
            let Some(node) = ask(port, "name").node() else { continue };
            let name = known_text(node).filter(|name| !is_placeholder(name));
            if let Some(name) = name.filter(|name| !is_service_name(name)) {
                let message = format!("container {} has a port called {name}", container.name());
                out.finding(node.place(), message);
            }
        }
    }
    for object in view.objects.iter().filter(|o| o.is("", "Service")) {
        for port in list(object.node, "spec.ports") {
            let Some(node) = ask(port, "targetPort").node() else { continue };
            let Some(text) = known_text(node).filter(|text| !is_placeholder(text)) else { continue };
            let fits = match node.resolve().scalar_type() {
                3 => node.as_int().is_some_and(|n| (1..=65_535).contains(&n)),
                _ => is_service_name(text),
            };
            if !fits {
                out.finding(node.place(), format!("{} has the target port {text}", describe(object)));
            }
        }
    }
}

/// `gatekeeper-prefix`: a prefix of allowed repositories is open at its end.
pub(crate) fn gatekeeper_prefix(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.kind == "K8sAllowedRepos") {
        for node in list(object.node, "spec.parameters.repos") {
            let Some(prefix) = known_text(node) else { continue };
            let namespace = prefix.strip_prefix("docker.io/").is_some_and(|rest| !rest.contains('/'));
            if !prefix.contains(['/', ':']) || namespace {
                out.finding(
                    node.place(),
                    format!("{} allows every image that begins with {prefix}", describe(object)),
                );
            }
        }
    }
}

/// `personal-data`: a ConfigMap holds an address, a phone number, an account number or a key.
pub(crate) fn personal_data(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "ConfigMap")) {
        for node in ask(object.node, "data").node().into_iter().flat_map(Node::children) {
            let Some(text) = known_text(node) else { continue };
            let user = crate::secrecy::flat(node.name());
            let what = if matches!(user.as_str(), "username" | "user_name" | "login" | "user")
                && !text.contains('\n')
            {
                Some("a user name")
            } else {
                words(text).find_map(personal).or_else(|| {
                    (text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----"))
                        .then_some("a private key")
                })
            };
            if let Some(what) = what {
                out.finding(
                    node.key_place(),
                    format!("{} holds {what} in {}", describe(object), node.name()),
                );
            }
        }
    }
}

/// For each byte whether it separates words.
const SEPARATES: [bool; 256] = {
    let mut table = [false; 256];
    let separators = b" \t\n\x0C\r\"'<>,;()[]{}=";
    let mut at = 0;
    while at < separators.len() {
        table[separators[at] as usize] = true;
        at += 1;
    }
    table
};

/// The words of a text that may be personal data: those with an `@`, and those that begin as a phone number or an
/// IBAN does. A dashboard has a hundred thousand others.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.as_bytes().split(|b| SEPARATES[usize::from(*b)]).filter_map(|word| {
        let iban = matches!(word, [a, b, c, d, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit());
        let candidate = word.len() > 4 && (iban || word.starts_with(b"+") || word.contains(&b'@'));
        // Split at ASCII only, so the pieces are whole characters.
        candidate.then(|| std::str::from_utf8(word).ok()).flatten()
    })
}

/// What kind of personal data a word is.
fn personal(word: &str) -> Option<&'static str> {
    let word = word.trim_end_matches(['.', ':']);
    if is_mail(word) {
        Some("an e-mail address")
    } else if word.starts_with('+')
        && (10..=16).contains(&word.len())
        && word.bytes().skip(1).all(|b| b.is_ascii_digit())
    {
        Some("a phone number")
    } else if is_iban(word) {
        Some("an account number")
    } else {
        None
    }
}

/// An e-mail address outside the domains that are set aside for documentation.
fn is_mail(word: &str) -> bool {
    let Some((user, domain)) = word.trim_start_matches("mailto:").split_once('@') else { return false };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    let reserved = ["example", "example.com", "example.org", "example.net", "localhost", "test", "invalid"];
    let reserved =
        reserved.iter().any(|d| domain == *d || domain.strip_suffix(d).is_some_and(|r| r.ends_with('.')));
    let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
    !user.is_empty()
        && user.bytes().all(plain)
        && domain.bytes().all(plain)
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
        && !matches!(top, "local" | "svc" | "internal" | "service")
        && !reserved
}

/// An account number after ISO 13616 whose check digits are right.
fn is_iban(word: &str) -> bool {
    let bytes = word.as_bytes();
    let shape = (15..=34).contains(&bytes.len())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
        && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let turned = bytes.iter().skip(4).chain(bytes.iter().take(4));
    shape
        && turned.fold(0_u32, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        }) == 1
}

#[cfg(test)]
mod tests {
    use super::{is_iban, is_mail, is_service_name};

    #[test]
    fn names_of_ports_follow_the_rfc() {
        for name in ["http", "a1", "grpc-web"] {
            assert!(is_service_name(name), "{name}");
        }
        for name in ["", "80", "Http", "-a", "a-", "a--b", "averyveryverylong", "a_b"] {
            assert!(!is_service_name(name), "{name}");
        }
    }

    #[test]
    fn personal_data_is_told_from_what_looks_alike() {
        assert!(
            is_mail("ops@stockade-shop.de")
                && !is_mail("ops@example.com")
                && !is_mail("a@b.svc.cluster.local")
        );
        assert!(is_iban("GB82WEST12345698765432") && !is_iban("GB82WEST12345698765433"));
    }
}
