//! What happens to an object while the program that judges it cannot be asked.

use crate::checks::describe;
use crate::edit::set;
use crate::view::{Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Kind, Node, Out, Params};

/// `image-policy-open`: the API server takes every image while its image policy webhook does not answer.
pub(crate) fn image_policy_open(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.kind == "AdmissionConfiguration") {
        for plugin in list(object.node, "plugins") {
            if ask(plugin, "name").node().and_then(known_text) != Some("ImagePolicyWebhook") {
                continue;
            }
            let Some(node) = ask(plugin, "configuration.imagePolicy.defaultAllow").node() else { continue };
            if truth(node) != Some(true) {
                continue;
            }
            let finding =
                out.finding(node.entry_place(), "every image is admitted while the webhook does not answer");
            if node.kind() == Kind::Scalar {
                let edit = stockade_sdk::Edit::replace_value(node, "false");
                finding.unsafe_fix("admit none", vec![edit]);
            }
        }
    }
}

/// `admission-open`: what a policy forbids is admitted while the program that judges it does not answer. `words` are
/// those that name such a program in a webhook's or its service's name.
pub(crate) fn admission_open(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in &view.objects {
        for (owner, node) in failure_policies(object, params) {
            if known_text(node) != Some("Ignore") {
                continue;
            }
            let message =
                format!("{} admits what it cannot judge: failurePolicy is Ignore", describe(object));
            let finding = out.finding(node.entry_place(), message);
            if let Some(edits) = set(owner, &["failurePolicy"], "Fail") {
                finding.unsafe_fix("refuse what cannot be judged", edits);
            }
        }
    }
}

/// What an object says to happen to requests that its policies cannot judge, with the mapping that says so.
fn failure_policies<'a>(object: &Object<'a>, params: &Params) -> Vec<(Node<'a>, Node<'a>)> {
    let within = |path: &str| {
        let owner = ask(object.node, path).node()?;
        Some((owner, ask(owner, "failurePolicy").node()?))
    };
    match (object.group(), object.kind) {
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => list(object.node, "webhooks")
            .filter(|hook| judges_policy(object, *hook, params))
            .filter_map(|hook| Some((hook, ask(hook, "failurePolicy").node()?)))
            .collect(),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")
        | ("policies.kyverno.io", "ValidatingPolicy" | "ImageValidatingPolicy") => {
            within("spec").into_iter().collect()
        }
        ("kyverno.io", "ClusterPolicy" | "Policy") => {
            let judges =
                |rule: Node<'_>| rule.get("validate").is_some() || rule.get("verifyImages").is_some();
            if !list(object.node, "spec.rules").any(judges) {
                return Vec::new();
            }
            ["spec", "spec.webhookConfiguration"].into_iter().filter_map(within).collect()
        }
        ("policies.kubewarden.io", "ClusterAdmissionPolicy" | "AdmissionPolicy") => {
            within("spec").into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a webhook belongs to a program that judges policies. What others check is whether their own objects make
/// sense.
fn judges_policy(object: &Object<'_>, hook: Node<'_>, params: &Params) -> bool {
    let of_hook = ["name", "clientConfig.service.name", "clientConfig.service.namespace"];
    let names = of_hook.into_iter().filter_map(|path| ask(hook, path).node().and_then(known_text));
    names.chain(object.name()).any(|name| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| params.strings("words").any(|w| w == part))
    })
}
