//! Plugins from outside, read as data: nothing here compiles or runs them.

use crate::catalog::Catalog;
use crate::config;
use crate::error::ProgramError;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use stockade_model::{Later, is_harmless};
use stockade_pack::{Compiled, PluginFiles, SECTION};
use stockade_sandbox::{Import, Limits, OpenError, survey};

/// A component with what it says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// What errors call it: a path or a source.
    pub(crate) origin: String,
    /// The bytes.
    pub(crate) wasm: Vec<u8>,
    /// SHA-256 of them, 64 hexadecimal digits.
    pub(crate) digest: String,
    /// The contract it was built for, `0.1.0`.
    pub(crate) interface: Option<String>,
    /// What it imports.
    pub(crate) imports: Vec<Import>,
    /// Why it would not be opened.
    pub(crate) problems: Vec<OpenError>,
    /// Its description, rules and pages.
    pub(crate) says: Compiled,
}

impl Component {
    /// Its name, which is also that of its pack.
    pub(crate) fn name(&self) -> &str {
        self.says.plugins.first().map_or("", |plugin| plugin.name.as_str())
    }

    /// Its version.
    pub(crate) fn version(&self) -> &str {
        self.says.plugins.first().map_or("", |plugin| plugin.version.as_str())
    }

    /// Reads a file as [`Component::read`] reads bytes.
    pub(crate) fn read_file(path: &Path, catalog: &Catalog) -> Result<Self, ProgramError> {
        there_is_one(path)?;
        let wasm = read_capped(path, Limits::default().component_bytes)?;
        Self::read(&path.display().to_string(), wasm, catalog)
    }

    /// Reads what a component says about itself. One that would not be opened is no error here, as long as that can be
    /// read: see [`Component::usable`].
    pub(crate) fn read(origin: &str, wasm: Vec<u8>, catalog: &Catalog) -> Result<Self, ProgramError> {
        let origin = origin.to_owned();
        let open = |error| ProgramError::Plugin { origin: origin.clone(), error };
        let found = survey(&wasm, &Limits::default()).map_err(open)?;
        let section = match found.sections.iter().filter(|(name, _)| *name == SECTION).collect::<Vec<_>>()[..]
        {
            [(_, data)] => *data,
            // What it is comes before what it lacks.
            [] => match found.problems.into_iter().next() {
                Some(error) => return Err(open(error)),
                None => return Err(ProgramError::NoPack { origin }),
            },
            _ => {
                let reason = format!("it has several sections `{SECTION}`");
                return Err(ProgramError::BadPack { origin, reason });
            }
        };
        let files = PluginFiles::decode(section)
            .map_err(|error| ProgramError::BadPack { origin: origin.clone(), reason: error.to_string() })?;
        let says = compile(&files, &origin, catalog)?;
        if let Some(c) = harmful(&says) {
            let reason = format!("its pack holds the invisible character U+{:04X}", u32::from(c));
            return Err(ProgramError::BadPack { origin, reason });
        }
        let (interface, imports, problems) = (found.interface, found.imports, found.problems);
        let digest = sha256(&wasm);
        Ok(Self { origin, digest, interface, imports, problems, says, wasm })
    }

    /// Itself, unless it would not be opened.
    pub(crate) fn usable(mut self) -> Result<Self, ProgramError> {
        match self.problems.is_empty() {
            true => Ok(self),
            false => Err(ProgramError::Plugin { origin: self.origin, error: self.problems.swap_remove(0) }),
        }
    }
}

/// Checks what a plugin says about itself, beside the built-in plugins.
pub(crate) fn compile(
    files: &PluginFiles,
    origin: &str,
    catalog: &Catalog,
) -> Result<Compiled, ProgramError> {
    let says = config::with_vocabulary(|vocabulary| files.compile(&catalog.built_in(), origin, vocabulary));
    says.map_err(|errors| ProgramError::PluginRules { origin: origin.to_owned(), errors })
}

/// The first character in what a plugin says about itself that could make a text read differently on a terminal or in
/// a report. Parameters do not count: they are shown to nobody but the plugin, and a rule may well look for such a
/// character.
fn harmful(says: &Compiled) -> Option<char> {
    fn within(value: &Value) -> Option<char> {
        let in_text = |text: &str| text.chars().find(|c| !is_harmless(*c) && *c != '\n' && *c != '\t');
        // As deep as our own types are.
        match value {
            Value::String(text) => in_text(text),
            Value::Array(values) => values.iter().find_map(within),
            Value::Object(fields) => fields.iter().find_map(|(name, v)| in_text(name).or(within(v))),
            _ => None,
        }
    }
    let mut says = says.clone();
    says.rules.iter_mut().for_each(|rule| rule.params = Later::default());
    // What cannot be written as JSON would be a bug of ours; nothing of it is shown then.
    serde_json::to_value(&says).map_or(Some('\0'), |value| within(&value))
}

/// Says what else to name where a plugin's file is none: authors stand in their project's folder, and have forgotten to
/// build it or name the project itself.
pub(crate) fn there_is_one(path: &Path) -> Result<(), ProgramError> {
    let is_folder = path.is_dir();
    if !is_folder && path.exists() {
        return Ok(());
    }
    let text = path.to_string_lossy();
    Err(ProgramError::Unusable {
        path: path.to_path_buf(),
        reason: if is_folder { "it is a folder" } else { "there is no such file" }.to_owned(),
        advice: if !is_folder && is_address(&text) {
            "From a server or a registry `stockade plugin add` gets a plugin: `https://HOST/NAME.wasm`, \
             `oci://HOST/NAME:TAG`."
        } else {
            "Name the file of a plugin: `stockade plugin build` writes `dist/NAME.wasm` in its project."
        },
    })
}

/// Whether a text that names no file is an address, or one that lacks its `oci://`: `ghcr.io/acme/rules:1`.
fn is_address(text: &str) -> bool {
    let host = text.split_once('/').map_or("", |(host, _)| host);
    // `..` and the drive `C:` are no hosts.
    text.contains("://") || (host.len() > 2 && host.contains(['.', ':']))
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_capped(path: &Path, limit: usize) -> Result<Vec<u8>, ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("read", path, &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit {
        let reason = format!("it is larger than {limit} bytes");
        return Err(ProgramError::File { verb: "read", path: path.to_path_buf(), reason });
    }
    Ok(bytes)
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
