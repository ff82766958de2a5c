//! API versions that are deprecated or gone.
//!
//! The table follows the deprecation guide of the Kubernetes project, the descriptions of its API (state of 1.37) and the
//! release notes of the custom resources named in it.

use crate::checks::describe;
use crate::view::{Manifests, Object, ask, known_text, list};
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// Version, kinds (all where there are none), what to use instead, and since when it is gone or deprecated.
struct Old {
    api: &'static str,
    kinds: &'static [&'static str],
    instead: &'static str,
    since: &'static str,
}

const fn old(
    api: &'static str,
    kinds: &'static [&'static str],
    instead: &'static str,
    since: &'static str,
) -> Old {
    Old { api, kinds, instead, since }
}

const OLD: &[Old] = &[
    old(
        "extensions/v1beta1",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        "apps/v1",
        "removed in Kubernetes 1.16",
    ),
    old("extensions/v1beta1", &["NetworkPolicy"], "networking.k8s.io/v1", "removed in Kubernetes 1.16"),
    old("extensions/v1beta1", &["PodSecurityPolicy"], "", "removed in Kubernetes 1.16"),
    old("extensions/v1beta1", &["Ingress"], "networking.k8s.io/v1", "removed in Kubernetes 1.22"),
    old("apps/v1beta1", &[], "apps/v1", "removed in Kubernetes 1.16"),
    old("apps/v1beta2", &[], "apps/v1", "removed in Kubernetes 1.16"),
    old(
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        "admissionregistration.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old("apiextensions.k8s.io/v1beta1", &[], "apiextensions.k8s.io/v1", "removed in Kubernetes 1.22"),
    old("apiregistration.k8s.io/v1beta1", &[], "apiregistration.k8s.io/v1", "removed in Kubernetes 1.22"),
    old(
        "authentication.k8s.io/v1beta1",
        &["TokenReview"],
        "authentication.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old("authorization.k8s.io/v1beta1", &[], "authorization.k8s.io/v1", "removed in Kubernetes 1.22"),
    old(
        "certificates.k8s.io/v1beta1",
        &["CertificateSigningRequest"],
        "certificates.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old("coordination.k8s.io/v1beta1", &["Lease"], "coordination.k8s.io/v1", "removed in Kubernetes 1.22"),
    old(
        "networking.k8s.io/v1beta1",
        &["Ingress", "IngressClass"],
        "networking.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old(
        "rbac.authorization.k8s.io/v1alpha1",
        &[],
        "rbac.authorization.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old(
        "rbac.authorization.k8s.io/v1beta1",
        &[],
        "rbac.authorization.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old(
        "scheduling.k8s.io/v1alpha1",
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old(
        "scheduling.k8s.io/v1beta1",
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old(
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        "storage.k8s.io/v1",
        "removed in Kubernetes 1.22",
    ),
    old("storage.k8s.io/v1alpha1", &["VolumeAttachment"], "storage.k8s.io/v1", "removed in Kubernetes 1.22"),
    old("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], "storage.k8s.io/v1", "removed in Kubernetes 1.27"),
    old("batch/v2alpha1", &["CronJob"], "batch/v1", "removed in Kubernetes 1.21"),
    old("batch/v1beta1", &["CronJob"], "batch/v1", "removed in Kubernetes 1.25"),
    old("discovery.k8s.io/v1beta1", &["EndpointSlice"], "discovery.k8s.io/v1", "removed in Kubernetes 1.25"),
    old("events.k8s.io/v1beta1", &["Event"], "events.k8s.io/v1", "removed in Kubernetes 1.25"),
    old("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], "autoscaling/v2", "removed in Kubernetes 1.25"),
    old("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], "autoscaling/v2", "removed in Kubernetes 1.26"),
    old("policy/v1beta1", &["PodDisruptionBudget"], "policy/v1", "removed in Kubernetes 1.25"),
    old("policy/v1beta1", &["PodSecurityPolicy"], "", "removed in Kubernetes 1.25"),
    old("node.k8s.io/v1beta1", &["RuntimeClass"], "node.k8s.io/v1", "removed in Kubernetes 1.25"),
    old(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &[],
        "flowcontrol.apiserver.k8s.io/v1",
        "removed in Kubernetes 1.26",
    ),
    old(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        &[],
        "flowcontrol.apiserver.k8s.io/v1",
        "removed in Kubernetes 1.29",
    ),
    old(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &[],
        "flowcontrol.apiserver.k8s.io/v1",
        "removed in Kubernetes 1.32",
    ),
    old(
        "admissionregistration.k8s.io/v1alpha1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        "admissionregistration.k8s.io/v1",
        "removed in Kubernetes 1.32",
    ),
    old(
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        "admissionregistration.k8s.io/v1",
        "removed in Kubernetes 1.34",
    ),
    old(
        "admissionregistration.k8s.io/v1alpha1",
        &["InitializerConfiguration"],
        "",
        "removed in Kubernetes 1.14",
    ),
    old("auditregistration.k8s.io/v1alpha1", &[], "", "removed in Kubernetes 1.19"),
    old(
        "authentication.k8s.io/v1alpha1",
        &["SelfSubjectReview"],
        "authentication.k8s.io/v1",
        "removed in Kubernetes 1.32",
    ),
    old(
        "authentication.k8s.io/v1beta1",
        &["SelfSubjectReview"],
        "authentication.k8s.io/v1",
        "removed in Kubernetes 1.33",
    ),
    old(
        "certificates.k8s.io/v1alpha1",
        &["ClusterTrustBundle"],
        "certificates.k8s.io/v1beta1",
        "removed in Kubernetes 1.37",
    ),
    old(
        "certificates.k8s.io/v1alpha1",
        &["PodCertificateRequest"],
        "certificates.k8s.io/v1beta1",
        "removed in Kubernetes 1.35",
    ),
    old("discovery.k8s.io/v1alpha1", &["EndpointSlice"], "discovery.k8s.io/v1", "removed in Kubernetes 1.17"),
    old(
        "flowcontrol.apiserver.k8s.io/v1alpha1",
        &[],
        "flowcontrol.apiserver.k8s.io/v1",
        "removed in Kubernetes 1.21",
    ),
    old("networking.k8s.io/v1alpha1", &["ClusterCIDR"], "", "removed in Kubernetes 1.29"),
    old(
        "networking.k8s.io/v1alpha1",
        &["IPAddress", "ServiceCIDR"],
        "networking.k8s.io/v1",
        "removed in Kubernetes 1.31",
    ),
    old(
        "networking.k8s.io/v1beta1",
        &["IPAddress", "ServiceCIDR"],
        "networking.k8s.io/v1",
        "removed in Kubernetes 1.37",
    ),
    old("node.k8s.io/v1alpha1", &["RuntimeClass"], "node.k8s.io/v1", "removed in Kubernetes 1.24"),
    old("resource.k8s.io/v1alpha1", &[], "resource.k8s.io/v1", "removed in Kubernetes 1.27"),
    old("resource.k8s.io/v1alpha2", &[], "resource.k8s.io/v1", "removed in Kubernetes 1.31"),
    old("resource.k8s.io/v1alpha3", &["PodSchedulingContext"], "", "removed in Kubernetes 1.32"),
    old(
        "resource.k8s.io/v1alpha3",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        "resource.k8s.io/v1",
        "removed in Kubernetes 1.34",
    ),
    old("scheduling.k8s.io/v1alpha1", &["Workload"], "", "removed in Kubernetes 1.36"),
    old("scheduling.k8s.io/v1alpha2", &["PodGroup", "Workload"], "", "removed in Kubernetes 1.37"),
    old("settings.k8s.io/v1alpha1", &["PodPreset"], "", "removed in Kubernetes 1.20"),
    old(
        "storage.k8s.io/v1alpha1",
        &["CSIStorageCapacity"],
        "storage.k8s.io/v1",
        "removed in Kubernetes 1.24",
    ),
    old(
        "storage.k8s.io/v1alpha1",
        &["VolumeAttributesClass"],
        "storage.k8s.io/v1",
        "removed in Kubernetes 1.35",
    ),
    old(
        "storage.k8s.io/v1beta1",
        &["VolumeAttributesClass"],
        "storage.k8s.io/v1",
        "removed in Kubernetes 1.37",
    ),
    old(
        "storagemigration.k8s.io/v1alpha1",
        &[],
        "storagemigration.k8s.io/v1beta1",
        "removed in Kubernetes 1.35",
    ),
    old("v1", &["ComponentStatus"], "", "deprecated since Kubernetes 1.19"),
    old("v1", &["Endpoints"], "", "deprecated since Kubernetes 1.33"),
    // Files of kubeadm, whose newer versions write most settings otherwise: `kubeadm config migrate` translates them.
    old("kubeadm.k8s.io/v1beta1", &[], "", "removed in Kubernetes 1.22"),
    old("kubeadm.k8s.io/v1beta2", &[], "", "removed in Kubernetes 1.27"),
    old("kubeadm.k8s.io/v1beta3", &[], "", "removed in Kubernetes 1.36"),
    // Custom resources.
    old(
        "snapshot.storage.k8s.io/v1beta1",
        &["VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"],
        "snapshot.storage.k8s.io/v1",
        "no longer served since external-snapshotter 6.0",
    ),
    old("external-secrets.io/v1alpha1", &[], "external-secrets.io/v1", "removed in External Secrets 0.17"),
    old(
        "external-secrets.io/v1beta1",
        &["ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"],
        "external-secrets.io/v1",
        "no longer served since External Secrets 0.17",
    ),
    old("cert-manager.io/v1alpha2", &[], "cert-manager.io/v1", "removed in cert-manager 1.6"),
    old("cert-manager.io/v1alpha3", &[], "cert-manager.io/v1", "removed in cert-manager 1.6"),
    old("cert-manager.io/v1beta1", &[], "cert-manager.io/v1", "removed in cert-manager 1.6"),
    old("certmanager.k8s.io/v1alpha1", &[], "cert-manager.io/v1", "removed in cert-manager 0.11"),
    old(
        "gateway.networking.k8s.io/v1alpha2",
        &["Gateway", "GatewayClass", "HTTPRoute"],
        "gateway.networking.k8s.io/v1",
        "removed in Gateway API 1.0",
    ),
    old(
        "gateway.networking.k8s.io/v1alpha2",
        &["GRPCRoute"],
        "gateway.networking.k8s.io/v1",
        "removed in Gateway API 1.2",
    ),
    old(
        "gateway.networking.k8s.io/v1alpha2",
        &["ReferenceGrant"],
        "gateway.networking.k8s.io/v1beta1",
        "removed in Gateway API 1.2",
    ),
    old("rbac.istio.io/v1alpha1", &[], "", "removed in Istio 1.6"),
    old("authentication.istio.io/v1alpha1", &[], "", "removed in Istio 1.6"),
    old("kustomize.toolkit.fluxcd.io/v1beta1", &[], "kustomize.toolkit.fluxcd.io/v1", "removed in Flux 2.4"),
    old(
        "kustomize.toolkit.fluxcd.io/v1beta2",
        &[],
        "kustomize.toolkit.fluxcd.io/v1",
        "deprecated since Flux 2.0",
    ),
    old("helm.toolkit.fluxcd.io/v2beta1", &[], "helm.toolkit.fluxcd.io/v2", "deprecated since Flux 2.3"),
    old("helm.toolkit.fluxcd.io/v2beta2", &[], "helm.toolkit.fluxcd.io/v2", "deprecated since Flux 2.3"),
    old("traefik.containo.us/v1alpha1", &[], "traefik.io/v1alpha1", "removed in Traefik 3.0"),
];

/// `api-version`: an object's version is in the table.
pub(crate) fn api_version(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let fits =
            |old: &&Old| old.api == object.api && (old.kinds.is_empty() || old.kinds.contains(&object.kind));
        let Some(old) = OLD.iter().find(fits) else { continue };
        let Some(node) = object.node.get("apiVersion") else { continue };
        // Branches of a chart ask the cluster which version it knows, and the old one is for old clusters.
        let others = object.node.children().filter(|child| child.has_name("apiVersion"));
        if others.filter_map(known_text).any(|api| !OLD.iter().any(|old| old.api == api)) {
            continue;
        }
        let message = format!("{} uses {}, {}", describe(object), old.api, old.since);
        let finding = out.finding(node.place(), message);
        if !old.instead.is_empty() && node.kind() == Kind::Scalar && is_ready(object, old.instead) {
            let text = match node.style() {
                1 => format!("'{}'", old.instead),
                2 => format!("\"{}\"", old.instead),
                _ => old.instead.to_owned(),
            };
            finding.unsafe_fix(format!("use {}", old.instead), vec![Edit::replace_value(node, text)]);
        }
    }
}

/// Whether the object has what its new version asks for, and nothing that is called otherwise there: another version alone
/// would have it refused.
fn is_ready(object: &Object<'_>, instead: &str) -> bool {
    let node = object.node;
    let has = |map: Node<'_>, key: &str| !ask(map, key).is_missing();
    match (object.kind, instead) {
        (_, "apps/v1") => has(node, "spec.selector"),
        // Requests of devices and what a migration is of are written otherwise there.
        (_, "resource.k8s.io/v1" | "storagemigration.k8s.io/v1beta1") => false,
        ("FlowSchema" | "PriorityLevelConfiguration", _) => {
            !has(node, "spec.limited.assuredConcurrencyShares")
        }
        ("RuntimeClass", _) => !has(node, "spec"),
        ("Ingress", "networking.k8s.io/v1") => {
            let mut paths = list(node, "spec.rules").flat_map(|rule| list(rule, "http.paths"));
            !node.descendants().any(|below| matches!(below.name(), "serviceName" | "servicePort"))
                && paths.all(|path| has(path, "pathType"))
        }
        ("HorizontalPodAutoscaler", "autoscaling/v2") => !node
            .descendants()
            .any(|below| matches!(below.name(), "targetAverageUtilization" | "targetAverageValue")),
        ("CustomResourceDefinition", _) => list(node, "spec.versions").all(|version| has(version, "schema")),
        ("MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration", _) => {
            let mut hooks = list(node, "webhooks");
            hooks.all(|hook| has(hook, "sideEffects") && has(hook, "admissionReviewVersions"))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::OLD;

    /// The literals of `plugin.kdl` decide whether the check is called at all.
    #[test]
    fn every_old_version_has_its_literal() {
        let description = include_str!("../../plugin.kdl");
        let check = description.split("check \"api-version\"").nth(1).and_then(|rest| rest.split('}').next());
        let literals: Vec<&str> = check.unwrap_or_default().split('"').collect();
        for old in OLD {
            let wanted = if old.api == "v1" { old.kinds } else { &[old.api] };
            for wanted in wanted {
                assert!(literals.iter().any(|l| !l.trim().is_empty() && wanted.contains(l)), "{wanted}");
            }
        }
    }
}
