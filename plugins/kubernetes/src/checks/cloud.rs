//! Disks and machines that a cloud makes for the cluster.

use crate::checks::describe;
use crate::view::{Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// `disk-unencrypted`: disks are made without encryption.
pub(crate) fn disk_unencrypted(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        for node in encryption(object) {
            if truth(node) != Some(false) && known_text(node) != Some("false") {
                continue;
            }
            let message = format!("{} makes disks without encryption", describe(object));
            let finding = out.finding(node.entry_place(), message);
            if node.kind() == Kind::Scalar {
                // A parameter of a StorageClass is text, a field of a machine is not.
                let text = if object.kind == "StorageClass" { "\"true\"" } else { "true" };
                finding.unsafe_fix("encrypt them", vec![Edit::replace_value(node, text)]);
            }
        }
    }
}

/// What an object says about the encryption of the disks that it makes.
fn encryption<'a>(object: &Object<'a>) -> Vec<Node<'a>> {
    let at = |path: &str| ask(object.node, path).node();
    match (object.group(), object.kind) {
        ("storage.k8s.io", "StorageClass") => at("parameters.encrypted").into_iter().collect(),
        ("karpenter.k8s.aws", "EC2NodeClass" | "AWSNodeTemplate") => {
            let disks = list(object.node, "spec.blockDeviceMappings");
            disks.filter_map(|disk| ask(disk, "ebs.encrypted").node()).collect()
        }
        (group, "AWSMachineTemplate" | "AWSMachinePool") if group.ends_with("cluster.x-k8s.io") => {
            let spec = ["spec.template.spec", "spec.awsLaunchTemplate"].into_iter().filter_map(at);
            spec.flat_map(|spec| {
                let root = ask(spec, "rootVolume.encrypted").node();
                let others = list(spec, "nonRootVolumes").filter_map(|disk| ask(disk, "encrypted").node());
                root.into_iter().chain(others).collect::<Vec<_>>()
            })
            .collect()
        }
        ("kops.k8s.io", "InstanceGroup") => {
            let others = list(object.node, "spec.volumes").filter_map(|disk| ask(disk, "encrypted").node());
            at("spec.rootVolume.encryption").into_iter().chain(others).collect()
        }
        ("kops.k8s.io", "Cluster") => {
            let members = list(object.node, "spec.etcdClusters").flat_map(|c| list(c, "etcdMembers"));
            members.filter_map(|member| ask(member, "encryptedVolume").node()).collect()
        }
        _ => Vec::new(),
    }
}

/// Kinds that make machines at AWS, each with where it says how these may ask for their metadata.
const MACHINES: [(&str, &str, &str); 6] = [
    ("karpenter.k8s.aws", "EC2NodeClass", "spec.metadataOptions.httpTokens"),
    ("karpenter.k8s.aws", "AWSNodeTemplate", "spec.metadataOptions.httpTokens"),
    ("kops.k8s.io", "InstanceGroup", "spec.instanceMetadata.httpTokens"),
    ("", "AWSMachineTemplate", "spec.template.spec.instanceMetadataOptions.httpTokens"),
    ("", "AWSMachinePool", "spec.awsLaunchTemplate.instanceMetadataOptions.httpTokens"),
    ("", "AWSManagedMachinePool", "spec.awsLaunchTemplate.instanceMetadataOptions.httpTokens"),
];

/// `metadata-open`: machines answer requests for their credentials that carry no token.
pub(crate) fn metadata_open(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let group = object.group();
        let is_of = |of: &str| if of.is_empty() { group.ends_with("cluster.x-k8s.io") } else { of == group };
        let machine = MACHINES.iter().find(|(of, kind, _)| object.kind == *kind && is_of(of));
        let Some(node) = machine.and_then(|(_, _, path)| ask(object.node, path).node()) else { continue };
        if known_text(node) != Some("optional") {
            continue;
        }
        let message = format!("{} gives credentials of its machines without a token", describe(object));
        let finding = out.finding(node.entry_place(), message);
        if node.kind() == Kind::Scalar {
            finding.unsafe_fix("ask for a token", vec![Edit::replace_value(node, "required")]);
        }
    }
}
