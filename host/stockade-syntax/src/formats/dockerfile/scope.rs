//! What `ARG` and `ENV` define, and where it can be seen.
//!
//! Arguments before the first `FROM` are seen by `FROM` alone; a stage sees those that it declares again. A stage
//! built on another one sees that one's variables. `ENV` wins over `ARG`.

use std::cell::Cell;
use std::collections::HashMap;

/// Stages that are looked through, from a stage to the one it is built on. Without a limit, a file of
/// stages that are each built on the last one would take quadratic time.
const MAX_CHAIN: usize = 32;
/// Bytes that variables may add to one document. Without a limit, `ENV a=$a$a` doubles with every line.
const MAX_EXPANDED_BYTES: usize = 4 << 20;
/// Steps that matching patterns (`${x#…}`) may take in one document: about half a second. People match a few short
/// version numbers.
const MAX_PATTERN_STEPS: usize = 1 << 26;

/// The value of a variable or a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// Its text; a reference to a variable without value stands as it is written.
    pub(super) text: String,
    /// The byte ranges of `text` that nothing is known about, in order, none adjacent.
    pub(super) unknown: Vec<(u32, u32)>,
    /// Some of it comes from a default.
    pub(super) defaulted: bool,
}

impl Value {
    pub(super) fn known(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Appends text that nothing is known about.
    pub(super) fn push_unknown(&mut self, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.mark_unknown(start, self.text.len() as u32);
    }

    /// Appends another value.
    pub(super) fn push_value(&mut self, other: &Self) {
        let shift = self.text.len() as u32;
        self.text.push_str(&other.text);
        for (start, end) in &other.unknown {
            self.mark_unknown(start + shift, end + shift);
        }
        self.defaulted |= other.defaulted;
    }

    fn mark_unknown(&mut self, start: u32, end: u32) {
        match self.unknown.last_mut() {
            _ if start == end => {}
            Some((_, last)) if *last == start => *last = end,
            _ => self.unknown.push((start, end)),
        }
    }

    /// Whether all of it is known.
    pub(super) fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// The node flags of the bytes `start..end` of the text.
    pub(super) fn flags(&self, start: usize, end: usize) -> u8 {
        use stockade_model::flag;
        let (start, end) = (start as u32, end as u32);
        let unknown = match self.unknown.iter().find(|(_, last)| *last > start) {
            Some((first, last)) if *first <= start && *last >= end => flag::UNKNOWN,
            Some((first, _)) if *first < end => flag::PARTIAL,
            _ => 0,
        };
        if self.defaulted && unknown & flag::UNKNOWN == 0 { unknown | flag::DEFAULTED } else { unknown }
    }
}

fn spend(left: &Cell<usize>, amount: usize) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}

/// From where a variable is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// From nowhere: nothing has a value (`ONBUILD`).
    Nowhere,
    /// Among the global arguments.
    Global,
    /// In the stage of this number.
    Stage(usize),
}

#[derive(Debug, Default)]
struct Stage {
    parent: Option<usize>,
    /// Whether it sees the global arguments without declaring them: a fragment without `FROM`.
    sees_global: bool,
    args: HashMap<String, Option<Value>>,
    env: HashMap<String, Value>,
}

/// All variables of a file.
#[derive(Debug)]
pub(super) struct Scopes {
    global: HashMap<String, Option<Value>>,
    stages: Vec<Stage>,
    bytes_left: Cell<usize>,
    steps_left: Cell<usize>,
}

impl Scopes {
    pub(super) fn new() -> Self {
        Self {
            global: HashMap::new(),
            stages: Vec::new(),
            bytes_left: Cell::new(MAX_EXPANDED_BYTES),
            steps_left: Cell::new(MAX_PATTERN_STEPS),
        }
    }

    /// Adds a stage and gives its number.
    pub(super) fn add_stage(&mut self, parent: Option<usize>, sees_global: bool) -> usize {
        self.stages.push(Stage { parent, sees_global, ..Stage::default() });
        self.stages.len() - 1
    }

    /// The value that `name` has; `None` where it has none that we know.
    pub(super) fn get(&self, scope: Scope, name: &str) -> Option<&Value> {
        match scope {
            Scope::Nowhere => None,
            Scope::Global => self.global.get(name)?.as_ref(),
            Scope::Stage(number) => {
                let sees_global = self.stages.get(number)?.sees_global;
                self.chain(number)
                    .find_map(|stage| stage.env.get(name))
                    .or_else(|| self.chain(number).find_map(|stage| stage.args.get(name))?.as_ref())
                    .or_else(|| if sees_global { self.global.get(name)?.as_ref() } else { None })
            }
        }
    }

    fn chain(&self, number: usize) -> impl Iterator<Item = &Stage> {
        std::iter::successors(self.stages.get(number), |stage| self.stages.get(stage.parent?)).take(MAX_CHAIN)
    }

    /// Takes `bytes` from what variables may still add to the document; `false` where there is too little left.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        spend(&self.bytes_left, bytes)
    }

    /// Takes `steps` from what patterns may still cost; `false` where there is too little left.
    pub(super) fn spend_steps(&self, steps: usize) -> bool {
        spend(&self.steps_left, steps)
    }

    /// `ARG name` or `ARG name=value`.
    pub(super) fn define_arg(&mut self, scope: Scope, name: &str, value: Option<Value>) {
        let value = value.map(|value| Value { defaulted: true, ..value });
        match scope {
            Scope::Nowhere => {}
            Scope::Global => {
                self.global.insert(name.to_owned(), value);
            }
            Scope::Stage(number) => {
                let value = value.or_else(|| self.global.get(name).cloned().flatten());
                if let Some(stage) = self.stages.get_mut(number) {
                    stage.args.insert(name.to_owned(), value);
                }
            }
        }
    }

    /// `ENV name=value`.
    pub(super) fn define_env(&mut self, scope: Scope, name: &str, value: Value) {
        if let Scope::Stage(number) = scope
            && let Some(stage) = self.stages.get_mut(number)
        {
            stage.env.insert(name.to_owned(), value);
        }
    }
}
