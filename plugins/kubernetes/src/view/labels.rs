//! Labels and the selectors over them, with what is not known of either, and their one-line form in facts.

use super::answer::{Answer, ask, is_complete, is_patch, known_text};
use super::pod::list;
use super::symbol::{is_symbol, symbol};
use stockade_sdk::{Kind, Node};

/// Labels of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Key and value of those that are known, or open in the same way in all of a chart ([`symbol`]).
    pub pairs: Vec<(String, String)>,
    /// Whether there are no others.
    pub complete: bool,
}

/// What a selector asks of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Absent,
}

impl Operator {
    const ALL: [(&'static str, Self); 4] =
        [("In", Self::In), ("NotIn", Self::NotIn), ("Exists", Self::Exists), ("DoesNotExist", Self::Absent)];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("", |(word, _)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, op)| *op)
    }
}

/// A label selector: all of its requirements have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<(String, Operator, Vec<String>)>,
    complete: bool,
}

impl Labels {
    /// The labels in a mapping.
    #[must_use]
    pub fn of(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Missing => Self { pairs: Vec::new(), complete: true },
            Answer::Unknown => Self::default(),
            Answer::Is(map) => {
                let pairs = map.children().filter(|n| n.kind() != Kind::Merge);
                let text = |n| known_text(n).map(str::to_owned).or_else(|| symbol(n));
                let known = pairs.filter_map(|n| Some((n.name().to_owned(), text(n)?)));
                let mut this = Self { pairs: known.collect(), complete: all_known(map) };
                this.forget_alternatives();
                this
            }
        }
    }

    /// Forgets the labels that have several values: branches of a template exclude each other, and which one it is
    /// nobody can know.
    fn forget_alternatives(&mut self) {
        self.pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let doubled: Vec<String> = self
            .pairs
            .windows(2)
            .filter_map(|pair| match pair {
                [(a, one), (b, other)] if a == b && one != other => Some(a.clone()),
                _ => None,
            })
            .collect();
        self.pairs.dedup();
        if !doubled.is_empty() {
            self.pairs.retain(|(key, _)| !doubled.contains(key));
            self.complete = false;
        }
    }

    /// Whether all of them are known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.complete && !self.pairs.iter().any(|(_, value)| is_symbol(value))
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The one-line form.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::from(if self.complete { "." } else { "?" });
        for (key, value) in &self.pairs {
            text.push(',');
            escape_into(&mut text, key);
            text.push('=');
            escape_into(&mut text, value);
        }
        text
    }

    /// Reads the one-line form.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut parts = text.split(',');
        let complete = parts.next() == Some(".");
        let pairs = parts.filter_map(|part| part.split_once('=')).map(|(k, v)| (unescape(k), unescape(v)));
        Self { pairs: pairs.collect(), complete }
    }
}

/// Whether keys and values of a mapping are all there to be read; merge keys are not followed.
fn all_known(map: Node<'_>) -> bool {
    // `is_complete` asks for values that are known.
    let is_told = |n: Node<'_>| n.kind() != Kind::Merge && (n.is_known() || symbol(n).is_some());
    !map.may_have_more() && !is_patch(map) && map.children().all(is_told)
}

impl Selector {
    /// A selector with `matchLabels` and `matchExpressions`.
    #[must_use]
    pub fn of(answer: Answer<'_>) -> Self {
        let node = match answer {
            Answer::Missing => return Self { requirements: Vec::new(), complete: true },
            Answer::Unknown => return Self::default(),
            Answer::Is(node) => node,
        };
        let mut this = Self::plain(ask(node, "matchLabels"));
        this.complete &= is_complete(node);
        for expression in list(node, "matchExpressions") {
            let key = ask(expression, "key").node().and_then(known_text);
            let operator =
                ask(expression, "operator").node().and_then(known_text).and_then(Operator::from_word);
            let (Some(key), Some(operator)) = (key, operator) else {
                this.complete = false;
                continue;
            };
            let values: Vec<Node<'_>> = list(expression, "values").collect();
            if values.iter().any(|v| !v.is_known()) {
                this.complete = false;
                continue;
            }
            let values = values.into_iter().filter_map(known_text).map(str::to_owned).collect();
            this.requirements.push((key.to_owned(), operator, values));
        }
        this
    }

    /// A selector that is a plain mapping of labels, as Services have.
    #[must_use]
    pub fn plain(answer: Answer<'_>) -> Self {
        let labels = Labels::of(answer);
        let requirements = labels.pairs.into_iter().map(|(k, v)| (k, Operator::In, vec![v])).collect();
        Self { requirements, complete: labels.complete }
    }

    /// Whether all that it asks for is told, be it by expressions.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether all that it asks for is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let values = self.requirements.iter().flat_map(|(.., values)| values);
        self.complete && !values.into_iter().any(|value| is_symbol(value))
    }

    /// Whether it certainly asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.complete && self.requirements.is_empty()
    }

    /// Whether it fits; `None` where that cannot be known. `together`: whether both are of the same chart, where equal
    /// expressions have equal values.
    #[must_use]
    pub fn matches(&self, labels: &Labels, together: bool) -> Option<bool> {
        let mut sure = self.complete;
        for (key, operator, values) in &self.requirements {
            let value = labels.value(key);
            if value.is_none() && (!labels.complete || is_given_by_cluster(key)) {
                sure = false;
                continue;
            }
            let is_same = value.is_some_and(|v| values.iter().any(|x| x == v));
            let is_open = value.into_iter().chain(values.iter().map(String::as_str)).any(is_symbol);
            let by_value = matches!(operator, Operator::In | Operator::NotIn);
            if by_value && value.is_some() && is_open && !(is_same && together) {
                sure = false;
                continue;
            }
            let fits = match operator {
                Operator::In => is_same,
                Operator::NotIn => !is_same,
                Operator::Exists => value.is_some(),
                Operator::Absent => value.is_none(),
            };
            if !fits {
                return Some(false);
            }
        }
        sure.then_some(true)
    }

    /// A label that everything it selects must have, where there is one with a single value that is known.
    #[must_use]
    pub fn one_label(&self) -> Option<(String, String)> {
        self.requirements.iter().find_map(|(key, operator, values)| match (operator, values.as_slice()) {
            (Operator::In, [value]) if !is_given_by_cluster(key) && !is_symbol(value) => {
                Some((key.clone(), value.clone()))
            }
            _ => None,
        })
    }

    /// The one-line form.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::from(if self.complete { "." } else { "?" });
        for (key, operator, values) in &self.requirements {
            text.push(',');
            escape_into(&mut text, key);
            text.push('~');
            text.push_str(operator.word());
            for value in values {
                text.push('~');
                escape_into(&mut text, value);
            }
        }
        text
    }

    /// Reads the one-line form.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut parts = text.split(',');
        let complete = parts.next() == Some(".");
        let requirements = parts.filter_map(|part| {
            let mut fields = part.split('~');
            let key = unescape(fields.next()?);
            let operator = Operator::from_word(fields.next()?)?;
            Some((key, operator, fields.map(unescape).collect()))
        });
        Self { requirements: requirements.collect(), complete }
    }
}

/// Whether pods get the label from a controller, so that no manifest has it.
fn is_given_by_cluster(key: &str) -> bool {
    matches!(
        key,
        "pod-template-hash"
            | "rollouts-pod-template-hash"
            | "controller-revision-hash"
            | "controller-uid"
            | "job-name"
            | "statefulset.kubernetes.io/pod-name"
            | "apps.kubernetes.io/pod-index"
    ) || key.starts_with("batch.kubernetes.io/")
        || key.starts_with("serving.knative.dev/")
}

/// Whether the labels of a workload's pods can be read at all: a patch has them elsewhere.
#[must_use]
pub fn labels_at(map: Node<'_>, path: &str) -> Labels {
    if is_patch(map) { Labels::default() } else { Labels::of(ask(map, path)) }
}

/// Appends a text without the characters that separate fields: everything that a label may not have becomes `%` and two
/// hexadecimal digits for each byte.
pub fn escape_into(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    if text.as_bytes().iter().all(is_plain) {
        out.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if is_plain(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(HEX.get(digit as usize).copied().unwrap_or(b'0') as char);
            }
        }
    }
}

/// The reverse of [`escape_into`]; what is no escape stays as it is.
#[must_use]
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Labels, Selector, escape_into, unescape};
    use crate::view::{Answer, ask};

    fn read<T>(text: &str, take: impl Fn(Answer<'_>) -> T) -> T {
        let source = stockade_testkit::source("kubernetes", "a.yaml", text);
        take(ask(source.root().children().next().unwrap(), "x"))
    }

    #[test]
    fn selectors_are_evaluated_and_survive_their_text() {
        let selector = read(
            "x:\n  matchLabels: {app: web}\n  matchExpressions:\n  - {key: tier, operator: NotIn, values: [a, b]}\n",
            Selector::of,
        );
        assert_eq!(Selector::from_text(&selector.to_text()), selector);
        let labels = |text| read(text, Labels::of);
        assert_eq!(selector.matches(&labels("x: {app: web}"), true), Some(true));
        assert_eq!(selector.matches(&labels("x: {app: web, tier: b}"), true), Some(false));
        assert_eq!(selector.matches(&labels("x: {app: api}"), true), Some(false));
        let partly = labels("x: {app: web, 'tier, odd': 'a=b~c'}");
        assert_eq!(Labels::from_text(&partly.to_text()), partly);
        assert_eq!(selector.matches(&Labels::default(), true), None);
    }

    #[test]
    fn equal_expressions_fit_within_a_chart() {
        let open = |name: &str| format!("x:\n  app: web\n  release: {{{{ .Release.Name }}}}{name}\n");
        let selector = read(&open(""), Selector::plain);
        assert_eq!(Selector::from_text(&selector.to_text()), selector);
        let labels = |text: &str| read(text, Labels::of);
        let same = labels(&open(""));
        assert!(same.complete && !same.is_known() && selector.is_complete() && !selector.is_known());
        assert_eq!(selector.matches(&same, true), Some(true));
        assert_eq!(selector.matches(&same, false), None);
        assert_eq!(selector.matches(&labels(&open("-db")), true), None);
        assert_eq!(selector.matches(&labels("x: {app: web, release: one}"), true), None);
        assert_eq!(selector.matches(&labels("x: {app: web}"), true), Some(false));
        assert_eq!(selector.one_label(), Some(("app".to_owned(), "web".to_owned())));
    }

    #[test]
    fn any_text_survives_the_escape() {
        for text in ["", "a b", "ü%,;=~", "%zz", "100%"] {
            let mut escaped = String::new();
            escape_into(&mut escaped, text);
            assert_eq!(unescape(&escaped), text);
        }
    }
}
