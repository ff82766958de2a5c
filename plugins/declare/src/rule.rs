//! A rule: which nodes, settings or variables, under which conditions, and what is said about them.

use crate::condition::Condition;
use crate::path::Path;
use crate::pattern;
use regex_lite::Regex;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Place, Source, Span, remove_entry, row_flag};

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
    fix: Option<String>,
    fix_remove: bool,
    fix_is_safe: bool,
}

/// Something that a rule judges.
struct Judged<'a> {
    node: Node<'a>,
    name: &'a str,
    /// The value of a setting or variable; a node's own is in the node.
    value: Option<&'a str>,
    /// Where the value stands, for the fix; none where it cannot be replaced.
    written: Option<Span>,
    place: Place,
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
        let fix = params.string("fix").map(str::to_owned);
        let fix_remove = params.bool_or("fix-remove", false);
        if fix.is_some() && fix_remove {
            return Err("`fix` and `fix-remove` exclude each other".to_owned());
        }
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
            report_if: Condition::block(params.nodes(), "report-if")?,
            message: message(params.string("message").unwrap_or_default())?,
            fix,
            fix_remove,
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
        for document in documents(source) {
            if self.when.as_ref().is_some_and(|when| when.holds(document, None) != Some(true)) {
                continue;
            }
            match subject {
                Subject::Node => {
                    let mut seen = Vec::new();
                    for node in self.at.iter().flat_map(|path| path.find(document).nodes) {
                        if !seen.contains(&node.id()) {
                            seen.push(node.id());
                            self.judge(source, &of_node(node), out);
                        }
                    }
                }
                Subject::Setting => {
                    for setting in source.settings().filter(|s| within(s.node(), document)) {
                        let known = !setting.has(row_flag::UNKNOWN | row_flag::SECRET_REFERENCE);
                        let whole = !setting.has(row_flag::DEFAULT | row_flag::PART);
                        if known && self.names.iter().any(|name| name.is_match(setting.name())) {
                            let judged = Judged {
                                node: setting.node(),
                                name: setting.name(),
                                value: Some(setting.value()),
                                written: whole.then(|| setting.value_span()),
                                place: setting.place(),
                            };
                            self.judge(source, &judged, out);
                        }
                    }
                }
                Subject::Variable => {
                    for variable in source.variables().filter(|v| within(v.node(), document)) {
                        let unknown = row_flag::UNKNOWN | row_flag::SECRET_REFERENCE | row_flag::INHERITED;
                        let known = !variable.has(unknown);
                        if known && self.names.iter().any(|name| name.is_match(variable.name())) {
                            let judged = Judged {
                                node: variable.node(),
                                name: variable.name(),
                                value: Some(variable.value()),
                                written: (!variable.has(row_flag::DEFAULT)).then(|| variable.value_span()),
                                place: variable.place(),
                            };
                            self.judge(source, &judged, out);
                        }
                    }
                }
            }
        }
    }

    fn judge(&self, source: &Source, judged: &Judged<'_>, out: &mut Out) {
        let condition = self.report_if.as_ref();
        if condition.is_some_and(|c| c.holds(judged.node, judged.value) != Some(true)) {
            return;
        }
        let finding = out.finding(judged.place, self.message(source, judged));
        let edit = if self.fix_remove {
            removable(judged.node).then(|| remove_entry(judged.node))
        } else {
            self.fix.as_deref().and_then(|new| {
                let old = judged.value.unwrap_or_else(|| judged.node.text());
                replace(source, judged.written?, old, new)
            })
        };
        let Some(edit) = edit else { return };
        let title = match &self.fix {
            Some(new) => format!("Set it to {new}"),
            None => "Remove it".to_owned(),
        };
        if self.fix_is_safe {
            finding.safe_fix(title, vec![edit]);
        } else {
            finding.unsafe_fix(title, vec![edit]);
        }
    }

    fn message(&self, source: &Source, judged: &Judged<'_>) -> String {
        let mut text = String::new();
        for piece in &self.message {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Value => text.push_str(judged.value.unwrap_or_else(|| judged.node.text())),
                Piece::Name => text.push_str(judged.name),
                Piece::File => text.push_str(source.path()),
                Piece::At(path) => {
                    let found = path.find(judged.node);
                    text.push_str(found.nodes.first().map_or("?", |node| node.text()));
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

fn within(node: Node<'_>, document: Node<'_>) -> bool {
    node == document || node.ancestors().any(|parent| parent == document)
}

fn of_node(node: Node<'_>) -> Judged<'_> {
    let written = (node.kind() == Kind::Scalar && node.is_known()).then(|| node.span());
    Judged { node, name: node.name(), value: None, written, place: node.place() }
}

/// Whether the node stands on lines of its own: in block style, below a mapping.
fn removable(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let alone = parent.children().nth(1).is_none();
    node.key_span().is_some() && parent.kind() == Kind::Mapping && parent.style() != 5 && !alone && {
        let start = node.key_span().map_or(0, |key| key.start);
        let line = node.source().line_at(start);
        let before = Span { start: line.start, end: start };
        node.source().slice(before).trim().is_empty()
    }
}

/// A new value in the quotes of the old one. None where the file has the value in another spelling than it reads, or
/// the new one could need quotes that are not there.
fn replace(source: &Source, span: Span, old: &str, new: &str) -> Option<Edit> {
    let written = source.slice(span);
    let quoted = matches!(written.as_bytes(), [b'"', .., b'"'] | [b'\'', .., b'\'']) && written.len() > 1;
    let inner = if quoted { written.get(1..written.len() - 1)? } else { written };
    let plain = new.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:/@".contains(&b));
    if inner != old || inner.is_empty() || !plain {
        return None;
    }
    let shift = u32::from(quoted);
    Some(Edit::replace(Span { start: span.start + shift, end: span.end.checked_sub(shift)? }, new))
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
