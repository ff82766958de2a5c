//! Reads PromQL: enough of it to tell an expression that Prometheus would refuse.
//!
//! Grammar and types are those of the [query language's documentation](https://prometheus.io/docs/prometheus/latest/querying/basics/),
//! with what versions up to 3.x added. What may be one of the languages that grew from it (LogQL, MetricsQL) is not judged.

mod functions;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

/// Most expressions inside each other that are read. Real ones stay below 20.
const MAX_DEPTH: usize = 64;
/// Longest expression that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Scalar,
    /// A vector of current values.
    Vector,
    /// A vector of ranges of values.
    Matrix,
    String,
}

impl Type {
    /// The name that the documentation uses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "a number",
            Self::Vector => "an instant vector",
            Self::Matrix => "a range vector",
            Self::String => "a string",
        }
    }
}

/// Why an expression is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Offset in the expression, in bytes.
    pub(crate) at: usize,
    /// Why, in lower case, without a final period.
    pub(crate) why: String,
}

/// What has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// An expression, with the counters in it that are compared as they are: offset and name.
    Valid(Vec<(usize, String)>),
    /// No expression.
    Invalid(Fault),
    /// Another language, or something to be filled in.
    Other,
}

/// Reads an expression.
pub(crate) fn read(text: &str) -> Reading {
    if text.len() > MAX_BYTES || is_template(text) {
        return Reading::Other;
    }
    let tokens = match lexer::tokens(text) {
        Ok(tokens) => tokens,
        Err(Stop::Fault(fault)) => return Reading::Invalid(fault),
        Err(Stop::Other) => return Reading::Other,
    };
    // Words of MetricsQL that stand behind what PromQL would refuse first, such as `rate` without a range.
    let is_metricsql =
        |token: &lexer::Token<'_>| matches!(token, lexer::Token::Name("keep_metric_names" | "ifnot"));
    if tokens.iter().any(|(token, _)| is_metricsql(token)) {
        return Reading::Other;
    }
    match parser::parse(&tokens, text.len()) {
        Ok((Type::Scalar | Type::Vector, counters)) => Reading::Valid(counters),
        Ok((kind, _)) => {
            let why = format!("it gives {}, and a rule needs numbers", kind.name());
            Reading::Invalid(Fault { at: 0, why })
        }
        Err(Stop::Fault(fault)) => Reading::Invalid(fault),
        Err(Stop::Other) => Reading::Other,
    }
}

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    Fault(Fault),
    /// It is none of our business.
    Other,
}

/// Whether something is still to be filled in: by a chart, by jsonnet, by Grafana, by a person.
fn is_template(text: &str) -> bool {
    // One pass: most expressions have none of them. `$__` has the last one in it.
    let is_sign = |pair: &[u8]| matches!(pair, b"{{" | b"%(" | b"${" | b"[[" | b"<%" | b"@@" | b"__");
    text.as_bytes().windows(2).any(is_sign) && !only_reserved_labels(text)
}

/// `__name__` and its like are the only reason.
fn only_reserved_labels(text: &str) -> bool {
    let rest = text.replace("__name__", "").replace("__address__", "");
    !["{{", "%(", "${", "$__", "[[", "<%", "@@"].iter().any(|sign| text.contains(sign))
        && !has_placeholder(&rest)
}

/// `__THRESHOLD__`.
fn has_placeholder(text: &str) -> bool {
    text.split("__")
        .skip(1)
        .step_by(2)
        .any(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
}
