//! Policies, Services, Ingresses and monitors, and whether they meet anything.

use super::externals::Externals;
use super::model::{At, Policy, Project, Service};
use super::record::Known;
use super::title;
use crate::view::Selector;
use std::collections::{HashMap, HashSet};
use stockade_sdk::{Params, ProjectOut};

/// How sure it is that something is selected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Met {
    #[default]
    Never,
    Maybe,
    Surely,
}

/// For each workload, whether a policy selects it, for incoming and for outgoing traffic, with the first such policy.
fn isolation<'p, 'a>(project: &'p Project<'a>) -> Vec<(Met, Met, Option<&'p Policy<'a>>)> {
    let mut met = vec![(Met::Never, Met::Never, None); project.workloads.len()];
    for policy in &project.policies {
        for (index, sure) in project.selected(&policy.selector, &policy.namespace, policy.at) {
            let Some((ingress, egress, first)) = met.get_mut(index) else { continue };
            let level = if sure { Met::Surely } else { Met::Maybe };
            if policy.ingress {
                *ingress = level.max(*ingress);
            }
            if policy.egress {
                *egress = level.max(*egress);
            }
            if sure && first.is_none() {
                *first = Some(policy);
            }
        }
    }
    met
}

/// `network-policy-missing`: no policy selects a workload's pods.
pub(crate) fn policy_missing(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    if project.cut {
        return;
    }
    let externals = Externals::of(params);
    for (workload, (ingress, egress, _)) in project.workloads.iter().zip(isolation(project)) {
        if ingress == Met::Never && egress == Met::Never && !workload.host_network && workload.has_pod {
            if externals.has_policy(&workload.namespace) {
                continue;
            }
            let message =
                format!("{} is selected by no NetworkPolicy", title(&workload.kind, &workload.name));
            out.finding(workload.at.file, workload.at.span, message);
        }
    }
}

/// `network-policy-direction-missing`: the policies that select a workload cover one direction only.
pub(crate) fn policy_direction(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    // One finding for each policy and direction, however many workloads it selects.
    let mut seen: HashSet<(usize, Option<u32>, bool)> = HashSet::new();
    for (workload, (ingress, egress, first)) in project.workloads.iter().zip(isolation(project)) {
        let Some(policy) = first.filter(|policy| policy.kubernetes) else { continue };
        // The other direction may be that policy's.
        if externals.has_policy(&workload.namespace) {
            continue;
        }
        for (met, direction) in [(ingress, "Ingress"), (egress, "Egress")] {
            let id = (policy.at.file, policy.at.span.map(|s| s.start), direction == "Egress");
            if met == Met::Never && seen.insert(id) {
                let workload = title(&workload.kind, &workload.name);
                let policy_name = title("NetworkPolicy", &policy.name);
                let message =
                    format!("{policy_name} and all others that select {workload} leave {direction} open");
                out.finding(policy.at.file, policy.types_span.or(policy.at.span), message);
            }
        }
    }
}

fn meets_nothing<'a>(
    project: &Project<'a>,
    externals: &Externals,
    selector: &Selector,
    namespace: &Known,
    at: At<'a>,
) -> bool {
    !selector.is_empty()
        && !project.cut
        && selector.is_complete()
        && project.selected(selector, namespace, at).next().is_none()
        && !externals.has_pods(selector, namespace)
}

/// `network-policy-dangling`: a policy selects no workload.
pub(crate) fn policy_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    for policy in project.policies.iter().filter(|p| p.kubernetes) {
        if meets_nothing(project, &externals, &policy.selector, &policy.namespace, policy.at) {
            let message =
                format!("{} selects no workload of the repository", title("NetworkPolicy", &policy.name));
            out.finding(policy.at.file, policy.selector_span.or(policy.at.span), message);
        }
    }
}

/// `network-policy-peer-dangling`: a peer of a policy is no workload.
pub(crate) fn peer_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    for peer in &project.peers {
        if meets_nothing(project, &externals, &peer.selector, &peer.namespace, peer.at) {
            let message =
                format!("a peer of {} is no workload of the repository", title("NetworkPolicy", &peer.name));
            out.finding(peer.at.file, peer.at.span, message);
        }
    }
}

/// `service-dangling`: a Service selects no workload.
pub(crate) fn service_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    for service in project.services.iter().filter(|s| !s.external) {
        if meets_nothing(project, &externals, &service.selector, &service.namespace, service.at) {
            let message =
                format!("{} selects no workload of the repository", title("Service", &service.name));
            out.finding(service.at.file, service.at.span, message);
        }
    }
}

/// Whether a port of an Ingress is one of a Service's.
fn has_port(service: &Service<'_>, port: &Known) -> bool {
    let Some(port) = port.text() else { return true };
    !service.ports_known
        || service.ports.iter().any(|(number, name)| {
            [number, name]
                .iter()
                .any(|p| matches!(p, Known::Open(_) | Known::Unknown) || p.text() == Some(port))
        })
}

/// `ingress-dangling`: an Ingress sends requests to a Service or port that nobody declares.
pub(crate) fn ingress_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    if project.cut {
        return;
    }
    let mut by_name: HashMap<&str, Vec<&Service<'_>>> = HashMap::new();
    for service in &project.services {
        if let Some(name) = service.name.text() {
            by_name.entry(name).or_default().push(service);
        }
    }
    let nameless: Vec<&Service<'_>> = project.services.iter().filter(|s| s.name.text().is_none()).collect();
    let externals = Externals::of(params);
    for backend in &project.backends {
        let Some(name) = backend.name.text() else { continue };
        if externals.has("Service", name, &backend.namespace) {
            continue;
        }
        if nameless.iter().any(|service| service.at.may_concern(backend.at)) {
            continue;
        }
        let named = by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let services: Vec<&&Service<'_>> =
            named.iter().filter(|s| s.namespace.may_equal(&backend.namespace)).collect();
        let ingress = &backend.ingress;
        if services.is_empty() {
            let message = format!(
                "Ingress {ingress} sends requests to the Service {name}, which is not in the repository"
            );
            out.finding(backend.at.file, backend.at.span, message);
        } else if let (Some(port), false) =
            (backend.port.text(), services.iter().any(|s| has_port(s, &backend.port)))
        {
            let message = format!(
                "Ingress {ingress} sends requests to port {port} of the Service {name}, which has none"
            );
            out.finding(backend.at.file, backend.port_span.or(backend.at.span), message);
        }
    }
}

/// `service-monitor-dangling`: a ServiceMonitor's selector fits no Service.
pub(crate) fn monitor_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    if project.cut {
        return;
    }
    let externals = Externals::of(params);
    for monitor in project.monitors.iter().filter(|m| m.selector.is_complete() && !m.selector.is_empty()) {
        let meets = project.services.iter().any(|service| {
            (monitor.everywhere || service.namespace.may_equal(&monitor.namespace))
                && match monitor.selector.matches(&service.labels, monitor.at.is_together(service.at)) {
                    Some(fits) => fits,
                    None => service.at.may_concern(monitor.at),
                }
        });
        if !meets && !externals.has_service(&monitor.selector, &monitor.namespace, monitor.everywhere) {
            let message =
                format!("{} selects no Service of the repository", title("ServiceMonitor", &monitor.name));
            out.finding(monitor.at.file, monitor.at.span, message);
        }
    }
}

/// `default-deny-missing`: a namespace with workloads has no policy that denies everything to begin with.
pub(crate) fn default_deny_missing(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    if project.cut {
        return;
    }
    let denying: Vec<&Policy<'_>> = project.policies.iter().filter(|p| p.denies).collect();
    let externals = Externals::of(params);
    let mut seen: HashSet<&str> = HashSet::new();
    for workload in &project.workloads {
        let Some(namespace) = workload.namespace.text() else { continue };
        if !seen.insert(namespace) {
            continue;
        }
        let is_there = denying.iter().any(|policy| policy.namespace.may_equal(&workload.namespace));
        if !is_there && !externals.has_policy(&workload.namespace) {
            let workload_name = title(&workload.kind, &workload.name);
            let message = format!(
                "namespace {namespace} of {workload_name} has no NetworkPolicy that denies by default"
            );
            out.finding(workload.at.file, workload.at.span, message);
        }
    }
}
