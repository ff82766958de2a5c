//! One index over the patterns of all rules: a name is looked up once, whatever the number of rules.

use crate::edge::{Edge, Edges};
use crate::known;
use crate::pattern::{self, Both, Pattern};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use stockade_sdk::Params;

/// What a pattern is for. The names are those of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// `key`: the setting that the rule judges.
    Key,
    /// `inverse-key`: as `key`, with "on" and "off" the other way round.
    Inverse,
    /// `unless-key`: names that are another, more exact rule's business.
    Unless,
    /// `beside-key`: settings whose presence makes the rule speak of a section or file.
    Beside,
    /// `or-key`: settings that do instead of those of `key`.
    Or,
    /// `also-key`: settings that are judged by `also-bad`.
    Also,
    /// `host-key`: settings that name hosts which are trusted without a certificate.
    Host,
    /// `low-key`: numbers that can only be too small.
    Low,
    /// `high-key`: numbers that can only be too great.
    High,
    /// `word-key`: numbers that are judged by `bad` alone.
    Word,
    /// `measured-key`: numbers that count only with a unit.
    Measured,
    /// `compared-key`: numbers that are only compared with those of `than-key`.
    Compared,
    /// `than-key`: numbers that others may not exceed.
    Than,
    /// `relax-key`: switches that make another limit do.
    Relax,
    /// `switch-key`: switches that, off, leave nothing to judge.
    Switch,
    /// `shallow-key`: names that count only near the top.
    Shallow,
    /// `worse-key`: settings beside which a finding weighs more.
    Worse,
    /// `absent-beside-key`: settings that call for one of `key`.
    Calls,
    /// `removed-key`: lists whose elements are taken out of those of `key`.
    Removed,
    /// `require-key`: lists that need what `require` says; the others do not.
    Require,
}

impl Role {
    /// Whether the role says something only of a setting that has another role for the same rule.
    #[must_use]
    pub const fn is_aside(self) -> bool {
        matches!(self, Self::Unless | Self::Shallow)
    }

    /// Whether a setting in this role gives the rule something to say; the others only help to judge.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        !matches!(
            self,
            Self::Unless
                | Self::Or
                | Self::Than
                | Self::Relax
                | Self::Switch
                | Self::Shallow
                | Self::Worse
                | Self::Removed
                | Self::Require
        )
    }
}

const ROLES: [(&str, Role); 20] = [
    ("key", Role::Key),
    ("inverse-key", Role::Inverse),
    ("unless-key", Role::Unless),
    ("beside-key", Role::Beside),
    ("or-key", Role::Or),
    ("also-key", Role::Also),
    ("host-key", Role::Host),
    ("low-key", Role::Low),
    ("high-key", Role::High),
    ("word-key", Role::Word),
    ("measured-key", Role::Measured),
    ("compared-key", Role::Compared),
    ("than-key", Role::Than),
    ("relax-key", Role::Relax),
    ("switch-key", Role::Switch),
    ("shallow-key", Role::Shallow),
    ("worse-key", Role::Worse),
    ("absent-beside-key", Role::Calls),
    ("removed-key", Role::Removed),
    ("require-key", Role::Require),
];

/// Parameters that are blocks of values, each with patterns of names.
const TABLES: [&str; 4] = ["class", "fix-for", "require-unless", "severity-for"];

/// The patterns in a parameter that is a block.
fn texts_of<'p>(params: &'p Params, table: &'p str) -> impl Iterator<Item = &'p str> {
    rows_of(params, table).flat_map(|(_, patterns)| patterns.iter().map(String::as_str))
}

/// The rows of a parameter that is a block: names and texts.
pub fn rows_of<'p>(params: &'p Params, table: &'p str) -> impl Iterator<Item = (&'p str, &'p [String])> {
    let nodes = params.nodes();
    let start =
        nodes.iter().position(|node| node.depth == 0 && node.name == table).map_or(nodes.len(), |at| at + 1);
    let rows = nodes.get(start..).unwrap_or_default().iter().take_while(|node| node.depth > 0);
    rows.map(|node| (node.name.as_str(), node.args.as_slice()))
}

/// The first row of a block one of whose patterns matches `name`.
#[must_use]
pub fn row_for<'p>(params: &'p Params, table: &'p str, name: &str) -> Option<&'p str> {
    let matches = |text: &String| compiled(text).is_some_and(|pattern| pattern.matches(name));
    rows_of(params, table).find(|(_, patterns)| patterns.iter().any(matches)).map(|(row, _)| row)
}

/// A pattern of a rule, compiled when it is asked for first: a file may have thousands of findings of that rule.
fn compiled(text: &str) -> Option<Rc<Pattern>> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(pattern) = compiled.get(text) {
            return Some(Rc::clone(pattern));
        }
        let pattern = Rc::new(known::pattern(text).ok()?);
        compiled.insert(text.to_owned(), Rc::clone(&pattern));
        Some(pattern)
    })
}

/// A rule about what no file of a repository may have: which files call for it, and which words do instead.
#[derive(Debug)]
pub struct Wanted {
    /// The rule's number.
    pub rule: u32,
    /// Only production files call for it.
    pub production: bool,
    /// Words in the text of a server's configuration that do as well.
    pub words: Vec<String>,
}

/// The patterns of all configured rules. A name can only match patterns that end as it does and begin as one of its words
/// does: both are sets of patterns, and what is in both is tried.
#[derive(Debug, Default)]
pub struct Index {
    patterns: Vec<(u32, Role, Pattern)>,
    /// By the beginning of any word.
    by_head: Sets,
    /// By that of one of the first two.
    by_near_head: Sets,
    by_tail: Sets,
    /// The patterns whose role is an aside ([`Role::is_aside`]).
    aside: Set,
    wanted: Vec<Wanted>,
    memo: RefCell<Memo>,
}

/// The patterns by their edges.
#[derive(Debug, Default)]
struct Sets {
    by_edge: HashMap<Edge, Set, BuildHasherDefault<Mix>>,
    /// Some bits of each edge that is listed: most are told not to be by these.
    listed: Set,
    /// Those whose edges cannot be listed.
    any: Set,
}

impl Sets {
    fn insert(&mut self, edges: &Edges, number: usize) {
        if edges.any() {
            self.any.insert(number);
            return;
        }
        for edge in edges.list() {
            self.by_edge.entry(*edge).or_default().insert(number);
            self.listed.insert(Self::bit(*edge));
        }
    }

    fn get(&self, edge: Edge) -> Option<&Set> {
        if self.listed.has(Self::bit(edge)) { self.by_edge.get(&edge) } else { None }
    }

    fn bit(edge: Edge) -> usize {
        (edge.number().wrapping_mul(0x9E37_79B1) >> 20) as usize
    }
}

/// Numbers of patterns, one bit each.
#[derive(Clone, Debug, Default)]
struct Set(Vec<u64>);

impl Set {
    fn insert(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (number % 64);
        }
    }

    fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(bits, more)| *bits |= more);
    }
}

/// Multiplicative hashing: keys are a few bytes of rules, not of scanned files, so nobody can choose them to collide.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

thread_local! {
    /// An instance of the plugin has one set of rules, and one thread.
    static CURRENT: RefCell<Rc<Index>> = RefCell::default();
    /// Patterns in tables of rules by their texts: no more than the rules have.
    static COMPILED: RefCell<HashMap<String, Rc<Pattern>>> = RefCell::default();
}

impl Index {
    /// An index over the patterns of these rules.
    ///
    /// # Errors
    /// A pattern that cannot be compiled.
    pub fn new(rules: &[(u32, &'static str, &Params)]) -> Result<Self, String> {
        let mut index = Self::default();
        for (rule, check, params) in rules {
            for node in params.nodes().iter().filter(|node| node.depth == 0) {
                let Some((name, role)) = ROLES.iter().find(|(name, _)| *name == node.name) else { continue };
                for text in &node.args {
                    let pattern = known::pattern(text).map_err(|why| format!("parameter `{name}`: {why}"))?;
                    index.add(*rule, *role, pattern);
                }
            }
            for text in params.strings("forbid-pattern") {
                known::check(text).map_err(|why| format!("parameter `forbid-pattern`: {why}"))?;
            }
            // Tables of values by names are looked up where they are needed, but a flaw is told at once.
            for table in TABLES {
                for text in texts_of(params, table) {
                    known::check(text).map_err(|why| format!("parameter `{table}`: {why}"))?;
                }
            }
            if *check == "missing-anywhere" {
                index.wanted.push(Wanted {
                    rule: *rule,
                    production: params.bool_or("production", false),
                    words: params.strings("or-text").map(str::to_owned).collect(),
                });
            }
        }
        Ok(index)
    }

    fn add(&mut self, rule: u32, role: Role, pattern: Pattern) {
        let number = self.patterns.len();
        let Both { heads, tails, .. } = pattern.edges();
        let by_head = if heads.near() { &mut self.by_near_head } else { &mut self.by_head };
        by_head.insert(heads, number);
        self.by_tail.insert(tails, number);
        if role.is_aside() {
            self.aside.insert(number);
        }
        self.patterns.push((rule, role, pattern));
    }

    /// The rules over all files.
    #[must_use]
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// Makes it the one that [`Index::current`] gives.
    pub fn install(self) {
        CURRENT.with_borrow_mut(|current| *current = Rc::new(self));
    }

    /// The index of the configured rules.
    #[must_use]
    pub fn current() -> Rc<Self> {
        CURRENT.with_borrow(Rc::clone)
    }

    /// Adds the rules for which `name` has a role to `found`, in no particular order. Names come back again and again,
    /// within files and between them, so what was found is kept for a while.
    pub fn roles(&self, name: &str, scratch: &mut Scratch, found: &mut Vec<(u32, Role)>) {
        let mut memo = self.memo.borrow_mut();
        let Some(slot) = memo.slot(name) else { return self.look_up(name, scratch, found) };
        match slot {
            Some((kept, roles)) if **kept == *name => found.extend_from_slice(roles),
            _ => {
                let before = found.len();
                self.look_up(name, scratch, found);
                *slot = Some((name.into(), found.get(before..).unwrap_or_default().into()));
            }
        }
    }

    fn look_up(&self, name: &str, scratch: &mut Scratch, found: &mut Vec<(u32, Role)>) {
        let bytes = name.as_bytes();
        let Scratch { heads, tails, matching } = scratch;
        tails.clone_from(&self.by_tail.any);
        for set in Edge::of_end(bytes).iter().filter_map(|edge| self.by_tail.get(edge)) {
            tails.add(set);
        }
        if tails.is_empty() {
            return;
        }
        matching.read(name);
        heads.clone_from(&self.by_head.any);
        heads.add(&self.by_near_head.any);
        for (at, edges) in matching.words().enumerate() {
            for edge in edges.iter() {
                let near = (at < 2).then(|| self.by_near_head.get(edge)).flatten();
                self.by_head.get(edge).into_iter().chain(near).for_each(|set| heads.add(set));
            }
        }
        let before = found.len();
        // What only sets a judged name aside is asked last, and only of names that its rule judges: such patterns are
        // broad, and match most names.
        for is_aside in [false, true] {
            for (word, (heads, tails)) in heads.0.iter().zip(&tails.0).enumerate() {
                let aside = self.aside.0.get(word).copied().unwrap_or(0);
                let mut bits = heads & tails & if is_aside { aside } else { !aside };
                while bits != 0 {
                    let number = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let Some((rule, role, pattern)) = self.patterns.get(number) else { continue };
                    let is_wanted = !is_aside || found.iter().skip(before).any(|(other, _)| other == rule);
                    if is_wanted && pattern.matches_read(name, matching) {
                        found.push((*rule, *role));
                    }
                }
            }
            if found.len() == before {
                return;
            }
        }
    }
}

/// A name, and the rules for which it has a role.
type Known = (Box<str>, Box<[(u32, Role)]>);

/// What was found for names that were looked up lately: one name a slot, the latest.
#[derive(Debug, Default)]
struct Memo(Vec<Option<Known>>);

impl Memo {
    /// A power of two. With names of at most [`Memo::LONGEST`] bytes it holds some hundred kilobytes.
    const SLOTS: usize = 2_048;
    /// Longer names are not kept. Bytes.
    const LONGEST: usize = 96;

    fn slot(&mut self, name: &str) -> Option<&mut Option<Known>> {
        if name.len() > Self::LONGEST {
            return None;
        }
        if self.0.is_empty() {
            self.0.resize(Self::SLOTS, None);
        }
        let hash = name.as_bytes().chunks(8).fold(0_u64, |hash, chunk| {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            // The mixing step of FxHash.
            (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95)
        });
        self.0.get_mut((hash >> 53) as usize)
    }
}

/// Memory for looking names up, used again for the next one.
#[derive(Debug, Default)]
pub struct Scratch {
    heads: Set,
    tails: Set,
    matching: pattern::Scratch,
}

#[cfg(test)]
mod tests {
    use super::{Index, Role, Scratch};
    use crate::pattern::Pattern;

    /// What the index finds is what trying every pattern finds.
    #[test]
    fn the_index_hides_no_match() {
        let patterns = [
            "(^|_)(debug(_?mode|_enabled)?|enable_debug)$",
            "(^|_)audit(_[a-z0-9]+)*_(retention(_days)?|max_?age)$",
            "(^|_)audit(_|$)",
            "(^|_)(csrf|xsrf)(_?(check|enabled))*$",
            "^mode$",
            "(^|_)(isolation|sandbox)(_[a-z0-9]+)*_risk_level_[3-9](_plus)?$",
            "retention",
            "^([a-z0-9]+_)?(audit|level)_[a-z0-9_]+$",
            "^([a-z0-9_]+_)?x_age$",
            "^check|^audit_mode$",
        ];
        let mut index = Index::default();
        for (number, text) in patterns.iter().enumerate() {
            let pattern = Pattern::new(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            index.add(number as u32, Role::Key, pattern);
        }
        let words =
            ["debug", "mode", "audit", "csrf", "check", "a", "max", "age", "retention", "level", "3", "x"];
        let mut seed = 1_u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as usize % below
        };
        let made: Vec<String> = (0..3000)
            .map(|_| {
                let parts = 1 + random(5);
                (0..parts).map(|_| words[random(words.len())]).collect::<Vec<_>>().join(["_", ""][random(2)])
            })
            .collect();
        let long = "a_".repeat(40) + "audit_x_debug";
        for name in [
            "debug",
            "app_debug_mode",
            "audit",
            "audit_log_retention_days",
            "audit_maxage",
            "csrf",
            "x_csrf_check",
            "csrfenabled",
            "mode",
            "x_mode",
            "isolation_of_risk_level_4_plus",
            "log_retention",
            "",
            "_",
            long.as_str(),
        ]
        .into_iter()
        .chain(made.iter().map(String::as_str))
        {
            let mut found = Vec::new();
            index.roles(name, &mut Scratch::default(), &mut found);
            let expected: Vec<_> = index
                .patterns
                .iter()
                .filter(|(_, _, pattern)| pattern.matches(name))
                .map(|(rule, role, _)| (*rule, *role))
                .collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
