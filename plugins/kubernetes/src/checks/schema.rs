//! Objects that do not fit the schema of Kubernetes' API: unknown fields, values of another type, words that a field does
//! not take, fields that are missing.
//!
//! What a template or a variable puts in is not judged, and fields of any version of Kubernetes that is known here are
//! known.

mod branches;
mod kinds;
mod near;
mod scalar;

use super::describe;
use crate::schema::{self, Shape, Type};
use crate::view::{Manifests, Object, is_patch, leads_elsewhere};
use branches::Branches;
use std::collections::BTreeSet;
use stockade_sdk::{Edit, FindingBuilder, Kind, Node, Out, Params, Place, Span, flag};

/// Most values inside each other that are followed; what a file can hold is bounded, what its aliases make of it is not.
const MAX_DEPTH: usize = 64;
/// Most findings of one object: one that is no manifest at all is wrong throughout.
const MAX_FINDINGS: usize = 100;
/// Most values that are looked at in one object, those behind aliases each time.
const MAX_VALUES: usize = 200_000;

/// `schema`: an object of a known version and kind does not fit the schema.
pub(crate) fn schema(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        match branches::types(object) {
            Branches::One(name) => walk(object, name, None, out),
            Branches::Several(first, others) => {
                let wrong = branches::wrong_in_all(object, &others, out.rule());
                walk(object, first, Some(&wrong), out);
            }
            Branches::NoSuchKind => kinds::unknown(object, out),
            Branches::Unknown => {}
        }
    }
}

/// Judges an object as one of this type; `only` are the places and words of what may be told of it.
fn walk(object: &Object<'_>, name: &'static str, only: Option<&BTreeSet<(u32, String)>>, out: &mut Out) {
    Walk { object, out, only, found: 0, values: 0 }.value(object.node, Shape::Object(name), "", 0);
}

struct Walk<'w, 'a> {
    object: &'w Object<'a>,
    out: &'w mut Out,
    only: Option<&'w BTreeSet<(u32, String)>>,
    found: usize,
    values: usize,
}

impl<'a> Walk<'_, 'a> {
    /// Judges a value; `name` is that of the field that holds it, or holds the list or map that it is in.
    fn value(&mut self, node: Node<'a>, shape: Shape, name: &str, depth: usize) {
        self.values += 1;
        if shape == Shape::Any || depth > MAX_DEPTH || self.values > MAX_VALUES {
            return;
        }
        let target = node.resolve();
        let kind = target.kind();
        // What is filled in from a chart's values is not written here.
        if target.has(flag::UNKNOWN | flag::DEFAULTED) || is_format_field(target) {
            return;
        }
        let wanted = match (kind, shape) {
            (Kind::Scalar, Shape::Words(words)) => {
                self.word(node, name, words);
                None
            }
            (Kind::Scalar, _) => scalar::refused(target, shape),
            (Kind::Mapping, Shape::Object(of)) => {
                if let Some(of) = schema::of_name(of) {
                    self.object(&Part { name, node, is_root: depth == 0 }, &of, depth);
                }
                None
            }
            (Kind::Mapping, Shape::Map(inner)) => {
                self.entries(target, Shape::read(inner), name, depth);
                None
            }
            (Kind::Sequence, Shape::List(inner)) => {
                let inner = Shape::read(inner);
                target.children().for_each(|item| self.value(item, inner, name, depth + 1));
                None
            }
            (Kind::Mapping | Kind::Sequence, _) => Some(shape),
            _ => None,
        };
        if let Some(wanted) = wanted {
            self.mismatch(node, name, wanted);
        }
    }

    fn entries(&mut self, map: Node<'a>, shape: Shape, name: &str, depth: usize) {
        for entry in map.children() {
            match entry.kind() {
                Kind::Merge if depth < MAX_DEPTH => self.entries(entry.resolve(), shape, name, depth + 1),
                _ => self.value(entry, shape, name, depth + 1),
            }
        }
    }

    /// Judges the fields of an object.
    fn object(&mut self, part: &Part<'a, '_>, of: &Type, depth: usize) {
        let node = part.node;
        self.fields(part, node.resolve(), of, depth);
        if of.required.is_empty() || node.may_have_more() || is_patch(node) {
            return;
        }
        let missing = of.required.iter().filter(|name| node.get(name).is_none());
        for name in missing.filter(|name| **name != "selector" || !is_labelled_later(node)) {
            let message = format!("{} has no `{name}`", self.called(part));
            let place = if part.is_root { self.object.place() } else { node.key_place() };
            let help = format!("Set `{name}`, which every {} has to have.", of.name);
            self.find(place, message, |finding| {
                finding.help(help);
            });
        }
    }

    fn fields(&mut self, part: &Part<'a, '_>, map: Node<'a>, of: &Type, depth: usize) {
        let mut renamed = Vec::new();
        for entry in map.children() {
            if entry.kind() == Kind::Merge {
                let merged = entry.resolve();
                if depth < MAX_DEPTH && merged.kind() == Kind::Mapping {
                    self.fields(part, merged, of, depth + 1);
                }
                continue;
            }
            match of.field(entry.name()) {
                // What a cluster says of an object is not read from a manifest.
                Some(field) if part.is_root && field.name == "status" => {}
                Some(field) => self.value(entry, field.shape, field.name, depth + 1),
                // So begin the words of a patch, too.
                None if is_open_key(entry) => {}
                // What is meant is not looked for where nobody is told.
                None if self.found >= MAX_FINDINGS => self.found += 1,
                None => {
                    let near = near::field(entry.name(), of);
                    self.unknown(part, entry, near.map(|near| near.name), |name| {
                        let fits = near.is_some_and(|near| near::may_hold(near.shape, entry));
                        let is_free = map.get(name).is_none() && !renamed.contains(&name);
                        if fits && is_free {
                            renamed.push(name);
                        }
                        fits && is_free
                    });
                }
            }
        }
    }

    /// A field that the type does not have, and the one that may be meant, which it is called where `can_be` says so.
    fn unknown(
        &mut self,
        part: &Part<'a, '_>,
        entry: Node<'a>,
        near: Option<&'static str>,
        can_be: impl FnOnce(&'static str) -> bool,
    ) {
        let name = entry.name();
        // The branch of a template that it is in may go on with something that stands above this part.
        let (start, place) = (part.node.span().start, entry.key_place());
        let between = Span { start, end: place.span.start };
        // What is looked through counts as well: of a part that is wrong throughout it is much.
        self.values += (between.end.saturating_sub(start) / 16) as usize;
        if start <= between.end && leads_elsewhere(entry.source().slice(between)) {
            return;
        }
        let message = format!("{} has no field `{name}`", self.called(part));
        let help = match near {
            Some(near) => format!("Write `{near}`, if that is what is meant."),
            None => format!("Move `{name}` to where it belongs, or remove it."),
        };
        self.find(place, message, |finding| {
            let finding = finding.help(help + " An API server drops or refuses what it does not know.");
            // Unsafe: the object may have been taken without the field, which is in force from now on.
            if let (Some(near), Some(span)) = (near, entry.key_span())
                && can_be(near)
            {
                let edit = Edit::replace(span, near::written_like(near, entry.source().slice(span)));
                finding.unsafe_fix(format!("call it {near}"), vec![edit]);
            }
        });
    }

    /// Judges the value of a field that takes nothing but some words.
    fn word(&mut self, node: Node<'a>, name: &str, words: &str) {
        let target = node.resolve();
        let text = target.text();
        // The server fills in its default where the text is empty.
        if target.is_null()
            || target.has(flag::PARTIAL)
            || text.trim().is_empty()
            || words.split('|').any(|word| word == text)
        {
            return;
        }
        let same = near::but_for_case(text, words);
        // Where the words themselves are in capitals, so are those that are written for them: HTTP for TCP.
        let is_in_style = !words.contains(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_uppercase())
            && !text.eq_ignore_ascii_case(name);
        if same.is_none() && !is_in_style && scalar::is_placeholder(text) {
            return;
        }
        let what = if node.name() == name { format!("`{name}`") } else { format!("a value in `{name}`") };
        let shown: String = text.chars().take(40).collect();
        let message = format!("{what} is `{shown}`, where {} is asked for", near::any_of(words));
        let meant = same.or_else(|| near::word(text, words));
        let help = match meant {
            Some(word) => format!("Write `{word}`."),
            None => "Write one of these words; no version of Kubernetes takes another.".to_owned(),
        };
        self.find(node.place(), message, |finding| {
            let finding = finding.help(help);
            // What stands behind an anchor may be right where else it is used.
            let Some(word) = meant.filter(|_| node.kind() == Kind::Scalar && !node.has(flag::ANCHOR)) else {
                return;
            };
            let edits = vec![Edit::replace_value(node, stockade_sdk::tree_edit::word(node, word))];
            // No API server takes the object as it is, so nothing that works depends on it.
            match same {
                Some(_) => finding.safe_fix(format!("write {word}"), edits),
                None => finding.unsafe_fix(format!("write {word}"), edits),
            };
        });
    }

    fn mismatch(&mut self, node: Node<'a>, name: &str, wanted: Shape) {
        let (target, source) = (node.resolve(), node.source());
        let is_yaml11 = target.has(flag::YAML11_BOOL);
        let is = match target.kind() {
            Kind::Mapping => "a map",
            Kind::Sequence => "a list",
            _ => scalar::written(target),
        };
        // In templates a value may begin above the lines that seem to be it; and `{{ x }}` may be one that is not known.
        if !target.is_scalar() && ["{{", "[["].iter().any(|open| source.slice(whole(target)).contains(open)) {
            return;
        }
        let what = if node.name() == name { format!("`{name}`") } else { format!("a value in `{name}`") };
        let message = format!("{what} is {is}, where {} is asked for", scalar::called(wanted));
        let help = match (wanted, is) {
            (Shape::Text, _) if is_yaml11 => {
                "Put it in quotes: YAML 1.1, which Kubernetes reads, takes it for a boolean.".to_owned()
            }
            (Shape::Text, "a number" | "a boolean") => "Put it in quotes.".to_owned(),
            (Shape::Integer | Shape::Bool | Shape::Number, "text") => {
                format!("Write {}, without quotes.", scalar::called(wanted))
            }
            _ => format!("Write {}.", scalar::called(wanted)),
        };
        self.find(node.place(), message, |finding| {
            let finding = finding.help(help);
            if let Some((title, edit)) = scalar::quotes(node, wanted) {
                finding.safe_fix(title, vec![edit]);
            }
        });
    }

    fn find(&mut self, place: Place, message: String, tell: impl FnOnce(FindingBuilder<'_>)) {
        if self.only.is_some_and(|only| !only.contains(&(place.span.start, message.clone()))) {
            return;
        }
        if self.found < MAX_FINDINGS {
            tell(self.out.finding(place, message));
        }
        self.found += 1;
    }

    /// What a message calls a part of the object.
    fn called(&self, part: &Part<'_, '_>) -> String {
        let object = describe(self.object);
        match part.name {
            _ if part.is_root => object,
            name if name == part.node.name() => format!("`{name}` of {object}"),
            name => format!("an entry of `{name}` of {object}"),
        }
    }
}

/// An object inside the object of a manifest, or that itself.
struct Part<'a, 'n> {
    /// The field that it is the value of, or that holds the list or map that it is in.
    name: &'n str,
    node: Node<'a>,
    is_root: bool,
}

/// Whether the spec of a workload has a template without labels: kustomize adds those and the selector together.
fn is_labelled_later(spec: Node<'_>) -> bool {
    spec.get("template").is_some_and(|template| template.find("metadata.labels").is_none())
}

/// Whether a value is `{name}`, which YAML takes for a map, and a program that fills the file in with Python's `format` or
/// the like for a place to put a value.
fn is_format_field(node: Node<'_>) -> bool {
    if node.kind() != Kind::Mapping {
        return false;
    }
    let written = node.source().slice(node.span());
    let name = written.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    })
}

/// A collection with its key.
fn whole(node: Node<'_>) -> Span {
    let start = node.key_span().map_or(node.span().start, |key| key.start);
    Span { start, end: node.span().end }
}

/// Whether a template or a variable makes the key.
fn is_open_key(entry: Node<'_>) -> bool {
    let written = entry.key_span().map_or("", |span| entry.source().slice(span));
    entry.kind() == Kind::Error
        || written.contains(['{', '$', '%', '<', '@'])
        || (written.is_empty() && entry.name().is_empty())
}
