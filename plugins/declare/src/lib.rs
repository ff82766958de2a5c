//! Rules without code: what is wrong about a node, a setting or an environment variable, said by conditions in KDL.
//!
//! `path` finds nodes, `condition` judges them (by tests of a `value`, which may be an `amount`, or `beside` another node), `rule`
//! puts both together with a message and a `fix`. A value that the host does not know (it comes from a template) makes a condition neither true nor false, and is never reported.

pub mod amount;
pub mod beside;
pub mod condition;
mod fix;
pub mod path;
pub mod pattern;
pub mod rule;
pub mod value;

use rule::{Rule, Subject};
use std::cell::RefCell;
use std::collections::HashMap;
use stockade_sdk::{Check, Family, FileFacts, Out, Params, Source};

/// The family.
#[derive(Debug)]
pub struct Declare;

std::thread_local! {
    /// The rules, parsed once per instance, by index.
    static RULES: RefCell<HashMap<u32, Rule>> = RefCell::new(HashMap::new());
}

impl Family for Declare {
    type View<'a> = &'a Source;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        Check::<Self>::file("node", |source, _, out| check(source, Subject::Node, out)),
        Check::<Self>::file("setting", |source, _, out| check(source, Subject::Setting, out)),
        Check::<Self>::file("variable", |source, _, out| check(source, Subject::Variable, out)),
    ];

    fn configured(rules: &[(u32, &'static str, &Params)]) -> Result<(), String> {
        let mut parsed = HashMap::new();
        for (index, check, params) in rules {
            // The host checked the shape; what is left is the language of conditions.
            let rule = Rule::new(check, params).map_err(|why| {
                let message = params.string("message").unwrap_or_default();
                format!("in the rule with the message `{message}`: {why}")
            })?;
            parsed.insert(*index, rule);
        }
        RULES.set(parsed);
        Ok(())
    }

    fn view(source: &Source) -> Self::View<'_> {
        source
    }

    fn project(_: &[FileFacts]) -> Self::Project<'_> {}
}

fn check(source: &Source, subject: Subject, out: &mut Out) {
    RULES.with_borrow(|rules| {
        if let Some(rule) = rules.get(&out.rule()) {
            rule.check(source, subject, out);
        }
    });
}

stockade_sdk::export!(Declare);

#[cfg(test)]
mod tests;
