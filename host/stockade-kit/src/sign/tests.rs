use super::*;
use crate::oci::{Descriptor, Manifest};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::LineEnding;
use std::collections::BTreeMap;

pub(crate) fn signer(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn public(signer: &SigningKey) -> PublicKey {
    let pem = signer.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    PublicKey::from_pem(&pem).unwrap()
}

fn payload(digest: &str, kind: &str) -> String {
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"x"}},"image":{{"docker-manifest-digest":"sha256:{digest}"}},"type":"{kind}"}},"optional":null}}"#
    )
}

fn sign(signer: &SigningKey, payload: &[u8]) -> String {
    let signature: DerSignature = signer.sign(payload);
    STANDARD.encode(signature.as_bytes())
}

/// A payload for an artifact, and the manifest that carries its signature as cosign writes it.
pub(crate) fn signed(signer: &SigningKey, digest: &str) -> (Vec<u8>, Manifest) {
    let payload = payload(digest, TYPE).into_bytes();
    let mut layer = Descriptor::of(PAYLOAD, &payload);
    layer.annotations.insert(SIGNATURE.to_owned(), sign(signer, &payload));
    let config = Descriptor::of("application/vnd.oci.image.config.v1+json", b"{}");
    (payload, Manifest::of(config, vec![layer], BTreeMap::new()))
}

#[test]
fn a_good_signature_is_good_and_nothing_else_is() {
    let (ours, theirs) = (signer(1), signer(2));
    let (digest, other) = ("a".repeat(64), "b".repeat(64));
    let good = payload(&digest, TYPE).into_bytes();
    let signature = sign(&ours, &good);
    let key = public(&ours);
    assert_eq!(check(&good, &signature, &digest, &key), Ok(()));

    let says = |payload: &[u8], signature: &str, key: &PublicKey| {
        check(payload, signature, &digest, key).unwrap_err()
    };
    assert_eq!(says(&good, &signature, &public(&theirs)), "the signature is by another key");
    assert_eq!(says(payload(&other, TYPE).as_bytes(), &signature, &key), "the signature is by another key");
    let foreign = payload(&other, TYPE).into_bytes();
    assert_eq!(says(&foreign, &sign(&ours, &foreign), &key), "the signature is for another artifact");
    let kind = payload(&digest, "a poem").into_bytes();
    assert_eq!(says(&kind, &sign(&ours, &kind), &key), "what is signed is a `a poem`");
    assert_eq!(says(b"{}", &sign(&ours, b"{}"), &key), "what is signed is no payload of cosign's");
    assert_eq!(says(&good, "!", &key), "the signature is not base64");
    assert_eq!(says(&good, "AAAA", &key), "the signature is malformed");
}

#[test]
fn only_p256_keys_are_keys() {
    for pem in ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
        assert!(matches!(PublicKey::from_pem(pem), Err(KitError::Key { .. })), "{pem}");
    }
    assert_ne!(public(&signer(1)).digest(), public(&signer(2)).digest());
}

/// Made by OpenSSL 3.0, with `openssl ecparam -name prime256v1 -genkey`, `openssl ec -pubout` and
/// `openssl dgst -sha256 -sign`: another implementation agrees on what is signed, and how that is written.
#[test]
fn a_signature_that_openssl_made_is_good() {
    let pem = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUttLRGT+pOTudCnWmt3MejlRGKJB\n\
        hy/ColAugKfU1+bvLq9XKyiyun9zcaK0hZkLKg6+y53968T1zhG77A7qjg==\n\
        -----END PUBLIC KEY-----\n";
    let signature = "MEUCIQDo8TypUmjSFrxj5VRLQzPz17xODU5QUqASid6RtJ+e\
        fQIgeV/0ftm1B7bvGUZ04Lx6Zh2aREEaHGb4tlK+DkPwODw=";
    let digest = "a".repeat(64);
    let payload = payload(&digest, TYPE).replace("\"x\"", "\"registry.example.com/acme/rules\"");
    let key = PublicKey::from_pem(pem).unwrap();
    assert_eq!(check(payload.as_bytes(), signature, &digest, &key), Ok(()));
    let changed = payload.replace("acme", "acne");
    let reason = check(changed.as_bytes(), signature, &digest, &key).unwrap_err();
    assert_eq!(reason, "the signature is by another key");
}
