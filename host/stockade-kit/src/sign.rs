//! Signatures as cosign makes them with a key pair: ECDSA on P-256 over a small JSON payload that names the manifest's
//! digest, kept beside the artifact under the tag `sha256-<digest>.sig`.

use crate::KitError;
use crate::net::{Client, shown};
use crate::oci::{Registry, SMALL_BYTES};
use crate::reference::Reference;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use serde::Deserialize;

const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const TYPE: &str = "cosign container image signature";
/// Signatures of one artifact that are tried.
const SIGNATURES: usize = 16;

/// A publisher's public key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: VerifyingKey,
    digest: String,
}

impl PublicKey {
    /// Reads a key in PEM.
    ///
    /// # Errors
    /// [`KitError::Key`] for anything but a public key on P-256.
    pub fn from_pem(pem: &str) -> Result<Self, KitError> {
        let bad = |reason: String| KitError::Key { reason: shown(&reason) };
        let key = VerifyingKey::from_public_key_pem(pem.trim()).map_err(|error| bad(error.to_string()))?;
        let der = key.to_public_key_der().map_err(|error| bad(error.to_string()))?;
        Ok(Self { digest: crate::oci::sha256(der.as_bytes()), key })
    }

    /// SHA-256 of the key's DER form: what a lock file remembers of it.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Checks that the artifact whose manifest has this SHA-256 is signed with the key.
///
/// # Errors
/// [`KitError::Signature`] where no signature fits; others where the registry cannot be asked.
pub fn verify(
    client: &Client,
    reference: &Reference,
    manifest: &str,
    key: &PublicKey,
) -> Result<(), KitError> {
    let mut registry = Registry::new(client, reference, "pull");
    let none = |reason: &str| KitError::Signature { reason: reason.to_owned() };
    let (signatures, _) =
        registry.manifest(&format!("sha256-{manifest}.sig")).map_err(|error| match error {
            KitError::Status { status: 404, .. } => none("there is no signature"),
            other => other,
        })?;
    let mut reason = "there is no signature".to_owned();
    for layer in signatures.layers.iter().filter(|layer| layer.media_type == PAYLOAD).take(SIGNATURES) {
        let Some(signature) = layer.annotations.get(SIGNATURE) else { continue };
        let payload = registry.blob("payload", layer, SMALL_BYTES)?;
        match check(&payload, signature, manifest, key) {
            Ok(()) => return Ok(()),
            Err(why) => reason = why,
        }
    }
    Err(KitError::Signature { reason })
}

/// Checks one signature: first that the key made it, then what it says.
fn check(payload: &[u8], signature: &str, manifest: &str, key: &PublicKey) -> Result<(), String> {
    let der = STANDARD.decode(signature).map_err(|_| "the signature is not base64".to_owned())?;
    let signature =
        DerSignature::try_from(der.as_slice()).map_err(|_| "the signature is malformed".to_owned())?;
    key.key.verify(payload, &signature).map_err(|_| "the signature is by another key".to_owned())?;
    let payload: Payload =
        serde_json::from_slice(payload).map_err(|_| "what is signed is no payload of cosign's".to_owned())?;
    if payload.critical.kind != TYPE {
        return Err(format!("what is signed is a `{}`", shown(&payload.critical.kind)));
    }
    if payload.critical.image.digest != format!("sha256:{manifest}") {
        return Err("the signature is for another artifact".to_owned());
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
