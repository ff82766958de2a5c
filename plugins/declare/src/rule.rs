//! A rule: which nodes, settings or variables, under which conditions, and what is said about them.

use crate::amount::Amount;
use crate::condition::Condition;
use crate::fix::Fix;
use crate::path::Path;
use crate::pattern;
use crate::value::Value;
use regex_lite::Regex;
use std::collections::HashSet;
use stockade_sdk::{Kind, Node, Out, Params, Place, Setting, Source, Span, ValueKind, Variable, row_flag};

/// The style of a collection in brackets.
pub(crate) const FLOW: u8 = 5;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nodes at a path.
    Node,
    /// Settings by name.
    Setting,
    /// Environment variables by name.
    Variable,
}

/// A piece of a message.
#[derive(Debug)]
enum Piece {
    Text(String),
    Value,
    Name,
    File,
    At(Path),
}

/// A rule, ready to run.
#[derive(Debug)]
pub struct Rule {
    subject: Subject,
    at: Vec<Path>,
    names: Vec<Regex>,
    path: Vec<Regex>,
    unless_path: Vec<Regex>,
    when: Option<Condition>,
    report_if: Option<Condition>,
    message: Vec<Piece>,
    fix: Option<Fix>,
    fix_is_safe: bool,
    /// Whether a finding is at the key: it is about the name.
    at_key: bool,
}

/// Something that a rule judges.
pub(crate) struct Judged<'a> {
    pub(crate) node: Node<'a>,
    value: Value<'a>,
    /// Where the value stands, for the fix; none where it cannot be replaced.
    pub(crate) written: Option<Span>,
    place: Place,
}

impl Judged<'_> {
    /// What a message and a fix take for the value, known or not.
    pub(crate) fn text(&self) -> &str {
        match self.value {
            Value::Given { text, .. } => text,
            Value::OfNode | Value::About(_) => self.node.text(),
        }
    }
}

impl Rule {
    /// Reads the parameters of a rule.
    ///
    /// # Errors
    /// What is wrong with them beyond what `plugin.kdl` can say.
    pub fn new(check: &str, params: &Params) -> Result<Self, String> {
        let patterns = |name: &str, read: fn(&str) -> Result<Regex, String>| -> Result<Vec<Regex>, String> {
            params.strings(name).map(read).collect()
        };
        let fix = Fix::new(params)?;
        let report_if = Condition::block(params.nodes(), "report-if")?;
        let renamed = matches!(fix, Some(Fix::Key(_)));
        let at_key = renamed || report_if.as_ref().is_some_and(Condition::is_about_name);
        Ok(Self {
            subject: match check {
                "setting" => Subject::Setting,
                "variable" => Subject::Variable,
                _ => Subject::Node,
            },
            at: params.strings("at").map(Path::parse).collect::<Result<_, _>>()?,
            names: patterns("name", pattern::name)?,
            path: patterns("path", pattern::path)?,
            unless_path: patterns("unless-path", pattern::path)?,
            when: Condition::block(params.nodes(), "when")?,
            report_if,
            message: message(params.string("message").unwrap_or_default())?,
            fix,
            at_key,
            fix_is_safe: params.string("fix-is") == Some("safe"),
        })
    }

    /// Runs the rule on one file.
    pub fn check(&self, source: &Source, subject: Subject, out: &mut Out) {
        let fits = |list: &[Regex]| list.iter().any(|glob| glob.is_match(source.path()));
        if self.subject != subject || (!self.path.is_empty() && !fits(&self.path)) || fits(&self.unless_path)
        {
            return;
        }
        let holds = |document: &Node<'_>| {
            self.when.as_ref().is_none_or(|when| when.holds(*document, Value::OfNode) == Some(true))
        };
        let documents: Vec<Node<'_>> = documents(source).into_iter().filter(holds).collect();
        if subject == Subject::Node {
            // Two paths, or two aliases, may lead to one node.
            let mut seen = HashSet::new();
            for path in documents.iter().flat_map(|document| self.at.iter().map(|path| path.find(*document)))
            {
                for node in path.nodes {
                    if seen.insert(node.id()) {
                        self.judge(source, &self.of_node(node), out);
                    }
                }
            }
            return;
        }
        let ids: HashSet<u32> = documents.into_iter().map(Node::id).collect();
        let within = |node: Node<'_>| {
            std::iter::once(node).chain(node.ancestors()).any(|parent| ids.contains(&parent.id()))
        };
        let named = |name: &str| self.names.iter().any(|pattern| pattern.is_match(name));
        if subject == Subject::Setting {
            for setting in source.settings().filter(|setting| named(setting.name()) && within(setting.node()))
            {
                if !setting.has(row_flag::UNKNOWN | row_flag::SECRET_REFERENCE) {
                    self.judge(source, &self.of_setting(setting), out);
                }
            }
            return;
        }
        for variable in
            source.variables().filter(|variable| named(variable.name()) && within(variable.node()))
        {
            if !variable.has(row_flag::UNKNOWN | row_flag::SECRET_REFERENCE | row_flag::INHERITED) {
                self.judge(source, &self.of_variable(variable), out);
            }
        }
    }

    fn of_setting<'a>(&self, setting: Setting<'a>) -> Judged<'a> {
        #[expect(clippy::cast_precision_loss, reason = "a limit is no number of that many digits")]
        let number = setting.number() as f64;
        let amount = match setting.kind() {
            ValueKind::Duration => Some(Amount::Time(number)),
            ValueKind::Size => Some(Amount::Size(number)),
            _ => None,
        };
        let whole = !setting.has(row_flag::DEFAULT | row_flag::PART);
        Judged {
            node: setting.node(),
            value: Value::Given { name: setting.name(), text: setting.value(), amount },
            written: whole.then(|| setting.value_span()),
            place: if self.at_key { setting.key_place() } else { setting.place() },
        }
    }

    fn of_variable<'a>(&self, variable: Variable<'a>) -> Judged<'a> {
        let mut place = variable.place();
        if self.at_key {
            place.span = variable.name_span();
        }
        Judged {
            node: variable.node(),
            value: Value::Given { name: variable.name(), text: variable.value(), amount: None },
            written: (!variable.has(row_flag::DEFAULT)).then(|| variable.value_span()),
            place,
        }
    }

    fn judge(&self, source: &Source, judged: &Judged<'_>, out: &mut Out) {
        let condition = self.report_if.as_ref();
        if condition.is_some_and(|c| c.holds(judged.node, judged.value) != Some(true)) {
            return;
        }
        let keeps = out.keeps(judged.place);
        let finding = out.finding(judged.place, self.message(source, judged));
        let Some(fix) = self.fix.as_ref().filter(|_| keeps) else { return };
        let Some(edits) = fix.edits(source, judged) else { return };
        if self.fix_is_safe {
            finding.safe_fix(fix.title(), edits);
        } else {
            finding.unsafe_fix(fix.title(), edits);
        }
    }

    fn of_node<'a>(&self, node: Node<'a>) -> Judged<'a> {
        let written = (node.kind() == Kind::Scalar && node.is_known()).then(|| node.span());
        let place = match node.key_span() {
            None if node.parent().is_none_or(|parent| parent.kind() == Kind::Stream) => whole(node),
            _ if self.at_key => node.key_place(),
            _ => node.place(),
        };
        Judged { node, value: Value::OfNode, written, place }
    }

    fn message(&self, source: &Source, judged: &Judged<'_>) -> String {
        let mut text = String::new();
        for piece in &self.message {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Value => text.push_str(judged.text()),
                Piece::Name => text.push_str(judged.value.name(judged.node)),
                Piece::File => text.push_str(source.path()),
                Piece::At(path) => {
                    let found = path.find(judged.node);
                    text.push_str(found.nodes.first().map_or("?", |node| shown(*node)));
                }
            }
        }
        text
    }
}

/// The documents of a file; the file as a whole where it is made of named elements, as a Dockerfile is.
fn documents(source: &Source) -> Vec<Node<'_>> {
    let root = source.root();
    if source.is_empty() {
        return Vec::new();
    }
    let named = |node: Node<'_>| node.kind() == Kind::Element || !node.name().is_empty();
    if root.kind() != Kind::Stream || root.children().any(named) {
        return vec![root];
    }
    root.children().filter(|node| node.kind() != Kind::Error).collect()
}

/// A node in a message: its value, or its key where it is a mapping or a list.
fn shown(node: Node<'_>) -> &str {
    let text = node.text();
    if text.is_empty() && !node.is_scalar() { node.name() } else { text }
}

/// The first line of a document that is reported as a whole, from its first key on.
fn whole(document: Node<'_>) -> Place {
    let in_block = document.kind() == Kind::Mapping && document.style() != FLOW;
    let first = document.children().next().filter(|_| in_block);
    first.map_or_else(|| document.place(), |child| Place { node: Some(document.id()), ..child.key_place() })
}

fn message(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(Piece::Text(before.to_owned()));
        if let Some(after) = after.strip_prefix('{') {
            pieces.push(Piece::Text("{".to_owned()));
            rest = after;
            continue;
        }
        let (inner, after) =
            after.split_once('}').ok_or("the message has a `{` without `}` (a brace is written `{{`)")?;
        pieces.push(match inner {
            "value" => Piece::Value,
            "name" => Piece::Name,
            "file" => Piece::File,
            path => Piece::At(Path::parse(path)?),
        });
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}
