//! From bytes to a component that may be compiled: what a component is and asks for, read without running or
//! compiling anything.

use crate::{Limits, OpenError, abi, error::reason};
use wasmtime::wasmparser::{
    self, ComponentExternalKind, ComponentInstance, Encoding, Instance, Parser, Payload,
};

/// Interfaces of WASI 0.2 that are offered as empty shells, by name without version.
pub(crate) const WASI: &[&str] = &[];

/// Types only: an interface without functions shows up as an import, and nothing needs to be provided.
const TYPES: &str = "stockade:plugin/types";

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

/// Reads what a component is, without compiling or running it, and refuses what cannot be a plugin or would cost too
/// much to compile. Whether its code is valid shows only when it is compiled.
///
/// # Errors
/// Every [`OpenError`] but those about compiling and running.
pub fn inspect<'a>(wasm: &'a [u8], limits: &Limits) -> Result<Inspection<'a>, OpenError> {
    if wasm.len() > limits.component_bytes {
        return Err(OpenError::TooLarge { bytes: wasm.len(), limit: limits.component_bytes });
    }
    check_header(wasm)?;
    let mut survey = Survey::new(limits);
    for payload in Parser::new(0).parse_all(wasm) {
        survey.payload(payload.map_err(|e| invalid(&e))?)?;
    }
    let interface = abi::choose(&survey.exports)?;
    for name in &survey.imports {
        check_import(name)?;
    }
    survey.imports.retain(|name| split_version(name).0 != TYPES);
    survey.imports.sort();
    survey.imports.dedup();
    Ok(Inspection { interface, imports: survey.imports, sections: survey.sections })
}

/// Splits `package:name/interface@1.2.3` at the `@`; the version is empty where there is none.
pub(crate) fn split_version(name: &str) -> (&str, &str) {
    name.rsplit_once('@').unwrap_or((name, ""))
}

fn invalid(error: &wasmparser::BinaryReaderError) -> OpenError {
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
    if interface == TYPES || (WASI.contains(&interface) && version.starts_with("0.2.")) {
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

/// Components nested in components, at most: composing tools nest two or three deep.
const NESTING: usize = 16;

/// Collects the outermost layer and adds up what compiling will cost.
struct Survey<'a, 'l> {
    limits: &'l Limits,
    imports: Vec<String>,
    exports: Vec<String>,
    sections: Vec<(&'a str, &'a [u8])>,
    /// One entry for each open module or component, the outermost first.
    open: Vec<Layer>,
    /// The costliest component closed so far, in component instances.
    costliest: usize,
}

struct Layer {
    is_component: bool,
    /// Instances that instantiating this component once makes, in the worst case.
    cost: usize,
}

impl<'a, 'l> Survey<'a, 'l> {
    fn new(limits: &'l Limits) -> Self {
        Self { limits, imports: vec![], exports: vec![], sections: vec![], open: vec![], costliest: 1 }
    }

    fn at_top(&self) -> bool {
        self.open.len() == 1
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), OpenError> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.open.push(Layer { is_component: encoding == Encoding::Component, cost: 1 });
                let nesting = self.open.iter().filter(|l| l.is_component).count();
                self.bound("the nesting of components", nesting, NESTING)?;
            }
            Payload::End(_) => {
                if let Some(layer) = self.open.pop()
                    && layer.is_component
                {
                    self.costliest = self.costliest.max(layer.cost);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(|e| invalid(&e))?;
                    if self.at_top() {
                        self.imports.push(import.name.name.to_owned());
                    } else if import.ty.kind() == ComponentExternalKind::Component {
                        // What an imported component costs cannot be told from here; no tool builds this.
                        let reason = "a nested component imports a component".to_owned();
                        return Err(OpenError::Invalid { reason });
                    }
                }
            }
            Payload::ComponentExportSection(section) if self.at_top() => {
                for export in section {
                    let export = export.map_err(|e| invalid(&e))?;
                    if export.kind == ComponentExternalKind::Instance {
                        self.exports.push(export.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if matches!(instance.map_err(|e| invalid(&e))?, ComponentInstance::Instantiate { .. }) {
                        self.add_instances(self.costliest)?;
                    }
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    if matches!(instance.map_err(|e| invalid(&e))?, Instance::Instantiate { .. }) {
                        self.add_instances(1)?;
                    }
                }
            }
            Payload::CustomSection(section) if self.at_top() => {
                self.sections.push((section.name(), section.data()));
            }
            Payload::CodeSectionEntry(body) => self.function(&body)?,
            _ => {}
        }
        Ok(())
    }

    /// Every component may instantiate every earlier one several times, so chains grow exponentially, and the engine
    /// unrolls them while compiling. Counting the costliest earlier one for each is an upper bound.
    fn add_instances(&mut self, count: usize) -> Result<(), OpenError> {
        let Some(layer) = self.open.last_mut() else { return Ok(()) };
        layer.cost = layer.cost.saturating_add(count);
        let cost = layer.cost;
        self.bound("the number of instances", cost, self.limits.instances)
    }

    fn function(&self, body: &wasmparser::FunctionBody<'_>) -> Result<(), OpenError> {
        let size = body.as_bytes().len();
        self.bound("the size of a function in bytes", size, self.limits.function_bytes)?;
        let mut locals = 0usize;
        for local in body.get_locals_reader().map_err(|e| invalid(&e))? {
            let (count, _) = local.map_err(|e| invalid(&e))?;
            locals = locals.saturating_add(count as usize);
        }
        self.bound("the number of a function's locals", locals, self.limits.function_locals as usize)
    }

    fn bound(&self, what: &'static str, found: usize, limit: usize) -> Result<(), OpenError> {
        if found > limit { Err(OpenError::TooCostly { what, found, limit }) } else { Ok(()) }
    }
}

/// The reason of an engine's error about types, for [`OpenError::Types`].
pub(crate) fn misfit(interface: &str, error: &wasmtime::Error) -> OpenError {
    OpenError::Types { interface: interface.to_owned(), reason: reason(error) }
}
