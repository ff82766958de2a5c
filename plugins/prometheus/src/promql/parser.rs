//! Reads tokens as an expression and finds its type.

use super::functions::{aggregation, is_foreign, named};
use super::lexer::{Token, fault};
use super::{MAX_DEPTH, Stop, Type};

/// The type of the expression, and the counters that are compared as they are.
pub(super) fn parse(
    tokens: &[(Token<'_>, usize)],
    length: usize,
) -> Result<(Type, Vec<(usize, String)>), Stop> {
    let mut parser = Parser { tokens, at: 0, length, depth: 0, counters: Vec::new() };
    let whole = parser.expression(0)?;
    if parser.peek().is_some() {
        return Err(parser.unexpected(""));
    }
    Ok((whole.kind, parser.counters))
}

/// A part of an expression.
#[derive(Clone, Copy)]
struct Part<'t> {
    kind: Type,
    /// The counter that it is the current value of, summed up or not: offset and name.
    counter: Option<(usize, &'t str)>,
    /// Whether it is a number as written.
    literal: bool,
}

impl Part<'_> {
    const fn of(kind: Type) -> Self {
        Self { kind, counter: None, literal: false }
    }
}

struct Parser<'p, 't> {
    tokens: &'p [(Token<'t>, usize)],
    at: usize,
    length: usize,
    depth: usize,
    counters: Vec<(usize, String)>,
}

/// How tightly an operator binds; greater is tighter.
fn binding(token: Token<'_>) -> Option<u8> {
    Some(match token {
        Token::Name(name) => match name.to_ascii_lowercase().as_str() {
            "or" => 1,
            "and" | "unless" => 2,
            "atan2" => 5,
            _ => return None,
        },
        Token::Sign("==" | "!=" | "<=" | "<" | ">=" | ">" | "</" | ">/") => 3,
        Token::Sign("+" | "-") => 4,
        Token::Sign("*" | "/" | "%") => 5,
        Token::Sign("^") => 6,
        _ => return None,
    })
}

impl<'t> Parser<'_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at).map_or(self.length, |(_, at)| *at)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(other)) if other == sign);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Stop> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    /// The next name, in lower case, if it is one of these.
    fn eat_word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let Some(Token::Name(name)) = self.peek() else { return None };
        let word = words.iter().find(|word| name.eq_ignore_ascii_case(word))?;
        self.at += 1;
        Some(word)
    }

    fn unexpected(&self, wanted: &str) -> Stop {
        let there = match self.peek() {
            // Words of MetricsQL.
            Some(Token::Name(name))
                if ["default", "if", "ifnot", "keep_metric_names", "limit"].contains(&name) =>
            {
                return Stop::Other;
            }
            None => String::new(),
            Some(Token::Name(name)) => format!("`{name}`"),
            Some(Token::Text(text)) => shortened(text).to_owned(),
            Some(Token::Number | Token::Duration) => "a number".to_owned(),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        };
        let why = match (there.as_str(), wanted) {
            ("", wanted) => format!("{wanted} is missing at the end"),
            (there, "") => format!("unexpected {there}"),
            (there, wanted) => format!("{wanted} is missing before {there}"),
        };
        fault(self.offset(), why)
    }

    /// An expression whose operators bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Part<'t>, Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Other);
        }
        let mut left = self.unary()?;
        while let Some(operator) = self.peek() {
            let Some(strength) = binding(operator).filter(|strength| *strength >= least) else { break };
            let offset = self.offset();
            self.at += 1;
            let boolean = self.modifiers()?;
            // Only the power binds to the right.
            let right = self.expression(if strength == 6 { strength } else { strength + 1 })?;
            left = self.combined(left, right, strength, offset, boolean)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// What may stand between an operator and its right side. Gives whether `bool` is among it.
    fn modifiers(&mut self) -> Result<bool, Stop> {
        let mut boolean = false;
        // Names of metrics may be the same words: only with a list behind them are they modifiers.
        loop {
            if self.eat_word(&["bool"]).is_some() {
                boolean = true;
                continue;
            }
            let list = matches!(self.tokens.get(self.at + 1), Some((Token::Sign("("), _)));
            let group = self.eat_word(&["group_left", "group_right"]).is_some();
            let other =
                list && self.eat_word(&["on", "ignoring", "fill", "fill_left", "fill_right"]).is_some();
            if !group && !other {
                return Ok(boolean);
            }
            if list {
                self.expect("(")?;
                while !self.eat(")") {
                    match self.peek() {
                        Some(Token::Name(_) | Token::Text(_) | Token::Number | Token::Sign(",")) => {
                            self.at += 1
                        }
                        _ => return Err(self.unexpected("`)`")),
                    }
                }
            }
        }
    }

    fn combined(
        &mut self,
        left: Part<'t>,
        right: Part<'t>,
        strength: u8,
        offset: usize,
        boolean: bool,
    ) -> Result<Part<'t>, Stop> {
        for part in [left, right] {
            if matches!(part.kind, Type::Matrix | Type::String) {
                let hint = if part.kind == Type::Matrix {
                    "; use rate, increase or another function over time"
                } else {
                    ""
                };
                return Err(fault(offset, format!("an operator stands beside {}{hint}", part.kind.name())));
            }
        }
        let scalars = left.kind == Type::Scalar && right.kind == Type::Scalar;
        if strength <= 2 && (left.kind == Type::Scalar || right.kind == Type::Scalar) {
            return Err(fault(offset, "and, or and unless stand between instant vectors".to_owned()));
        }
        if strength == 3 {
            if scalars && !boolean {
                return Err(fault(offset, "two numbers are compared without bool".to_owned()));
            }
            for (part, other) in [(left, right), (right, left)] {
                if let Some((at, name)) = part.counter.filter(|_| other.literal) {
                    self.counters.push((at, name.to_owned()));
                }
            }
        }
        Ok(Part::of(if scalars { Type::Scalar } else { Type::Vector }))
    }

    fn unary(&mut self) -> Result<Part<'t>, Stop> {
        let mut signs = 0;
        let offset = self.offset();
        while self.eat("-") || self.eat("+") {
            signs += 1;
        }
        if signs == 0 {
            return self.postfix();
        }
        // The sign binds less tightly than the power.
        let part = self.expression(6)?;
        if matches!(part.kind, Type::Matrix | Type::String) {
            return Err(fault(offset, format!("a sign stands before {}", part.kind.name())));
        }
        Ok(Part { kind: part.kind, counter: None, literal: part.literal })
    }

    /// An operand with what may stand behind it: ranges, offsets.
    fn postfix(&mut self) -> Result<Part<'t>, Stop> {
        let mut part = self.operand()?;
        loop {
            let offset = self.offset();
            if self.eat("[") {
                let step = self.range()?;
                if part.kind != Type::Vector && !(step && part.kind == Type::Scalar) {
                    return Err(fault(offset, format!("a range stands behind {}", part.kind.name())));
                }
                part = Part::of(Type::Matrix);
            } else if matches!(self.peek(), Some(Token::Name(name)) if name.eq_ignore_ascii_case("offset")) {
                self.at += 1;
                self.duration()?;
                part.counter = None;
            } else if self.eat("@") {
                self.instant()?;
            } else if self.eat_word(&["anchored", "smoothed"]).is_none() {
                return Ok(part);
            }
        }
    }

    /// Behind `[`: a duration, and for subqueries `:` and perhaps a step. Gives whether it is a subquery.
    fn range(&mut self) -> Result<bool, Stop> {
        let mut step = false;
        let mut any = false;
        loop {
            match self.peek() {
                Some(Token::Sign("]")) if any || step => {
                    self.at += 1;
                    return Ok(step);
                }
                Some(Token::Sign(":")) if any => step = true,
                Some(
                    Token::Duration
                    | Token::Number
                    | Token::Sign("+" | "-" | "*" | "/" | "%" | "^" | "(" | ")" | ","),
                ) => {
                    any = true;
                }
                Some(Token::Name("step" | "min" | "max" | "range")) => any = true,
                Some(Token::Name(_)) => return Err(Stop::Other),
                _ => return Err(self.unexpected(if any { "`]`" } else { "a duration" })),
            }
            self.at += 1;
        }
    }

    fn duration(&mut self) -> Result<(), Stop> {
        self.eat("-");
        match self.peek() {
            Some(Token::Duration | Token::Number) => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Sign("(")) | Some(Token::Name(_)) => Err(Stop::Other),
            _ => Err(self.unexpected("a duration")),
        }
    }

    /// Behind `@`: a time, `start()` or `end()`.
    fn instant(&mut self) -> Result<(), Stop> {
        self.eat("-");
        if self.eat_word(&["start", "end"]).is_some() {
            self.expect("(")?;
            return self.expect(")");
        }
        match self.peek() {
            Some(Token::Number | Token::Duration) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.unexpected("a time")),
        }
    }

    fn operand(&mut self) -> Result<Part<'t>, Stop> {
        let offset = self.offset();
        match self.peek() {
            Some(Token::Number | Token::Duration) => {
                self.at += 1;
                Ok(Part { kind: Type::Scalar, counter: None, literal: true })
            }
            Some(Token::Text(_)) => {
                self.at += 1;
                Ok(Part::of(Type::String))
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Token::Sign("{")) => {
                self.matchers(offset, false)?;
                Ok(Part::of(Type::Vector))
            }
            Some(Token::Name(name)) => self.name(name, offset),
            _ => Err(self.unexpected("an operand")),
        }
    }

    fn name(&mut self, name: &'t str, offset: usize) -> Result<Part<'t>, Stop> {
        self.at += 1;
        let lower = name.to_ascii_lowercase();
        let next = self.peek();
        if let Some(parameter) = aggregation(&lower) {
            let grouped = matches!(next, Some(Token::Name(word)) if is_grouping(word))
                && matches!(self.tokens.get(self.at + 1), Some((Token::Sign("("), _)));
            if grouped || next == Some(Token::Sign("(")) {
                return self.aggregate(&lower, parameter, grouped, offset);
            }
        }
        if matches!(next, Some(Token::Sign("("))) {
            return self.call(name, &lower, offset);
        }
        if matches!(lower.as_str(), "inf" | "nan") {
            return Ok(Part { kind: Type::Scalar, counter: None, literal: true });
        }
        if binding(Token::Name(name)).is_some() {
            return Err(fault(offset, format!("an operand is missing before `{name}`")));
        }
        if matches!(next, Some(Token::Sign("{"))) {
            self.matchers(offset, true)?;
        }
        let counter = is_counter(name).then_some((offset, name));
        Ok(Part { kind: Type::Vector, counter, literal: false })
    }

    /// `{a="b", c=~"d", "name"}`.
    fn matchers(&mut self, offset: usize, named: bool) -> Result<(), Stop> {
        self.expect("{")?;
        let mut any = named;
        while !self.eat("}") {
            let quoted = matches!(self.peek(), Some(Token::Text(_)));
            match self.peek() {
                Some(Token::Name(name)) if !name.contains(':') => self.at += 1,
                Some(Token::Text(_)) => self.at += 1,
                _ => return Err(self.unexpected("a label")),
            }
            if ["=", "!=", "=~", "!~"].iter().any(|sign| self.eat(sign)) {
                match self.peek() {
                    Some(Token::Text(_)) => self.at += 1,
                    _ => return Err(self.unexpected("a text in quotes")),
                }
            } else if !quoted {
                return Err(self.unexpected("`=`"));
            }
            any = true;
            // `or` between filters is MetricsQL.
            if matches!(self.peek(), Some(Token::Name("or"))) {
                return Err(Stop::Other);
            }
            if !self.eat(",") && self.peek() != Some(Token::Sign("}")) {
                return Err(self.unexpected("`,`"));
            }
        }
        if any {
            Ok(())
        } else {
            Err(fault(offset, "a selector names neither a metric nor a label".to_owned()))
        }
    }

    fn labels(&mut self) -> Result<(), Stop> {
        self.expect("(")?;
        while !self.eat(")") {
            match self.peek() {
                Some(Token::Name(_) | Token::Text(_)) => self.at += 1,
                _ => return Err(self.unexpected("a label")),
            }
            if !self.eat(",") && self.peek() != Some(Token::Sign(")")) {
                return Err(self.unexpected("`,`"));
            }
        }
        Ok(())
    }

    fn arguments(&mut self) -> Result<Vec<(Part<'t>, usize)>, Stop> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.eat(")") {
            let offset = self.offset();
            arguments.push((self.expression(0)?, offset));
            if !self.eat(",") && self.peek() != Some(Token::Sign(")")) {
                return Err(self.unexpected("`)`"));
            }
        }
        Ok(arguments)
    }

    fn aggregate(
        &mut self,
        name: &str,
        parameter: Option<Type>,
        grouped: bool,
        offset: usize,
    ) -> Result<Part<'t>, Stop> {
        if grouped {
            self.at += 1;
            self.labels()?;
        }
        let arguments = self.arguments()?;
        if !grouped && matches!(self.peek(), Some(Token::Name(word)) if is_grouping(word)) {
            self.at += 1;
            self.labels()?;
        }
        let wanted: Vec<Type> = parameter.into_iter().chain([Type::Vector]).collect();
        if arguments.len() != wanted.len() {
            // MetricsQL sums up several arguments.
            return if arguments.len() > wanted.len() {
                Err(Stop::Other)
            } else {
                Err(fault(
                    offset,
                    format!("{name} needs {} arguments, not {}", wanted.len(), arguments.len()),
                ))
            };
        }
        check(name, &wanted, &arguments)?;
        // The sum of counters is one; how many there are is not.
        let counts = matches!(name, "count" | "group" | "count_values" | "stddev" | "stdvar");
        let counter = arguments.last().and_then(|(part, _)| part.counter).filter(|_| !counts);
        Ok(Part { kind: Type::Vector, counter, literal: false })
    }

    fn call(&mut self, name: &str, lower: &str, offset: usize) -> Result<Part<'t>, Stop> {
        let Some(function) = named(name) else {
            if is_foreign(lower) {
                return Err(Stop::Other);
            }
            return Err(fault(offset, format!("there is no function `{name}`")));
        };
        let arguments = self.arguments()?;
        let (most, least) = (function.takes.len(), function.takes.len() - function.optional);
        if arguments.len() < least || (arguments.len() > most && !function.repeats) {
            let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
            return Err(fault(offset, format!("{name} needs {wanted} arguments, not {}", arguments.len())));
        }
        let last = function.takes.last().copied();
        let wanted: Vec<Type> = function
            .takes
            .iter()
            .copied()
            .chain(std::iter::repeat(last).flatten())
            .take(arguments.len())
            .collect();
        check(name, &wanted, &arguments)?;
        // Rounding and bounds leave a counter what it is.
        let same = matches!(
            name,
            "abs" | "ceil" | "floor" | "round" | "sort" | "sort_desc" | "label_replace" | "label_join"
        );
        let counter = arguments.first().and_then(|(part, _)| part.counter).filter(|_| same);
        Ok(Part { kind: function.gives, counter, literal: false })
    }
}

fn check(name: &str, wanted: &[Type], arguments: &[(Part<'_>, usize)]) -> Result<(), Stop> {
    for (kind, (part, at)) in wanted.iter().zip(arguments) {
        if *kind != part.kind {
            return Err(fault(*at, format!("{name} needs {} here, not {}", kind.name(), part.kind.name())));
        }
    }
    Ok(())
}

fn is_grouping(word: &str) -> bool {
    word.eq_ignore_ascii_case("by") || word.eq_ignore_ascii_case("without")
}

/// Whether a metric is a counter by its name. Capacities are called totals, too.
fn is_counter(name: &str) -> bool {
    const AMOUNTS: [&str; 22] = [
        "mem",
        "memory",
        "ram",
        "swap",
        "capacity",
        "limit",
        "quota",
        "size",
        "disk",
        "space",
        "storage",
        "volume",
        "cores",
        "cpus",
        "replicas",
        "nodes",
        "pods",
        "shards",
        "connections",
        "threads",
        "inodes",
        "members",
    ];
    name.strip_suffix("_total")
        .is_some_and(|stem| !name.contains(':') && !stem.split('_').any(|word| AMOUNTS.contains(&word)))
}

fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(20).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}
