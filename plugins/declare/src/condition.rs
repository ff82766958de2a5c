//! Conditions on a node, from the parameters of a rule.

use crate::path::Path;
use regex_lite::Regex;
use stockade_sdk::{Node, Param};

/// Deepest nesting of conditions: a rule is written by a person, and the stack of a guest is small.
const MAX_DEPTH: u32 = 32;

/// The conditions there are, for the message about one that is not.
const KNOWN: &str = "all, any, not, has, lacks, equals, contains, starts-with, ends-with, matches, empty, less-than, \
                     greater-than";

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
    /// The value is true of this.
    Text(Test),
}

/// A test of a value.
#[derive(Debug)]
pub enum Test {
    /// It is one of these.
    Equals(Vec<String>),
    /// It contains one of these.
    Contains(Vec<String>),
    /// It begins with one of these.
    Starts(Vec<String>),
    /// It ends with one of these.
    Ends(Vec<String>),
    /// One of these fits somewhere in it.
    Matches(Vec<Regex>),
    /// It is no text at all, null, or a collection of nothing.
    Empty,
    /// It is a number below this.
    Less(f64),
    /// It is a number above this.
    Greater(f64),
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
        let group = matches!(name, "all" | "any" | "not");
        if !head.props.is_empty() {
            return Err(takes("no properties"));
        }
        if group && (inner.is_empty() || !head.args.is_empty()) {
            return Err(takes("a block with conditions and nothing else"));
        }
        if !group && name != "has" && name != "lacks" && !inner.is_empty() {
            return Err(takes("no block"));
        }
        let words = || {
            if head.args.is_empty() { Err(takes("one or more texts")) } else { Ok(head.args.clone()) }
        };
        let number = || match head.args.as_slice() {
            [one] => one.parse::<f64>().map_err(|_| takes("a number")),
            _ => Err(takes("one number")),
        };
        Ok(match name {
            "all" => Self::All(inner),
            "any" => Self::Any(inner),
            "not" => Self::Not(inner),
            "has" | "lacks" => {
                let [path] = head.args.as_slice() else {
                    return Err(takes("one path"));
                };
                let has = Self::Has(Path::parse(path)?, inner);
                if name == "has" { has } else { Self::Not(vec![has]) }
            }
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
            other => return Err(format!("there is no condition `{other}` (known: {KNOWN})")),
        })
    }

    /// Whether it holds for the node; `value` stands for the node's own where a setting or variable has another.
    #[must_use]
    pub fn holds(&self, node: Node<'_>, value: Option<&str>) -> Option<bool> {
        match self {
            Self::All(list) => all(list, node, value),
            Self::Any(list) => none(list.iter().map(|c| c.holds(node, value))).map(|none| !none),
            Self::Not(list) => all(list, node, value).map(|all| !all),
            Self::Has(path, list) => {
                let found = path.find(node);
                let certain = none(found.nodes.into_iter().map(|inner| all(list, inner, None)));
                match certain {
                    Some(true) if found.uncertain => None,
                    certain => certain.map(|none| !none),
                }
            }
            Self::Text(test) => test.holds(node, value),
        }
    }
}

fn all(list: &[Condition], node: Node<'_>, value: Option<&str>) -> Option<bool> {
    none(list.iter().map(|c| c.holds(node, value).map(|holds| !holds)))
}

/// Whether none of these is true. One that is true decides; one that is not known keeps the rest from deciding.
fn none(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
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

impl Test {
    fn holds(&self, node: Node<'_>, value: Option<&str>) -> Option<bool> {
        if !node.is_known() {
            return None;
        }
        let node = node.resolve();
        if matches!(self, Self::Empty) && value.is_none() && !node.is_scalar() {
            return match node.children().next() {
                None if node.may_have_more() => None,
                first => Some(first.is_none() && node.text().is_empty()),
            };
        }
        let text = match value {
            Some(value) => value,
            // A mapping or sequence is no text, so no test of a text is true of it.
            None if node.text().is_empty() && !node.is_scalar() => return Some(false),
            None => node.text(),
        };
        let number = || text.trim().parse::<f64>().ok();
        Some(match self {
            Self::Equals(words) => words.iter().any(|word| text == word),
            Self::Contains(words) => words.iter().any(|word| text.contains(word.as_str())),
            Self::Starts(words) => words.iter().any(|word| text.starts_with(word.as_str())),
            Self::Ends(words) => words.iter().any(|word| text.ends_with(word.as_str())),
            Self::Matches(list) => list.iter().any(|regex| regex.is_match(text)),
            Self::Empty => text.is_empty() || (value.is_none() && node.is_null()),
            Self::Less(limit) => number().is_some_and(|n| n < *limit),
            Self::Greater(limit) => number().is_some_and(|n| n > *limit),
        })
    }
}
