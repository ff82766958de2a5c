//! Evaluates the expressions of a chart's template.

use super::cluster;
use super::functions;
use super::text::Text;
use super::value::Value;
use super::words::{Word, words};
use super::{Renderer, STEP_BYTES, Scope};
use stockade_model::ScalarType;

/// Deeper parentheses are not written.
const MAX_DEPTH: u8 = 32;

/// What an expression does.
pub(super) enum Outcome {
    /// It puts this, or decides by it.
    Value(Value),
    /// It sets the variable, which is new where `declares` is true.
    Set { name: String, value: Value, declares: bool },
}

impl Renderer<'_, '_> {
    /// The outcome of `body`, an expression without keyword, braces and signs of trimming.
    pub(super) fn evaluate(&self, body: &str, scope: &Scope) -> Outcome {
        let unknown = Outcome::Value(Value::Unknown);
        let Some(words) = words(body) else { return unknown };
        if let [Word::Variable(name, fields), sign @ (Word::Declare | Word::Assign), rest @ ..] =
            words.as_slice()
            && fields.is_empty()
        {
            let (name, value, declares) = (name.clone(), self.all(rest, scope), *sign == Word::Declare);
            return Outcome::Set { name, value, declares };
        }
        Outcome::Value(self.all(&words, scope))
    }

    /// The variables of a loop and what it goes over, of the expression behind `range`.
    pub(super) fn each(&self, body: &str, scope: &Scope) -> (Vec<String>, Value) {
        let words = words(body).unwrap_or_default();
        let (names, over) = match words.iter().position(|word| *word == Word::Declare) {
            Some(at) => (words.get(..at).unwrap_or_default(), words.get(at + 1..).unwrap_or_default()),
            None => (&[][..], words.as_slice()),
        };
        let name = |word: &Word| match word {
            Word::Variable(name, _) => Some(name.clone()),
            _ => None,
        };
        (names.iter().filter_map(name).collect(), self.all(over, scope))
    }

    /// The value of a whole expression.
    pub(super) fn all(&self, words: &[Word], scope: &Scope) -> Value {
        let mut rest = words;
        let value = self.pipeline(&mut rest, scope, MAX_DEPTH);
        value.filter(|_| rest.is_empty()).unwrap_or(Value::Unknown)
    }

    /// Reads commands with pipes between them, up to the end or a closing parenthesis.
    fn pipeline(&self, words: &mut &[Word], scope: &Scope, depth: u8) -> Option<Value> {
        let mut value = self.command(words, None, scope, depth)?;
        while let Some((Word::Pipe, rest)) = words.split_first() {
            *words = rest;
            value = self.command(words, Some(value), scope, depth)?;
        }
        Some(value)
    }

    /// Reads a function with its arguments, the last of which may have come through a pipe, or one value.
    fn command(&self, words: &mut &[Word], piped: Option<Value>, scope: &Scope, depth: u8) -> Option<Value> {
        depth.checked_sub(1)?;
        let (first, rest) = words.split_first()?;
        if let (Word::Field(names) | Word::Variable(_, names), Some((Word::Text(api), behind))) =
            (first, rest.split_first())
            && let ["Capabilities", "APIVersions", "Has"] =
                *names.iter().map(String::as_str).collect::<Vec<_>>()
            && piped.is_none()
        {
            *words = behind;
            return Some(cluster::serves(api).map_or(Value::Unknown, Value::truth));
        }
        let function = match first {
            Word::Name(name) if !matches!(name.as_str(), "true" | "false" | "nil") => {
                *words = rest;
                Some(name)
            }
            _ => None,
        };
        let mut args = Vec::new();
        while !matches!(words.first(), None | Some(Word::Pipe | Word::Close(_))) {
            args.push(self.operand(words, scope, depth - 1)?);
        }
        let is_piped = piped.is_some();
        args.extend(piped);
        let Some(function) = function else {
            // A value takes no arguments; `.Capabilities.APIVersions.Has "x"` is a method.
            return Some(if args.len() == 1 && !is_piped { args.pop()? } else { Value::Unknown });
        };
        self.pay_for(match (function.as_str(), args.as_slice()) {
            ("include" | "template", [Value::Text(name), rest @ ..]) if !name.open => {
                self.include(&name.text, rest.first().unwrap_or(&Value::Null))
            }
            ("tpl", [Value::Text(text), argument]) if text.text.contains("{{") && !text.open => {
                self.put_text(&text.text, argument)
            }
            (name, args) => functions::call(name, args, &self.sources),
        })
    }

    /// Reads one value.
    fn operand(&self, words: &mut &[Word], scope: &Scope, depth: u8) -> Option<Value> {
        let (first, rest) = words.split_first()?;
        *words = rest;
        self.pay_for(match first {
            Word::Field(names) => self.reached(scope.dot.clone(), names),
            Word::Variable(name, names) => self.reached(scope.variable(name), names),
            Word::Text(text) => Value::Text(Text::of(text.as_str(), None)),
            Word::Number(number) if number.contains('.') => {
                number.parse::<f64>().ok()?;
                Value::Scalar(ScalarType::Float, number.clone(), None)
            }
            Word::Number(number) => Value::number(number.parse().ok()?),
            Word::Open => {
                let value = self.pipeline(words, scope, depth.checked_sub(1)?)?;
                let (Word::Close(names), rest) = words.split_first()? else { return None };
                *words = rest;
                // Behind parentheses a field of nothing is nothing.
                if value == Value::Null { value } else { self.reached(value, names) }
            }
            Word::Name(name) => match name.as_str() {
                "true" => Value::truth(true),
                "false" => Value::truth(false),
                "nil" => Value::Null,
                // A function without arguments, as in `default dict .Values.x`.
                name => functions::call(name, &[], &self.sources),
            },
            _ => return None,
        })
    }
}

impl Renderer<'_, '_> {
    /// The value at these fields of another one.
    fn reached(&self, value: Value, names: &[String]) -> Value {
        let mut value = value;
        for (nth, name) in names.iter().enumerate() {
            if value == Value::Values && self.is_changed(names.get(nth..).unwrap_or_default()) {
                return Value::Unknown;
            }
            let set = if value == Value::Root { self.set_at(name) } else { None };
            value = set.unwrap_or_else(|| self.sources.field(&value, name));
        }
        // All of it, where something in it was changed.
        if value == Value::Values && self.is_changed(&[]) { Value::Unknown } else { value }
    }

    /// Takes steps; `None` where that many are not left.
    pub(super) fn pay(&self, steps: usize) -> Option<()> {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.get().checked_sub(steps));
        self.steps.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// Takes the steps for a value that was copied or made.
    fn pay_for(&self, value: Value) -> Option<Value> {
        let bytes = match &value {
            Value::Text(text) => text.text.len(),
            Value::Map(_) | Value::List(_) => value.size().saturating_mul(STEP_BYTES),
            _ => 0,
        };
        self.pay(1 + bytes / STEP_BYTES)?;
        Some(value)
    }
}
