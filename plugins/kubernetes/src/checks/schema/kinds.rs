//! Kinds that an API version does not have.

use super::near;
use crate::schema;
use crate::view::Object;
use stockade_sdk::{Edit, Node, Out, flag, tree_edit};

/// Kinds of other groups that OpenShift 3 had in the core group, too.
const OF_OPENSHIFT: [&str; 7] = [
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "SubjectAccessReview",
    "LocalSubjectAccessReview",
    "SelfSubjectRulesReview",
];

/// What is meant by an object whose version has no such kind.
enum Meant {
    /// Another version has the kind.
    Version(&'static str),
    /// The version has a kind with nearly this name.
    Kind(&'static str),
}

/// Tells that an object's version, which is known, has no such kind.
pub(super) fn unknown(object: &Object<'_>, out: &mut Out) {
    let Some(node) = object.node.get("kind") else { return };
    let is_core = object.group().is_empty();
    // Others have extended the core group, and kubeconfig files name it as theirs. Each kind has a list.
    let is_list = object.kind.ends_with("List");
    if object.kind.is_empty() || is_list || (is_core && OF_OPENSHIFT.contains(&object.kind)) {
        return;
    }
    let meant = meant(object);
    if is_core && meant.is_none() {
        return;
    }
    let (node, word, help) = match meant {
        Some(Meant::Version(version)) => {
            let help = format!("Write `apiVersion: {version}`, which has this kind.");
            (object.node.get("apiVersion").unwrap_or(node), Some(version), help)
        }
        Some(Meant::Kind(kind)) => (node, Some(kind), format!("Write `{kind}`, if that is what is meant.")),
        None => (node, None, "Correct the kind or the API version.".to_owned()),
    };
    let finding = out.finding(node.place(), format!("{} has no kind {}", object.api, object.kind)).help(help);
    // Unsafe: another kind or version may have other fields, and be taken where this one was refused.
    if let Some(word) = word.filter(|_| is_written(node)) {
        let edit = Edit::replace_value(node, tree_edit::word(node, word));
        finding.unsafe_fix(format!("write {word}"), vec![edit]);
    }
}

fn meant(object: &Object<'_>) -> Option<Meant> {
    let others = schema::kinds().filter(|(_, kind)| *kind == object.kind).map(|(version, _)| version);
    // The newest one that is no experiment.
    if let Some(version) = others.max_by_key(|version| (!version.contains("beta"), *version)) {
        return Some(Meant::Version(version));
    }
    let own = schema::kinds().filter(|(version, _)| *version == object.api).map(|(_, kind)| kind);
    near::name(object.kind, own).map(Meant::Kind)
}

/// Whether a value stands here as it is, and nowhere else.
fn is_written(node: Node<'_>) -> bool {
    node.is_scalar() && !node.has(flag::ANCHOR | flag::PARTIAL | flag::UNKNOWN | flag::DEFAULTED)
}
