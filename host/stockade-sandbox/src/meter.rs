//! What one instance takes in memory and tables, and whether it was refused more.

use crate::Limits;
use wasmtime::{Error, ResourceLimiter};

/// What an instance asked for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Memory,
    Table,
}

/// Adds up an instance's memories and tables and refuses growth beyond the limits.
#[derive(Debug)]
pub(crate) struct Meter {
    memory: Used,
    table: Used,
    memories: usize,
    tables: usize,
    instances: usize,
    refused: Option<Refused>,
}

/// Use of one resource: bytes of memory, or elements of tables.
#[derive(Debug)]
struct Used {
    now: usize,
    limit: usize,
}

impl Used {
    fn new(limit: usize) -> Self {
        Self { now: 0, limit }
    }

    /// `maximum` is what the guest itself declared.
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let after = self.now.saturating_add(desired.saturating_sub(current));
        if after > self.limit || maximum.is_some_and(|m| desired > m) {
            return false;
        }
        self.now = after;
        true
    }
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Used::new(limits.memory_bytes),
            table: Used::new(limits.table_elements),
            memories: limits.memories,
            tables: limits.tables,
            instances: limits.instances,
            refused: None,
        }
    }

    /// Bytes of linear memory in use.
    pub(crate) fn memory(&self) -> usize {
        self.memory.now
    }

    /// What was refused first since the last call of [`Meter::forget`]. A guest that is refused memory usually
    /// aborts, which would look like any other trap.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Before a call: what was refused during an earlier one says nothing about this one.
    pub(crate) fn forget(&mut self) {
        self.refused = None;
    }

    fn note(&mut self, granted: bool, what: Refused) -> bool {
        if !granted {
            self.refused.get_or_insert(what);
        }
        granted
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, max: Option<usize>) -> Result<bool, Error> {
        let granted = self.memory.grow(current, desired, max);
        Ok(self.note(granted, Refused::Memory))
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        // What was granted stays counted: a failure need not belong to the last grant, and counting too
        // much is the safe side. It means that the machine has no memory left.
        self.note(false, Refused::Memory);
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, max: Option<usize>) -> Result<bool, Error> {
        let granted = self.table.grow(current, desired, max);
        Ok(self.note(granted, Refused::Table))
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        self.note(false, Refused::Table);
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
