//! Fields of Kubernetes' API that take nothing but some words. The types of the API call them texts, so that they are
//! listed here; only sets that API servers hold objects against, and all words that any version takes.

use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// Fields of which the API's own description names every word, which [`check`] makes sure of.
const DESCRIBED: &[(&str, &str)] = &[
    ("AppArmorProfile.type", "RuntimeDefault Localhost Unconfined"),
    ("AzureDiskVolumeSource.kind", "Shared Dedicated Managed"),
    ("Container.imagePullPolicy", "Always IfNotPresent Never"),
    ("Container.terminationMessagePolicy", "File FallbackToLogsOnError"),
    ("ContainerPort.protocol", "TCP UDP SCTP"),
    ("CronJobSpec.concurrencyPolicy", "Allow Forbid Replace"),
    ("CustomResourceConversion.strategy", "None Webhook"),
    ("CustomResourceDefinitionSpec.scope", "Cluster Namespaced"),
    ("CSIDriverSpec.volumeLifecycleModes", "Persistent Ephemeral"),
    ("DaemonSetUpdateStrategy.type", "RollingUpdate OnDelete"),
    ("DeploymentStrategy.type", "Recreate RollingUpdate"),
    ("EndpointPort.protocol", "TCP UDP SCTP"),
    ("EndpointSlice.addressType", "IPv4 IPv6 FQDN"),
    ("EphemeralContainer.imagePullPolicy", "Always IfNotPresent Never"),
    ("EphemeralContainer.terminationMessagePolicy", "File FallbackToLogsOnError"),
    ("HTTPIngressPath.pathType", "Exact Prefix ImplementationSpecific"),
    ("JobSpec.completionMode", "NonIndexed Indexed"),
    ("JobSpec.podReplacementPolicy", "TerminatingOrFailed Failed"),
    ("LabelSelectorRequirement.operator", "In NotIn Exists DoesNotExist"),
    ("MetricSpec.type", "ContainerResource External Object Pods Resource"),
    ("MetricTarget.type", "Utilization Value AverageValue"),
    ("MutatingAdmissionPolicySpec.failurePolicy", "Ignore Fail"),
    ("MutatingWebhook.failurePolicy", "Ignore Fail"),
    ("MutatingWebhook.matchPolicy", "Exact Equivalent"),
    ("MutatingWebhook.reinvocationPolicy", "Never IfNeeded"),
    ("MutatingWebhook.sideEffects", "None NoneOnDryRun Some Unknown"),
    ("NamedRuleWithOperations.operations", "CREATE UPDATE DELETE CONNECT *"),
    ("NamedRuleWithOperations.scope", "Cluster Namespaced *"),
    ("NetworkPolicyPort.protocol", "TCP UDP SCTP"),
    ("NetworkPolicySpec.policyTypes", "Ingress Egress"),
    ("NodeSelectorRequirement.operator", "In NotIn Exists DoesNotExist Gt Lt"),
    ("PersistentVolumeSpec.persistentVolumeReclaimPolicy", "Retain Delete Recycle"),
    ("PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy", "IfHealthyBudget AlwaysAllow"),
    ("PodFailurePolicyOnExitCodesRequirement.operator", "In NotIn"),
    ("PodFailurePolicyRule.action", "FailJob FailIndex Ignore Count"),
    ("PodSecurityContext.fsGroupChangePolicy", "OnRootMismatch Always"),
    ("PodSecurityContext.seLinuxChangePolicy", "MountOption Recursive"),
    ("PodSecurityContext.supplementalGroupsPolicy", "Merge Strict"),
    ("PodSpec.dnsPolicy", "ClusterFirst ClusterFirstWithHostNet Default None"),
    ("PodSpec.preemptionPolicy", "Never PreemptLowerPriority"),
    ("PodSpec.restartPolicy", "Always OnFailure Never"),
    ("PriorityClass.preemptionPolicy", "Never PreemptLowerPriority"),
    ("RuleWithOperations.operations", "CREATE UPDATE DELETE CONNECT *"),
    ("RuleWithOperations.scope", "Cluster Namespaced *"),
    ("ScopedResourceSelectorRequirement.operator", "In NotIn Exists DoesNotExist"),
    ("SeccompProfile.type", "RuntimeDefault Localhost Unconfined"),
    ("ServicePort.protocol", "TCP UDP SCTP"),
    ("ServiceSpec.externalTrafficPolicy", "Cluster Local"),
    ("ServiceSpec.internalTrafficPolicy", "Cluster Local"),
    ("ServiceSpec.ipFamilies", "IPv4 IPv6"),
    ("ServiceSpec.ipFamilyPolicy", "SingleStack PreferDualStack RequireDualStack"),
    ("ServiceSpec.sessionAffinity", "ClientIP None"),
    ("ServiceSpec.type", "ClusterIP NodePort LoadBalancer ExternalName"),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted", "Retain Delete"),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled", "Retain Delete"),
    ("StatefulSetSpec.podManagementPolicy", "OrderedReady Parallel"),
    ("Subject.kind", "User Group ServiceAccount"),
    ("Taint.effect", "NoSchedule PreferNoSchedule NoExecute"),
    ("Toleration.effect", "NoSchedule PreferNoSchedule NoExecute"),
    ("Toleration.operator", "Exists Equal Lt Gt"),
    ("TopologySpreadConstraint.nodeAffinityPolicy", "Honor Ignore"),
    ("TopologySpreadConstraint.nodeTaintsPolicy", "Honor Ignore"),
    ("TopologySpreadConstraint.whenUnsatisfiable", "DoNotSchedule ScheduleAnyway"),
    ("ValidatingAdmissionPolicyBindingSpec.validationActions", "Deny Warn Audit"),
    ("ValidatingAdmissionPolicySpec.failurePolicy", "Ignore Fail"),
    ("ValidatingWebhook.failurePolicy", "Ignore Fail"),
    ("ValidatingWebhook.matchPolicy", "Exact Equivalent"),
    ("ValidatingWebhook.sideEffects", "None NoneOnDryRun Some Unknown"),
    ("VolumeMount.recursiveReadOnly", "Disabled IfPossible Enabled"),
];

/// Fields of which the description names the words only in part, with the page of <https://kubernetes.io/docs> that names
/// all of them.
const DOCUMENTED: &[(&str, &str, &str)] = &[
    (
        "AzureDiskVolumeSource.cachingMode",
        "None ReadOnly ReadWrite",
        "reference/kubernetes-api/config-and-storage-resources/volume",
    ),
    ("CSIDriverSpec.fsGroupPolicy", "ReadWriteOnceWithFSType File None", "concepts/storage/volumes"),
    ("Container.restartPolicy", "Always OnFailure Never", "concepts/workloads/pods/pod-lifecycle"),
    (
        "ContainerResizePolicy.restartPolicy",
        "NotRequired RestartContainer",
        "tasks/configure-pod-container/resize-container-resources",
    ),
    ("HPAScalingPolicy.type", "Pods Percent", "tasks/run-application/horizontal-pod-autoscale"),
    ("HPAScalingRules.selectPolicy", "Max Min Disabled", "tasks/run-application/horizontal-pod-autoscale"),
    (
        "HTTPGetAction.scheme",
        "HTTP HTTPS",
        "tasks/configure-pod-container/configure-liveness-readiness-startup-probes",
    ),
    (
        "HostPathVolumeSource.type",
        "DirectoryOrCreate Directory FileOrCreate File Socket CharDevice BlockDevice",
        "concepts/storage/volumes",
    ),
    (
        "PersistentVolumeClaimSpec.accessModes",
        "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
        "concepts/storage/persistent-volumes",
    ),
    ("PersistentVolumeClaimSpec.volumeMode", "Filesystem Block", "concepts/storage/persistent-volumes"),
    (
        "PersistentVolumeSpec.accessModes",
        "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
        "concepts/storage/persistent-volumes",
    ),
    ("PersistentVolumeSpec.volumeMode", "Filesystem Block", "concepts/storage/persistent-volumes"),
    ("RoleRef.kind", "Role ClusterRole", "reference/access-authn-authz/rbac"),
    ("SecurityContext.procMount", "Default Unmasked", "concepts/security/pod-security-standards"),
    (
        "StatefulSetUpdateStrategy.type",
        "RollingUpdate OnDelete",
        "concepts/workloads/controllers/statefulset",
    ),
    ("StorageClass.reclaimPolicy", "Delete Retain", "concepts/storage/storage-classes"),
    ("StorageClass.volumeBindingMode", "Immediate WaitForFirstConsumer", "concepts/storage/storage-classes"),
    ("VolumeMount.mountPropagation", "None HostToContainer Bidirectional", "concepts/storage/volumes"),
];

/// What the versions' descriptions say of each field in the lists, by `Type.field`.
pub(super) type Said = BTreeMap<String, String>;

/// `Type.field`, as the lists name it.
pub(super) fn name(of: &str, field: &str) -> String {
    format!("{}.{field}", of.rsplit('.').next().unwrap_or(of))
}

/// The words of a field, parted by spaces.
pub(super) fn of(name: &str) -> Option<&'static str> {
    let described = DESCRIBED.iter().find(|(of, _)| *of == name).map(|(_, words)| *words);
    described.or_else(|| DOCUMENTED.iter().find(|(of, ..)| *of == name).map(|(_, words, _)| *words))
}

/// The shape of a field, made narrower where it is a text that the lists know.
pub(super) fn narrowed(shape: &str, name: &str) -> String {
    match (shape, of(name)) {
        ("s" | "[s", Some(words)) => shape.replace('s', "=") + &words.replace(' ', "|"),
        _ => shape.to_owned(),
    }
}

/// Refuses a list that names what no version has, or words that no description has.
pub(super) fn check(said: &Said) -> Result<()> {
    for (name, words) in DESCRIBED {
        let text = said.get(*name).map_or("", String::as_str);
        let is_said = |word: &&str| {
            *word == "*" && text.contains('*')
                || text.split(|c: char| !c.is_alphanumeric()).any(|other| other == *word)
        };
        let unsaid: Vec<&str> = words.split(' ').filter(|word| !is_said(word)).collect();
        ensure!(unsaid.is_empty(), "no description of {name} has {unsaid:?}");
    }
    for (name, _, page) in DOCUMENTED {
        ensure!(said.contains_key(*name), "no version has {name}, which is said to be described in {page}");
    }
    Ok(())
}
