//! What compiling a component would cost, as far as its shape tells.
//!
//! The compiler cannot be interrupted, and its time and memory grow faster than the code it is given: a crafted
//! component of 25 KB takes a gigabyte, and thirty nested ones that instantiate each other twice would be unrolled
//! a thousand million times. So whatever is far beyond what real guests have is refused before. The limits
//! were set by measuring both: components of Python, two JavaScript engines and Go, and crafted functions.

use crate::open::invalid;
use crate::{Limits, OpenError};
use wasmtime::wasmparser::{
    BinaryReaderError, ComponentExternalKind, ComponentInstance, Encoding, FunctionBody, Instance, Operator,
    Parser, Payload,
};

/// Components nested in components, at most: composing tools nest two or three deep.
const NESTING: usize = 16;

/// Refuses a component that would cost too much to compile.
///
/// # Errors
/// [`OpenError::TooCostly`] or [`OpenError::Invalid`].
pub(crate) fn check(wasm: &[u8], limits: &Limits) -> Result<(), OpenError> {
    let mut survey = Survey { limits, open: Vec::new(), costliest: 1 };
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
    /// The costliest component closed so far, in instances.
    costliest: usize,
}

struct Layer {
    is_component: bool,
    /// Instances that instantiating this component once makes, in the worst case.
    cost: usize,
}

impl Survey<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), OpenError> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.open.push(Layer { is_component: encoding == Encoding::Component, cost: 1 });
                let nesting = self.open.iter().filter(|l| l.is_component).count();
                bound("the nesting of components", nesting, NESTING)?;
            }
            Payload::End(_) => {
                if let Some(layer) = self.open.pop()
                    && layer.is_component
                {
                    self.costliest = self.costliest.max(layer.cost);
                }
            }
            Payload::ComponentImportSection(section) if self.open.len() > 1 => {
                for import in section {
                    if import.map_err(|e| invalid(&e))?.ty.kind() == ComponentExternalKind::Component {
                        // What an imported component costs cannot be told from here; no tool builds this.
                        let reason = "a nested component imports a component".to_owned();
                        return Err(OpenError::Invalid { reason });
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let instance = instance.map_err(|e| invalid(&e))?;
                    if matches!(instance, ComponentInstance::Instantiate { .. }) {
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
