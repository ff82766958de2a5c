//! The pods that an object is or makes, and their containers.

use super::answer::{Answer, ask, known_text, text_at, truth};
use super::part::{Part, mappings};
use stockade_sdk::{Edit, Kind, Node, Place};

/// How long the containers of a pod are meant to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Until it is replaced: a server.
    Long,
    /// Until it is done: a job, or a pod that is not restarted.
    Once,
    /// The object is no workload that we know.
    Unknown,
}

/// A pod or the template of pods.
#[derive(Debug)]
pub struct Pod<'a> {
    /// The metadata of the pods: those of the template, not of the workload.
    pub metadata: Option<Node<'a>>,
    /// The pod spec.
    pub spec: Part<'a>,
    /// All containers in the order containers, init containers, ephemeral containers.
    pub containers: Vec<Container<'a>>,
    /// Whether the pod runs on Windows nodes.
    pub windows: bool,
    /// Meant to live how long.
    pub life: Life,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of `containers`.
    Main,
    /// One of `initContainers` that has to end.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`, which runs beside the main ones.
    Sidecar,
    /// One of `ephemeralContainers`.
    Ephemeral,
}

/// A container.
#[derive(Debug)]
pub struct Container<'a> {
    /// Its mapping.
    pub part: Part<'a>,
    /// What it is called where it has no name of its own; empty where nobody knows.
    pub called: &'a str,
    /// What it is for.
    pub role: Role,
    /// Whether OpenShift writes the name of its image at each deployment, from an image stream.
    pub image_from_stream: bool,
}

/// Longest expression of a template that stands for a name in messages, in bytes.
const MAX_EXPRESSION: usize = 60;

impl<'a> Container<'a> {
    /// Its name, or the expression that makes it, else what it is: for messages.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let written = self
            .part
            .mapping()
            .and_then(|map| map.get("name"))
            .filter(|name| name.is_scalar() && !name.is_null());
        let text = written.map_or(self.called, Node::text).trim();
        let shown = !text.is_empty() && text.len() <= MAX_EXPRESSION && !text.contains('\n');
        if shown { text } else { "without a known name" }
    }

    /// Whether it certainly runs privileged. The kernel then confines it by no list of capabilities, profile or flag.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.ask("securityContext.privileged").node().and_then(truth) == Some(true)
    }

    /// Where to show that the container as a whole lacks something: its name, else its image.
    #[must_use]
    pub fn place(&self) -> Place {
        let node = self.part.node;
        let shown = node.get("name").or_else(|| node.get("image")).filter(|n| n.is_scalar());
        shown.unwrap_or(node).place()
    }

    /// Where to show that nothing is set at `path`: the innermost mapping on the path that is there, else the
    /// container.
    #[must_use]
    pub fn place_of_missing(&self, path: &str) -> Place {
        let mut at = self.part.node;
        let mut place = None;
        for key in stockade_sdk::keys(path) {
            match at.get(key) {
                Some(next) => (at, place) = (next, Some(next.key_place())),
                None => break,
            }
        }
        place.unwrap_or_else(|| self.place())
    }

    /// What it says at a path.
    #[must_use]
    pub fn ask(&self, path: &str) -> Answer<'a> {
        self.part.ask(path)
    }

    /// The entries of one of its lists that are there to be seen.
    pub fn list(&self, path: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.part.list(path)
    }

    /// The edits that set a value in it, if it can be set in this file.
    #[must_use]
    pub fn set(&self, path: &[&str], value: &str) -> Option<Vec<Edit>> {
        self.part.set(path, value)
    }
}

impl<'a> Pod<'a> {
    /// What applies to a container for a setting that pod and container share: the container's own, else the pod's.
    #[must_use]
    pub fn effective(&self, container: &Container<'a>, setting: &str) -> Answer<'a> {
        container.part.ask_context(setting).or_else(|| self.spec.ask_context(setting))
    }

    /// What its spec says at a path.
    #[must_use]
    pub fn ask(&self, path: &str) -> Answer<'a> {
        self.spec.ask(path)
    }

    /// The entries of one of its lists that are there to be seen.
    pub fn list(&self, path: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.spec.list(path)
    }

    /// The volumes that are there to be seen.
    pub fn volumes(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        // What charts call those that are added to their own.
        self.list("volumes").chain(self.list("extraVolumes"))
    }

    /// What an annotation of the pods says.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Answer<'a> {
        match self.metadata {
            Some(metadata) => ask(metadata, "annotations").then_key(name),
            None => self.without_metadata(),
        }
    }

    /// What is known of metadata that the file does not have.
    fn without_metadata(&self) -> Answer<'a> {
        let base = super::answer::is_patch(self.spec.node) || !self.spec.is_whole();
        if base { Answer::Unknown } else { Answer::Missing }
    }

    /// The labels of the pods.
    #[must_use]
    pub fn labels(&self) -> Answer<'a> {
        match self.metadata {
            Some(metadata) => ask(metadata, "labels"),
            None => self.without_metadata(),
        }
    }
}

/// The entries of a list that are there to be seen; none where there is no list.
pub fn list<'a>(map: Node<'a>, path: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = ask(map, path).node().filter(|n| n.resolve().kind() == Kind::Sequence);
    list.into_iter().flat_map(Node::children)
}

/// Where the pod template of an object of this kind lies, and how long its pods live. `None`: the object is the
/// template itself, or is none.
fn template_path(api: &str, kind: &str) -> Option<(&'static str, Life)> {
    let group = api.split_once('/').map_or("", |(group, _)| group);
    Some(match (group, kind) {
        ("batch", "Job") => ("spec.template", Life::Once),
        ("batch", "CronJob") => ("spec.jobTemplate.spec.template", Life::Once),
        ("", "PodTemplate") => ("template", Life::Unknown),
        ("keda.sh", "ScaledJob") => ("spec.jobTargetRef.template", Life::Once),
        (
            "apps"
            | "extensions"
            | "apps.openshift.io"
            | "argoproj.io"
            | "apps.kruise.io"
            | "serving.knative.dev"
            | "",
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "DeploymentConfig"
            | "Rollout"
            | "CloneSet"
            | "Service"
            | "Configuration",
        ) => ("spec.template", Life::Long),
        _ => ("spec.template", Life::Unknown),
    })
}

/// The pod of an object, or `None` where it makes none. Kinds that are not known count where they carry
/// `spec.template.spec.containers`.
pub(super) fn pod_of<'a>(node: Node<'a>, api: &str, kind: &str) -> Option<Pod<'a>> {
    let (template, life) = if kind == "Pod" || (kind == "Revision" && api.starts_with("serving.knative.dev/"))
    {
        (node, Life::Long)
    } else {
        let (path, life) = template_path(api, kind)?;
        (node.find(path)?, life)
    };
    let spec = template.get("spec")?;
    let containers = containers(spec, &ImageStreams::of(node, kind));
    if containers.is_empty() && !(kind == "Pod" || matches!(life, Life::Long | Life::Once)) {
        return None;
    }
    let restarts = ask(spec, "restartPolicy").node().and_then(known_text);
    let life = if matches!(restarts, Some("Never" | "OnFailure")) { Life::Once } else { life };
    let windows = is_windows(spec);
    Some(Pod { metadata: template.get("metadata"), spec: Part::whole(spec), containers, windows, life })
}

/// The containers of a workload whose images OpenShift takes from image streams: what the manifest says of them is
/// replaced, and is often a blank.
struct ImageStreams<'a> {
    /// Of a DeploymentConfig's triggers.
    names: Vec<&'a str>,
    /// Whether an annotation or a trigger that nobody can read may name any of them.
    any: bool,
}

impl<'a> ImageStreams<'a> {
    fn of(node: Node<'a>, kind: &str) -> Self {
        let annotation = ask(node, "metadata.annotations").then_key("image.openshift.io/triggers");
        let mut this = Self { names: Vec::new(), any: annotation.node().is_some() };
        if kind == "DeploymentConfig" {
            for trigger in list(node, "spec.triggers") {
                for name in list(trigger, "imageChangeParams.containerNames") {
                    match known_text(name) {
                        Some(name) => this.names.push(name),
                        None => this.any = true,
                    }
                }
            }
        }
        this
    }

    fn has(&self, container: Node<'_>) -> bool {
        self.any || text_at(container, "name").is_some_and(|name| self.names.contains(&name))
    }
}

/// The lists of containers of a pod spec.
pub(super) const CONTAINERS: [(&str, Role); 3] =
    [("containers", Role::Main), ("initContainers", Role::Init), ("ephemeralContainers", Role::Ephemeral)];

fn containers<'a>(spec: Node<'a>, streams: &ImageStreams<'a>) -> Vec<Container<'a>> {
    let mut all = Vec::new();
    for (key, role) in CONTAINERS {
        for node in mappings(spec, key) {
            let sidecar = role == Role::Init && text_at(node, "restartPolicy") == Some("Always");
            let role = if sidecar { Role::Sidecar } else { role };
            let image_from_stream = streams.has(node);
            all.push(Container { part: Part::whole(node), called: "", role, image_from_stream });
        }
    }
    all
}

fn is_windows(spec: Node<'_>) -> bool {
    let windows = |name: &str| name.eq_ignore_ascii_case("windows");
    let selector = ask(spec, "nodeSelector");
    let os = |key| selector.then_key(key).node().and_then(known_text).is_some_and(windows);
    text_at(spec, "os.name").is_some_and(windows)
        || os("kubernetes.io/os")
        || os("beta.kubernetes.io/os")
        || ask(spec, "securityContext.windowsOptions.hostProcess").node().and_then(truth) == Some(true)
}
