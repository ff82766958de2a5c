//! What compiling a component would cost, as far as its shape tells.
//!
//! The compiler cannot be interrupted, and its time and memory grow faster than the code it is given: a crafted
//! component of 25 KB takes a gigabyte, and thirty nested ones that instantiate each other twice would be unrolled
//! a thousand million times. So whatever is far beyond what real guests have is refused before. The limits
//! were set by measuring both: components of Python, two JavaScript engines and Go, and crafted functions.

use crate::open::invalid;
use crate::{Limits, OpenError};
use wasmtime::wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    Encoding, FunctionBody, Instance, Operator, Parser, Payload,
};

/// Components nested in components, at most: composing tools nest two or three deep.
const NESTING: usize = 16;

/// Refuses a component that would cost too much to compile.
///
/// # Errors
/// [`OpenError::TooCostly`] or [`OpenError::Invalid`].
pub(crate) fn check(wasm: &[u8], limits: &Limits) -> Result<(), OpenError> {
    let mut survey = Survey { limits, open: Vec::new() };
    for payload in Parser::new(0).parse_all(wasm) {
        survey.payload(payload.map_err(|e| invalid(&e))?)?;
    }
    Ok(())
}

fn bound(what: &'static str, found: usize, limit: usize) -> Result<(), OpenError> {
    if found > limit { Err(OpenError::TooCostly { what, found, limit }) } else { Ok(()) }
}

struct Survey<'l> {
    limits: &'l Limits,
    /// One entry for each open module or component, the outermost first.
    open: Vec<Layer>,
}

struct Layer {
    is_component: bool,
    /// Instances that instantiating this component once makes.
    cost: usize,
    /// The components known inside this one, by index: what instantiating each once makes.
    components: Vec<usize>,
}

impl Survey<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), OpenError> {
        match payload {
            Payload::Version { encoding, .. } => {
                let is_component = encoding == Encoding::Component;
                self.open.push(Layer { is_component, cost: 1, components: Vec::new() });
                let nesting = self.open.iter().filter(|l| l.is_component).count();
                bound("the nesting of components", nesting, NESTING)?;
            }
            Payload::End(_) => {
                if let Some(closed) = self.open.pop()
                    && closed.is_component
                    && let Some(layer) = self.open.last_mut()
                {
                    layer.components.push(closed.cost);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    if import.map_err(|e| invalid(&e))?.ty.kind() == ComponentExternalKind::Component {
                        return Err(unknown_component());
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias.map_err(|e| invalid(&e))?)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.map_err(|e| invalid(&e))?;
                    if export.kind == ComponentExternalKind::Component {
                        let cost = self.component(0, export.index)?;
                        self.define(cost);
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate { component_index, .. } =
                        instance.map_err(|e| invalid(&e))?
                    {
                        let cost = self.component(0, component_index)?;
                        self.add_instances(cost)?;
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
            Payload::CodeSectionEntry(body) => self.function(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), OpenError> {
        match alias {
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let cost = self.component(*count, *index)?;
                self.define(cost);
                Ok(())
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                Err(unknown_component())
            }
            _ => Ok(()),
        }
    }

    /// What instantiating a component makes, which is known this many layers further out by this index.
    fn component(&self, outer: u32, index: u32) -> Result<usize, OpenError> {
        let layer = self.open.iter().rev().nth(outer as usize);
        let cost = layer.and_then(|layer| layer.components.get(index as usize));
        cost.copied().ok_or_else(|| OpenError::Invalid { reason: format!("there is no component {index}") })
    }

    fn define(&mut self, cost: usize) {
        if let Some(layer) = self.open.last_mut() {
            layer.components.push(cost);
        }
    }

    /// Every component may instantiate every earlier one several times, so chains grow exponentially, and the
    /// engine unrolls them while compiling.
    fn add_instances(&mut self, count: usize) -> Result<(), OpenError> {
        let Some(layer) = self.open.last_mut() else { return Ok(()) };
        layer.cost = layer.cost.saturating_add(count);
        bound("the number of instances", layer.cost, self.limits.instances)
    }

    fn function(&self, body: &FunctionBody<'_>) -> Result<(), OpenError> {
        let limits = self.limits;
        bound("the size of a function in bytes", body.as_bytes().len(), limits.function_bytes)?;
        let flow = Flow::of(body).map_err(|e| invalid(&e))?;
        bound("the number of a function's locals", flow.locals, limits.function_locals)?;
        bound("the number of a function's loops", flow.loops, limits.function_loops)?;
        bound("the nesting of a function", flow.nesting, limits.function_nesting)?;
        bound("the number of a function's branches", flow.branches, limits.function_branches)?;
        let merges = flow.locals.saturating_mul(flow.loops.saturating_add(flow.branches));
        bound("the number of a function's locals times its branches", merges, limits.function_merges)
    }
}

/// What such a component costs cannot be told from here; no tool builds this.
fn unknown_component() -> OpenError {
    OpenError::Invalid { reason: "it takes a component from an import or an instance".to_owned() }
}

/// The shape of a function.
#[derive(Default)]
struct Flow {
    locals: usize,
    loops: usize,
    /// Blocks of any kind open at once.
    nesting: usize,
    branches: usize,
}

impl Flow {
    fn of(body: &FunctionBody<'_>) -> Result<Self, BinaryReaderError> {
        let mut flow = Self::default();
        for group in body.get_locals_reader()? {
            flow.locals = flow.locals.saturating_add(group?.0 as usize);
        }
        let mut depth = 0usize;
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Block { .. } => depth += 1,
                Operator::Loop { .. } => {
                    depth += 1;
                    flow.loops += 1;
                }
                Operator::If { .. } => {
                    depth += 1;
                    flow.branches += 1;
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrIf { .. } => flow.branches += 1,
                Operator::BrTable { targets } => flow.branches += targets.len() as usize,
                _ => {}
            }
            flow.nesting = flow.nesting.max(depth);
        }
        Ok(flow)
    }
}
