//! Where and when pods run, and how they ask for names: nodes, start times of CronJobs, options of the resolver.

use crate::checks::describe;
use crate::view::{Answer, Manifests, Pod, ask, is_complete, known_text, text_at, truth};
use stockade_sdk::{Node, Out, Params};

/// `node-affinity-missing`: nothing says which nodes a pod belongs on.
pub(crate) fn node_affinity(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    // A DaemonSet is there to run on every node.
    for (object, pod) in view.workloads().filter(|(object, _)| object.kind != "DaemonSet") {
        // A selector of nodes says the same in short, the name of a node says more.
        let says = ["affinity.nodeAffinity", "nodeSelector", "nodeName"];
        if says.iter().all(|path| pod.ask(path).is_missing()) {
            let place = pod.spec.node.get("affinity").map_or_else(|| object.place(), Node::key_place);
            out.finding(place, format!("{} has no node affinity", describe(object)));
        }
    }
}

/// `cronjob-deadline`: a CronJob does not say how late a run may still start.
pub(crate) fn cronjob_deadline(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("batch", "CronJob")) {
        let Some(spec) = ask(object.node, "spec").node() else { continue };
        if ask(spec, "startingDeadlineSeconds").is_missing() {
            out.finding(object.place(), format!("{} sets no startingDeadlineSeconds", describe(object)));
        }
    }
}

/// `dns-option`: a pod that asks the cluster for names does not set the resolver's option `option` to `value`.
pub(crate) fn dns_option(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let (Some(option), Some(wanted)) = (params.string("option"), params.string("value")) else { return };
    for (object, pod) in view.workloads().filter(|(_, pod)| asks_the_cluster(pod)) {
        let options = pod.ask("dnsConfig.options");
        if options == Answer::Unknown || options.node().is_some_and(|list| !is_complete(list)) {
            continue;
        }
        // The resolver goes by the last of several.
        let entry = pod.list("dnsConfig.options").filter(|e| names(*e, option)).last();
        let Some(entry) = entry else {
            let names_unknown = pod.list("dnsConfig.options").any(|e| ask(e, "name") == Answer::Unknown);
            if !names_unknown {
                let known =
                    ["dnsConfig.options", "dnsConfig"].iter().find_map(|path| pod.spec.node.find(path));
                let place = known.map_or_else(|| object.place(), Node::key_place);
                out.finding(place, format!("{} does not set {option} to {wanted}", describe(object)));
            }
            continue;
        };
        let (place, said) = match ask(entry, "value") {
            Answer::Unknown => continue,
            Answer::Missing => (entry.place(), "no value"),
            Answer::Is(node) => match known_text(node) {
                Some(value) if value != wanted => (node.entry_place(), value),
                _ => continue,
            },
        };
        out.finding(place, format!("{} sets {option} to {said}, not to {wanted}", describe(object)));
    }
}

fn names(entry: Node<'_>, option: &str) -> bool {
    text_at(entry, "name") == Some(option)
}

/// Whether the pod certainly asks the name server of the cluster. Pods in the network of their node ask the node's own
/// where nothing else is said.
fn asks_the_cluster(pod: &Pod<'_>) -> bool {
    match pod.ask("dnsPolicy") {
        Answer::Unknown => return false,
        Answer::Is(node) if known_text(node) == Some("ClusterFirstWithHostNet") => return true,
        Answer::Is(node) if known_text(node) != Some("ClusterFirst") => return false,
        Answer::Is(_) | Answer::Missing => {}
    }
    match pod.ask("hostNetwork") {
        Answer::Missing => true,
        Answer::Unknown => false,
        Answer::Is(node) => truth(node) == Some(false),
    }
}
