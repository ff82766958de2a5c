//! What the checks look at: the objects of a file, their pods and containers.

mod answer;
mod branch;
mod command;
mod inner;
mod labels;
mod object;
mod operations;
mod part;
mod pod;
mod symbol;
mod values;

pub use answer::{Answer, ask, ask_key, is_complete, is_patch, known_text, text_at, truth};
pub use branch::leads_elsewhere;
pub use command::{CommandLine, Component, Flag, Form};
pub use labels::{Labels, Selector, escape_into, labels_at, unescape};
pub use object::Object;
pub use part::Part;
pub use pod::{Container, Life, Pod, Role, list};
pub use symbol::{is_symbol, symbol};
pub use values::{ValueImage, inflated_images, value_images};

use std::cell::OnceCell;
use stockade_sdk::{Node, Source};

/// A container that runs one of Kubernetes' own programs.
#[derive(Debug)]
pub struct Started<'a> {
    /// The container's name, for messages.
    pub name: &'a str,
    /// Its image, where all of that is known.
    pub image: Option<&'a str>,
    /// What it gives to the program.
    pub line: CommandLine<'a>,
}

/// The objects of one file.
#[derive(Debug)]
pub struct Manifests<'a> {
    /// The file.
    pub source: &'a Source,
    /// Its objects in source order.
    pub objects: Vec<Object<'a>>,
    /// What its operations do to objects that are somewhere else.
    patched: Vec<Object<'a>>,
    /// What runs each component: dozens of rules ask for it, and a command line is long.
    started: [OnceCell<Vec<Started<'a>>>; Component::ALL.len()],
}

impl<'a> Manifests<'a> {
    /// Finds the objects of a file.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        let root = source.root();
        let objects = object::objects(root);
        let patched = match source.kind() {
            "kustomize-patch" => operations::patched(root),
            _ => operations::patched_by(&objects),
        };
        Self { source, objects, patched, started: Default::default() }
    }

    /// The containers that run a component, as far as the file shows the whole of them.
    pub fn started(&self, component: Component) -> &[Started<'a>] {
        let read = || {
            let whole = self.containers().filter(|(_, container)| container.part.is_whole());
            let started = whole.filter_map(|(_, container)| {
                let line = CommandLine::of(container, component)?;
                let image = container.ask("image").node().and_then(known_text);
                Some(Started { name: container.name(), image, line })
            });
            started.collect()
        };
        let at = Component::ALL.iter().position(|one| *one == component);
        at.and_then(|at| self.started.get(at)).map_or(&[], |cell| cell.get_or_init(read).as_slice())
    }

    /// The parameters of the file's Templates of OpenShift.
    pub fn parameters(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.source
            .root()
            .children()
            .filter(|node| object::is_template(*node))
            .flat_map(|node| list(node, "parameters"))
    }

    /// The workloads with the pod that each is or makes.
    pub fn workloads(&self) -> impl Iterator<Item = (&Object<'a>, &Pod<'a>)> {
        self.objects.iter().filter_map(|object| object.pod.as_ref().map(|pod| (object, pod)))
    }

    /// All pods with the object that each belongs to: those of workloads, and those that custom resources and patches tell
    /// something about.
    pub fn pods(&self) -> impl Iterator<Item = (&Object<'a>, &Pod<'a>)> {
        let all = self.objects.iter().chain(&self.patched);
        all.flat_map(|object| object.pod.iter().chain(&object.inner).map(move |pod| (object, pod)))
    }

    /// All containers with their pod.
    pub fn containers(&self) -> impl Iterator<Item = (&Pod<'a>, &Container<'a>)> {
        self.pods().flat_map(|(_, pod)| pod.containers.iter().map(move |container| (pod, container)))
    }
}
