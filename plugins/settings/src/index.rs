//! One index over the patterns of all rules: a name is looked up once, whatever the number of rules.

use crate::pattern::{HEAD, Pattern, Scratch};
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
}

const ROLES: [(&str, Role); 5] = [
    ("key", Role::Key),
    ("inverse-key", Role::Inverse),
    ("unless-key", Role::Unless),
    ("beside-key", Role::Beside),
    ("or-key", Role::Or),
];

/// The patterns of all configured rules. A name can only match patterns that end in its last word and begin with the
/// first letters of one of its words: both are sets of patterns, and what is in both is tried.
#[derive(Debug, Default)]
pub struct Index {
    patterns: Vec<(u32, Role, Pattern)>,
    by_last_word: Map<Set>,
    by_head: Map<Set>,
    /// Patterns whose last words or heads cannot be listed.
    any_last_word: Set,
    any_head: Set,
}

type Map<V> = HashMap<Box<[u8]>, V, BuildHasherDefault<Fnv>>;

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

    fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }
}

/// The hash of Fowler, Noll and Vo: keys are a few bytes of rules, not of scanned files, so nobody can choose them to
/// collide.
#[derive(Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length of a slice: its bytes tell it apart well enough.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

thread_local! {
    /// An instance of the plugin has one set of rules, and one thread.
    static CURRENT: RefCell<Rc<Index>> = RefCell::default();
}

impl Index {
    /// An index over the patterns of these rules.
    ///
    /// # Errors
    /// A pattern that cannot be compiled.
    pub fn new(rules: &[(u32, &'static str, &Params)]) -> Result<Self, String> {
        let mut index = Self::default();
        for (rule, _, params) in rules {
            for (name, role) in ROLES {
                for text in params.strings(name) {
                    let pattern = Pattern::new(text).map_err(|why| format!("parameter `{name}`: {why}"))?;
                    index.add(*rule, role, pattern);
                }
            }
        }
        Ok(index)
    }

    fn add(&mut self, rule: u32, role: Role, pattern: Pattern) {
        let number = self.patterns.len();
        match pattern.last_words() {
            Some(words) => words.iter().for_each(|word| {
                self.by_last_word.entry(word.as_bytes().into()).or_default().insert(number);
            }),
            None => self.any_last_word.insert(number),
        }
        match pattern.heads() {
            Some(heads) => heads.iter().for_each(|head| {
                let head = head.as_bytes();
                self.by_head.entry(head.get(..HEAD).unwrap_or(head).into()).or_default().insert(number);
            }),
            None => self.any_head.insert(number),
        }
        self.patterns.push((rule, role, pattern));
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

    /// Adds the rules for which `name` has a role to `found`.
    pub fn roles(&self, name: &str, scratch: &mut Scratch, found: &mut Vec<(u32, Role)>) {
        let bytes = name.as_bytes();
        let start = bytes.iter().rposition(|b| *b == b'_').map_or(0, |at| at + 1);
        let last = self.by_last_word.get(bytes.get(start..).unwrap_or_default());
        let mut heads = [const { None }; 16];
        let mut count = 0;
        let mut start = 0;
        loop {
            let rest = bytes.get(start..).unwrap_or_default();
            if let Some(set) = self.by_head.get(rest.get(..HEAD).unwrap_or(rest))
                && let Some(slot) = heads.get_mut(count)
            {
                *slot = Some(set);
                count += 1;
            }
            match rest.iter().position(|b| *b == b'_') {
                Some(at) => start += at + 1,
                None => break,
            }
        }
        // A name of more words than slots is tried against all of them.
        let crowded = count == heads.len();
        for word in 0..self.patterns.len().div_ceil(64) {
            let by_head =
                heads.iter().flatten().fold(self.any_head.word(word), |bits, set| bits | set.word(word));
            let by_last = self.any_last_word.word(word) | last.map_or(0, |set| set.word(word));
            let mut bits = if crowded { by_last } else { by_head & by_last };
            while bits != 0 {
                let number = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some((rule, role, pattern)) = self.patterns.get(number)
                    && pattern.matches_with(name, scratch)
                {
                    found.push((*rule, *role));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Role};
    use crate::pattern::{Pattern, Scratch};

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
        ];
        let mut index = Index::default();
        for (number, text) in patterns.iter().enumerate() {
            let pattern = Pattern::new(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            index.add(number as u32, Role::Key, pattern);
        }
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
        ] {
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
