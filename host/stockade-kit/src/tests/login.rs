//! Logins: who is told a password or token, and who is not.

use super::hostile::manifest;
use super::{answer, client, listening, reference, server};
use crate::{KitError, Login, pull};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const LIMIT: usize = 1000;
const ASKS_FOR_PASSWORD: &str = "WWW-Authenticate: Basic realm=\"here\"\r\n";

fn login(host: &str) -> Option<Login> {
    Some(Login { host: host.to_owned(), user_and_password: "ann:open sesame".to_owned() })
}

fn basic() -> String {
    format!("authorization: basic {}", STANDARD.encode("ann:open sesame")).to_ascii_lowercase()
}

/// The `Authorization` of a call, in lower case.
fn authorization(head: &str) -> Option<String> {
    head.lines().map(str::to_ascii_lowercase).find(|line| line.starts_with("authorization:"))
}

#[test]
fn a_token_is_got_with_the_password_and_used() {
    let (tokens, asked) = listening(vec![answer("200 OK", "", br#"{"access_token":"abc.DEF-1"}"#)]);
    let challenge =
        format!("WWW-Authenticate: Bearer realm=\"http://{tokens}/t?x=1\",service=\"the one\"\r\n");
    let (address, calls) = listening(vec![
        answer("401 Unauthorized", &challenge, b""),
        answer("200 OK", "", &manifest(b"wasm", 4)),
        answer("200 OK", "", b"wasm"),
    ]);
    let pulled = pull(&client(login(&address)), &reference(&address, ":1"), LIMIT).unwrap();
    assert_eq!(pulled.wasm, b"wasm");
    let asked = asked.lock().unwrap();
    let line = "GET /t?x=1&scope=repository%3Aacme%2Frules%3Apull&service=the%20one HTTP/1.1\r\n";
    assert!(asked.len() == 1 && asked[0].starts_with(line), "{asked:?}");
    assert_eq!(authorization(&asked[0]), Some(basic()));
    let calls = calls.lock().unwrap();
    let told: Vec<Option<String>> = calls.iter().map(|head| authorization(head)).collect();
    let token = Some("authorization: bearer abc.def-1".to_owned());
    assert_eq!(told, [None, token.clone(), token]);
}

#[test]
fn a_password_goes_to_its_registry_alone() {
    let answers = |to: &str| {
        vec![
            answer("401 Unauthorized", ASKS_FOR_PASSWORD, b""),
            answer("200 OK", "", &manifest(b"wasm", 4)),
            answer("307 Temporary Redirect", &format!("Location: http://{to}/blob\r\n"), b""),
        ]
    };
    // The storage that a registry redirects to has a way of its own to know who may read.
    let (storage, fetched) = listening(vec![answer("200 OK", "", b"wasm")]);
    let (address, calls) = listening(answers(&storage));
    pull(&client(login(&address)), &reference(&address, ":1"), LIMIT).unwrap();
    let told: Vec<bool> =
        calls.lock().unwrap().iter().map(|head| authorization(head) == Some(basic())).collect();
    assert_eq!(told, [false, true, true]);
    assert_eq!(fetched.lock().unwrap().iter().filter_map(|head| authorization(head)).count(), 0);

    // The login is for another registry.
    let (address, calls) = listening(answers(&storage));
    let error = pull(&client(login("registry.example.com")), &reference(&address, ":1"), LIMIT).unwrap_err();
    assert!(matches!(error, KitError::Status { status: 401, .. }), "{error:?}");
    assert_eq!(calls.lock().unwrap().iter().filter_map(|head| authorization(head)).count(), 0);
    assert!(!format!("{:?}", login("x")).contains("sesame"));
}

#[test]
fn token_servers_are_not_believed_blindly() {
    let pulled = |challenge: &str, token: &[u8]| {
        let tokens = server(vec![answer("200 OK", "", token)]);
        let challenge = challenge.replace("TOKENS", &tokens);
        let address = server(vec![answer("401 Unauthorized", &challenge, b"")]);
        pull(&client(None), &reference(&address, ":1"), LIMIT).unwrap_err()
    };
    let elsewhere = pulled("WWW-Authenticate: Bearer realm=\"ftp://x\"\r\n", b"");
    assert!(matches!(elsewhere, KitError::Insecure { .. }), "{elsewhere:?}");
    let plain = pulled("WWW-Authenticate: Bearer realm=\"http://tokens.example.com/t\"\r\n", b"");
    assert!(matches!(plain, KitError::Insecure { .. }), "{plain:?}");
    let nowhere = pulled("WWW-Authenticate: Bearer service=\"s\"\r\n", b"");
    assert!(matches!(nowhere, KitError::Answer { .. }), "{nowhere:?}");
    let here = "WWW-Authenticate: Bearer realm=\"http://TOKENS/t\"\r\n";
    let nonsense = pulled(here, b"no token");
    assert!(matches!(nonsense, KitError::Answer { .. }), "{nonsense:?}");
    // A line break in a token would be a header of its own.
    let split = pulled(here, br#"{"token":"abc\r\nX-Evil: 1"}"#);
    assert!(matches!(split, KitError::Status { status: 401, .. }), "{split:?}");
    let flood = pulled(here, &vec![b' '; crate::oci::SMALL_BYTES + 1]);
    assert!(matches!(flood, KitError::TooLarge { .. }), "{flood:?}");
}
