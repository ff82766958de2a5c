//! What holds where an instruction stands: said in its stage before it, or in a stage that this one is built from.

use crate::pair::pairs;
use crate::view::{Instruction, View};
use std::collections::BTreeMap;

/// Something that instructions set, such as the shell. Collected in one pass and looked up by bisection, so that a check
/// may ask for every instruction of a long file.
#[derive(Debug)]
pub struct InForce<T> {
    /// For each stage, in source order: the instruction's row and what it sets.
    stages: Vec<Vec<(u32, T)>>,
}

impl<T> InForce<T> {
    /// Collects what `select` takes from instructions. What stands behind `ONBUILD` works in another build and is
    /// left out.
    pub fn new<'a>(view: &View<'a>, select: impl Fn(&Instruction<'a>) -> Option<T>) -> Self {
        let of_stage = |instructions: &[Instruction<'a>]| {
            let own = instructions.iter().filter(|i| !i.onbuild);
            own.filter_map(|i| Some((i.node.id(), select(i)?))).collect()
        };
        Self { stages: view.stages.iter().map(|stage| of_stage(&stage.instructions)).collect() }
    }

    /// The latest that holds in `stage` before an instruction.
    pub fn before(&self, view: &View<'_>, stage: usize, instruction: &Instruction<'_>) -> Option<&T> {
        let end = instruction.node.id();
        view.lineage(stage).find_map(|(at, _)| {
            let all = self.stages.get(at)?;
            let length = all.partition_point(|(id, _)| *id < end);
            all.get(length.checked_sub(1)?).map(|(_, value)| value)
        })
    }
}

/// The names of all variables, with the first instruction of each stage that sets them.
#[derive(Debug)]
pub struct Defined<'a> {
    stages: Vec<BTreeMap<&'a str, u32>>,
}

impl<'a> Defined<'a> {
    /// Collects them.
    #[must_use]
    pub fn new(view: &View<'a>) -> Self {
        let mut stages = Vec::with_capacity(view.stages.len());
        for stage in &view.stages {
            let mut names: BTreeMap<&str, u32> = BTreeMap::new();
            let sets = stage.instructions.iter().filter(|i| matches!(i.keyword, "ENV" | "ARG") && !i.onbuild);
            for (pair, id) in sets.flat_map(|i| pairs(i.node).map(move |pair| (pair, i.node.id()))) {
                names.entry(pair.name()).or_insert(id);
            }
            stages.push(names);
        }
        Self { stages }
    }

    /// Whether a variable is set before an instruction.
    #[must_use]
    pub fn has(&self, view: &View<'a>, stage: usize, before: &Instruction<'a>, name: &str) -> bool {
        let end = before.node.id();
        view.lineage(stage)
            .any(|(at, _)| self.stages.get(at).and_then(|s| s.get(name)).is_some_and(|id| *id < end))
    }

    /// The names that a stage and those it is built from set before an instruction.
    pub fn names(
        &self,
        view: &View<'a>,
        stage: usize,
        before: &Instruction<'a>,
    ) -> impl Iterator<Item = &'a str> {
        let end = before.node.id();
        let stages = view.lineage(stage).filter_map(|(at, _)| self.stages.get(at));
        stages.flat_map(move |s| s.iter().filter(move |(_, id)| **id < end).map(|(name, _)| *name))
    }
}
