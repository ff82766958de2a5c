//! StatefulSets and the Services that give names to their pods.

use super::externals::Externals;
use super::model::{Named, Project, Service};
use super::record::Known;
use super::title;
use std::collections::HashMap;
use stockade_sdk::{Params, ProjectOut};

/// Whether a Service certainly has an address of its own, so that its name leads there and not to the pods.
fn has_address(service: &Service<'_>) -> bool {
    match &service.cluster_ip {
        Known::Missing => true,
        Known::Open(_) | Known::Unknown => false,
        Known::Is(address) => address != "None",
    }
}

/// `stateful-service`: a StatefulSet names no Service, or one that is not there or has an address of its own.
pub(crate) fn stateful_service(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    let mut by_name: HashMap<&str, Vec<&Service<'_>>> = HashMap::new();
    let mut nameless: Vec<&Service<'_>> = Vec::new();
    for service in &project.services {
        match service.name.text() {
            Some(name) => by_name.entry(name).or_default().push(service),
            None => nameless.push(service),
        }
    }
    for set in &project.stateful_sets {
        let who = title("StatefulSet", &set.name);
        let name = match &set.word {
            Known::Open(_) | Known::Unknown => continue,
            Known::Is(name) if !name.is_empty() => name.as_str(),
            Known::Is(_) | Known::Missing => {
                out.finding(set.at.file, set.at.span, format!("{who} names no Service for its pods"));
                continue;
            }
        };
        if project.cut || externals.has("Service", name, &set.namespace) || may_be_meant(&nameless, set) {
            continue;
        }
        let named = by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut services = named.iter().filter(|s| s.namespace.may_equal(&set.namespace)).peekable();
        let message = if services.peek().is_none() {
            format!("{who} names the Service {name}, which is not in the repository")
        } else if services.all(|service| has_address(service)) {
            format!("{who} names the Service {name}, which is not headless")
        } else {
            continue;
        };
        out.finding(set.at.file, set.at.span, message);
    }
}

/// Whether a Service without a known name may be the one.
fn may_be_meant(nameless: &[&Service<'_>], set: &Named<'_>) -> bool {
    nameless.iter().any(|service| service.at.may_concern(set.at))
}
