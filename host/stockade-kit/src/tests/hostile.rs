//! Servers that lie, flood, redirect, or talk nonsense.

use super::{answer, client, reference, server};
use crate::oci::sha256;
use crate::{Authorities, Client, KitError, Pulled, pull};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const LIMIT: usize = 1000;

pub(super) fn manifest(layer: &[u8], size: usize) -> Vec<u8> {
    let layer = sha256(layer);
    format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"c","digest":"sha256:{layer}","size":1}},"layers":[{{"mediaType":"application/wasm","digest":"sha256:{layer}","size":{size}}}]}}"#
    )
    .into_bytes()
}

/// What pulling gives from a registry with these answers.
fn pulled(answers: Vec<Vec<u8>>, name: &str) -> Result<Pulled, KitError> {
    let address = server(answers);
    pull(&client(None), &reference(&address, name), LIMIT)
}

#[test]
fn a_plain_registry_is_understood() {
    let manifest = manifest(b"wasm", 4);
    let got = pulled(vec![answer("200 OK", "", &manifest), answer("200 OK", "", b"wasm")], ":1").unwrap();
    assert_eq!(got, Pulled { wasm: b"wasm".to_vec(), manifest: sha256(&manifest) });
}

#[test]
fn other_bytes_than_pinned_are_refused() {
    let good = manifest(b"wasm", 4);
    let answers = || vec![answer("200 OK", "", &good), answer("200 OK", "", b"evil")];
    let layer = pulled(answers(), ":1").unwrap_err();
    assert!(matches!(layer, KitError::Digest { what: "layer", .. }), "{layer:?}");
    let pin = format!("@sha256:{}", "0".repeat(64));
    let pinned = pulled(answers(), &pin).unwrap_err();
    assert!(matches!(pinned, KitError::Digest { what: "manifest", .. }), "{pinned:?}");
}

#[test]
fn floods_are_cut_off() {
    // More than it said, more than is wanted, without an end.
    let manifest = manifest(b"wasm", 4);
    let flood = vec![answer("200 OK", "", &manifest), answer("200 OK", "", &vec![b'x'; LIMIT + 1])];
    assert!(matches!(pulled(flood, ":1").unwrap_err(), KitError::TooLarge { limit: LIMIT, .. }));
    let told = self::manifest(b"wasm", LIMIT + 1);
    let announced = pulled(vec![answer("200 OK", "", &told)], ":1").unwrap_err();
    assert!(matches!(announced, KitError::TooLarge { limit: LIMIT, .. }), "{announced:?}");
    let huge = vec![b' '; crate::oci::MANIFEST_BYTES + 1];
    assert!(matches!(pulled(vec![answer("200 OK", "", &huge)], ":1"), Err(KitError::TooLarge { .. })));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(1 << 20)).into_bytes();
    assert!(matches!(pulled(vec![endless], ":1"), Err(KitError::Network { .. })));
}

#[test]
fn redirects_lead_nowhere_unsafe() {
    for to in [
        "http://example.org/a.wasm",
        "file:///etc/passwd",
        "https://user:word@example.org/",
        "//example.org/a",
    ] {
        let address = server(vec![answer("302 Found", &format!("Location: {to}\r\n"), b"")]);
        let error = client(None).fetch(&format!("http://{address}/a.wasm"), LIMIT).unwrap_err();
        let refused =
            matches!(error, KitError::Insecure { .. } | KitError::Source { .. } | KitError::Answer { .. });
        assert!(refused, "{to}: {error:?}");
    }
    let address = server(vec![answer("302 Found", "Location: /again\r\n", b"")]);
    let error = client(None).fetch(&format!("http://{address}/a.wasm"), LIMIT).unwrap_err();
    assert!(error.to_string().contains("more than 5 redirects"), "{error}");
}

#[test]
fn silence_and_drips_end_in_time() {
    let quick = Client::within(None, &Authorities::Public, Duration::from_millis(400));
    let fetch = |address: &str| {
        let start = Instant::now();
        let error = quick.fetch(&format!("http://{address}/a.wasm"), LIMIT).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert!(matches!(error, KitError::Network { .. }), "{error:?}");
        assert!(error.to_string().contains("timeout"), "{error}");
    };
    // Takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    fetch(&silent.local_addr().unwrap().to_string());
    // Says something every now and then, and never comes to an end.
    let dripping = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = dripping.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = dripping.accept().unwrap();
        let _ = super::head(&mut stream);
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
        while std::io::Write::write_all(&mut stream, b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    fetch(&address);
}

#[test]
fn nonsense_is_told_without_repeating_its_escapes() {
    let says = |body: &[u8]| pulled(vec![answer("200 OK", "", body)], ":1").unwrap_err();
    for body in [
        &b"\x1b[2J"[..],
        b"{}",
        b"[]",
        br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":{"mediaType":"","digest":"","size":0},"layers":[]}"#,
        br#"{"schemaVersion":2,"config":{"mediaType":"","digest":"","size":0},"layers":[]}"#,
        br#"{"schemaVersion":2,"config":{"mediaType":"","digest":"","size":0},"layers":[{"mediaType":"application/wasm","digest":"sha256:../../x","size":1}]}"#,
    ] {
        let error = says(body);
        assert!(matches!(error, KitError::Answer { .. }), "{error:?}");
        assert!(error.to_string().chars().all(|c| !c.is_control()), "{error}");
    }
    let missing = pulled(vec![answer("404 Not Found", "", b"")], ":1").unwrap_err();
    assert!(matches!(missing, KitError::Status { status: 404, .. }), "{missing:?}");
    let silent = pulled(vec![Vec::new()], ":1").unwrap_err();
    assert!(matches!(silent, KitError::Network { .. }), "{silent:?}");
}
