//! Functions that change a value in place: `$_ := set $labels "app" "web"`.

use super::value::{ROOT, Value};
use super::words::{Word, words};
use super::{Renderer, Scope};

const MERGES: [&str; 4] = ["merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"];

/// Most names that are set below `$`.
const MAX_SET: usize = 100;

/// What a call changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The value of this variable, or something in it.
    Variable(String),
    /// What stands at this path below `.Values`.
    Values(Vec<String>),
    /// The dot.
    Dot,
    /// `$`.
    Dollar,
}

fn changes(function: &str) -> bool {
    MERGES.contains(&function) || matches!(function, "set" | "unset")
}

/// What the calls in an expression change, with their functions.
fn targets(words: &[Word]) -> Vec<(&str, Target)> {
    let below_values = |fields: &[String], key: Option<&Word>| match fields {
        [root, path @ ..] if root == "Values" => {
            let key = key.and_then(|key| if let Word::Text(key) = key { Some(key.clone()) } else { None });
            Some(Target::Values(path.iter().cloned().chain(key).collect()))
        }
        _ => None,
    };
    let target = |nth: usize, word| {
        let Word::Name(function): &Word = word else { return None };
        changes(function).then_some(())?;
        // A merge changes all keys that it has.
        let key = words.get(nth + 2).filter(|_| !MERGES.contains(&function.as_str()));
        let target = match words.get(nth + 1)? {
            Word::Field(fields) if fields.is_empty() => Target::Dot,
            Word::Field(fields) => below_values(fields, key)?,
            Word::Variable(name, fields) if name.is_empty() && fields.is_empty() => Target::Dollar,
            Word::Variable(name, fields) if name.is_empty() => below_values(fields, key)?,
            Word::Variable(name, _) => Target::Variable(name.clone()),
            _ => return None,
        };
        Some((function.as_str(), target))
    };
    words.iter().enumerate().filter_map(|(nth, word)| target(nth, word)).collect()
}

/// Whether an expression may change something.
fn may_change(body: &str) -> bool {
    body.contains("set ") || body.contains("erge")
}

/// The variables that an expression changes in place.
pub(super) fn changed_variables(body: &str) -> Vec<String> {
    if !may_change(body) {
        return Vec::new();
    }
    let words = words(body).unwrap_or_default();
    let variable = |(_, target)| match target {
        Target::Variable(name) => Some(name),
        Target::Values(_) | Target::Dot | Target::Dollar => None,
    };
    targets(&words).into_iter().filter_map(variable).collect()
}

/// Whether what a call gives goes on to another one.
fn is_piped(words: &[Word]) -> bool {
    let mut depth = 0_usize;
    words.iter().any(|word| {
        match word {
            Word::Open => depth += 1,
            Word::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *word == Word::Pipe
    })
}

impl Renderer<'_, '_> {
    /// Takes in what an expression, which is evaluated, has changed besides. `value` is what it gave.
    pub(super) fn change(&self, body: &str, value: &Value, scope: &mut Scope) {
        if !may_change(body) {
            return;
        }
        let words = words(body).unwrap_or_default();
        let call = match words.as_slice() {
            [Word::Variable(..), Word::Declare | Word::Assign, call @ ..] => call,
            call => call,
        };
        for (function, target) in targets(&words) {
            match target {
                Target::Values(path) => self.changed.borrow_mut().push(path),
                Target::Dot if scope.dot == Value::Root => self.set_in_root(function, call, scope),
                Target::Dot => scope.dot = Value::Unknown,
                Target::Dollar if scope.variable("") == Value::Root => {
                    self.set_in_root(function, call, scope)
                }
                Target::Dollar => scope.set(String::new(), Value::Unknown, false),
                Target::Variable(name) => {
                    let changed = match call {
                        [Word::Name(_), Word::Variable(_, fields), rest @ ..]
                            if fields.is_empty() && !is_piped(rest) =>
                        {
                            self.changed_map(function, &name, rest, value, scope)
                        }
                        _ => None,
                    };
                    scope.set(name, changed.unwrap_or(Value::Unknown), false);
                }
            }
        }
    }

    fn changed_map(
        &self,
        function: &str,
        name: &str,
        rest: &[Word],
        value: &Value,
        scope: &Scope,
    ) -> Option<Value> {
        if MERGES.contains(&function) {
            return Some(value.clone());
        }
        let Value::Map(mut entries) = scope.variable(name) else { return None };
        if function == "unset" {
            let [Word::Text(key)] = rest else { return None };
            entries.retain(|(known, _)| known != key);
            return Some(Value::Map(entries));
        }
        let (key, value) = self.pair(rest, scope)?;
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => entries.push((key, value)),
        }
        Some(Value::Map(entries))
    }

    /// The key and the value that these words of a call of `set` are.
    fn pair(&self, words: &[Word], scope: &Scope) -> Option<(String, Value)> {
        let dict = std::iter::once(Word::Name("dict".to_owned())).chain(words.iter().cloned());
        let Value::Map(pair) = self.all(&dict.collect::<Vec<_>>(), scope) else { return None };
        let [pair] = <[_; 1]>::try_from(pair).ok()?;
        Some(pair)
    }

    /// Takes in what a call sets below `$`: `set . "mode" "dev"`.
    fn set_in_root(&self, function: &str, call: &[Word], scope: &Scope) {
        let pair = match call {
            [Word::Name(_), _, rest @ ..] if function == "set" && !is_piped(rest) => self.pair(rest, scope),
            _ => None,
        };
        let is_full = self.root.borrow().len() >= MAX_SET;
        // Whatever else is set there may be this.
        let (key, value) = pair.filter(|_| !is_full).unwrap_or_else(|| (String::new(), Value::Unknown));
        if self.pay(1).is_some() {
            self.root.borrow_mut().retain(|(known, _)| *known != key);
            self.root.borrow_mut().push((key, value));
        }
    }

    /// What was set at this name below `$`, if anything was.
    pub(super) fn set_at(&self, name: &str) -> Option<Value> {
        let root = self.root.borrow();
        // Nobody replaces all values without saying so.
        let is_any = |known: &str| known.is_empty() && !ROOT.contains(&name);
        let found = root.iter().rev().find(|(known, _)| known == name || is_any(known));
        found.map(|(known, value)| if known.is_empty() { Value::Unknown } else { value.clone() })
    }

    /// What is set below `$`, to be held against what is set later.
    pub(super) fn root(&self) -> Vec<(String, Value)> {
        let root = self.root.borrow();
        // Without steps left nothing is rendered at all.
        self.pay(root.iter().map(|(_, value)| value.size()).sum());
        root.clone()
    }

    /// Forgets what was set below `$` since then: nobody knows whether it counts.
    pub(super) fn forget_root(&self, before: &[(String, Value)]) {
        for entry in self.root.borrow_mut().iter_mut() {
            if !before.contains(entry) {
                entry.1 = Value::Unknown;
            }
        }
    }

    /// Whether something at this path below `.Values`, above it or below it was changed.
    pub(super) fn is_changed(&self, path: &[String]) -> bool {
        self.changed.borrow().iter().any(|changed| changed.iter().zip(path).all(|(a, b)| a == b))
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, changed_variables, targets, words};

    #[test]
    fn what_is_changed_in_place() {
        let of = |body: &str| {
            let words = words(body).unwrap();
            targets(&words).into_iter().map(|(_, target)| target).collect::<Vec<_>>()
        };
        assert_eq!(of("$_ := set $x \"a\" 1"), [Target::Variable("x".to_owned())]);
        assert_eq!(
            of("$_ := set $.Values.a \"b\" (merge $y $z)"),
            [Target::Values(vec!["a".to_owned(), "b".to_owned()]), Target::Variable("y".to_owned())]
        );
        assert_eq!(of("set . \"mode\" true"), [Target::Dot]);
        assert_eq!(of("$x := mergeOverwrite (deepCopy $a) .Values.b"), []);
        assert_eq!(changed_variables("offset 1 | default $x"), Vec::<String>::new());
    }
}
