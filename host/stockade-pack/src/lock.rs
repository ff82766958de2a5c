//! `stockade.lock`: which plugins a configuration may run, each pinned by the digest of its bytes.
//!
//! Written by `stockade plugin`, read by every scan. It lies in the repository and so may come from a stranger: it can
//! only narrow what runs to bytes that this machine already has, and says nothing about limits.

use crate::error::{Error, ErrorKind};
use crate::names::{kebab, release, unique};
use crate::source::{Placed, Source};
use crate::view::{Args, Children, Shape, Value, View, check, nodes, shape};
use std::fmt::Write as _;

/// The form of the file that this stockade writes and reads.
const FORM: i128 = 1;
const DIGEST_EXAMPLE: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const IN_PLUGIN: &[Shape] = &[
    shape("version", Args::One(Value::Text), "version \"1.2.0\"", "The plugin's version.").required(),
    shape(
        "source",
        Args::One(Value::Text),
        "source \"oci://registry.example.org/acme/rules:1.2\"",
        "Where it was taken from: a path relative to the lock file, an https URL, or an OCI reference.",
    )
    .required(),
    shape("digest", Args::One(Value::Text), "digest \"sha256:9f86...\"", "SHA-256 of its bytes.").required(),
    shape(
        "manifest",
        Args::One(Value::Text),
        "manifest \"sha256:9f86...\"",
        "From a registry: digest of the manifest, by which it is fetched.",
    ),
    shape(
        "interface",
        Args::One(Value::Text),
        "interface \"0.1.0\"",
        "The version of the contract that it was built for.",
    )
    .required(),
    shape(
        "imports",
        Args::Some(Value::Text),
        "imports \"wasi:clocks/wall-clock@0.2.3\"",
        "Features of the host that it uses; none where this is left out.",
    ),
    shape(
        "key",
        Args::One(Value::Text),
        "key \"sha256:9f86...\"",
        "SHA-256 of the public key that its signature was checked with, where it was.",
    ),
];

/// `stockade.lock`.
pub(crate) const LOCK_FILE: &[Shape] = &[
    shape("lock", Args::One(Value::Int(FORM, FORM)), "lock 1", "The form of this file.").required(),
    shape("plugin", Args::One(Value::Text), "plugin \"acme\" { ... }", "A plugin that may run.")
        .many()
        .children(Children::Of(IN_PLUGIN)),
];

/// A plugin that may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it was taken from.
    pub source: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// From a registry: SHA-256 of the manifest, as `digest`.
    pub manifest: Option<String>,
    /// The version of the contract that it was built for.
    pub interface: String,
    /// Features of the host that it uses, sorted.
    pub imports: Vec<String>,
    /// SHA-256 of the public key that its signature was checked with.
    pub key: Option<String>,
}

/// What `stockade.lock` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The plugins, sorted by name.
    pub plugins: Vec<Locked>,
}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything in it that means nothing.
    pub fn read(source: &Source) -> Result<Self, Vec<Error>> {
        let document = source.parse()?;
        let mut errors = Vec::new();
        check(nodes(&document, source), LOCK_FILE, "in a lock file", &source.start(), &mut errors);
        let (mut plugins, mut names) = (Vec::new(), Vec::new());
        for node in nodes(&document, source).filter(|node| node.name() == "plugin") {
            let Some(name) = node.text() else { continue };
            kebab("plugin's name", &name, &mut errors);
            plugins.push(read_plugin(node, &name, &mut errors));
            names.push(name);
        }
        unique("plugin", &names, &mut errors);
        plugins.sort_by(|a, b| a.name.cmp(&b.name));
        if errors.is_empty() { Ok(Self { plugins }) } else { Err(errors) }
    }

    /// The entry of this name.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<&Locked> {
        self.plugins.iter().find(|plugin| plugin.name == name)
    }

    /// Puts an entry in, in place of one of that name.
    pub fn put(&mut self, plugin: Locked) {
        self.plugins.retain(|other| other.name != plugin.name);
        self.plugins.push(plugin);
        self.plugins.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The entries of these plugins, which a configuration asks for.
    ///
    /// # Errors
    /// One for each that is not pinned, at the place that asks for it.
    pub fn pinned(&self, wanted: &[Placed<String>]) -> Result<Vec<&Locked>, Vec<Error>> {
        let (mut found, mut errors): (Vec<&Locked>, Vec<Error>) = (Vec::new(), Vec::new());
        for name in wanted {
            match self.plugin(&name.value) {
                Some(locked) if found.contains(&locked) => {}
                Some(locked) => found.push(locked),
                None => errors.push(name.place.error(ErrorKind::NotLocked { name: name.value.clone() })),
            }
        }
        if errors.is_empty() { Ok(found) } else { Err(errors) }
    }

    /// The file's text; the same for the same entries.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = format!(
            "// Which plugins `stockade.kdl` may run, pinned by digest. Written by `stockade plugin`; keep it \
             under version control.\nlock {FORM}\n"
        );
        for plugin in &self.plugins {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\nplugin {} {{", quoted(&plugin.name));
            let mut line = |name: &str, value: &str| {
                let _ = writeln!(text, "    {name} {}", quoted(value));
            };
            line("version", &plugin.version);
            line("source", &plugin.source);
            line("digest", &format!("sha256:{}", plugin.digest));
            for (name, digest) in [("manifest", &plugin.manifest), ("key", &plugin.key)] {
                if let Some(digest) = digest {
                    line(name, &format!("sha256:{digest}"));
                }
            }
            line("interface", &plugin.interface);
            if !plugin.imports.is_empty() {
                let imports: Vec<String> = plugin.imports.iter().map(|import| quoted(import)).collect();
                let _ = writeln!(text, "    imports {}", imports.join(" "));
            }
            text.push_str("}\n");
        }
        text
    }
}

fn read_plugin(node: View<'_>, name: &Placed<String>, errors: &mut Vec<Error>) -> Locked {
    let text = |field: &str| node.child_text(field);
    let (version, interface, source) = (text("version"), text("interface"), text("source"));
    for (what, number) in [("version", &version), ("interface version", &interface)] {
        if let Some(number) = number {
            release(what, number, errors);
        }
    }
    let mut digest = |field: &str| {
        let written = node.child_text(field)?;
        let hex = written.value.strip_prefix("sha256:").filter(|hex| is_digest(hex));
        if hex.is_none() {
            let (value, example) = (written.value.clone(), DIGEST_EXAMPLE);
            errors.push(written.place.error(ErrorKind::Format { what: "digest", value, example }));
        }
        hex.map(str::to_owned)
    };
    let plain = |placed: Option<Placed<String>>| placed.map(|text| text.value).unwrap_or_default();
    let mut imports: Vec<String> = node.child_texts("imports").into_iter().map(|text| text.value).collect();
    imports.sort();
    Locked {
        name: name.value.clone(),
        version: plain(version),
        source: plain(source),
        digest: digest("digest").unwrap_or_default(),
        manifest: digest("manifest"),
        key: digest("key"),
        interface: plain(interface),
        imports,
    }
}

/// Whether a text is 64 lower-case hexadecimal digits.
#[must_use]
pub fn is_digest(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A text as KDL. All but printable ASCII is written by number: what a source is called must look like what it is.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            other => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(other));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str) -> Locked {
        Locked {
            name: name.to_owned(),
            version: "1.2.0".to_owned(),
            source: "plugins/a \"b\\ü.wasm".to_owned(),
            digest: "0123456789abcdef".repeat(4),
            manifest: Some("f".repeat(64)),
            interface: "0.1.0".to_owned(),
            imports: vec!["wasi:cli/exit@0.2.3".to_owned(), "wasi:io/error@0.2.3".to_owned()],
            key: None,
        }
    }

    fn read(text: &str) -> Result<Lock, Vec<String>> {
        let shown = |errors: Vec<Error>| errors.iter().map(|error| format!("{error:?}")).collect();
        Lock::read(&Source::new("stockade.lock", text)).map_err(shown)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut lock = Lock::default();
        assert_eq!(read(&lock.write()), Ok(lock.clone()));
        lock.put(locked("zebra"));
        lock.put(Locked { imports: Vec::new(), manifest: None, ..locked("acme") });
        let text = lock.write();
        assert_eq!(read(&text), Ok(lock.clone()), "{text}");
        assert!(text.is_ascii(), "{text}");
        assert_eq!(lock.plugins[0].name, "acme");
        lock.put(Locked { version: "2.0.0".to_owned(), ..locked("acme") });
        assert_eq!(lock.plugins.len(), 2);
        assert_eq!(lock.plugin("acme").map(|plugin| plugin.version.as_str()), Some("2.0.0"));
    }

    #[test]
    fn entries_that_pin_nothing_are_errors() {
        let lock = Lock { plugins: vec![locked("acme")] };
        let good = lock.write();
        for (from, to, error) in [
            ("sha256:0123", "sha256:012", "is no digest"),
            ("sha256:0123", "sha256:0ABC", "is no digest"),
            ("sha256:0123", "md5:0123", "is no digest"),
            ("    digest", "    // digest", "`digest` is missing"),
            ("    source", "    sauce", "`sauce` means nothing"),
            ("\"1.2.0\"", "\"1.2\"", "is no version"),
            ("lock 1", "lock 2", "takes a whole number from 1 to 1"),
            ("lock 1", "", "`lock` is missing"),
            ("\\u{fc}", "\\u{202e}", "the invisible character U+202E may not stand"),
            ("plugin \"acme\"", "plugin \"../acme\"", "is no plugin's name"),
        ] {
            let errors = read(&good.replacen(from, to, 1)).unwrap_err();
            assert!(errors[0].contains(error), "{to}: {errors:?}");
        }
        let twice = format!("{good}{}", good.split_once("\n\n").unwrap().1);
        assert!(read(&twice).unwrap_err()[0].contains("exists already"));
    }

    #[test]
    fn what_is_not_pinned_does_not_run() {
        let source = Source::new("stockade.kdl", "plugin \"acme\"\nplugin \"other\"\n");
        let wanted = |name: &str, line: u32| {
            Placed::new(name.to_owned(), source.place(stockade_model::Span::new(line, line)))
        };
        let lock = Lock { plugins: vec![locked("acme")] };
        assert_eq!(lock.pinned(&[wanted("acme", 0), wanted("acme", 0)]).unwrap().len(), 1);
        let errors = lock.pinned(&[wanted("acme", 0), wanted("other", 15)]).unwrap_err();
        assert_eq!(
            format!("{:?}", errors[0]),
            "stockade.kdl:2: plugin `other` is not pinned in `stockade.lock`"
        );
    }
}
