//! Gateways, each for itself.

use crate::checks::describe;
use crate::view::{Manifests, ask, known_text, list};
use stockade_sdk::{Edit, Kind, Out, Params};

/// `gateway-routes-all`: a listener takes the routes of every namespace.
pub(crate) fn routes_of_all(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("gateway.networking.k8s.io", "Gateway")) {
        for listener in list(object.node, "spec.listeners") {
            let Some(node) = ask(listener, "allowedRoutes.namespaces.from").node() else { continue };
            if known_text(node) != Some("All") {
                continue;
            }
            let name = ask(listener, "name").node().and_then(known_text).unwrap_or("without a known name");
            let message = format!("listener {name} of {} takes routes of every namespace", describe(object));
            let finding = out.finding(node.entry_place(), message);
            if node.kind() == Kind::Scalar {
                let edit = Edit::replace_value(node, "Same");
                finding.unsafe_fix("take those of its own namespace", vec![edit]);
            }
        }
    }
}
