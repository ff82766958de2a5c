//! Lists of cipher suites: what they admit, judged by Mozilla's intermediate set (server side TLS, version 5).

use crate::cipher::list::{Admitted, Expanded, expand};
use crate::cipher::suite::{Exchange, Suite};
use crate::view::{View, is_named};
use crate::words::{Word, WordList as Suites, gather};
use stockade_sdk::{
    Edit, FindingBuilder, Kind, Node, Out, Params, Place, Severity, Span, remove_entry, secrecy,
};

/// What a list that groups make weak is replaced by: the suites for TLS 1.2 of Mozilla's intermediate set that need no
/// parameters of Diffie-Hellman.
const INTERMEDIATE: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// Files in which lists stand outside of the table of settings: in objects, annotations and arguments.
const TREES: [&str; 6] = ["kubernetes", "kustomize-patch", "kustomization", "compose", "dockerfile", "shell"];

impl Suites<'_> {
    /// Whether the list can only be meant for TLS: by its name, by a suite in it, or by its syntax.
    fn is_of_tls(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.contains("tls")
            || name.contains("ssl")
            || self.words.iter().any(|word| {
                word.text.starts_with('!')
                    || matches!(word.text, "HIGH" | "MEDIUM" | "LOW" | "ALL")
                    || Suite::read(word.text).is_some()
            })
    }

    /// Whether the list is of suites that are not to be used, as its name says: Postfix' `exclude_ciphers`.
    fn is_of_refused(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        ["exclude", "disabled", "denied", "blacklist", "blocklist"].iter().any(|word| name.contains(word))
    }

    fn expand(&self) -> Expanded {
        expand(&self.words.iter().map(|word| word.text).collect::<Vec<_>>())
    }
}

/// The lists that a rule is about.
fn lists<'a>(view: &View<'a>, params: &Params) -> Vec<Suites<'a>> {
    let mut lists = gather(view.source, &view.named(params, "names").collect::<Vec<_>>());
    // `cipher: DES` may be about anything that is encrypted.
    lists.retain(|list| list.is_of_tls() && !list.is_of_refused());
    if TREES.contains(&view.source.kind()) && !view.source.is_empty() {
        trees(view, params, &mut lists);
    }
    lists
}

/// Lists in the objects of Kubernetes and its meshes, in their annotations, and in arguments of programs.
fn trees<'a>(view: &View<'a>, params: &Params, lists: &mut Vec<Suites<'a>>) {
    let is_key = |name: &str| {
        name.len() < 200
            && name.to_ascii_lowercase().contains("cipher")
            && is_named(&secrecy::flat(name), params.strings("names"))
    };
    let mut option: Option<(Node<'a>, &'a str)> = None;
    for node in view.source.root().descendants() {
        let known = node.is_known() && node.resolve() == node;
        match node.kind() {
            Kind::Sequence if is_key(node.name()) && known => {
                let mut list = Suites::new(view.source, node.name().to_owned());
                for child in node.children().filter(|c| c.is_scalar() && c.is_known()) {
                    list.add(child.text().trim(), child.place(), child, true);
                }
                lists.push(list);
            }
            Kind::Scalar if known => {
                let text = node.text();
                let before = option.take().filter(|(o, _)| o.parent() == node.parent());
                let (name, value) = if let Some((_, name)) = before {
                    (name, text)
                } else if node.key_span().is_some() && is_key(node.name()) {
                    (node.name(), text)
                } else if let Some((name, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
                    (name.trim_start_matches('-'), value)
                } else if text.starts_with("--") && is_key(text.trim_start_matches('-')) {
                    option = Some((node, text.trim_start_matches('-')));
                    continue;
                } else {
                    embedded(node, text, lists);
                    continue;
                };
                // Variables are rows of the table of settings, and were seen there.
                let variable = lists
                    .iter()
                    .any(|list| list.words.first().is_some_and(|word| word.place.node == Some(node.id())));
                if is_key(name) && !variable {
                    let mut list = Suites::new(view.source, name.to_owned());
                    list.add(value.trim(), node.place(), node, false);
                    lists.push(list);
                }
            }
            _ => {}
        }
    }
}

/// Directives of a web server inside a text: a snippet in an annotation, a file in a ConfigMap.
fn embedded<'a>(node: Node<'a>, text: &'a str, lists: &mut Vec<Suites<'a>>) {
    if !text.contains('\n') && !text.contains(';') {
        return;
    }
    for directive in ["ssl_ciphers ", "SSLCipherSuite "] {
        for line in text.lines().map(str::trim) {
            let Some(value) = line.strip_prefix(directive) else { continue };
            let value = value.split(';').next().unwrap_or(value).trim().trim_matches(['"', '\'']);
            let span = node.span();
            let Some(at) = node.source().slice(span).find(value).filter(|_| !value.is_empty()) else {
                continue;
            };
            let start = span.start + at as u32;
            let place =
                Place { span: Span { start, end: start + value.len() as u32 }, node: Some(node.id()) };
            let mut list = Suites::new(node.source(), directive.trim().to_owned());
            list.add(value, place, node, false);
            lists.push(list);
        }
    }
}

/// What a suite is called: by the word that is its name, or as a member of a group.
fn called<'a>(list: &Suites<'a>, admitted: &Admitted) -> &'a str {
    admitted.member.unwrap_or_else(|| list.words.get(admitted.word).map_or("", |word| word.text))
}

/// `weak`: a list admits a suite that is broken, or one that Mozilla's intermediate set left behind.
pub fn weak(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for list in lists(view, params) {
        view.judges(out);
        let expanded = list.expand();
        let broken: Vec<&Admitted> =
            expanded.admitted.iter().filter(|a| a.suite.broken().is_some()).collect();
        let is_broken = !broken.is_empty();
        let weak: Vec<&Admitted> = if !is_broken {
            // A list without any forward secrecy has its own rule.
            let secret = expanded.admitted.iter().any(|a| a.suite.has_forward_secrecy());
            expanded.admitted.iter().filter(|a| secret && a.suite.dated().is_some()).collect()
        } else {
            broken
        };
        let Some(first) = weak.first() else { continue };
        let Some(word) = list.words.get(first.word) else { continue };
        let why = first.suite.broken().or(first.suite.dated()).unwrap_or_default();
        let by = first.member.map_or_else(String::new, |_| format!(" by {}", word.text));
        let more = match weak.len() - 1 {
            0 => String::new(),
            1 => " and another weak suite".to_owned(),
            n => format!(" and {n} more weak suites"),
        };
        let message = format!("{} admits {} ({why}){by}{more}", list.name, called(&list, first));
        let mut finding =
            out.finding(word.place, message).key(list.name.clone()).data("suite", called(&list, first));
        if !is_broken {
            // Left behind, but no attack on it is at hand.
            finding = finding.severity(Severity::Medium);
        }
        let mut shown = first.word;
        for other in weak.iter().filter(|a| a.member.is_none()).take(8) {
            if other.word != shown
                && let Some(word) = list.words.get(other.word)
            {
                shown = other.word;
                let why = other.suite.broken().or(other.suite.dated()).unwrap_or_default();
                finding = finding.label(word.place, format!("weak as well: {why}"));
            }
        }
        offer(finding, &list, &expanded);
    }
}

/// The fix: without the weak words where they name single suites, else Mozilla's list.
fn offer(finding: FindingBuilder<'_>, list: &Suites<'_>, expanded: &Expanded) {
    let is_weak = |a: &&Admitted| a.suite.broken().is_some() || a.suite.dated().is_some();
    let weak: Vec<usize> = expanded.admitted.iter().filter(is_weak).map(|a| a.word).collect();
    let by_group = expanded.admitted.iter().any(|a| is_weak(&a) && a.member.is_some());
    let kept: Vec<&Word<'_>> =
        list.words.iter().enumerate().filter(|(n, _)| !weak.contains(n)).map(|(_, word)| word).collect();
    let left = expanded.admitted.iter().any(|a| !weak.contains(&a.word));
    if !list.exact {
        return;
    }
    let elements: Vec<Node<'_>> =
        weak.iter().filter_map(|n| list.words.get(*n)).filter_map(|word| word.element).collect();
    // An entry goes with its line; elements between brackets are words of one text.
    let is_bracketed = !elements.iter().all(|element| has_own_line(*element));
    if is_bracketed && !is_evenly_quoted(list) {
        return;
    }
    if !elements.is_empty() && !is_bracketed {
        if left && !by_group && elements.len() == weak.len() {
            finding.unsafe_fix("Remove the weak suites", elements.into_iter().map(remove_entry).collect());
        }
        return;
    }
    let (Some(first), Some(last)) = (list.words.first(), list.words.last()) else { return };
    let span = Span { start: first.place.span.start, end: last.place.span.end };
    let iana = list.words.iter().any(|word| word.text.contains('_'));
    if left && !by_group {
        // Each kept word comes with what stood in front of it, such as a colon.
        let mut text = String::new();
        let mut end = span.start;
        for word in &list.words {
            if kept.iter().any(|k| k.place.span.start == word.place.span.start) {
                if !text.is_empty() {
                    text.push_str(list.source.slice(Span { start: end, end: word.place.span.start }));
                }
                text.push_str(word.text);
            }
            end = word.place.span.end;
        }
        finding.unsafe_fix("Remove the weak suites", vec![Edit::replace(span, text)]);
    } else if !iana && !expanded.open {
        finding.unsafe_fix("Use Mozilla's intermediate list", vec![Edit::replace(span, INTERMEDIATE)]);
    }
}

/// Whether an element of a sequence is an entry with a dash, which stands on lines of its own.
fn has_own_line(element: Node<'_>) -> bool {
    let source = element.source();
    source.slice(source.line_at(element.span().start)).trim_start().starts_with("- ")
}

/// Whether all words stand in the same quotes, or none does: then each can be written where another one was.
fn is_evenly_quoted(list: &Suites<'_>) -> bool {
    let text = list.source.text().as_bytes();
    let mut quotes = list.words.iter().map(|word| {
        let before = (word.place.span.start as usize).checked_sub(1).and_then(|at| text.get(at)).copied();
        before.filter(|byte| matches!(byte, b'"' | b'\''))
    });
    let first = quotes.next().flatten();
    quotes.all(|quote| quote == first)
}

/// `forward-secrecy`: no suite of a list has it.
pub fn forward_secrecy(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for list in lists(view, params) {
        view.judges(out);
        let expanded = list.expand();
        let old = expanded.admitted.iter().any(|a| a.suite.exchange != Exchange::Separate);
        if !old || expanded.open || expanded.admitted.iter().any(|a| a.suite.has_forward_secrecy()) {
            continue;
        }
        let Some(place) = list.place() else { continue };
        out.finding(place, format!("{} has no suite with forward secrecy", list.name)).key(list.name.clone());
    }
}

/// Whether a list is one of PostgreSQL's or MySQL's, which bring parameters of 2048 bits and more with them.
fn brings_parameters(name: &str) -> bool {
    let groups = ["mysqld_", "mariadb_", "mariadbd_", "server_", "client_"];
    name == "ssl_ciphers"
        || groups.iter().any(|group| name.strip_prefix(group).is_some_and(|rest| rest == "ssl_cipher"))
}

/// `finite-field`: a list asks for DHE and no parameters, named by `parameters`, stand in the file.
pub fn finite_field(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt || view.named(params, "parameters").next().is_some() {
        return;
    }
    for list in lists(view, params) {
        if view.source.kind() == "ini" && brings_parameters(&secrecy::flat(&list.name)) {
            continue;
        }
        view.judges(out);
        let Some(number) = list.expand().asks_for_dhe else { continue };
        let Some(word) = list.words.get(number) else { continue };
        let message = format!("{} asks for {} and no parameters for it are set", list.name, word.text);
        out.finding(word.place, message).key(list.name.clone());
    }
}
