//! Comparisons with another node: a limit of memory with its request, a smallest number with a largest.

use crate::condition::none;
use crate::path::Path;
use crate::value::{self, Value};
use std::cmp::Ordering;
use stockade_sdk::{Node, Param};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Number,
    Time,
    Size,
    Version,
}

/// Whether the value is above or below that of another node, which may be multiplied first.
#[derive(Debug)]
pub struct Beside {
    measure: Measure,
    wanted: Ordering,
    path: Path,
    times: f64,
}

impl Beside {
    /// Reads a comparison whose argument is a path that goes on from the node: it begins with `^` or a dot, so that no number
    /// or misspelled unit is taken for one. None where it is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(head: &Param) -> Result<Option<Self>, String> {
        let (measure, wanted) = match head.name.as_str() {
            "less-than" => (Measure::Number, Ordering::Less),
            "greater-than" => (Measure::Number, Ordering::Greater),
            "shorter-than" => (Measure::Time, Ordering::Less),
            "longer-than" => (Measure::Time, Ordering::Greater),
            "smaller-than" => (Measure::Size, Ordering::Less),
            "larger-than" => (Measure::Size, Ordering::Greater),
            "older-than" => (Measure::Version, Ordering::Less),
            "newer-than" => (Measure::Version, Ordering::Greater),
            _ => return Ok(None),
        };
        let [path] = head.args.as_slice() else { return Ok(None) };
        if !goes_on(path) {
            return Ok(None);
        }
        let times = match head.props.as_slice() {
            [] => 1.0,
            [(name, number)] if name == "times" && measure != Measure::Version => {
                let number = number.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
                number.ok_or_else(|| format!("`times` of `{}` takes a number above 0", head.name))?
            }
            _ => return Err(format!("`{}` takes no such properties", head.name)),
        };
        Ok(Some(Self { measure, wanted, path: Path::parse(path)?, times }))
    }

    /// Whether it holds for a node there. None where a value is not known, or may mean one thing or another.
    #[must_use]
    pub fn holds(&self, node: Node<'_>, value: Value<'_>) -> Option<bool> {
        let text = value.text(node)?;
        let found = self.path.find(node);
        let each = found.nodes.into_iter().map(|other| {
            let theirs = Value::OfNode.text(other)?;
            let order = match self.measure {
                Measure::Number => self.numbers(value::number(text), value::number(theirs)),
                Measure::Time => self.numbers(value::time(text, value)?, value::time(theirs, Value::OfNode)?),
                Measure::Size => {
                    self.numbers(value::size(node, text, value), value::size(other, theirs, Value::OfNode))
                }
                Measure::Version => value::version(text, theirs)?,
            };
            Some(order == Some(self.wanted))
        });
        match none(each) {
            Some(true) if found.uncertain => None,
            certain => certain.map(|none| !none),
        }
    }

    fn numbers(&self, ours: Option<f64>, theirs: Option<f64>) -> Option<Ordering> {
        ours?.partial_cmp(&(theirs? * self.times))
    }
}

/// Whether a text is a path from the node, not a number.
fn goes_on(text: &str) -> bool {
    text.strip_prefix('.')
        .map_or(text.starts_with('^'), |rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}
