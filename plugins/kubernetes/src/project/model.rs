//! The facts of all files, read back and ready to be asked.

use super::gateways::{Listener, Route};
use super::images::{Fixed, Loose};
use super::record::{Fields, Known};
use super::required::{Lack, Supply};
use crate::view::{Labels, Selector};
use std::collections::HashMap;
use stockade_sdk::{Edit, FileFacts, Span};

/// Where something is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) file: usize,
    pub(crate) path: &'a str,
    pub(crate) span: Option<Span>,
    /// Whether its chart leaves it out by default.
    pub(crate) off: bool,
}

impl<'a> At<'a> {
    /// The chart that the file is a template of.
    fn chart(self) -> Option<&'a str> {
        self.path.rfind("templates/").and_then(|at| self.path.get(..at))
    }

    /// Whether both stand in the same chart, where an expression has one value.
    pub(crate) fn is_together(self, other: Self) -> bool {
        self.chart().is_some() && self.chart() == other.chart()
    }

    /// Whether both are there at once: what is off by default need not go with what is on, nor with what else is off.
    pub(crate) fn is_with(self, other: Self) -> bool {
        !self.off && !other.off
    }

    /// Whether what nobody can know of `self` may concern `subject`: the unknown parts of a chart concern only the
    /// chart itself.
    pub(crate) fn may_concern(self, subject: Self) -> bool {
        self.chart().is_none() || self.chart() == subject.chart()
    }
}

pub(crate) struct Workload<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) kind: String,
    pub(crate) labels: Labels,
    pub(crate) host_network: bool,
    pub(crate) replicas: Known,
    pub(crate) replicas_span: Option<Span>,
    pub(crate) without_replicas: Option<Edit>,
    pub(crate) account: Known,
    pub(crate) account_span: Option<Span>,
    pub(crate) automount: Known,
    pub(crate) automount_span: Option<Span>,
    pub(crate) automount_fix: Option<Edit>,
    /// Whether it has a pod template, or is a pod.
    pub(crate) has_pod: bool,
}

pub(crate) struct Service<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) external: bool,
    pub(crate) selector: Selector,
    pub(crate) labels: Labels,
    pub(crate) cluster_ip: Known,
    pub(crate) ports_known: bool,
    pub(crate) ports: Vec<(Known, Known)>,
}

pub(crate) struct Backend<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) port: Known,
    pub(crate) port_span: Option<Span>,
    pub(crate) ingress: String,
}

pub(crate) struct Policy<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) selector: Selector,
    pub(crate) ingress: bool,
    pub(crate) egress: bool,
    pub(crate) denies: bool,
    pub(crate) kubernetes: bool,
    pub(crate) types_span: Option<Span>,
    pub(crate) selector_span: Option<Span>,
}

/// A selector of pods on its own: a policy's peer, or a monitor of Services.
pub(crate) struct Selecting<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) selector: Selector,
    pub(crate) everywhere: bool,
}

pub(crate) struct Scaler<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) target_kind: Known,
    pub(crate) target: Known,
    pub(crate) least: Known,
    pub(crate) kind: String,
}

pub(crate) struct Budget<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) selector: Selector,
    pub(crate) least: Known,
    pub(crate) least_span: Option<Span>,
    pub(crate) most: Known,
    pub(crate) most_span: Option<Span>,
}

/// Something with a name, a namespace, and little else.
pub(crate) struct Named<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    /// Kind, or for accounts what they say about their token, for bindings the kind of the role, for StatefulSets the name
    /// of their Service.
    pub(crate) word: Known,
    /// For bindings the role, for roles the verb.
    pub(crate) other: Known,
}

pub(crate) struct Provider<'a> {
    pub(crate) at: At<'a>,
    pub(crate) namespace: Known,
    pub(crate) keys: Option<Vec<String>>,
}

pub(crate) struct Reference<'a> {
    pub(crate) at: At<'a>,
    pub(crate) name: Known,
    pub(crate) namespace: Known,
    pub(crate) kind: String,
    pub(crate) key: Known,
    pub(crate) key_span: Option<Span>,
    pub(crate) container: String,
}

/// The objects of a repository.
#[derive(Default)]
pub struct Project<'a> {
    pub(crate) workloads: Vec<Workload<'a>>,
    pub(crate) services: Vec<Service<'a>>,
    pub(crate) backends: Vec<Backend<'a>>,
    pub(crate) policies: Vec<Policy<'a>>,
    pub(crate) peers: Vec<Selecting<'a>>,
    pub(crate) monitors: Vec<Selecting<'a>>,
    pub(crate) scalers: Vec<Scaler<'a>>,
    pub(crate) budgets: Vec<Budget<'a>>,
    pub(crate) accounts: Vec<Named<'a>>,
    pub(crate) scalables: Vec<Named<'a>>,
    pub(crate) placed: Vec<Named<'a>>,
    pub(crate) status_roles: Vec<Named<'a>>,
    pub(crate) bindings: Vec<Named<'a>>,
    pub(crate) stateful_sets: Vec<Named<'a>>,
    pub(crate) lacks: Vec<Lack<'a>>,
    pub(crate) supplies: Vec<Supply>,
    pub(crate) loose_images: Vec<Loose<'a>>,
    /// Images to which a kustomization gives a tag that a rule refuses.
    pub(crate) loosened_images: Vec<Loose<'a>>,
    pub(crate) fixed_images: Vec<Fixed>,
    pub(crate) listeners: Vec<Listener<'a>>,
    pub(crate) routes: Vec<Route<'a>>,
    /// By kind and name.
    pub(crate) providers: HashMap<(String, String), Vec<Provider<'a>>>,
    /// By kind and symbol of the name; they are among the nameless ones, too.
    pub(crate) open_providers: HashMap<(String, String), Vec<Provider<'a>>>,
    /// Kind and place of providers whose name nobody knows.
    pub(crate) nameless_providers: Vec<(String, At<'a>)>,
    pub(crate) references: Vec<Reference<'a>>,
    /// Folders of kustomizations, with a slash at the end; empty for the root.
    pub(crate) kustomized: Vec<&'a str>,
    /// Whether some object hands folders of the repository over to Argo CD or Flux.
    pub(crate) delivered: bool,
    /// Whether a file had more objects than were recorded, so that nothing can be said to be missing.
    pub(crate) cut: bool,
    by_label: HashMap<(String, String), Vec<usize>>,
    by_unknown_label: Vec<usize>,
}

impl std::fmt::Debug for Project<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").field("workloads", &self.workloads.len()).finish_non_exhaustive()
    }
}

impl<'a> Project<'a> {
    /// Reads the facts of all files.
    pub(crate) fn new(files: &'a [FileFacts]) -> Self {
        let mut this = Self::default();
        for (file, facts) in files.iter().enumerate() {
            let off = facts.is_off_by_default();
            for fact in &facts.facts {
                let at = At { file, path: &facts.path, span: fact.span, off };
                this.read(at, &facts.kind, &fact.key, Fields::new(&fact.value));
            }
        }
        for (index, workload) in this.workloads.iter().enumerate() {
            if !workload.labels.is_known() {
                this.by_unknown_label.push(index);
            }
            for pair in &workload.labels.pairs {
                this.by_label.entry(pair.clone()).or_default().push(index);
            }
        }
        this
    }

    fn read(&mut self, at: At<'a>, file_kind: &str, key: &str, mut f: Fields<'_>) {
        match key {
            "cut" => self.cut = true,
            "delivery" if file_kind == "kustomization" => {
                self.kustomized
                    .push(at.path.rfind('/').map_or("", |i| at.path.get(..=i).unwrap_or_default()));
            }
            "delivery" => self.delivered = true,
            "lack" => self.lacks.push(Lack::read(at, f)),
            "supply" => self.supplies.push(Supply::read(f)),
            "image" => self.loose_images.push(Loose::read(at, f)),
            "image-loosened" => self.loosened_images.push(Loose::read(at, f)),
            "image-fixed" => self.fixed_images.push(Fixed::read(f)),
            "listener" => self.listeners.push(Listener::read(at, f)),
            "route" => self.routes.push(Route::read(at, f)),
            "provider" => self.provider(at, f),
            "reference" => {
                let (name, namespace, kind) = (f.known(), f.known(), f.text());
                let (key, key_span, container) = (f.known(), f.span(), f.text());
                self.references.push(Reference { at, name, namespace, kind, key, key_span, container });
            }
            "backend" => {
                let (name, namespace, port) = (f.known(), f.known(), f.known());
                let (port_span, ingress) = (f.span(), f.text());
                self.backends.push(Backend { at, name, namespace, port, port_span, ingress });
            }
            _ => {
                let (name, namespace) = (f.known(), f.known());
                self.read_named(at, key, name, namespace, f);
            }
        }
    }

    fn read_named(&mut self, at: At<'a>, key: &str, name: Known, namespace: Known, mut f: Fields<'_>) {
        match key {
            "workload" => self.workloads.push(Workload {
                at,
                name,
                namespace,
                kind: f.text(),
                labels: Labels::from_text(f.word()),
                host_network: f.flag(),
                replicas: f.known(),
                replicas_span: f.span(),
                without_replicas: f.edit(),
                account: f.known(),
                account_span: f.span(),
                automount: f.known(),
                automount_span: f.span(),
                automount_fix: f.edit(),
                has_pod: f.flag(),
            }),
            "service" => {
                let (external, selector) = (f.flag(), Selector::from_text(f.word()));
                let (labels, cluster_ip, ports_known) = (Labels::from_text(f.word()), f.known(), f.flag());
                let words: Vec<&str> = f.rest().collect();
                let ports = words.chunks(2).map(|pair| {
                    let line = pair.join(" ");
                    let mut f = Fields::new(&line);
                    (f.known(), f.known())
                });
                let ports = ports.collect();
                self.services.push(Service {
                    at,
                    name,
                    namespace,
                    external,
                    selector,
                    labels,
                    cluster_ip,
                    ports_known,
                    ports,
                });
            }
            "policy" => self.policies.push(Policy {
                at,
                name,
                namespace,
                selector: Selector::from_text(f.word()),
                ingress: f.flag(),
                egress: f.flag(),
                denies: f.flag(),
                kubernetes: f.flag(),
                types_span: f.span(),
                selector_span: f.span(),
            }),
            "peer" | "monitor" => {
                let (selector, everywhere) = (Selector::from_text(f.word()), f.flag());
                let one = Selecting { at, name, namespace, selector, everywhere };
                if key == "peer" { self.peers.push(one) } else { self.monitors.push(one) }
            }
            "scaler" => {
                let (target_kind, target, least, kind) = (f.known(), f.known(), f.known(), f.text());
                self.scalers.push(Scaler { at, name, namespace, target_kind, target, least, kind });
            }
            "budget" => self.budgets.push(Budget {
                at,
                name,
                namespace,
                selector: Selector::from_text(f.word()),
                least: f.known(),
                least_span: f.span(),
                most: f.known(),
                most_span: f.span(),
            }),
            _ => {
                let one = Named { at, name, namespace, word: f.known(), other: f.known() };
                match key {
                    "account" => self.accounts.push(one),
                    "scalable" => self.scalables.push(one),
                    "placed" => self.placed.push(one),
                    "status-role" => self.status_roles.push(one),
                    "binding" => self.bindings.push(one),
                    "stateful" => self.stateful_sets.push(one),
                    _ => {}
                }
            }
        }
    }

    fn provider(&mut self, at: At<'a>, mut f: Fields<'_>) {
        let (name, namespace, kind, keys_known) = (f.known(), f.known(), f.text(), f.flag());
        let keys = keys_known.then(|| {
            let words: Vec<&str> = f.rest().collect();
            words.iter().map(|word| Fields::new(word).text()).collect()
        });
        match name {
            Known::Is(name) => {
                self.providers.entry((kind, name)).or_default().push(Provider { at, namespace, keys });
            }
            Known::Open(name) => {
                self.open_providers.entry((kind.clone(), name)).or_default().push(Provider {
                    at,
                    namespace,
                    keys,
                });
                self.nameless_providers.push((kind, at));
            }
            Known::Missing | Known::Unknown => self.nameless_providers.push((kind, at)),
        }
    }

    /// The workloads that a selector of `namespace`, standing at `at`, may select, each with whether that is certain.
    pub(crate) fn selected<'s>(
        &'s self,
        selector: &'s Selector,
        namespace: &'s Known,
        at: At<'a>,
    ) -> impl Iterator<Item = (usize, bool)> + 's {
        let candidates: Box<dyn Iterator<Item = usize>> = match selector.one_label() {
            Some(label) => {
                let found = self.by_label.get(&label).map(Vec::as_slice).unwrap_or_default();
                // A workload with labels in both lists would come twice.
                let sure = found.iter().copied().filter(|i| self.labels_known(*i));
                Box::new(sure.chain(self.by_unknown_label.iter().copied()))
            }
            None => Box::new(0..self.workloads.len()),
        };
        candidates.filter_map(move |index| {
            let workload = self.workloads.get(index)?;
            if !workload.namespace.may_equal(namespace) {
                return None;
            }
            match selector.matches(&workload.labels, at.is_together(workload.at)) {
                Some(true) => Some((index, at.is_with(workload.at))),
                Some(false) => None,
                // One of both is unknown; what a chart leaves open concerns the chart alone.
                None => {
                    let selector = selector.is_known() || at.may_concern(workload.at);
                    let labels = workload.labels.is_known() || workload.at.may_concern(at);
                    (selector && labels).then_some((index, false))
                }
            }
        })
    }

    fn labels_known(&self, index: usize) -> bool {
        self.workloads.get(index).is_some_and(|w| w.labels.is_known())
    }
}
