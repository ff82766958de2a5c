//! Plugins over https, from servers of this test with an authority of its own.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;

/// An authority that signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server with a certificate for this name; its port. Answers each connection with `answer`.
    fn server(&self, name: &str, expired: bool, answer: Vec<u8>) -> u16 {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let _ = stream.write_all(&answer);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        port
    }
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn plugin() -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/plugins-old/0.1.0/relic.wasm");
    std::fs::read(file).unwrap()
}

/// A repository, and whom it trusts.
struct Place {
    folder: TempDir,
    authorities: Option<String>,
}

impl Place {
    fn trusting(pem: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("repository/.git")).unwrap();
        std::fs::write(folder.path().join("repository/a.yaml"), "mode: whitelist\n").unwrap();
        let authorities = pem.map(|pem| {
            let file = folder.path().join("authorities.pem");
            std::fs::write(&file, pem).unwrap();
            file.to_string_lossy().into_owned()
        });
        Self { folder, authorities }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command
            .args(arguments)
            .current_dir(self.folder.path().join("repository"))
            .env_clear()
            .env("STOCKADE_HOME", self.folder.path().join("home"));
        if let Some(file) = &self.authorities {
            command.env("STOCKADE_CA_FILE", file);
        }
        command.output().unwrap()
    }

    /// What `plugin add` says that must fail, on one line.
    fn refused(&self, source: &str) -> String {
        let output = self.run(&["plugin", "add", source]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{source}: {text}");
        assert!(!self.folder.path().join("repository/stockade.lock").exists(), "{source} was pinned");
        text.replace(['│', '×', '╰', '─', '▶', '├'], "").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_plugin_comes_over_https_from_a_server_that_proves_who_it_is() {
    let authority = Authority::new("ours");
    let port = authority.server("localhost", false, answer("200 OK", &plugin()));
    let url = format!("https://localhost:{port}/relic.wasm");
    let place = Place::trusting(Some(&authority.pem));
    let added = place.run(&["plugin", "add", &url]);
    assert_eq!(added.status.code(), Some(0), "{}", String::from_utf8_lossy(&added.stderr));
    let lock = std::fs::read_to_string(place.folder.path().join("repository/stockade.lock")).unwrap();
    assert!(lock.contains(&format!("source \"{url}\"")), "{lock}");
    let scan = place.run(&["scan", "--select", "relic/*", "--format", "concise"]);
    let text = String::from_utf8_lossy(&scan.stdout).into_owned();
    assert!(text.contains("a.yaml:1:7: medium[relic/word]"), "{text}");
    // What is there now is not what was pinned: nothing replaces it unseen.
    let mut other = plugin();
    let last = other.len() - 10;
    other[last] ^= 1;
    let changed = authority.server("localhost", false, answer("200 OK", &other));
    let lock = lock.replace(&port.to_string(), &changed.to_string());
    std::fs::write(place.folder.path().join("repository/stockade.lock"), lock).unwrap();
    std::fs::remove_dir_all(place.folder.path().join("home")).unwrap();
    let fetched = place.run(&["plugin", "fetch"]);
    let text = String::from_utf8_lossy(&fetched.stderr).into_owned();
    assert_eq!(fetched.status.code(), Some(2), "{text}");
    assert!(text.contains("sha256:"), "{text}");
}

#[test]
fn certificates_that_prove_nothing_are_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let impostor = Authority::new("ours");
    let body = answer("200 OK", &plugin());
    let place = Place::trusting(Some(&ours.pem));
    for (port, words) in [
        (
            theirs.server("localhost", false, body.clone()),
            "nobody that is trusted has signed its certificate",
        ),
        (impostor.server("localhost", false, body.clone()), "its certificate is not signed by whom it names"),
        (ours.server("registry.example.com", false, body.clone()), "its certificate is for another name"),
        (ours.server("localhost", true, body.clone()), "its certificate has expired"),
    ] {
        let text = place.refused(&format!("https://localhost:{port}/p.wasm"));
        assert!(text.contains("does not prove who it is") && text.contains(words), "{text}");
        assert!(text.contains("STOCKADE_CA_FILE"), "{text}");
    }
    // Without our file the public authorities count, and ours is none of them.
    let port = ours.server("localhost", false, body);
    let text = Place::trusting(None).refused(&format!("https://localhost:{port}/p.wasm"));
    assert!(text.contains("nobody that is trusted has signed its certificate"), "{text}");
    for (pem, words) in [("hello", "there is no certificate in it"), ("", "there is no certificate in it")] {
        let text = Place::trusting(Some(pem)).refused(&format!("https://localhost:{port}/p.wasm"));
        assert!(text.contains("holds no certificates of authorities") && text.contains(words), "{text}");
    }
}

#[test]
fn https_does_not_lead_to_http_and_answers_have_an_end() {
    let authority = Authority::new("ours");
    let place = Place::trusting(Some(&authority.pem));
    // Even to this machine, where plain http would do for an address that a person typed.
    for to in ["http://127.0.0.1:9/p.wasm", "http://registry.example.com/p.wasm"] {
        let redirect = answer(&format!("302 Found\r\nLocation: {to}"), b"");
        let port = authority.server("localhost", false, redirect);
        let text = place.refused(&format!("https://localhost:{port}/p.wasm"));
        assert!(text.contains("which is not https") && text.contains(to), "{text}");
    }
    // More bytes than any plugin may have, announced or not.
    let endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n".to_vec();
    let port = authority.server("localhost", false, endless);
    let text = place.refused(&format!("https://localhost:{port}/p.wasm"));
    assert!(text.contains("sends more than") || text.contains("cannot be reached"), "{text}");
}
