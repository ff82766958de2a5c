//! Conditions on a node, from the parameters of a rule.

use crate::amount;
use crate::beside::Beside;
use crate::path::Path;
use crate::value::{Test, Value};
use regex_lite::Regex;
use stockade_sdk::{Node, Param};

/// Deepest nesting of conditions: a rule is written by a person, and the stack of a guest is small.
const MAX_DEPTH: u32 = 32;

/// The conditions there are, for the message about one that is not.
const KNOWN: &str = "all, any, not, has, lacks, count, name, same-as, equals, contains, starts-with, ends-with, matches, \
                     empty, less-than, greater-than, shorter-than, longer-than, smaller-than, larger-than, \
                     older-than, newer-than";

/// A condition. It is true, false, or (`None`) not known, because a value is not.
#[derive(Debug)]
pub enum Condition {
    /// All of these.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// Not all of these.
    Not(Vec<Self>),
    /// Some node at the path fulfils all of these.
    Has(Path, Vec<Self>),
    /// The number of nodes at the path fulfils all of these.
    Count(Path, Vec<Self>),
    /// The key of the node, or the name of the setting or variable, fulfils all of these.
    Name(Vec<Self>),
    /// Some node at the path has the same value.
    SameAs(Path),
    /// The value is above or below that of some node at a path.
    Beside(Beside),
    /// The value is true of this.
    Text(Test),
}

impl Condition {
    /// Reads the block of the top-level parameter `name`; all of its conditions must hold.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn block(params: &[Param], name: &str) -> Result<Option<Self>, String> {
        let Some(at) = params.iter().position(|param| param.depth == 0 && param.name == name) else {
            return Ok(None);
        };
        let rest = params.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|param| param.depth == 0).unwrap_or(rest.len());
        let inner = rest.get(..end).unwrap_or_default();
        if inner.is_empty() {
            return Err(format!("`{name}` needs a block with conditions"));
        }
        Self::list(inner, 1).map(|list| Some(Self::All(list)))
    }

    /// Reads siblings of this depth with all that is below them.
    fn list(nodes: &[Param], depth: u32) -> Result<Vec<Self>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("conditions are nested deeper than {MAX_DEPTH}"));
        }
        let mut list = Vec::new();
        let mut rest = nodes;
        while let Some((head, tail)) = rest.split_first() {
            let end = tail.iter().position(|param| param.depth <= depth).unwrap_or(tail.len());
            let (inner, after) = tail.split_at(end);
            list.push(Self::one(head, Self::list(inner, depth + 1)?)?);
            rest = after;
        }
        Ok(list)
    }

    fn one(head: &Param, inner: Vec<Self>) -> Result<Self, String> {
        let name = head.name.as_str();
        let takes = |what: &str| format!("`{name}` takes {what}");
        if let Some(beside) = Beside::new(head)? {
            return if inner.is_empty() { Ok(Self::Beside(beside)) } else { Err(takes("no block")) };
        }
        let group = matches!(name, "all" | "any" | "not" | "name");
        if !head.props.is_empty() {
            return Err(takes("no properties"));
        }
        if group && (inner.is_empty() || !head.args.is_empty()) {
            return Err(takes("a block with conditions and nothing else"));
        }
        if !group && !matches!(name, "has" | "lacks" | "count") && !inner.is_empty() {
            return Err(takes("no block"));
        }
        if name == "count" && inner.is_empty() {
            return Err(takes("one path and a block with conditions on the number"));
        }
        let path = || match head.args.as_slice() {
            [path] => Path::parse(path),
            _ => Err(takes("one path")),
        };
        let words = || {
            if head.args.is_empty() { Err(takes("one or more texts")) } else { Ok(head.args.clone()) }
        };
        let number = || match head.args.as_slice() {
            [one] => one.parse::<f64>().map_err(|_| takes("a number")),
            _ => Err(takes("one number")),
        };
        let amount = |fits: fn(&str) -> bool, what: &str| match head.args.as_slice() {
            [one] if fits(one) => Ok(one.clone()),
            _ => Err(takes(what)),
        };
        let time = || {
            let text = amount(amount::is_time, "one time with its unit")?;
            amount::time(&text).ok_or_else(|| takes("one time with its unit"))
        };
        let size = || amount(amount::is_size, "one size");
        let version = || amount(amount::is_version, "one version");
        Ok(match name {
            "all" => Self::All(inner),
            "any" => Self::Any(inner),
            "not" => Self::Not(inner),
            "has" => Self::Has(path()?, inner),
            "lacks" => Self::Not(vec![Self::Has(path()?, inner)]),
            "count" => Self::Count(path()?, inner),
            "name" => Self::Name(inner),
            "same-as" => Self::SameAs(path()?),
            "equals" => Self::Text(Test::Equals(words()?)),
            "contains" => Self::Text(Test::Contains(words()?)),
            "starts-with" => Self::Text(Test::Starts(words()?)),
            "ends-with" => Self::Text(Test::Ends(words()?)),
            "matches" => {
                let regex =
                    |text: String| Regex::new(&text).map_err(|e| format!("the expression `{text}`: {e}"));
                Self::Text(Test::Matches(words()?.into_iter().map(regex).collect::<Result<_, _>>()?))
            }
            "empty" if head.args.is_empty() => Self::Text(Test::Empty),
            "empty" => return Err(takes("nothing")),
            "less-than" => Self::Text(Test::Less(number()?)),
            "greater-than" => Self::Text(Test::Greater(number()?)),
            "shorter-than" => Self::Text(Test::Shorter(time()?)),
            "longer-than" => Self::Text(Test::Longer(time()?)),
            "smaller-than" => Self::Text(Test::Smaller(size()?)),
            "larger-than" => Self::Text(Test::Larger(size()?)),
            "older-than" => Self::Text(Test::Older(version()?)),
            "newer-than" => Self::Text(Test::Newer(version()?)),
            other => return Err(format!("there is no condition `{other}` (known: {KNOWN})")),
        })
    }

    /// Whether what it says is about the node's name, not its value.
    #[must_use]
    pub fn is_about_name(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::All(list) | Self::Any(list) | Self::Not(list) => list.iter().any(Self::is_about_name),
            _ => false,
        }
    }

    /// Whether it holds for the node, whose value is this one.
    #[must_use]
    pub fn holds(&self, node: Node<'_>, value: Value<'_>) -> Option<bool> {
        match self {
            Self::All(list) => all(list, node, value),
            Self::Any(list) => none(list.iter().map(|c| c.holds(node, value))).map(|none| !none),
            Self::Not(list) => all(list, node, value).map(|all| !all),
            Self::Has(path, list) => {
                let found = path.find(node);
                let certain = none(found.nodes.into_iter().map(|inner| all(list, inner, Value::OfNode)));
                match certain {
                    Some(true) if found.uncertain => None,
                    certain => certain.map(|none| !none),
                }
            }
            Self::Count(path, list) => {
                let found = path.find(node);
                if found.uncertain {
                    return None;
                }
                all(list, node, Value::About(&found.nodes.len().to_string()))
            }
            Self::Name(list) => all(list, node, Value::About(value.name(node))),
            Self::SameAs(path) => {
                let text = value.text(node)?;
                let found = path.find(node);
                // Two mappings have no text to be the same.
                let same = found.nodes.into_iter().map(|other| {
                    let theirs = Value::OfNode.text(other)?;
                    Some(theirs == text && (!theirs.is_empty() || other.is_scalar()))
                });
                match none(same) {
                    Some(true) if found.uncertain => None,
                    certain => certain.map(|none| !none),
                }
            }
            Self::Beside(beside) => beside.holds(node, value),
            Self::Text(test) => test.holds(node, value),
        }
    }
}

fn all(list: &[Condition], node: Node<'_>, value: Value<'_>) -> Option<bool> {
    none(list.iter().map(|c| c.holds(node, value).map(|holds| !holds)))
}

/// Whether none of these is true. One that is true decides; one that is not known keeps the rest from deciding.
pub(crate) fn none(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for one in list {
        match one {
            Some(true) => return Some(false),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}
