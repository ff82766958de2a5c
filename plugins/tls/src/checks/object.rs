//! Versions of TLS in the objects of a cluster, which are no settings of a program: in fields, annotations and
//! arguments, and behind the names that platforms have for a set of versions.

use super::protocol::{Named, named};
use crate::version::Version;
use crate::view::View;
use crate::words::WordList;
use std::collections::HashSet;
use stockade_sdk::{Kind, Node, Out, secrecy};

/// Kinds of files whose objects are looked at.
const KINDS: [&str; 2] = ["kubernetes", "kustomize-patch"];

/// Keys on the way to a field that belong to its name: Istio's `servers[].tls.minProtocolVersion`.
const KEYS: usize = 3;

/// Longer texts are no version and no list of them.
const MAX_VALUE: usize = 100;

/// Annotations that name a policy of a load balancer of AWS.
const POLICY_ANNOTATIONS: [&str; 3] = [
    "alb.ingress.kubernetes.io/ssl-policy",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-negotiation-policy",
    "service.kubernetes.io/aws-load-balancer-ssl-negotiation-policy",
];

/// The policies that AWS has for its load balancers and that admit old versions, with the oldest that each admits.
const OLD_POLICIES: [(&str, Version); 13] = [
    ("ELBSecurityPolicy-2011-08", Version::Ssl3),
    ("ELBSecurityPolicy-2014-01", Version::Ssl3),
    ("ELBSecurityPolicy-2014-10", Version::Tls10),
    ("ELBSecurityPolicy-2015-02", Version::Tls10),
    ("ELBSecurityPolicy-2015-03", Version::Tls10),
    ("ELBSecurityPolicy-2015-05", Version::Tls10),
    ("ELBSecurityPolicy-2016-08", Version::Tls10),
    ("ELBSecurityPolicy-FS-2018-06", Version::Tls10),
    ("ELBSecurityPolicy-FS-1-1-2019-08", Version::Tls11),
    ("ELBSecurityPolicy-TLS-1-0-2015-04", Version::Tls10),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", Version::Tls11),
    ("ELBSecurityPolicy-TLS13-1-0-2021-06", Version::Tls10),
    ("ELBSecurityPolicy-TLS13-1-1-2021-06", Version::Tls11),
];

/// The fields, annotations and arguments of a file's objects that say which versions are allowed. `seen` are the lists
/// that the table of settings has already: variables and the values of ConfigMaps.
pub(super) fn lists<'a>(view: &View<'a>, seen: &[WordList<'a>]) -> Vec<WordList<'a>> {
    if !is_cluster(view) {
        return Vec::new();
    }
    let seen: HashSet<u32> =
        seen.iter().flat_map(|list| &list.words).filter_map(|word| word.place.node).collect();
    let nodes = view.source.root().descendants();
    nodes.filter(|node| !seen.contains(&node.id())).filter_map(|node| list(view, node)).collect()
}

fn is_cluster(view: &View<'_>) -> bool {
    KINDS.contains(&view.source.kind()) && !view.source.is_empty()
}

fn list<'a>(view: &View<'a>, node: Node<'a>) -> Option<WordList<'a>> {
    if !node.is_known() || node.resolve() != node {
        return None;
    }
    match node.kind() {
        Kind::Sequence => {
            let named = named_by_keys(node)?;
            let mut list = WordList::new(view.source, title(node));
            for child in node.children().filter(|c| c.is_scalar() && c.is_known() && fits(named, c.text())) {
                list.add(child.text().trim(), child.place(), child, true);
            }
            Some(list)
        }
        Kind::Scalar if node.key_span().is_some() => {
            let value = node.text();
            let named = (value.len() <= MAX_VALUE).then(|| named_by_keys(node)).flatten()?;
            let mut list = WordList::new(view.source, title(node));
            if fits(named, value) {
                list.add(value.trim(), node.place(), node, false);
            }
            Some(list)
        }
        Kind::Scalar => {
            let (flag, value) = node.text().strip_prefix("--")?.split_once('=')?;
            if value.len() > MAX_VALUE || !speaks_of_versions(flag) {
                return None;
            }
            let named = sure(&secrecy::flat(flag))?;
            let mut list = WordList::new(view.source, flag.to_owned());
            if fits(named, value) {
                list.add(value.trim(), node.place(), node, false);
            }
            Some(list)
        }
        _ => None,
    }
}

/// Whether a name is worth to be folded.
fn speaks_of_versions(name: &str) -> bool {
    let ends_in = |word: &str| {
        let at = name.len().checked_sub(word.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    name.len() < 200
        && ["version", "versions", "protocol", "protocols", "versionmin"].iter().any(|word| ends_in(word))
}

/// What a field's keys say of it.
fn named_by_keys(node: Node<'_>) -> Option<Named> {
    if !speaks_of_versions(node.name()) || matches!(node.name(), "apiVersion" | "resourceVersion") {
        return None;
    }
    let above = node.ancestors().filter(|above| above.key_span().is_some() && *above != node);
    let mut keys: Vec<String> = above.take(KEYS - 1).map(|above| secrecy::flat(above.name())).collect();
    keys.reverse();
    keys.push(secrecy::flat(node.name()));
    sure(&keys.join("_"))
}

/// As [`named`]; but only the name of a least version is sure, for `tls.version` of an object may be that of a chart.
fn sure(name: &str) -> Option<Named> {
    let least = name.split('_').any(|word| matches!(word, "min" | "minimum"));
    named(name).map(|named| if least { named } else { Named::Perhaps })
}

fn fits(named: Named, value: &str) -> bool {
    named == Named::Surely || value.split_whitespace().any(Version::is_unmistakable)
}

/// The field's name with that of the map it stands in; an annotation has a full name of its own.
fn title(node: Node<'_>) -> String {
    let above = node.ancestors().find(|above| above.key_span().is_some() && *above != node);
    match above.map(Node::name).filter(|_| !node.name().contains('/')) {
        Some(above) => format!("{above}.{}", node.name()),
        None => node.name().to_owned(),
    }
}

/// Reports the names that stand for a set of versions with old ones among them.
pub(super) fn policies(view: &View<'_>, out: &mut Out) {
    if !is_cluster(view) {
        return;
    }
    for node in view.source.root().descendants() {
        if node.has_name("tlsSecurityProfile") {
            let Some(kind) = node.get("type").filter(|kind| kind.is_known()) else { continue };
            view.judges(out);
            if kind.text() == "Old" {
                let message = "tlsSecurityProfile has Old, which admits TLS 1.1";
                out.finding(kind.place(), message).key("tlsSecurityProfile=Old");
            }
        } else if node.is_scalar() && node.is_known() && POLICY_ANNOTATIONS.iter().any(|n| node.has_name(n)) {
            view.judges(out);
            let Some((policy, oldest)) = OLD_POLICIES.iter().find(|(name, _)| *name == node.text()) else {
                continue;
            };
            let message = format!("{} has {policy}, which admits {}", node.name(), oldest.name());
            out.finding(node.place(), message).key(format!("{}={policy}", node.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{lists, policies};
    use crate::view::View;
    use stockade_sdk::Out;

    fn found(text: &str) -> Vec<String> {
        let source = stockade_testkit::source("kubernetes", "edge.yaml", text);
        let view = View::new(&source);
        let words = |list: &crate::words::WordList<'_>| -> Vec<String> {
            list.words.iter().map(|word| format!("{} {}", list.name, word.text)).collect()
        };
        lists(&view, &[]).iter().flat_map(words).collect()
    }

    #[test]
    fn fields_arguments_and_annotations_name_versions() {
        for (text, expected) in [
            ("spec:\n  minVersion: VersionTLS10\n", "spec.minVersion VersionTLS10"),
            ("spec:\n  tls:\n    minVersion: \"1.0\"\n", "tls.minVersion 1.0"),
            (
                "spec:\n  servers:\n    - tls:\n        minProtocolVersion: TLSV1_1\n",
                "tls.minProtocolVersion TLSV1_1",
            ),
            ("spec:\n  custom:\n    minTLSVersion: VersionTLS11\n", "custom.minTLSVersion VersionTLS11"),
            ("spec:\n  args:\n    - --tls-min-version=VersionTLS10\n", "tls-min-version VersionTLS10"),
            (
                "metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-ssl-protocols: TLSv1\n",
                "nginx.ingress.kubernetes.io/proxy-ssl-protocols TLSv1",
            ),
        ] {
            assert_eq!(found(&format!("apiVersion: v1\nkind: Gateway\n{text}")), [expected], "{text}");
        }
    }

    #[test]
    fn versions_of_other_things_are_none() {
        for text in [
            "spec:\n  minVersion: \"1.0\"\n",
            "spec:\n  ports:\n    - name: tls\n      protocol: TCP\n",
            "spec:\n  tls:\n    maxVersion: \"1.1\"\n",
            "spec:\n  version: \"1.1\"\n",
            "spec:\n  values:\n    tls:\n      version: \"1.1\"\n",
            "metadata:\n  labels:\n    tls-version: \"1.0\"\n",
        ] {
            assert_eq!(
                found(&format!("apiVersion: v1\nkind: Gateway\n{text}")),
                Vec::<String>::new(),
                "{text}"
            );
        }
    }

    #[test]
    fn policies_are_judged_where_they_are_old() {
        for (name, old) in
            [("ELBSecurityPolicy-TLS-1-1-2017-01", 1), ("ELBSecurityPolicy-TLS13-1-2-2021-06", 0)]
        {
            let text = format!(
                "apiVersion: v1\nkind: Ingress\nmetadata:\n  annotations:\n    alb.ingress.kubernetes.io/ssl-policy: {name}\n"
            );
            let source = stockade_testkit::source("kubernetes", "edge.yaml", &text);
            let mut out = Out::for_rule(3);
            policies(&View::new(&source), &mut out);
            assert_eq!(out.findings().len(), old, "{name}");
        }
    }
}
