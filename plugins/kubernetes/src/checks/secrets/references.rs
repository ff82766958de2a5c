//! Values that look like secrets by their key, and say only where one is kept.

use crate::view::{Object, ask, known_text, list};
use stockade_sdk::Node;

/// Whether a value says where the secret is, or that some tool is going to put it in, though its key has the name of a
/// secret.
pub(super) fn is_reference(key: &str, value: &str) -> bool {
    names_an_object(key, value) || has_placeholder(value) || is_hash(value)
}

/// Whether a value is a hash of a password in the form of crypt(3) or of LDAP, which is made to be stored:
/// `$argon2id$v=19$...`, `{SSHA}...`.
fn is_hash(value: &str) -> bool {
    let crypt = value.strip_prefix('$').and_then(|rest| rest.split_once('$')).is_some_and(|(name, rest)| {
        (1..=16).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && rest.len() >= 16
    });
    crypt || ["{SSHA", "{SHA}", "{CRYPT}"].iter().any(|start| value.starts_with(start))
}

/// Words before `secret` in a key whose value is the name of a Secret.
const OBJECT_WORDS: [&str; 10] =
    ["existing", "tls", "ssl", "pull", "cert", "certs", "certificate", "ca", "registry", "kubeconfig"];

/// Whether a key speaks of a Secret as an object, and the value may be its name: `TLS_SECRET: web-tls`, or
/// `namespace/name` behind any key that ends in `secret`.
fn names_an_object(key: &str, value: &str) -> bool {
    let flat = crate::secrecy::flat(key);
    let Some(before) = flat.strip_suffix("secret") else { return false };
    let label = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
            && !text.starts_with(['-', '.'])
            && !text.ends_with(['-', '.'])
    };
    match value.split_once('/') {
        Some((namespace, name)) => label(namespace) && label(name),
        None => {
            let word = before.trim_end_matches('_').rsplit('_').next().unwrap_or_default();
            OBJECT_WORDS.contains(&word) && label(value)
        }
    }
}

/// Whether a part of a value is to be filled in: `<password>` of the plugin of Argo CD for Vault, `__TOKEN__`.
pub(super) fn has_placeholder(value: &str) -> bool {
    let angle = value.split('<').skip(1).any(|rest| {
        let word = rest.split_once('>').map_or("", |(word, _)| word);
        (2..=100).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/#| ".contains(&b))
    });
    angle || (value.len() > 4 && value.starts_with("__") && value.ends_with("__"))
}

/// The keys of a Secret of a well-known form that say nothing to keep: of a bootstrap token, of what Argo CD knows of a
/// repository or a cluster.
pub(super) fn harmless_keys(object: &Object<'_>) -> &'static [&'static str] {
    let bootstrap =
        ask(object.node, "type").node().and_then(known_text) == Some("bootstrap.kubernetes.io/token");
    let argo = ask(object.node, "metadata.labels").then_key("argocd.argoproj.io/secret-type");
    if bootstrap {
        &["description", "token-id", "expiration", "auth-extra-groups"]
    } else if argo.node().is_some() {
        &["type", "url", "name", "project", "username", "server", "namespaces", "githubAppID"]
    } else {
        &[]
    }
}

/// The parameters that an Application or ApplicationSet of Argo CD gives to charts.
pub(super) fn chart_parameters<'a>(object: &Object<'a>) -> Vec<Node<'a>> {
    let spec = match object.kind {
        "Application" => "spec",
        "ApplicationSet" => "spec.template.spec",
        _ => return Vec::new(),
    };
    let Some(spec) = ask(object.node, spec).node().filter(|_| object.group() == "argoproj.io") else {
        return Vec::new();
    };
    let sources = ask(spec, "source").node().into_iter().chain(list(spec, "sources"));
    sources.flat_map(|source| list(source, "helm.parameters")).collect()
}

#[cfg(test)]
mod tests {
    use super::{has_placeholder, is_hash, names_an_object};

    #[test]
    fn hashes_are_told_from_what_begins_like_one() {
        for value in
            ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "$2y$10$abcdefghijklmnopqrstuv", "{SSHA}abc="]
        {
            assert!(is_hash(value), "{value}");
        }
        for value in ["$ecret$", "$a$b", "pa$$word$and$more$of$it", "{secret}"] {
            assert!(!is_hash(value), "{value}");
        }
    }

    #[test]
    fn names_of_secrets_are_told_from_secrets() {
        for (key, value) in [
            ("TLS_SECRET", "web-tls"),
            ("existingSecret", "db"),
            ("PULL_SECRET", "registry.creds"),
            ("WATCH_SECRET", "kube-system/watch"),
        ] {
            assert!(names_an_object(key, value), "{key} {value}");
        }
        for (key, value) in [
            ("JWT_SECRET", "my-secret"),
            ("TLS_SECRET", "Xk9/aB=="),
            ("CLIENT_SECRET", "abc/"),
            ("DB_PASSWORD", "a/b"),
        ] {
            assert!(!names_an_object(key, value), "{key} {value}");
        }
    }

    #[test]
    fn placeholders_are_seen_inside_of_values() {
        for value in ["postgres://<user>:<password>@db/x", "<path:secret/data/x#y>", "__TOKEN__"] {
            assert!(has_placeholder(value), "{value}");
        }
        for value in ["a<b>c", "a < b", "x<\"y\">", "__", "hunter2"] {
            assert!(!has_placeholder(value), "{value}");
        }
    }
}
