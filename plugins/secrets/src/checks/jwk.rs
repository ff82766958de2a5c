//! Keys in JSON form (RFC 7517).

use super::is_fixture;
use stockade_sdk::secrecy::base64;
use stockade_sdk::{Node, Out, Params, Source};

/// Fewest characters of a member that is a key: a P-256 key has 43, shorter ones stand in documentation.
const SHORTEST: usize = 20;

/// The member of a JWK that has to stay private.
fn private_member(jwk: Node<'_>) -> Option<Node<'_>> {
    let kty = jwk.get("kty")?.text();
    let members: &[&str] = if kty == "oct" { &["k"] } else { &["d", "p", "q"] };
    let known = |n: &Node<'_>| n.is_scalar() && n.is_known() && n.text().len() >= SHORTEST;
    members.iter().find_map(|name| jwk.get(name).filter(known))
}

/// Whether a text is a JWK or a set of them with a private member.
fn is_private_text(text: &str) -> bool {
    let has = |member: &str| text.contains(member);
    text.trim_start().starts_with('{')
        && has("\"kty\"")
        && (has("\"d\"") || has("\"p\"") || (has("\"oct\"") && has("\"k\"")))
}

/// `private-jwk`: a private or symmetric JWK, as a mapping, as text, or in base 64.
pub(crate) fn private_jwk(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) || source.is_empty() {
        return;
    }
    for node in source.root().descendants() {
        if node.name() == "kty"
            && let Some(jwk) = node.parent()
            && let Some(member) = private_member(jwk)
        {
            let what =
                if jwk.get("kty").is_some_and(|k| k.text() == "oct") { "symmetric" } else { "private" };
            out.finding(
                member.place(),
                format!("a {what} JWK stands in the file (member {})", member.name()),
            );
        }
        if !node.is_scalar() || !node.is_known() || node.resolve() != node {
            continue;
        }
        let text = node.text();
        let inside = match text.strip_prefix("base64://") {
            Some(encoded) => base64(encoded).is_some_and(|plain| is_private_text(&plain)),
            None => text.starts_with('{') && is_private_text(text),
        };
        if inside {
            out.finding(node.place(), "a private JWK stands in the file");
        }
    }
}
