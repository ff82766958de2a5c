//! Files of keys and data: that they are there, and what their modes allow.

use super::is_fixture;
use stockade_sdk::secrecy::base64;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Place, Source, Span, contains};

const START: Place = Place { span: Span { start: 0, end: 0 }, node: None };

/// What a store is by the first bytes of the file, or by its name where that says it all.
fn store(source: &Source) -> Option<&'static str> {
    let name = source.file_name().to_ascii_lowercase();
    let ending = name.rsplit('.').next().unwrap_or_default();
    // The beginning of the file, in base 64; empty where it is text.
    let head = if source.is_empty() { None } else { source.root().get("content").map(|node| node.text()) };
    let head = head.unwrap_or_default();
    let bytes = head.get(..head.len().min(64)).and_then(base64).unwrap_or_default();
    let magic = |wanted: &str| bytes.starts_with(wanted);
    if magic("SQLite format 3\0") {
        return Some("a database of SQLite");
    }
    Some(match ending {
        "p12" | "pfx" => "a PKCS#12 store",
        "jks" | "jceks" | "keystore" => "a Java keystore",
        "bcfks" => "a keystore of Bouncy Castle",
        "kdb" | "kdbx" => "a KeePass database",
        "keytab" => "a Kerberos keytab",
        "wallet" => "a wallet",
        "mdb" if name == "data.mdb" => "a database of LMDB",
        "dat" if name == "wallet.dat" => "a wallet",
        _ => return None,
    })
}

/// Whether a file of text is a kubeconfig with a key or a password of its user.
fn kubeconfig_key<'a>(source: &'a Source) -> Option<Node<'a>> {
    source.root().descendants().find(|node| {
        matches!(node.name(), "client-key-data" | "token" | "password")
            && node.is_scalar()
            && node.is_known()
            && node.text().len() >= 16
            && node.ancestors().any(|above| above.name() == "users")
            && node.parent().is_some_and(|parent| parent.name() == "user")
    })
}

/// `keystore`: a store of keys, a wallet or a database lies in the repository.
pub(crate) fn keystore(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) || source.is_marked("development") {
        return;
    }
    if source.kind() == "keystore" {
        // Stores of certificates alone are public.
        let public = source.file_name().to_ascii_lowercase();
        if public.contains("truststore") || public.contains("cacerts") {
            return;
        }
        if let Some(what) = store(source) {
            out.finding(START, format!("{} is {what}", source.file_name())).key("store");
        }
    } else if contains(source.text(), "clusters:")
        && contains(source.text(), "users:")
        && let Some(node) = kubeconfig_key(source)
    {
        let message = format!("{} is a kubeconfig with the {} of its user", source.file_name(), node.name());
        out.finding(node.key_place(), message).label(node.place(), "");
    }
}

/// Whether a path is that of a private key, a store or a database.
fn is_key_path(path: &str) -> bool {
    let lower = path.trim_end_matches(['"', '\'']).to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let ends = [
        ".key",
        ".p12",
        ".pfx",
        ".jks",
        ".keystore",
        ".kdbx",
        ".ppk",
        ".keytab",
        ".sqlite",
        ".sqlite3",
        "-key.pem",
    ];
    let named = ["id_rsa", "id_ecdsa", "id_ed25519", "privkey.pem", "key.pem", "private.pem", "data.mdb"];
    let public = name.contains("pub")
        || name.contains("truststore")
        || name.contains(".gpg")
        || lower.contains("keyrings");
    (ends.iter().any(|end| name.ends_with(end)) || named.contains(&name)) && !public
}

/// The bits of an octal mode as configuration writes it: `0644`, `644`, `u=rw,g=r`.
fn mode(text: &str) -> Option<u32> {
    let text = text.trim().trim_start_matches("0o");
    let octal = (3..=5).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    octal.then(|| u32::from_str_radix(text, 8).ok()).flatten()
}

/// Modules of Ansible that give a file its mode.
const MODULES: [&str; 6] =
    ["copy", "template", "file", "ansible.builtin.copy", "ansible.builtin.template", "ansible.builtin.file"];

/// `key-mode`: a key may be executed in the repository, or an Ansible task or `install` gives it a mode wider than 600.
pub(crate) fn key_mode(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    match source.kind() {
        "pem" | "der" | "keystore" => {
            let private = contains(source.text(), "PRIVATE KEY")
                || is_key_path(source.path())
                || store(source).is_some();
            if source.is_marked("executable") && private {
                let end = source.line_at(0).end;
                let place = Place { span: Span { start: 0, end }, node: None };
                out.finding(place, format!("{} may be executed", source.file_name())).key("mode");
            }
        }
        "shell" | "dockerfile" => installed(source, out),
        _ => tasks(source, out),
    }
}

fn tasks(source: &Source, out: &mut Out) {
    for node in
        source.root().descendants().filter(|n| MODULES.contains(&n.name()) && n.kind() == Kind::Mapping)
    {
        let Some(given) = node.get("mode").filter(|mode| mode.is_scalar() && mode.is_known()) else {
            continue;
        };
        let target = ["dest", "path", "name"].iter().find_map(|key| node.get(key));
        let Some(target) = target.filter(|target| is_key_path(target.text())) else { continue };
        let folder = node.get("state").is_some_and(|state| matches!(state.text(), "directory" | "absent"));
        // YAML reads 0644 as octal and writes it in decimal; the text is what counts.
        let written = source.slice(given.span()).trim_matches(['"', '\'']);
        let Some(bits) = mode(written).filter(|bits| bits & 0o177 != 0 && !folder) else { continue };
        let message = format!("{} gets mode {written}", target.text());
        let tight = if bits & 0o200 == 0 { "0400" } else { "0600" };
        let quoted = source.slice(given.span()).starts_with(['"', '\'']);
        let new = if quoted { tight.to_owned() } else { format!("\"{tight}\"") };
        let span = given.span();
        let span = if quoted { Span { start: span.start + 1, end: span.end - 1 } } else { span };
        out.finding(given.place(), message)
            .safe_fix(format!("Set it to {tight}"), vec![Edit::replace(span, new)]);
    }
}

/// `install -m 644 server.key /etc/app/`.
fn installed(source: &Source, out: &mut Out) {
    if source.is_empty() {
        return;
    }
    for command in source.root().descendants().filter(|n| n.is("command")) {
        let words: Vec<Node<'_>> =
            command.children().filter(|n| n.kind() == Kind::Scalar && n.key_span().is_none()).collect();
        let name = |n: usize| words.get(n).map_or("", |w| w.text().rsplit('/').next().unwrap_or_default());
        let first = if name(0) == "sudo" { 1 } else { 0 };
        if name(first) != "install" {
            continue;
        }
        let rest = words.get(first + 1..).unwrap_or_default();
        let Some(at) = rest.iter().position(|w| matches!(w.text(), "-m" | "--mode")) else { continue };
        let Some(given) = rest.get(at + 1).filter(|w| w.is_known()) else { continue };
        let Some(bits) = mode(given.text()).filter(|bits| bits & 0o177 != 0) else { continue };
        let Some(key) = rest.iter().find(|w| is_key_path(w.text())) else { continue };
        let tight = if bits & 0o200 == 0 { "400" } else { "600" };
        let message = format!("{} gets mode {}", key.text(), given.text());
        let zero = if given.text().len() > 3 { "0" } else { "" };
        out.finding(given.place(), message).safe_fix(
            format!("Set it to {zero}{tight}"),
            vec![Edit::replace_value(*given, format!("{zero}{tight}"))],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{is_key_path, key_mode, keystore, mode};
    use stockade_sdk::{Out, Params};
    use stockade_testkit::source;

    #[test]
    fn keys_are_told_by_their_names() {
        for path in ["/etc/app/server.key", "certs/privkey.pem", "~/.ssh/id_ed25519", "x.p12"] {
            assert!(is_key_path(path), "{path}");
        }
        for path in ["server.crt", "id_rsa.pub", "/usr/share/keyrings/x.gpg", "key", "truststore.jks"] {
            assert!(!is_key_path(path), "{path}");
        }
        assert_eq!(mode("0644"), Some(0o644));
        assert_eq!(mode("u=rw"), None);
        assert_eq!(mode("1777777"), None);
    }

    #[test]
    fn a_store_is_told_by_its_name_and_only_outside_fixtures() {
        for (path, count) in
            [("deploy/app.p12", 1), ("tests/app.p12", 0), ("deploy/truststore.jks", 0), ("data/app.db", 0)]
        {
            let mut out = Out::new();
            keystore(&&source("keystore", path, ""), &Params::default(), &mut out);
            assert_eq!(out.findings().len(), count, "{path}");
        }
    }

    #[test]
    fn a_key_without_the_bit_is_fine() {
        let mut out = Out::new();
        key_mode(&&source("pem", "certs/app.key", "x"), &Params::default(), &mut out);
        assert!(out.findings().is_empty());
    }
}
