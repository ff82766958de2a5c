//! The file that tells the API server how to encrypt what it keeps.

use super::references::has_placeholder;
use crate::checks::describe;
use crate::secrecy::may_be_secret;
use crate::view::{Answer, Manifests, Object, ask, known_text, list, text_at};
use stockade_sdk::{Node, Out};

/// The providers that have their keys in the file.
const WITH_KEYS: [&str; 3] = ["aescbc", "aesgcm", "secretbox"];

/// The configurations of a file; up to Kubernetes 1.12 they were `v1` and had a shorter name.
fn configurations<'a, 'v>(view: &'v Manifests<'a>) -> impl Iterator<Item = &'v Object<'a>> {
    view.objects.iter().filter(|object| {
        object.is("apiserver.config.k8s.io", "EncryptionConfiguration") || object.is("", "EncryptionConfig")
    })
}

/// Reports the keys that stand in the repository.
pub(super) fn keys(view: &Manifests<'_>, out: &mut Out) {
    let providers = configurations(view)
        .flat_map(|object| list(object.node, "resources"))
        .flat_map(|part| list(part, "providers"));
    for provider in providers {
        for key in WITH_KEYS.iter().filter_map(|name| ask(provider, name).node()) {
            for entry in list(key, "keys") {
                let Some(secret) = ask(entry, "secret").node() else { continue };
                if known_text(secret).is_some_and(|text| may_be_secret(text) && !has_placeholder(text)) {
                    let name = text_at(entry, "name").unwrap_or("without a name");
                    out.finding(
                        secret.place(),
                        format!("the key {name} that encrypts etcd is in the repository"),
                    );
                }
            }
        }
    }
}

/// Reports the parts that write Secrets as they are: the first provider writes, the others only read.
/// OpenShift has one word for it, and without it encrypts nothing.
pub(crate) fn written_as_they_are(view: &Manifests<'_>, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("config.openshift.io", "APIServer")) {
        match ask(object.node, "spec.encryption.type") {
            Answer::Missing => {
                out.finding(object.place(), format!("{} encrypts nothing in etcd", describe(object)));
            }
            Answer::Is(node) if matches!(known_text(node), Some("" | "identity")) => {
                let message = format!("{} has the encryption identity, which is none", describe(object));
                out.finding(node.entry_place(), message);
            }
            _ => {}
        }
    }
    for part in configurations(view).flat_map(|object| list(object.node, "resources")) {
        let of_secrets = |node: Node<'_>| matches!(known_text(node), Some("secrets" | "*.*" | "*."));
        let Some(first) = list(part, "providers").next() else { continue };
        if let Some(identity) = first.get("identity")
            && list(part, "resources").any(of_secrets)
        {
            out.finding(
                identity.key_place(),
                "the first provider for secrets is identity, which does not encrypt",
            );
        }
    }
}
