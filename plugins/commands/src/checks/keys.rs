//! RSA keys where newer ones are shorter, faster and harder to use wrongly.

use crate::View;
use stockade_sdk::script::Command;
use stockade_sdk::{FindingBuilder, Node, Out, Params, Severity};

/// What programs make when they are not told a size.
const DEFAULT_BITS: u32 = 2048;
/// Fewer bits than these are too few for any use, by NIST SP 800-131A.
const TOO_FEW: u32 = 2048;

/// `key-generated`: a command makes an RSA key for signing, or a key set holds one.
pub(crate) fn key_generated(view: &View<'_>, _: &Params, out: &mut Out) {
    let certificates = view.commands.iter().any(|c| {
        c.name() == "openssl" && matches!(c.arg(0), "req" | "x509" | "ca")
            || matches!(c.name(), "certtool" | "cfssl" | "keytool" | "minica" | "mkcert")
    });
    for command in &view.commands {
        let Some(made) = generated(command) else { continue };
        // The key of a certificate has to be one that its clients know.
        let for_certificate = made.may_be_certificate && (certificates || names_certificate(command));
        if for_certificate && made.bits.is_none_or(|bits| bits >= TOO_FEW) {
            continue;
        }
        let Some(word) = command.words.get(made.word) else { continue };
        let size = made.bits.map_or_else(String::new, |bits| format!(" of {bits} bits"));
        let finding = out.finding(command.place(word), format!("{} makes an RSA key{size}", command.name()));
        weigh(finding, made.bits);
    }
    if matches!(view.source.kind(), "json" | "yaml") && !view.source.is_empty() && !view.is_exempt() {
        key_sets(view, out);
    }
}

/// A key that is too small for any use is worse than one of an old kind.
fn weigh(finding: FindingBuilder<'_>, bits: Option<u32>) {
    if bits.is_some_and(|bits| bits < TOO_FEW) {
        let _ = finding.severity(Severity::Medium);
    }
}

struct Made {
    bits: Option<u32>,
    /// Index of the word that asks for RSA.
    word: usize,
    may_be_certificate: bool,
}

fn generated(command: &Command) -> Option<Made> {
    let at = |test: &dyn Fn(&str) -> bool| command.words.iter().position(|word| test(&word.text));
    let after = |option: &str| {
        let index = at(&|word| word == option)?;
        command.words.get(index + 1).map(|word| word.text.as_str())
    };
    match command.name() {
        "openssl" if command.arg(0) == "genrsa" => {
            let numbers = command.args().iter().skip(1).filter(|word| word.known);
            let bits = numbers.filter_map(|word| word.text.parse().ok()).next_back();
            let unknown = command.args().iter().any(|word| !word.known);
            let bits = bits.or((!unknown).then_some(DEFAULT_BITS));
            Some(Made { bits, word: 1, may_be_certificate: true })
        }
        "openssl" if command.arg(0) == "genpkey" => {
            let algorithm =
                at(&|word| word.eq_ignore_ascii_case("rsa") || word.eq_ignore_ascii_case("rsa-pss"))?;
            let bits =
                command.words.iter().find_map(|w| w.text.strip_prefix("rsa_keygen_bits:")?.parse().ok());
            let given = command.words.iter().any(|w| w.text.starts_with("rsa_keygen_bits:"));
            let bits = bits.or((!given).then_some(DEFAULT_BITS));
            Some(Made { bits, word: algorithm, may_be_certificate: true })
        }
        "ssh-keygen" => {
            let kind = at(&|word| word == "-t" || word == "-trsa")?;
            let joined = command.words.get(kind)?.text == "-trsa";
            let word = if joined { kind } else { kind + 1 };
            if !joined && !command.words.get(word)?.text.eq_ignore_ascii_case("rsa") {
                return None;
            }
            let bits = match after("-b") {
                Some(bits) => bits.parse().ok(),
                None => Some(3072),
            };
            Some(Made { bits, word, may_be_certificate: false })
        }
        // `jwk generate rsa`, `jose jwk gen -i '{"alg":"RS256"}'`, `create jwks --alg RS256`.
        _ => {
            if !command
                .args()
                .iter()
                .any(|w| matches!(w.text.as_str(), "jwk" | "jwks" | "key" | "credentials"))
            {
                return None;
            }
            let making = ["generate", "gen", "create", "new"];
            if !command.args().iter().any(|w| making.contains(&w.text.as_str())) {
                return None;
            }
            let word =
                at(&|word| is_rsa(word) || word.split_once('=').is_some_and(|(_, value)| is_rsa(value)))?;
            let bits = ["--bits", "--size", "-s", "-b"].iter().find_map(|option| after(option)?.parse().ok());
            Some(Made { bits, word, may_be_certificate: false })
        }
    }
}

fn is_rsa(word: &str) -> bool {
    ["rsa", "rs256", "rs384", "rs512", "ps256", "ps384", "ps512"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
        || word.contains("\"alg\":\"RS")
        || word.contains("\"alg\":\"PS")
}

/// Whether a file that the command writes is named as a part of a certificate.
fn names_certificate(command: &Command) -> bool {
    let names = command.args().iter().flat_map(|word| word.text.split(|c: char| !c.is_ascii_alphanumeric()));
    names.into_iter().any(|word| {
        let word = word.to_ascii_lowercase();
        matches!(
            word.as_str(),
            "ca" | "tls"
                | "ssl"
                | "cert"
                | "certs"
                | "crt"
                | "server"
                | "client"
                | "https"
                | "rootca"
                | "domain"
        )
    })
}

/// Public or private keys for signing in sets of JSON web keys.
fn key_sets(view: &View<'_>, out: &mut Out) {
    for kty in view.source.root().descendants().filter(|n| n.name() == "kty" && n.is_scalar()) {
        let Some(key) = kty.parent().filter(|_| kty.text() == "RSA") else { continue };
        let field = |name: &str| key.get(name).map_or("", Node::text);
        if field("use") == "enc" || field("alg").starts_with("RSA-OAEP") || field("alg").starts_with("RSA1") {
            continue;
        }
        // Base64 holds six bits a character; the first byte of a modulus has its top bit set.
        let length = field("n").trim_end_matches('=').len() as u32;
        let bits = length * 6 / 8 * 8;
        if bits < 512 || key.get("n").is_none_or(|n| !n.is_known()) {
            continue;
        }
        weigh(out.finding(kty.place(), format!("the key set has an RSA key of {bits} bits")), Some(bits));
    }
}
