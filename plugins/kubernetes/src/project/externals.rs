//! Objects that the configuration declares: they exist, although no file shows them. Nothing else is known of them.

use super::record::Known;
use crate::view::{Labels, Selector};
use stockade_sdk::Params;

/// Kinds of objects whose pods a selector may mean.
const WORKLOADS: [&str; 8] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
];
/// Kinds of policies for traffic. Those of the second list have no namespace.
const POLICIES: [&str; 2] = ["NetworkPolicy", "CiliumNetworkPolicy"];
const CLUSTER_POLICIES: [&str; 2] = ["CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"];

struct External {
    kind: String,
    name: String,
    namespace: Known,
    labels: Labels,
}

/// What a rule's parameters declare.
pub(crate) struct Externals(Vec<External>);

impl Externals {
    pub(crate) fn of(params: &Params) -> Self {
        let declared = params.nodes().iter().filter(|param| param.depth == 0 && param.name == "external");
        let read = declared.filter_map(|param| {
            let property =
                |name: &str| param.props.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            Some(External {
                kind: param.args.first()?.clone(),
                name: property("name")?.to_owned(),
                namespace: property("namespace").map_or(Known::Unknown, |name| Known::Is(name.to_owned())),
                labels: labels(property("labels")),
            })
        });
        Self(read.collect())
    }

    /// Whether there is an object of this kind and name where an object of `namespace` looks for it.
    pub(crate) fn has(&self, kind: &str, name: &str, namespace: &Known) -> bool {
        let fits = |e: &External| e.kind == kind && e.name == name && e.namespace.may_equal(namespace);
        self.0.iter().any(fits)
    }

    /// Whether some object of one of these kinds is in this namespace.
    fn any(&self, kinds: &[&str], namespace: &Known) -> bool {
        self.0.iter().any(|e| kinds.contains(&e.kind.as_str()) && e.namespace.may_equal(namespace))
    }

    /// Whether a policy for traffic is declared that may hold in this namespace.
    pub(crate) fn has_policy(&self, namespace: &Known) -> bool {
        self.any(&POLICIES, namespace) || self.0.iter().any(|e| CLUSTER_POLICIES.contains(&e.kind.as_str()))
    }

    /// Whether a disruption budget is declared in this namespace.
    pub(crate) fn has_budget(&self, namespace: &Known) -> bool {
        self.any(&["PodDisruptionBudget"], namespace)
    }

    /// Whether a selector of this namespace may mean the pods of a declared workload.
    pub(crate) fn has_pods(&self, selector: &Selector, namespace: &Known) -> bool {
        self.selected(&WORKLOADS, selector, namespace)
    }

    /// Whether a selector may mean a declared Service; `everywhere`: of any namespace.
    pub(crate) fn has_service(&self, selector: &Selector, namespace: &Known, everywhere: bool) -> bool {
        self.selected(&["Service"], selector, if everywhere { &Known::Unknown } else { namespace })
    }

    fn selected(&self, kinds: &[&str], selector: &Selector, namespace: &Known) -> bool {
        self.0.iter().any(|e| {
            kinds.contains(&e.kind.as_str())
                && e.namespace.may_equal(namespace)
                && selector.matches(&e.labels, false) != Some(false)
        })
    }
}

/// `app=web,tier=front`. Where nothing is said, nothing is known.
fn labels(text: Option<&str>) -> Labels {
    let Some(text) = text else { return Labels::default() };
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    Labels { pairs: pairs.collect(), complete: true }
}
