//! One index over the patterns of all rules: a name is looked up once, whatever the number of rules.

use crate::pattern::Pattern;
use std::cell::RefCell;
use std::collections::HashMap;
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

/// The patterns of all configured rules.
#[derive(Debug, Default)]
pub struct Index {
    patterns: Vec<(u32, Role, Pattern)>,
    /// By last word of the name.
    by_word: HashMap<String, Vec<usize>>,
    /// Those without a short list of last words.
    wild: Vec<usize>,
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
                    let number = index.patterns.len();
                    match pattern.last_words() {
                        Some(words) => {
                            for word in words {
                                index.by_word.entry(word.clone()).or_default().push(number);
                            }
                        }
                        None => index.wild.push(number),
                    }
                    index.patterns.push((*rule, role, pattern));
                }
            }
        }
        Ok(index)
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

    /// The rules for which `name` has a role.
    pub fn roles(&self, name: &str) -> impl Iterator<Item = (u32, Role)> {
        let last = name.rsplit('_').next().unwrap_or_default();
        let listed = self.by_word.get(last).into_iter().flatten();
        listed.chain(&self.wild).filter_map(move |number| {
            let (rule, role, pattern) = self.patterns.get(*number)?;
            pattern.matches(name).then_some((*rule, *role))
        })
    }
}
