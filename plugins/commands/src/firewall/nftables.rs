//! Rule files of nftables, and the rules that `nft` adds.

use super::{Firewall, Opening, Policy};
use stockade_sdk::script::Command;
use stockade_sdk::{Edit, Place, Source, Span};

const NAME: &str = "nftables";

/// A piece of the file: a word or one of `{ } ;` and the line break, with its offset in bytes.
type Token<'t> = (&'t str, u32);

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest.as_bytes().first() {
            Some(b' ' | b'\t' | b'\r') => {
                at += 1;
                continue;
            }
            Some(b'#') => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            Some(b'\\') if rest.starts_with("\\\n") => {
                at += 2;
                continue;
            }
            Some(b'{' | b'}' | b';' | b'\n' | b',') => 1,
            Some(b'"') => {
                rest.get(1..).and_then(|inner| inner.find(['"', '\n'])).map_or(rest.len(), |end| end + 2)
            }
            _ => {
                rest.find([' ', '\t', '\r', '\n', '{', '}', ';', ',', '"', '#']).unwrap_or(rest.len()).max(1)
            }
        };
        let length = rest.ceil_char_boundary(length).min(rest.len());
        tokens.push((rest.get(..length).unwrap_or_default(), at as u32));
        at += length;
    }
    tokens
}

/// A chain for what comes in.
#[derive(Default)]
struct Chain<'t> {
    /// Whether it hangs at the hook for input.
    input: bool,
    policy: Option<Token<'t>>,
    /// Whether it ends in a rule that drops all that is left.
    closed: bool,
    openings: Vec<Opening>,
}

/// Reads the rules of `text`, which stands at `base` in the file.
pub(super) fn read(text: &str, base: u32, firewall: &mut Firewall) {
    // A template may say anything between its braces.
    if text.contains("{{") || text.contains("{%") {
        return;
    }
    let tokens = tokens(text);
    let mut at = 0;
    while let Some((word, _)) = tokens.get(at) {
        at += 1;
        if *word != "chain" {
            continue;
        }
        let open = tokens.get(at..).unwrap_or_default().iter().take(4).position(|(word, _)| *word == "{");
        let Some(open) = open else { continue };
        let (chain, end) = chain(&tokens, at + open + 1, base, text);
        at = end;
        if !chain.input {
            continue;
        }
        if let Some((policy, offset)) = chain.policy {
            let span = Span { start: base + offset, end: base + offset + policy.len() as u32 };
            firewall.policies.push(Policy {
                firewall: NAME,
                place: Place { span, node: Some(0) },
                allows: policy == "accept",
                words: format!("policy {policy} of the input chain"),
                fix: Some(Edit::replace(span, "drop")),
            });
        }
        if chain.closed {
            firewall.closed.push(NAME);
        }
        firewall.openings.extend(chain.openings);
    }
}

/// Reads `nft add rule inet filter input tcp dport 5432 accept`, with or without quotes around it all. What a chain is
/// called says nothing for sure, but nobody calls another one so.
pub(super) fn command(source: &Source, command: &Command, remark: &str, firewall: &mut Firewall) {
    let (Some(first), Some(last)) = (command.args().first(), command.args().last()) else { return };
    if command.name() != "nft" {
        return;
    }
    let written = source.slice(Span { start: first.start, end: last.end });
    let text = written.trim_matches(['\'', '"']);
    let base = first.start + (written.len() - written.trim_start_matches(['\'', '"']).len()) as u32;
    let mut tokens = tokens(text);
    // What keeps braces and semicolons from the shell.
    tokens.retain(|(word, _)| *word != "\\");
    let word = |at: usize| tokens.get(at).map_or("", |(word, _)| *word);
    if !matches!(word(0), "add" | "insert") || word(1) != "rule" {
        return;
    }
    let Some(name) = (2..6).find(|at| word(*at).eq_ignore_ascii_case("input")) else { return };
    let mut chain = Chain::default();
    chain.statement(tokens.get(name + 1..).unwrap_or_default(), base, text);
    for mut opening in chain.openings {
        opening.remark.push_str(remark);
        firewall.openings.push(opening);
    }
}

/// Reads a chain up to its closing brace; gives the index behind it.
fn chain<'t>(tokens: &[Token<'t>], from: usize, base: u32, text: &str) -> (Chain<'t>, usize) {
    let mut chain = Chain::default();
    let mut statement: Vec<Token<'t>> = Vec::new();
    let (mut at, mut depth) = (from, 0_usize);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.0 {
            "{" => depth += 1,
            "}" if depth == 0 => {
                chain.statement(&statement, base, text);
                return (chain, at);
            }
            "}" => depth -= 1,
            ";" | "\n" if depth == 0 => {
                chain.statement(&statement, base, text);
                statement.clear();
                continue;
            }
            "\n" => continue,
            _ => {}
        }
        statement.push(*token);
    }
    (chain, at)
}

impl<'t> Chain<'t> {
    fn statement(&mut self, words: &[Token<'t>], base: u32, text: &str) {
        let position = |wanted: &str| words.iter().position(|(word, _)| *word == wanted);
        let word = |at: usize| words.get(at).map_or("", |(word, _)| *word);
        if let Some(hook) = position("hook") {
            self.input |= word(hook + 1) == "input";
        }
        if word(0) == "policy" {
            self.policy = words.get(1).copied();
            return;
        }
        let verdict =
            words.iter().map(|(word, _)| *word).find(|w| matches!(*w, "accept" | "drop" | "reject"));
        // Only counting and logging in front of it: this is for all that is left.
        let asks = words.iter().take_while(|(w, _)| !matches!(*w, "accept" | "drop" | "reject"));
        let asks = asks.filter(|(w, _)| {
            !matches!(*w, "counter" | "log" | "prefix" | "level" | "info") && !w.starts_with('"')
        });
        if matches!(verdict, Some("drop" | "reject")) && asks.count() == 0 {
            self.closed = true;
        }
        let (Some(port), Some("accept")) = (position("dport"), verdict) else { return };
        let restricting = ["saddr", "iif", "iifname", "iifgroup", "limit", "cgroup", "skuid"];
        let restricted =
            words.iter().any(|(w, _)| restricting.contains(w) || w.starts_with('@') || w.starts_with('$'));
        let braced = word(port + 1) == "{";
        let ports: Vec<Token<'_>> = if braced {
            let inside = words.get(port + 2..).unwrap_or_default().iter().take_while(|(w, _)| *w != "}");
            inside.filter(|(w, _)| *w != ",").copied().collect()
        } else {
            words.get(port + 1).copied().into_iter().collect()
        };
        let (Some((_, start)), Some((last, end))) = (ports.first(), ports.last()) else { return };
        let span = Span { start: base + start, end: base + end + last.len() as u32 };
        let one_line = !text.get(*start as usize..*end as usize).unwrap_or_default().contains('\n');
        let span = if one_line { span } else { Span { start: span.start, end: span.start + 1 } };
        let names: Vec<&str> = ports.iter().map(|(word, _)| *word).collect();
        let line = text.get(*end as usize..).unwrap_or_default().lines().next().unwrap_or_default();
        let comment = position("comment").map_or("", |at| word(at + 1));
        let remark = line.split_once('#').map_or("", |(_, remark)| remark);
        self.openings.push(Opening {
            firewall: NAME,
            place: Place { span, node: Some(0) },
            ports: names.join(","),
            restricted,
            remark: format!("{remark} {comment}").to_ascii_lowercase(),
        });
    }
}
