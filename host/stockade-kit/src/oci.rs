//! Plugins in OCI registries: the few calls of the distribution protocol that pull and push one artifact.
//!
//! An artifact is a manifest with a config of type `application/vnd.wasm.config.v0+json` and one layer of type
//! `application/wasm`, as the Wasm working group of the CNCF describes it. What comes from a registry is bounded
//! before it is read and compared with its digest before it is used.

use crate::KitError;
use crate::net::{Answer, Call, Client, Place, shown};
use crate::reference::{Reference, is_hex};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// Bytes of a manifest: those of plugins have 500, signatures' a few thousand.
pub(crate) const MANIFEST_BYTES: usize = 256 << 10;
/// Bytes of a token, a config or a signature's payload.
pub(crate) const SMALL_BYTES: usize = 64 << 10;

/// A plugin from a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The component.
    pub wasm: Vec<u8>,
    /// SHA-256 of the manifest.
    pub manifest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    pub(crate) config: Descriptor,
    #[serde(default)]
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        let digest = format!("sha256:{}", sha256(bytes));
        let size = bytes.len() as u64;
        Self { media_type: media_type.to_owned(), digest, size, annotations: BTreeMap::new() }
    }
}

impl Manifest {
    pub(crate) fn of(
        config: Descriptor,
        layers: Vec<Descriptor>,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        Self { schema_version: 2, media_type: Some(MANIFEST.to_owned()), config, layers, annotations }
    }
}

/// Gets the component that a reference names, of at most `limit` bytes.
///
/// # Errors
/// Where it cannot be had, is no plugin, or does not have the digests it should have.
pub fn pull(client: &Client, reference: &Reference, limit: usize) -> Result<Pulled, KitError> {
    let mut registry = Registry::new(client, reference, "pull");
    let (manifest, digest) = registry.manifest(&reference.manifest_name())?;
    if let Some(expected) = &reference.digest {
        same("manifest", expected, &digest)?;
    }
    let mut layers = manifest.layers.iter().filter(|layer| layer.media_type == LAYER);
    let (Some(layer), None) = (layers.next(), layers.next()) else {
        let reason = format!("the manifest has not one layer of type `{LAYER}`, but others");
        return Err(KitError::Answer { reason });
    };
    let wasm = registry.blob("layer", layer, limit)?;
    Ok(Pulled { wasm, manifest: digest })
}

/// Puts a component into a registry under the reference's tag; gives SHA-256 of the manifest, the same for the same
/// bytes and annotations.
///
/// # Errors
/// Where the registry refuses it.
pub fn push(
    client: &Client,
    reference: &Reference,
    wasm: &[u8],
    imports: &[String],
    annotations: &BTreeMap<String, String>,
) -> Result<String, KitError> {
    let Some(tag) = &reference.tag else {
        return Err(KitError::Source { reason: "publishing needs a tag, such as `:1.2.0`".to_owned() });
    };
    let layer = Descriptor::of(LAYER, wasm);
    // The time is fixed: the digest must depend on nothing but the plugin.
    let config = serde_json::json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer.digest],
        "component": { "exports": ["stockade:plugin/rules"], "imports": imports },
    });
    let config = config.to_string().into_bytes();
    let manifest = Manifest::of(Descriptor::of(CONFIG, &config), vec![layer.clone()], annotations.clone());
    let mut registry = Registry::new(client, reference, "pull,push");
    registry.upload(&layer, wasm)?;
    registry.upload(&manifest.config, &config)?;
    registry.put_manifest(tag, &manifest)
}

/// One repository of a registry.
pub(crate) struct Registry<'a> {
    client: &'a Client,
    base: String,
    host: String,
    scope: String,
    authorization: Option<String>,
}

impl<'a> Registry<'a> {
    pub(crate) fn new(client: &'a Client, reference: &Reference, rights: &str) -> Self {
        Self {
            client,
            base: reference.base(),
            host: reference.host.clone(),
            scope: format!("repository:{}:{rights}", reference.repository),
            authorization: None,
        }
    }

    /// A manifest by tag or digest, with SHA-256 of its bytes.
    pub(crate) fn manifest(&mut self, name: &str) -> Result<(Manifest, String), KitError> {
        let url = format!("{}/manifests/{name}", self.base);
        let call = Call { accept: Some(MANIFEST), limit: MANIFEST_BYTES, ..Call::get(&url) };
        let body = self.send(&call)?.expect(&url, &[200])?.body;
        let manifest: Manifest = serde_json::from_slice(&body).map_err(|error| KitError::Answer {
            reason: format!("the manifest is none: {}", shown(&error.to_string())),
        })?;
        if manifest.schema_version != 2 || manifest.media_type.as_deref().is_some_and(|kind| kind != MANIFEST)
        {
            return Err(KitError::Answer { reason: "it is no image manifest".to_owned() });
        }
        Ok((manifest, sha256(&body)))
    }

    /// The bytes that a descriptor names.
    pub(crate) fn blob(
        &mut self,
        what: &'static str,
        descriptor: &Descriptor,
        limit: usize,
    ) -> Result<Vec<u8>, KitError> {
        let expected =
            descriptor.digest.strip_prefix("sha256:").filter(|hex| is_hex(hex)).ok_or_else(|| {
                KitError::Answer { reason: format!("`{}` is no SHA-256", shown(&descriptor.digest)) }
            })?;
        let url = format!("{}/blobs/{}", self.base, descriptor.digest);
        if descriptor.size > limit as u64 {
            return Err(KitError::TooLarge { url, limit });
        }
        let body = self.send(&Call { limit, ..Call::get(&url) })?.expect(&url, &[200])?.body;
        same(what, expected, &sha256(&body))?;
        Ok(body)
    }

    /// Uploads bytes that the registry does not have yet.
    pub(crate) fn upload(&mut self, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), KitError> {
        let url = format!("{}/blobs/{}", self.base, descriptor.digest);
        let known = self.send(&Call { method: "HEAD", ..Call::get(&url) })?;
        if known.status == 200 {
            return Ok(());
        }
        let start = format!("{}/blobs/uploads/", self.base);
        let empty = Some(("application/octet-stream", &[][..]));
        let answer = self.send(&Call { method: "POST", body: empty, ..Call::get(&start) })?;
        let answer = answer.expect(&start, &[202])?;
        let Some(location) = answer.location else {
            return Err(KitError::Answer { reason: "the registry does not say where to upload".to_owned() });
        };
        let here = Place::parse(&start)?;
        let location = here.join(&location)?;
        // A plugin is nothing secret, but a token is: it goes to the registry alone.
        if Place::parse(&location)?.authority != here.authority {
            let reason = format!("it wants uploads to go to `{}`", shown(&location));
            return Err(KitError::Answer { reason });
        }
        let with = if location.contains('?') { '&' } else { '?' };
        let url = format!("{location}{with}digest={}", descriptor.digest);
        let body = Some(("application/octet-stream", bytes));
        self.send(&Call { method: "PUT", body, ..Call::get(&url) })?.expect(&url, &[201, 204])?;
        Ok(())
    }

    /// Writes a manifest under a tag; gives its SHA-256.
    pub(crate) fn put_manifest(&mut self, tag: &str, manifest: &Manifest) -> Result<String, KitError> {
        let bytes =
            serde_json::to_vec(manifest).map_err(|error| KitError::Answer { reason: error.to_string() })?;
        let url = format!("{}/manifests/{tag}", self.base);
        let body = Some((MANIFEST, bytes.as_slice()));
        self.send(&Call { method: "PUT", body, ..Call::get(&url) })?.expect(&url, &[201])?;
        Ok(sha256(&bytes))
    }

    /// Makes a call; logs in once if the registry asks for it.
    fn send(&mut self, call: &Call<'_>) -> Result<Answer, KitError> {
        let authorization = self.authorization.clone();
        let answer = self.client.send(&Call { authorization: authorization.as_deref(), ..*call })?;
        if answer.status != 401 || self.authorization.is_some() {
            return Ok(answer);
        }
        let Some(challenge) = &answer.challenge else { return Ok(answer) };
        self.authorization = self.log_in(challenge)?;
        match self.authorization.clone() {
            Some(new) => self.client.send(&Call { authorization: Some(&new), ..*call }),
            None => Ok(answer),
        }
    }

    /// The header that answers a challenge, if there is one.
    fn log_in(&self, challenge: &str) -> Result<Option<String>, KitError> {
        let login = self.client.login.as_ref().filter(|login| login.host == self.host);
        let basic = login.map(|login| format!("Basic {}", STANDARD.encode(&login.user_and_password)));
        let Some(fields) = strip_word(challenge, "Bearer") else {
            return Ok(basic.filter(|_| strip_word(challenge, "Basic").is_some()));
        };
        let realm = field(fields, "realm").ok_or_else(|| KitError::Answer {
            reason: "it asks for a token, and does not say where".to_owned(),
        })?;
        // A secure registry must not send us to an insecure token server.
        Place::parse(&realm)?;
        if self.base.starts_with("https://") && !realm.starts_with("https://") {
            return Err(KitError::Insecure { url: shown(&realm) });
        }
        let mut url = realm;
        let with = if url.contains('?') { '&' } else { '?' };
        let _ = write!(url, "{with}scope={}", escape(&self.scope));
        if let Some(service) = field(fields, "service") {
            let _ = write!(url, "&service={}", escape(&service));
        }
        let call = Call { authorization: basic.as_deref(), limit: SMALL_BYTES, ..Call::get(&url) };
        let body = self.client.send(&call)?.expect(&url, &[200])?.body;
        let token: Token = serde_json::from_slice(&body)
            .map_err(|_| KitError::Answer { reason: "the token server gives no token".to_owned() })?;
        let token =
            token.token.or(token.access_token).filter(|token| token.bytes().all(|b| b.is_ascii_graphic()));
        Ok(token.map(|token| format!("Bearer {token}")))
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    first.eq_ignore_ascii_case(word).then_some(rest)
}

/// The value of `name="value"` in a list of such.
fn field(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"')?;
        if key.trim_start_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after;
    }
    None
}

/// A text as part of a query.
fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn same(what: &'static str, expected: &str, found: &str) -> Result<(), KitError> {
    if expected == found {
        return Ok(());
    }
    Err(KitError::Digest { what, expected: expected.to_owned(), found: found.to_owned() })
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let text = r#"Bearer realm="https://auth.example/token",service="registry, the one",scope="x""#;
        let fields = strip_word(text, "bearer").unwrap();
        assert_eq!(field(fields, "realm").as_deref(), Some("https://auth.example/token"));
        assert_eq!(field(fields, "Service").as_deref(), Some("registry, the one"));
        assert_eq!(field(fields, "other"), None);
        assert_eq!(field("realm=\"", "realm"), None);
        assert_eq!(escape("repository:a/b:pull,push"), "repository%3Aa%2Fb%3Apull%2Cpush");
    }
}
