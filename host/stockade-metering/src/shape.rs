//! What has to be known of a module before the first of its functions is rewritten.

use crate::cycles::on_cycles;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use wasmparser::{ElementItems, Export, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

/// What one turn of a loop, or one entry of a function, counts for at most. A body of thousands of instructions is one of many
/// branches, of which a turn takes few: counted whole, a loop that passes over most of what it sees would use up a budget in
/// a hundredth of the time that it stands for.
const MOST: i64 = 128;

/// A module's functions and what they cost.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// For each type: how many parameters it has. Every type is that of a function.
    pub(crate) params: Vec<u32>,
    /// Imported functions and globals.
    pub(crate) imported_functions: u32,
    /// All globals.
    pub(crate) globals: u32,
    /// For each function of the module's own: its type.
    pub(crate) types: Vec<u32>,
    /// The same: what it costs.
    pub(crate) costs: Vec<Costs>,
    /// Functions that the host calls.
    pub(crate) calls: Vec<u32>,
}

/// Where a function counts, and how much.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    /// When it is entered: all but its loops, [`MOST`] at most. Only where it can come to call itself.
    pub(crate) entry: Option<i64>,
    /// For each turn of each loop, in the order of the loops' beginnings: all but the loops inside, [`MOST`] at most.
    pub(crate) loops: Vec<i64>,
}

/// What a function does, as far as it matters here.
#[derive(Debug, Default)]
struct Body {
    own: i64,
    loops: Vec<i64>,
    callees: Vec<u32>,
    /// Types of the functions that it calls through a table.
    indirect: BTreeSet<u32>,
}

/// Whether the host calls this export as a function of the plugin's interface.
pub(crate) fn is_call(export: &Export<'_>) -> bool {
    export.kind == ExternalKind::Func && export.name.contains('#') && !export.name.starts_with("cabi_")
}

impl Shape {
    pub(crate) fn of(module: &[u8]) -> Result<Self> {
        let mut this = Self::default();
        let mut bodies = Vec::new();
        // Functions whose address is taken.
        let mut addressed = BTreeSet::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        this.params.push(u32::try_from(ty?.params().len())?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) => this.imported_functions += 1,
                            TypeRef::Global(_) => this.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    this.types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(section) => this.globals += section.count(),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if is_call(&export) {
                            this.calls.push(export.index);
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        match element?.items {
                            ElementItems::Functions(functions) => {
                                for function in functions {
                                    addressed.insert(function?);
                                }
                            }
                            ElementItems::Expressions(..) => bail!("a table is filled by expressions"),
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(Body::of(&body, &mut addressed)?),
                _ => {}
            }
        }
        this.calls.sort_unstable();
        this.calls.dedup();
        this.costs = this.costs(bodies, &addressed)?;
        Ok(this)
    }

    /// A function's type by its index in the module.
    pub(crate) fn type_of(&self, function: u32) -> Option<u32> {
        let own = function.checked_sub(self.imported_functions)?;
        self.types.get(usize::try_from(own).ok()?).copied()
    }

    fn costs(&self, bodies: Vec<Body>, addressed: &BTreeSet<u32>) -> Result<Vec<Costs>> {
        // Nodes are the functions, and behind them one for each type: a call through a table may lead to any function of
        // its type whose address is taken.
        let imported = self.imported_functions as usize;
        let first_type = imported + bodies.len();
        let mut graph: Vec<Vec<usize>> = vec![Vec::new(); first_type + self.params.len()];
        for (own, body) in bodies.iter().enumerate() {
            let node = graph.get_mut(imported + own).context("more bodies than functions")?;
            node.extend(body.callees.iter().map(|callee| *callee as usize));
            node.extend(body.indirect.iter().map(|ty| first_type + *ty as usize));
        }
        for function in addressed {
            let Some(ty) = self.type_of(*function) else { continue };
            graph.get_mut(first_type + ty as usize).context("a type is missing")?.push(*function as usize);
        }
        let recursive = on_cycles(&graph);
        let costs = bodies.into_iter().enumerate().map(|(own, body)| Costs {
            entry: recursive.get(imported + own).copied().unwrap_or(true).then_some(body.own.min(MOST)),
            loops: body.loops.into_iter().map(|turn| turn.min(MOST)).collect(),
        });
        Ok(costs.collect())
    }
}

impl Body {
    fn of(body: &FunctionBody<'_>, addressed: &mut BTreeSet<u32>) -> Result<Self> {
        let mut this = Self { own: 1, ..Self::default() };
        // For each open block: the loop that it is.
        let mut open: Vec<Option<usize>> = Vec::new();
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            let innermost = open.iter().rev().flatten().next();
            match innermost.and_then(|number| this.loops.get_mut(*number)) {
                Some(cost) => *cost += 1,
                None => this.own += 1,
            }
            match operator {
                Operator::Block { .. } | Operator::If { .. } => open.push(None),
                Operator::Loop { .. } => {
                    open.push(Some(this.loops.len()));
                    this.loops.push(1);
                }
                Operator::End => {
                    open.pop();
                }
                Operator::Call { function_index } => this.callees.push(function_index),
                Operator::CallIndirect { type_index, .. } => {
                    this.indirect.insert(type_index);
                }
                Operator::RefFunc { function_index } => {
                    addressed.insert(function_index);
                }
                Operator::ReturnCall { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::ReturnCallRef { .. }
                | Operator::CallRef { .. }
                | Operator::TryTable { .. }
                | Operator::Try { .. }
                | Operator::Throw { .. }
                | Operator::ThrowRef => bail!("it uses {operator:?}, which is not known here"),
                _ => {}
            }
        }
        Ok(this)
    }
}
