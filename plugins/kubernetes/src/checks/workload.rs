//! How workloads run: resources, probes, replicas, restarts, environment.

use crate::checks::describe;
use crate::edit::set;
use crate::view::{
    Answer, Container, Labels, Life, Manifests, Object, Pod, Role, Selector, ask, is_complete, known_text,
    labels_at, leads_elsewhere, list, truth,
};
use stockade_sdk::{Node, Out, Params, Span};

/// `resource-missing`: a container sets neither `field` (`limits.cpu`) nor `or`, and its pod as a whole neither.
pub(crate) fn resource_missing(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let fields: Vec<String> =
        std::iter::once(field).chain(params.string("or")).map(|f| format!("resources.{f}")).collect();
    let field_name = |resource: &str| if resource == "cpu" { "CPU".to_owned() } else { resource.to_owned() };
    let what = match field.split_once('.') {
        Some(("limits", resource)) => format!("{} limit", field_name(resource)),
        Some(("requests", resource)) => format!("{} request", field_name(resource)),
        _ => field.to_owned(),
    };
    for (_, pod) in view.workloads() {
        if !fields.iter().all(|f| pod.ask(f).is_missing()) {
            continue;
        }
        for container in pod.containers.iter().filter(|c| c.role != Role::Ephemeral) {
            if fields.iter().all(|f| container.ask(f).is_missing()) {
                let place = container.place_of_missing(&format!("resources.{field}"));
                out.finding(place, format!("container {} has no {what}", container.name()));
            }
        }
    }
}

/// Whether the container is one that serves for as long as its pod lives.
fn is_server(container: &Container<'_>) -> bool {
    matches!(container.role, Role::Main | Role::Sidecar)
}

/// `probe-missing`: a server's container lacks the probe `probe`.
pub(crate) fn probe_missing(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(probe) = params.string("probe") else { return };
    for (_, pod) in view.workloads().filter(|(_, pod)| pod.life == Life::Long) {
        for container in pod.containers.iter().filter(|c| is_server(c)) {
            if container.ask(probe).is_missing() {
                out.finding(container.place(), format!("container {} has no {probe}", container.name()));
            }
        }
    }
}

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// `probe-port`: a probe asks a port that the container does not declare.
pub(crate) fn probe_port(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    // An operator may declare the ports of a container to which a resource adds a probe.
    for (_, container) in view.containers().filter(|(_, container)| container.part.is_whole()) {
        let ports = container.ask("ports");
        if matches!(ports, Answer::Unknown) || ports.node().is_some_and(|p| !is_complete(p)) {
            continue;
        }
        let ports: Vec<Node<'_>> = container.list("ports").collect();
        let unknown = ports.iter().any(|p| ["name", "containerPort"].iter().any(|key| !may_be_read(*p, key)));
        if unknown {
            continue;
        }
        for probe in PROBES {
            for action in ["httpGet", "tcpSocket", "grpc"] {
                let Some(node) = container.ask(&format!("{probe}.{action}.port")).node() else { continue };
                let Some(port) = known_text(node) else { continue };
                let declared = ports.iter().any(|p| {
                    ["name", "containerPort"]
                        .iter()
                        .any(|k| ask(*p, k).node().and_then(known_text) == Some(port))
                });
                if !declared {
                    let name = container.name();
                    let message =
                        format!("{probe} of container {name} asks port {port}, which it does not declare");
                    out.finding(node.place(), message);
                }
            }
        }
    }
}

fn may_be_read(map: Node<'_>, key: &str) -> bool {
    match ask(map, key) {
        Answer::Is(node) => node.is_known(),
        Answer::Missing => true,
        Answer::Unknown => false,
    }
}

/// `probe-host`: a probe or lifecycle hook asks another host than its own pod.
pub(crate) fn probe_host(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (pod, container) in view.containers() {
        // The kubelet's own loopback is the pod's where both share a network.
        let shares_loopback = match pod.ask("hostNetwork") {
            Answer::Is(node) => truth(node) != Some(false),
            Answer::Missing => false,
            Answer::Unknown => true,
        };
        for owner in PROBES.iter().copied().chain(["lifecycle.postStart", "lifecycle.preStop"]) {
            for action in ["httpGet", "tcpSocket"] {
                let Some(node) = container.ask(&format!("{owner}.{action}.host")).node() else { continue };
                let Some(host) = known_text(node) else { continue };
                let loopback = matches!(host, "localhost" | "::1") || host.starts_with("127.");
                if host.is_empty() || (loopback && shares_loopback) {
                    continue;
                }
                let whose = if loopback { " of the node" } else { "" };
                let message =
                    format!("{owner} of container {} asks the host {host}{whose}", container.name());
                let finding = out.finding(node.entry_place(), message);
                if let Some(parent) = node.parent()
                    && let Some(edits) = crate::edit::remove(node, parent)
                {
                    finding.unsafe_fix("ask the container itself", edits);
                }
            }
        }
    }
}

/// `probes-identical`: liveness and readiness probe are the same.
pub(crate) fn probes_identical(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        let (Some(live), Some(ready)) =
            (container.ask("livenessProbe").node(), container.ask("readinessProbe").node())
        else {
            continue;
        };
        if live.children().next().is_some() && same(live, ready, 0) == Some(true) {
            let message =
                format!("liveness and readiness probe of container {} are the same", container.name());
            out.finding(ready.key_place(), message).label(live.key_place(), "the other probe");
        }
    }
}

/// Most keys or items of one level that are compared; a probe has a handful.
const MAX_KEYS: usize = 64;

/// Whether two values are equal, in whatever order their keys are written; `None` where that cannot be known.
fn same(a: Node<'_>, b: Node<'_>, depth: u8) -> Option<bool> {
    // No field of a probe lies deeper than a header of an HTTP request.
    if depth > 8 || a.may_have_more() || b.may_have_more() {
        return None;
    }
    if a.is_scalar() || b.is_scalar() {
        return Some(a.is_scalar() && b.is_scalar() && a.text() == b.text());
    }
    let (left, right): (Vec<Node<'_>>, Vec<Node<'_>>) =
        (a.children().take(MAX_KEYS).collect(), b.children().take(MAX_KEYS).collect());
    if left.len() != right.len() || left.len() == MAX_KEYS {
        return Some(false);
    }
    for (child, opposite) in left.iter().zip(&right) {
        let other = if child.name().is_empty() { Some(*opposite) } else { b.get(child.name()) };
        match other {
            Some(other) if same(*child, other, depth + 1)? => {}
            _ => return Some(false),
        }
    }
    Some(true)
}

/// `duplicate-env`: a container sets a variable twice.
pub(crate) fn duplicate_env(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        let mut seen: Vec<(&str, Node<'_>)> = Vec::new();
        for entry in container.list("env") {
            let Some(node) = ask(entry, "name").node() else { continue };
            let Some(name) = known_text(node) else { continue };
            // Variables are few, so a scan is cheaper than a map.
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) {
                let between = Span { start: first.span().end, end: node.span().start };
                if between.start <= between.end && leads_elsewhere(node.source().slice(between)) {
                    continue;
                }
                let message = format!("container {} sets {name} more than once", container.name());
                out.finding(node.place(), message).label(first.place(), "first set here");
            } else if seen.len() < 1000 {
                seen.push((name, node));
            }
        }
    }
}

/// Workloads whose replicas are written in `spec.replicas`.
pub(crate) fn has_replicas(object: &Object<'_>) -> bool {
    matches!(
        object.kind,
        "Deployment"
            | "StatefulSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "DeploymentConfig"
            | "Rollout"
    ) && !object.group().contains("extensions.istio")
}

/// `anti-affinity-missing`: replicas of a workload may all run on one node.
pub(crate) fn anti_affinity(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.workloads().filter(|(object, _)| has_replicas(object)) {
        let Some(node) = ask(object.node, "spec.replicas").node() else { continue };
        let Some(replicas) = node.as_int().filter(|n| *n >= 2) else { continue };
        if !pod.ask("topologySpreadConstraints").is_missing() {
            continue;
        }
        let labels = Labels::of(pod.labels());
        if !keeps_apart(pod, &labels) {
            let message = format!("{} may run its {replicas} replicas on one node", describe(object));
            out.finding(node.entry_place(), message);
        }
    }
}

/// Whether some anti-affinity term keeps pods of these labels apart, or one that nobody can read may.
fn keeps_apart(pod: &Pod<'_>, labels: &Labels) -> bool {
    let anti = match pod.ask("affinity.podAntiAffinity") {
        Answer::Missing => return false,
        Answer::Unknown => return true,
        Answer::Is(node) => node,
    };
    let required = list(anti, "requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = list(anti, "preferredDuringSchedulingIgnoredDuringExecution")
        .filter_map(|term| ask(term, "podAffinityTerm").node());
    !is_complete(anti)
        || required.chain(preferred).any(|term| match ask(term, "labelSelector") {
            Answer::Missing => false,
            answer => Selector::of(answer).matches(labels, true) != Some(false),
        })
}

/// `strategy`: a Deployment's strategy is not the rolling update.
pub(crate) fn strategy(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| matches!(o.kind, "Deployment" | "DeploymentConfig")) {
        let Some(node) = ask(object.node, "spec.strategy.type").node() else { continue };
        let Some(value) = known_text(node).filter(|v| !matches!(*v, "RollingUpdate" | "Rolling")) else {
            continue;
        };
        let finding =
            out.finding(node.entry_place(), format!("{} has the strategy {value}", describe(object)));
        let wanted = if object.kind == "DeploymentConfig" { "Rolling" } else { "RollingUpdate" };
        if let Some(edits) = set(object.node, &["spec", "strategy", "type"], &crate::edit::word(node, wanted))
        {
            finding.unsafe_fix(format!("use {wanted}"), edits);
        }
    }
}

/// `restart-policy`: a template's restart policy is not one that its workload can use.
pub(crate) fn restart_policy(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.workloads() {
        let job = matches!(object.kind, "Job" | "CronJob" | "ScaledJob");
        // A bare pod may well run once.
        if object.kind == "Pod" || (!job && !matches!(pod.life, Life::Long | Life::Once)) {
            continue;
        }
        let answer = pod.ask("restartPolicy");
        if answer.is_missing() && object.group() == "batch" {
            let message =
                format!("{} sets no restart policy, and the default Always is none for it", describe(object));
            out.finding(object.place(), message);
        }
        let Some(node) = answer.node() else { continue };
        let Some(value) = known_text(node) else { continue };
        // What is no policy at all is a matter of the schema.
        let policies: &[&str] = if job { &["Always"] } else { &["OnFailure", "Never"] };
        if policies.contains(&value) {
            out.finding(node.entry_place(), format!("{} has the restart policy {value}", describe(object)));
        }
    }
}

/// `priority-class`: a pod's priority class is not one of `accept`.
pub(crate) fn priority_class(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (object, pod) in view.pods() {
        let Some(node) = pod.ask("priorityClassName").node() else { continue };
        let Some(value) = known_text(node).filter(|v| !v.is_empty()) else { continue };
        if !params.strings("accept").any(|a| a == value) {
            out.finding(node.entry_place(), format!("{} has the priority class {value}", describe(object)));
        }
    }
}

/// `selector-mismatch`: a workload's selector is absent or does not fit its own template.
pub(crate) fn selector_mismatch(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let modern = matches!(object.kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet");
        let plain = matches!(object.kind, "ReplicationController" | "DeploymentConfig");
        let rollout = object.is("argoproj.io", "Rollout");
        if !(plain || rollout || (modern && matches!(object.group(), "apps" | "extensions"))) {
            continue;
        }
        let Some(template) = ask(object.node, "spec.template").node() else { continue };
        let answer = ask(object.node, "spec.selector");
        let selector = if plain { Selector::plain(answer) } else { Selector::of(answer) };
        // That one is missing is a matter of the schema.
        let Some(node) = answer.node() else { continue };
        if selector.matches(&labels_at(template, "metadata.labels"), true) == Some(false) {
            let message = format!("the selector of {} does not match its template", describe(object));
            let finding = out.finding(node.key_place(), message);
            if let Some(labels) = ask(template, "metadata.labels").node() {
                finding.label(labels.key_place(), "the labels of its pods");
            }
        }
    }
}

/// `hpa-minimum`: an autoscaler may go below `at-least` replicas.
pub(crate) fn hpa_minimum(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let least = params.int_or("at-least", 3);
    for object in view.objects.iter().filter(|o| o.is("autoscaling", "HorizontalPodAutoscaler")) {
        match ask(object.node, "spec.minReplicas") {
            Answer::Is(node) => {
                if let Some(number) = node.as_int().filter(|n| *n < least) {
                    out.finding(node.entry_place(), format!("{} may go down to {number}", describe(object)));
                }
            }
            Answer::Missing if least > 1 => {
                let max = ask(object.node, "spec.maxReplicas").node();
                let place = max.map_or_else(|| object.place(), Node::entry_place);
                out.finding(place, format!("{} sets no minReplicas and may go down to 1", describe(object)));
            }
            Answer::Missing | Answer::Unknown => {}
        }
    }
}

/// `job-ttl`: a finished Job stays, or a CronJob's Jobs go behind its back.
pub(crate) fn job_ttl(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.group() == "batch") {
        if object.kind == "Job" && ask(object.node, "spec.ttlSecondsAfterFinished").is_missing() {
            // A hook's Job is removed by Helm or Argo.
            let hook = object.annotations().is_some_and(|a| a.children().any(|n| n.name().contains("/hook")));
            if !hook {
                out.finding(object.place(), format!("{} sets no ttlSecondsAfterFinished", describe(object)));
            }
        } else if object.kind == "CronJob"
            && let Some(node) = ask(object.node, "spec.jobTemplate.spec.ttlSecondsAfterFinished").node()
        {
            let message =
                format!("{} sets ttlSecondsAfterFinished beside its history limits", describe(object));
            out.finding(node.entry_place(), message);
        }
    }
}
