//! Against Debian's `docker-registry`, started on this machine for the test.

use super::{client, reference};
use crate::oci::{Registry, pull, push, sha256};
use crate::sign::tests::{public, signed, signer};
use crate::{KitError, Login, verify};
use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "docker-registry";
/// Ann's password is `open sesame`: the line of an htpasswd file, with the cheapest bcrypt that a registry takes.
const PASSWORDS: &str = "ann:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n";

struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A registry on a free port. `None`, and a message, where the program is missing; with STOCKADE_NEED_REGISTRY set, as in
/// CI, that is a failure.
fn start(with_login: bool) -> Option<Server> {
    let installed =
        Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if installed.is_err() {
        let how = "apt-get install docker-registry";
        assert!(std::env::var_os("STOCKADE_NEED_REGISTRY").is_none(), "`{PROGRAM}` is missing: {how}");
        // Past the capture of the test runner, so that nobody takes it for tested.
        let message = format!("SKIPPED: no `{PROGRAM}`; nothing was pulled from a real registry ({how})\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), message.as_bytes());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let config = folder.path().join("config.yml");
    let root = folder.path().join("data");
    let mut text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n",
        root.display()
    );
    if with_login {
        let passwords = folder.path().join("passwords");
        std::fs::write(&passwords, PASSWORDS).unwrap();
        text += &format!("auth: {{htpasswd: {{realm: here, path: {}}}}}\n", passwords.display());
    }
    std::fs::write(&config, text).unwrap();
    let child = Command::new(PROGRAM)
        .arg("serve")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server { child, address, _folder: folder };
    let begin = Instant::now();
    while TcpStream::connect(&server.address).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(20), "the registry does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(server)
}

#[test]
fn what_is_pushed_is_pulled_and_signed() {
    let Some(server) = start(false) else { return };
    let client = client(None);
    let tagged = reference(&server.address, ":1.0.0");
    let notes = BTreeMap::from([("org.opencontainers.image.title".to_owned(), "acme".to_owned())]);
    let wasm = b"\0asm plugin".repeat(5000);
    let digest = push(&client, &tagged, &wasm, &[], &notes).unwrap();
    // The same plugin has the same digest whenever it is pushed.
    assert_eq!(push(&client, &tagged, &wasm, &[], &notes).unwrap(), digest);

    let by_tag = pull(&client, &tagged, 1 << 20).unwrap();
    assert_eq!((by_tag.wasm.as_slice(), &by_tag.manifest), (wasm.as_slice(), &digest));
    let by_digest = pull(&client, &tagged.pinned(&digest), 1 << 20).unwrap();
    assert_eq!(by_digest, by_tag);
    assert!(matches!(pull(&client, &tagged, 100), Err(KitError::TooLarge { limit: 100, .. })));
    let missing = pull(&client, &reference(&server.address, ":2.0.0"), 1 << 20).unwrap_err();
    assert!(matches!(missing, KitError::Status { status: 404, .. }), "{missing:?}");

    // A tag that moves does not move what is pinned.
    let newer = push(&client, &tagged, b"other", &[], &notes).unwrap();
    assert_ne!(newer, digest);
    assert_eq!(pull(&client, &tagged.pinned(&digest), 1 << 20).unwrap().wasm, wasm);

    let (ours, theirs) = (signer(1), signer(2));
    let unsigned = verify(&client, &tagged, &digest, &public(&ours)).unwrap_err();
    assert!(matches!(unsigned, KitError::Signature { .. }), "{unsigned:?}");
    let mut registry = Registry::new(&client, &tagged, "pull,push");
    let (payload, manifest) = signed(&ours, &digest);
    registry.upload(&manifest.layers[0], &payload).unwrap();
    registry.upload(&manifest.config, b"{}").unwrap();
    registry.put_manifest(&format!("sha256-{digest}.sig"), &manifest).unwrap();
    verify(&client, &tagged, &digest, &public(&ours)).unwrap();
    let other = verify(&client, &tagged, &digest, &public(&theirs)).unwrap_err();
    assert_eq!(other, KitError::Signature { reason: "the signature is by another key".to_owned() });
    // A signature that was copied to another artifact.
    registry.put_manifest(&format!("sha256-{newer}.sig"), &manifest).unwrap();
    let copied = verify(&client, &tagged, &newer, &public(&ours)).unwrap_err();
    assert_eq!(copied, KitError::Signature { reason: "the signature is for another artifact".to_owned() });
    assert_eq!(sha256(&wasm).len(), 64);
}

#[test]
fn a_registry_with_passwords_lets_in_who_knows_one() {
    let Some(server) = start(true) else { return };
    let tagged = reference(&server.address, ":1.0.0");
    let login = |password: &str| {
        let user_and_password = format!("ann:{password}");
        client(Some(Login { host: server.address.clone(), user_and_password }))
    };
    let notes = BTreeMap::new();
    for stranger in [client(None), login("guess")] {
        let pushed = push(&stranger, &tagged, b"wasm", &[], &notes).unwrap_err();
        assert!(matches!(pushed, KitError::Status { status: 401, .. }), "{pushed:?}");
        let pulled = pull(&stranger, &tagged, 1000).unwrap_err();
        assert!(matches!(pulled, KitError::Status { status: 401, .. }), "{pulled:?}");
    }
    let digest = push(&login("open sesame"), &tagged, b"wasm", &[], &notes).unwrap();
    let pulled = pull(&login("open sesame"), &tagged, 1000).unwrap();
    assert_eq!((pulled.wasm.as_slice(), pulled.manifest), (&b"wasm"[..], digest));
}
