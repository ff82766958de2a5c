//! From bytes to a component that may be compiled: what a component is and asks for, read without running or
//! compiling anything.

use crate::{Limits, OpenError, abi, cost, wasi};
use wasmtime::wasmparser::{self, ComponentExternalKind, Parser, Payload};

/// Types only: an interface without functions shows up as an import, and nothing needs to be provided.
pub(crate) const TYPES: &str = "stockade:plugin/types";

/// What a component says about itself in its outermost layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection<'a> {
    /// Version of `stockade:plugin/rules` that it exports: `0.1.0`.
    pub interface: String,
    /// Its imports apart from plain types, sorted: features of the host that it uses.
    pub imports: Vec<String>,
    /// Its custom sections, in order: name and contents. The pack of rules is in `stockade:pack`.
    pub sections: Vec<(&'a str, &'a [u8])>,
}

/// What a plugin that counts by itself imports, as the crate `stockade-metering` writes it.
pub(crate) const METERING: [&str; 2] = ["budget", "left"];

/// [`inspect`] of a plugin that the build has made: it must count by itself, and may import nothing but what that takes.
pub(crate) fn inspect_metered(wasm: &[u8], limits: &Limits) -> Result<(), OpenError> {
    let Outermost { imports, exports, .. } = outermost(wasm, limits)?;
    abi::choose(&exports)?;
    let (metering, others): (Vec<_>, Vec<_>) =
        imports.iter().map(String::as_str).partition(|name| METERING.contains(name));
    others.into_iter().try_for_each(check_import)?;
    if metering != METERING {
        return Err(OpenError::Invalid { reason: "it does not count what it does".to_owned() });
    }
    cost::check(wasm, limits)
}

/// Reads what a component is, without compiling or running it, and refuses what cannot be a plugin or would cost too
/// much to compile. Whether its code is valid shows only when it is compiled.
///
/// # Errors
/// Every [`OpenError`] but those about compiling and running.
pub fn inspect<'a>(wasm: &'a [u8], limits: &Limits) -> Result<Inspection<'a>, OpenError> {
    let inspection = outline(wasm, limits)?;
    cost::check(wasm, limits)?;
    Ok(inspection)
}

/// [`inspect`] without the cost: all that is needed where the code has been compiled already.
pub(crate) fn outline<'a>(wasm: &'a [u8], limits: &Limits) -> Result<Inspection<'a>, OpenError> {
    let Outermost { mut imports, exports, sections } = outermost(wasm, limits)?;
    let interface = abi::choose(&exports)?;
    for name in &imports {
        check_import(name)?;
    }
    imports.retain(|name| split_version(name).0 != TYPES);
    Ok(Inspection { interface, imports, sections })
}

/// An import of a component, apart from plain types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its name, cleaned.
    pub name: String,
    /// Whether plugins get it, from the virtual WASI.
    pub offered: bool,
}

/// What can be said about a component that perhaps cannot be a plugin.
#[derive(Clone, Debug)]
pub struct Survey<'a> {
    /// Version of `stockade:plugin/rules` that would be used, if it exports one that is known.
    pub interface: Option<String>,
    /// Its imports, sorted.
    pub imports: Vec<Import>,
    /// Its custom sections, as in [`Inspection`].
    pub sections: Vec<(&'a str, &'a [u8])>,
    /// Everything that keeps it from being opened, as far as that shows without compiling it.
    pub problems: Vec<OpenError>,
}

/// As [`inspect`], for showing what is wrong with a component: says all of it instead of the first.
///
/// # Errors
/// [`OpenError`] where the file is too large, is no component, or is damaged.
pub fn survey<'a>(wasm: &'a [u8], limits: &Limits) -> Result<Survey<'a>, OpenError> {
    let Outermost { imports, exports, sections } = outermost(wasm, limits)?;
    let mut problems = Vec::new();
    let interface = abi::choose(&exports).map_err(|error| problems.push(error)).ok();
    let mut shown = Vec::new();
    for name in imports {
        let refused = check_import(&name).err();
        if split_version(&name).0 != TYPES || refused.is_some() {
            let offered = refused.is_none();
            shown.push(Import { name: crate::clean(&name, 200).into_owned(), offered });
        }
        problems.extend(refused);
    }
    problems.extend(cost::check(wasm, limits).err());
    Ok(Survey { interface, imports: shown, sections, problems })
}

/// The outermost layer of a component, unjudged. Imports are sorted.
struct Outermost<'a> {
    imports: Vec<String>,
    exports: Vec<String>,
    sections: Vec<(&'a str, &'a [u8])>,
}

fn outermost<'a>(wasm: &'a [u8], limits: &Limits) -> Result<Outermost<'a>, OpenError> {
    if wasm.len() > limits.component_bytes {
        return Err(OpenError::TooLarge { bytes: wasm.len(), limit: limits.component_bytes });
    }
    check_header(wasm)?;
    let (mut imports, mut exports, mut sections) = (vec![], vec![], vec![]);
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|e| invalid(&e))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(|e| invalid(&e))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(|e| invalid(&e))?;
                    if export.kind == ComponentExternalKind::Instance {
                        exports.push(export.name.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) if depth == 1 => {
                sections.push((section.name(), section.data()));
            }
            _ => {}
        }
    }
    imports.sort();
    imports.dedup();
    Ok(Outermost { imports, exports, sections })
}

/// Splits `package:name/interface@1.2.3` at the `@`; the version is empty where there is none.
pub(crate) fn split_version(name: &str) -> (&str, &str) {
    name.rsplit_once('@').unwrap_or((name, ""))
}

pub(crate) fn invalid(error: &wasmparser::BinaryReaderError) -> OpenError {
    OpenError::Invalid { reason: crate::clean(&error.to_string(), 300).into_owned() }
}

fn check_header(wasm: &[u8]) -> Result<(), OpenError> {
    if Parser::is_component(wasm) {
        return Ok(());
    }
    let found = if Parser::is_core_wasm(wasm) {
        "a core WebAssembly module"
    } else if wasm.starts_with(b"\0asm") {
        "a WebAssembly file of an unknown version"
    } else if wasm.starts_with(b"\x7fELF") || wasm.starts_with(b"MZ") {
        "native code"
    } else if wasm.is_empty() {
        "empty"
    } else {
        "a file of another kind"
    };
    Err(OpenError::NoComponent { found })
}

fn check_import(name: &str) -> Result<(), OpenError> {
    let (interface, version) = split_version(name);
    if interface == TYPES || (wasi::OFFERED.contains(&interface) && version.starts_with("0.2.")) {
        return Ok(());
    }
    let help = if interface.starts_with("wasi:http/") {
        "Build without HTTP: `jco componentize` with `-d http` (or `-d all`), `componentize-py` with `--stub-wasi`."
    } else if interface.starts_with("wasi:sockets/") {
        "Build without sockets: `jco componentize` with `-d all`, `componentize-py` with `--stub-wasi`."
    } else if interface.starts_with("wasi:") {
        "Build without WASI (Rust: target `wasm32-unknown-unknown`; others: their option to stub WASI), or against WASI 0.2."
    } else {
        "Remove the import: a plugin gets everything it may see as arguments of its functions."
    };
    Err(OpenError::Import { name: crate::clean(name, 200).into_owned(), help })
}

/// The reason of an engine's error about types, for [`OpenError::Types`].
pub(crate) fn misfit(interface: &str, error: &wasmtime::Error) -> OpenError {
    // All of it: the innermost message alone does not say which function it is about.
    let reason = crate::clean(&format!("{error:#}"), 500).into_owned();
    OpenError::Types { interface: interface.to_owned(), reason }
}
