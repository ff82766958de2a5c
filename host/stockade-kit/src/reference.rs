//! Where plugins come from.

use crate::KitError;
use crate::net::{Place, is_this_machine, shown};
use std::fmt;

/// A source of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// A file of this machine.
    File(String),
    /// An https URL.
    Url(String),
    /// An artifact in a registry.
    Oci(Reference),
}

impl PluginSource {
    /// Reads a source as a person writes it.
    ///
    /// # Errors
    /// [`KitError::Source`] for what means nothing, [`KitError::Insecure`] for http.
    pub fn parse(text: &str) -> Result<Self, KitError> {
        if let Some(rest) = text.strip_prefix("oci://") {
            return Reference::parse(rest).map(Self::Oci);
        }
        if text.contains("://") {
            return Place::parse(text).map(|_| Self::Url(text.to_owned()));
        }
        if text.is_empty() {
            return Err(KitError::Source { reason: "it is empty".to_owned() });
        }
        Ok(Self::File(text.to_owned()))
    }
}

/// An artifact in a registry: `host/repository:tag` or `host/repository@sha256:digest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `ghcr.io`, `localhost:5000`.
    pub host: String,
    /// `acme/rules`.
    pub repository: String,
    /// Its tag, if it has one.
    pub tag: Option<String>,
    /// SHA-256 of its manifest, 64 hexadecimal digits, if it is pinned.
    pub digest: Option<String>,
}

impl Reference {
    fn parse(text: &str) -> Result<Self, KitError> {
        let bad = |reason: &str| KitError::Source { reason: format!("{reason} (`oci://{}`)", shown(text)) };
        let (rest, digest) = match text.split_once("@sha256:") {
            Some((rest, hex)) => (rest, Some(hex.to_owned())),
            None => (text, None),
        };
        if digest.as_deref().is_some_and(|hex| !is_hex(hex)) {
            return Err(bad("`@sha256:` needs 64 hexadecimal digits behind it"));
        }
        let (host, path) = rest.split_once('/').ok_or_else(|| bad("it names no repository"))?;
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        let host_fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(host_fits) {
            return Err(bad("this is no registry's name"));
        }
        // The distribution specification's forms of names and tags.
        let part_fits = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        if repository.len() > 255 || !repository.split('/').all(part_fits) {
            return Err(bad("this is no repository's name"));
        }
        let tag_fits = |tag: &String| {
            (1..=128).contains(&tag.len())
                && !tag.starts_with(['.', '-'])
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !tag.as_ref().is_none_or(tag_fits) {
            return Err(bad("this is no tag"));
        }
        if tag.is_none() && digest.is_none() {
            return Err(bad("it needs a tag or a digest: there is no silent `latest`"));
        }
        Ok(Self { host: host.to_owned(), repository: repository.to_owned(), tag, digest })
    }

    /// The same artifact by the digest of its manifest.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> Self {
        Self { digest: Some(digest.to_owned()), ..self.clone() }
    }

    /// The registry's base address: https, unless it runs on this machine.
    pub(crate) fn base(&self) -> String {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => self.host.as_str(),
        };
        let scheme = if is_this_machine(name) { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}", self.host, self.repository)
    }

    /// What names its manifest: the digest, else the tag.
    pub(crate) fn manifest_name(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => format!("sha256:{digest}"),
            (None, tag) => tag.clone().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@sha256:{digest}")?;
        }
        Ok(())
    }
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(text: &str) -> Reference {
        match PluginSource::parse(text) {
            Ok(PluginSource::Oci(reference)) => reference,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn references_are_read_and_written() {
        let digest = "0123456789abcdef".repeat(4);
        for text in [
            "oci://ghcr.io/acme/rules:1.2".to_owned(),
            format!("oci://ghcr.io/acme/rules@sha256:{digest}"),
            format!("oci://localhost:5000/rules:1.2@sha256:{digest}"),
        ] {
            assert_eq!(reference(&text).to_string(), text);
        }
        assert_eq!(reference("oci://localhost:5000/r:1").base(), "http://localhost:5000/v2/r");
        assert_eq!(reference("oci://127.0.0.1:5000/r:1").base(), "http://127.0.0.1:5000/v2/r");
        assert_eq!(reference("oci://[::1]:5000/r:1").base(), "http://[::1]:5000/v2/r");
        assert_eq!(
            reference("oci://localhost.evil.example/r:1").base(),
            "https://localhost.evil.example/v2/r"
        );
    }

    #[test]
    fn what_means_something_else_is_refused() {
        for text in [
            "",
            "oci://",
            "oci://ghcr.io",
            "oci://ghcr.io/",
            "oci://ghcr.io/acme",
            "oci://ghcr.io/../acme:1",
            "oci://ghcr.io/a//b:1",
            "oci://ghcr.io/Acme:1",
            "oci://user@ghcr.io/acme:1",
            "oci://ghcr.io/acme:1?x",
            "oci://ghcr.io/acme:",
            "oci://ghcr.io/acme@sha256:beef",
            "https://user:secret@example.org/a.wasm",
            "ftp://example.org/a.wasm",
            "http://example.org/a.wasm",
            "http://127.0.0.1.example.org/a.wasm",
        ] {
            assert!(PluginSource::parse(text).is_err(), "{text}");
        }
        assert!(PluginSource::parse("https://example.org/a.wasm").is_ok());
        assert_eq!(PluginSource::parse("a/b.wasm"), Ok(PluginSource::File("a/b.wasm".to_owned())));
    }
}
