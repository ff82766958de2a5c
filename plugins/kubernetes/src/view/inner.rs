//! Containers inside of custom resources: what workflows, pipelines, operators and charts make pods of.
//!
//! No list of kinds could be complete, and their fields have the names that pods give them. So they are known by these:
//! a mapping with an image and a command is a container, one with `hostNetwork` a pod spec. Whoever makes the pods adds
//! the rest, so that nothing is missing here.

use super::answer::{known_text, truth};
use super::part::Part;
use super::pod::{Container, Life, Pod, Role};
use stockade_sdk::{Kind, Node};

/// Levels that are gone down. A step of a pipeline inside the template of a trigger lies in the fifteenth.
const MAX_DEPTH: u8 = 24;

/// Most nodes that are looked at in one object.
const MAX_NODES: usize = 100_000;

/// What is no part of what is going to run.
const LEFT_OUT: [&str; 11] = [
    "containerSecurityContext",
    "metadata",
    "status",
    "openAPIV3Schema",
    "affinity",
    "securityContext",
    "env",
    "data",
    "stringData",
    // Where a build puts its image.
    "output",
    // Operations, which are read as such.
    "patchesJson6902",
];

/// Lists of containers.
const LISTS: [&str; 5] = ["containers", "initContainers", "ephemeralContainers", "sidecars", "steps"];

/// Keys that say nothing about whose container it is.
const GENERIC: [&str; 13] = [
    "spec",
    "template",
    "podTemplate",
    "container",
    "mainContainer",
    "script",
    "values",
    "valuesObject",
    "stepTemplate",
    "strategy",
    "dockerStrategy",
    "sourceStrategy",
    "customStrategy",
];

/// Fields of a securityContext that only a container has.
const OF_CONTAINERS: [&str; 5] =
    ["privileged", "capabilities", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "procMount"];

/// Kinds of the Prometheus operator that make no pods: some are long, and every cluster has many.
const WITHOUT_PODS: [&str; 6] =
    ["PrometheusRule", "ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig", "AlertmanagerConfig"];

/// The pods that a custom resource makes and that are not where workloads have their template.
pub(super) fn pods<'a>(object: Node<'a>, api: &str, kind: &str) -> Vec<Pod<'a>> {
    let group = api.split_once('/').map_or("", |(group, _)| group);
    // Kubernetes' own kinds have pods nowhere else, and policies describe what others may not do.
    let policy = ["kyverno", "gatekeeper", "kubewarden", "policy"].iter().any(|word| group.contains(word));
    let describes = kind.ends_with("Policy") || kind == "CustomResourceDefinition";
    let watches = group == "monitoring.coreos.com" && WITHOUT_PODS.contains(&kind);
    if !group.contains('.') || policy || describes || watches {
        return Vec::new();
    }
    let mut walk = Walk { pods: Vec::new(), left: MAX_NODES };
    let name = object.find("metadata.name").and_then(known_text).unwrap_or_default();
    walk.children(object, Within { called: name, values: false }, MAX_DEPTH);
    walk.pods
}

struct Walk<'a> {
    pods: Vec<Pod<'a>>,
    left: usize,
}

/// What is known of the surroundings of a mapping.
#[derive(Clone, Copy)]
struct Within<'a> {
    /// What to call a container that has no name.
    called: &'a str,
    /// Whether these are values for a chart, which are read as a file of their own as well.
    values: bool,
}

impl<'a> Walk<'a> {
    fn children(&mut self, node: Node<'a>, within: Within<'a>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        // Containers in a list of their pod have been told with it.
        let of_pod = LISTS.contains(&node.name());
        for child in node.children().filter(|child| !(of_pod && is_listed(*child))) {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return;
            }
            match child.kind() {
                Kind::Mapping if !LEFT_OUT.contains(&child.name()) => self.mapping(child, within, depth),
                Kind::Sequence if !LEFT_OUT.contains(&child.name()) => self.children(child, within, depth),
                _ => {}
            }
        }
    }

    fn mapping(&mut self, map: Node<'a>, within: Within<'a>, depth: u8) {
        let seen = Seen::of(map);
        let key = Some(map.name()).filter(|key| !key.is_empty() && !GENERIC.contains(key));
        let called = seen.name.or(key).unwrap_or(within.called);
        let values = within.values || matches!(map.name(), "values" | "valuesObject");
        let within = Within { called, values };
        if seen.is_container() && !seen.is_pod() && !values {
            let whole = container(Part::open(map), called, Role::Main);
            self.pods.push(pod(Part::at(map, "-"), vec![whole]));
        } else {
            self.pieces(map, &seen, within);
        }
        self.children(map, within, depth);
    }

    /// A mapping that is more than a container, or only a part of one: a pod spec, values for a chart.
    fn pieces(&mut self, map: Node<'a>, seen: &Seen<'a>, within: Within<'a>) {
        let Within { called, values } = within;
        let mut containers: Vec<Container<'a>> = Vec::new();
        for list in &seen.lists {
            let role = if list.name() == "initContainers" { Role::Init } else { Role::Main };
            for entry in list.children().filter(|entry| is_listed(*entry)) {
                containers.push(container(Part::open(entry), called, role));
            }
        }
        let is_pod = seen.is_pod() || (seen.context.is_some() && !seen.confines);
        let image = seen
            .image
            .filter(|image| seen.is_container() || (!values && is_latest(*image)))
            .map(|node| (node, "image"));
        let env = seen.env.filter(|_| !values).map(|node| (node, "env"));
        let context = seen.context.filter(|_| seen.confines).map(|node| (node, "securityContext"));
        for (node, key) in [image, env, context].into_iter().flatten() {
            containers.push(container(Part::at(node, key), called, Role::Main));
        }
        if is_pod {
            self.pods.push(pod(Part::open(map), containers));
        } else if !containers.is_empty() {
            self.pods.push(pod(Part::at(map, "-"), containers));
        }
    }
}

/// A pod of which the file says but a part.
pub(super) fn pod<'a>(spec: Part<'a>, containers: Vec<Container<'a>>) -> Pod<'a> {
    Pod { metadata: None, spec, containers, windows: false, life: Life::Unknown }
}

/// A container of which the file says but a part.
pub(super) fn container<'a>(part: Part<'a>, called: &'a str, role: Role) -> Container<'a> {
    Container { part, called, role, image_from_stream: false }
}

/// What the keys of a mapping say about what it is.
#[derive(Default)]
struct Seen<'a> {
    name: Option<&'a str>,
    image: Option<Node<'a>>,
    env: Option<Node<'a>>,
    context: Option<Node<'a>>,
    /// Whether its securityContext is one of a container.
    confines: bool,
    /// Whether it has fields that containers have and hardly anything else.
    runs: bool,
    /// Whether it has fields that only pods have, and that say what they take from their node.
    takes: bool,
    /// Whether it has fields that say where pods run and as whom, which some operators have beside those of a container.
    placed: bool,
    /// Its lists of containers.
    lists: Vec<Node<'a>>,
}

impl<'a> Seen<'a> {
    fn of(map: Node<'a>) -> Self {
        let mut seen = Self::default();
        for child in map.children() {
            let (scalar, list) = (child.is_scalar() && !child.is_null(), child.kind() == Kind::Sequence);
            match child.name() {
                "name" => seen.name = known_text(child),
                "image" if scalar => seen.image = Some(child),
                "env" if list && child.children().any(is_variable) => seen.env = Some(child),
                "securityContext" if child.kind() == Kind::Mapping => {
                    seen.context = Some(child);
                    seen.confines = child.children().any(|field| OF_CONTAINERS.contains(&field.name()));
                    seen.runs = true;
                }
                // What charts call that of their container.
                "containerSecurityContext" if child.kind() == Kind::Mapping && !is_off(child) => {
                    (seen.context, seen.confines) = (Some(child), true);
                }
                "command" | "args" | "envFrom" | "volumeMounts" | "imagePullPolicy" => seen.runs = true,
                "script" | "source" if scalar => seen.runs = true,
                "resources" | "ports" if is_of_container(child) => seen.runs = true,
                "volumes" | "extraVolumes" if list && child.children().any(|v| v.get("name").is_some()) => {
                    seen.takes = true;
                }
                "hostNetwork" | "hostPID" | "hostIPC" if scalar => seen.takes = true,
                "serviceAccountName" | "nodeSelector" | "tolerations" => seen.placed = true,
                name if list && LISTS.contains(&name) => seen.lists.push(child),
                _ => {}
            }
        }
        seen
    }

    /// Whether it is a pod spec, or has the fields of one.
    fn is_pod(&self) -> bool {
        let listed = self.lists.iter().any(|list| list.children().any(is_listed));
        listed || self.takes || (self.placed && !self.confines)
    }

    /// Whether it is a container, wherever it stands: an image alone may be that of a virtual machine.
    fn is_container(&self) -> bool {
        self.image.is_some() && (self.runs || self.env.is_some())
    }
}

/// Whether an entry of a list of containers is one.
fn is_listed(entry: Node<'_>) -> bool {
    let seen = Seen::of(entry);
    seen.image.is_some() || (seen.name.is_some() && (seen.runs || seen.env.is_some()))
}

/// Whether `resources` or `ports` are those of a container, and not those of a machine: `cpu: 2`, a list of networks.
fn is_of_container(node: Node<'_>) -> bool {
    let target = node.resolve();
    match target.kind() {
        Kind::Mapping => {
            let mut fields = target.children().peekable();
            fields.peek().is_none() || fields.any(|field| matches!(field.name(), "requests" | "limits"))
        }
        Kind::Sequence => target.children().any(|port| port.get("containerPort").is_some()),
        _ => node.is_unknown(),
    }
}

/// Whether an image is one of a registry that is named by the tag `latest`, which those of machines are not:
/// `Publisher:Offer:Sku:latest` has more parts.
fn is_latest(image: Node<'_>) -> bool {
    let text = image.text();
    let name = text.rsplit('/').next().and_then(|last| last.strip_suffix(":latest"));
    name.is_some_and(|name| !name.is_empty() && !name.contains(':')) && !text.contains("://")
}

/// Whether a chart has a switch for a mapping, and it is off.
fn is_off(map: Node<'_>) -> bool {
    map.get("enabled").and_then(truth) == Some(false)
}

fn is_variable(entry: Node<'_>) -> bool {
    entry.get("name").is_some() && (entry.get("value").is_some() || entry.get("valueFrom").is_some())
}
