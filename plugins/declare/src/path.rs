//! Paths to nodes: `spec.template.spec.containers[*].image`.

use stockade_sdk::{Kind, Node};

/// Longest path, in steps: a rule is written by a person.
const MAX_STEPS: usize = 64;

/// Longest number of a child.
const MAX_DIGITS: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// The child with this key, or the elements with this name.
    Key(String),
    /// Every child: `*` or `[*]`.
    Every,
    /// The node itself and all below it: `**`.
    Deep,
    /// The child at this place, counted from the front or from behind: `[0]`, `[-1]`.
    Nth { place: usize, from_behind: bool },
    /// The parent: `^`.
    Up,
}

/// A path, from some node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

/// What a path leads to.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The nodes, in document order for paths without `^`.
    pub nodes: Vec<Node<'a>>,
    /// Whether there may be more that the source does not show (a template fills them in).
    pub uncertain: bool,
}

impl Path {
    /// Reads keys separated by dots; `["a.b"]` is a key with dots in it, `.` alone the node itself, and a dot
    /// in front changes nothing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |why: &str| Err(format!("the path `{text}` {why}"));
        let mut steps = Vec::new();
        if text == "." {
            return Ok(Self { steps });
        }
        // `.name` is the key `name` of the node, which in a message `name` alone is not.
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            if steps.len() == MAX_STEPS {
                return bad("has too many steps");
            }
            if let Some(after) = rest.strip_prefix("[*]") {
                steps.push(Step::Every);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("[\"") {
                let Some((key, after)) = after.split_once("\"]") else {
                    return bad("has no `\"]` for its `[\"`");
                };
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            } else if let Some((step, after)) = nth(rest) {
                steps.push(step);
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                steps.push(match word {
                    "" => return bad("has an empty step"),
                    "*" => Step::Every,
                    "**" => Step::Deep,
                    "^" => Step::Up,
                    key => Step::Key(key.to_owned()),
                });
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some("") => return bad("ends with a dot"),
                Some(after) => rest = after,
                None if rest.is_empty() || rest.starts_with('[') => {}
                None => return bad("needs a dot behind `]`"),
            }
        }
        if steps.is_empty() {
            return bad("is empty");
        }
        // Each would multiply the number of nodes by that of the file.
        if steps.iter().filter(|step| **step == Step::Deep).count() > 1 {
            return bad("has more than one `**`");
        }
        Ok(Self { steps })
    }

    /// The keys, where the path is made of nothing else.
    #[must_use]
    pub fn keys(self) -> Option<Vec<String>> {
        let key = |step| if let Step::Key(key) = step { Some(key) } else { None };
        let keys: Option<Vec<String>> = self.steps.into_iter().map(key).collect();
        keys.filter(|keys| !keys.is_empty())
    }

    /// Follows the path from `start`. Aliases and merge keys are followed.
    #[must_use]
    pub fn find<'a>(&self, start: Node<'a>) -> Found<'a> {
        let mut found = Found { nodes: vec![start], uncertain: false };
        for step in &self.steps {
            let mut next = Vec::new();
            for node in found.nodes {
                let (before, more) = (next.len(), node.is_unknown() || node.may_have_more());
                match step {
                    Step::Up => next.extend(node.parent()),
                    Step::Deep => {
                        next.push(node);
                        next.extend(node.descendants());
                    }
                    Step::Every => next.extend(node.children().filter(|child| child.kind() != Kind::Error)),
                    // What a template adds may stand in front of it or behind it.
                    Step::Nth { .. } if more => {}
                    Step::Nth { place, from_behind } => {
                        let children = || node.children().filter(|child| child.kind() != Kind::Error);
                        let behind = || children().count().checked_sub(place + 1);
                        let at = if *from_behind { behind() } else { Some(*place) };
                        next.extend(at.and_then(|at| children().nth(at)));
                    }
                    Step::Key(key) if node.resolve().kind() == Kind::Mapping => next.extend(node.get(key)),
                    Step::Key(key) => next.extend(node.children().filter(|child| child.name() == key)),
                }
                let none = next.len() == before;
                found.uncertain |= (none || *step == Step::Every) && more;
            }
            found.nodes = next;
        }
        found
    }
}

/// A step `[0]` or `[-1]` at the start of a path, and what stands behind it.
fn nth(path: &str) -> Option<(Step, &str)> {
    let (inner, after) = path.strip_prefix('[')?.split_once(']')?;
    let (digits, from_behind) = inner.strip_prefix('-').map_or((inner, false), |digits| (digits, true));
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // The last is the first from behind.
    let place = digits.parse::<usize>().ok()?.checked_sub(usize::from(from_behind))?;
    Some((Step::Nth { place, from_behind }, after))
}
