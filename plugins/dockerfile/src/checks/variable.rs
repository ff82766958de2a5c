//! Variables that are used before, or without, being set.

use super::from_variable::{Expansion, expansions};
use crate::in_force::Defined;
use crate::pair::{Pair, pairs};
use crate::view::View;
use std::collections::HashSet;
use stockade_sdk::{Out, Params, Place, Span};

/// `env-self-reference`: a value of `ENV` that uses a variable which the same instruction sets, and none before it.
pub fn self_reference(view: &View<'_>, _: &Params, out: &mut Out) {
    let defined = Defined::new(view);
    for (stage, env) in view.instructions().filter(|(_, i)| i.keyword == "ENV") {
        let own: HashSet<&str> = pairs(env.node).map(|pair| pair.name()).collect();
        for Pair { node: pair, .. } in pairs(env.node) {
            let written = view.source.slice(pair.span());
            // Between single quotes nothing is expanded.
            if written.starts_with('\'') {
                continue;
            }
            // `PATH=/x:$PATH` takes what the base image has.
            let used = expansions(written).into_iter().filter(|e| e.name != pair.name() && !e.has_default);
            let mut missing = used.filter(|e| own.contains(e.name) && !defined.has(view, stage, env, e.name));
            if let Some(Expansion { name, .. }) = missing.next() {
                let message = format!("{} uses {name}, which the same ENV sets", pair.name());
                out.finding(pair.entry_place(), message).data("variable", name);
            }
        }
    }
}

/// Names that an undefined one is compared with. Real files have a few dozen; more would take quadratic time.
const MAX_COMPARED: usize = 200;

/// Variables that a build has without anyone setting them.
const GIVEN: [&str; 26] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
    "SOURCE_DATE_EPOCH",
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "BUILDKIT_SYNTAX",
    "BUILDKIT_MULTI_PLATFORM",
];

/// Instructions that the builder expands variables in.
const EXPANDS: [&str; 11] =
    ["ADD", "ARG", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "FROM"];

/// `undefined-variable`: variables that no `ARG` or `ENV` of the stage or its parents sets. An image sets variables of its
/// own, so only stages on `scratch` and names that differ from a defined one by a slip are certain; the rest counts where
/// `certain` is false.
pub fn undefined(view: &View<'_>, params: &Params, out: &mut Out) {
    let defined = Defined::new(view);
    for (stage, instruction) in
        view.instructions().filter(|(_, i)| EXPANDS.contains(&i.keyword) && !i.onbuild)
    {
        let text = instruction.source_text();
        if !text.contains('$') {
            continue;
        }
        let start = crate::view::whole_span(instruction.node).start;
        let heredoc = instruction.node.elements("heredoc").map(|h| h.span().start).min();
        let text = heredoc.and_then(|end| text.get(..(end - start) as usize)).unwrap_or(text);
        let on_scratch =
            view.lineage(stage).last().and_then(|(_, s)| s.image).is_some_and(|i| i.text() == "scratch");
        let own: HashSet<&str> = pairs(instruction.node).map(|pair| pair.name()).collect();
        let mut said: HashSet<&str> = HashSet::new();
        for Expansion { name, at, .. } in
            expansions(&without_literals(text)).iter().filter(|e| !e.has_default)
        {
            let name = text.get(*at..at + name.len()).unwrap_or_default();
            if GIVEN.contains(&name) || said.contains(name) || defined.has(view, stage, instruction, name) {
                continue;
            }
            // What `ENV` and `ARG` set by themselves takes the base image's value: `PYTHONPATH=/x:$PYTHONPATH`.
            if own.contains(name) && instruction.keyword != "LABEL" {
                continue;
            }
            let slip = defined
                .names(view, stage, instruction)
                .take(MAX_COMPARED)
                .chain(std::iter::once("PATH"))
                .filter(|other| is_slip(name, other))
                .min();
            if params.bool_or("certain", true) && !on_scratch && slip.is_none() {
                continue;
            }
            said.insert(name);
            let span = Span { start: start + *at as u32, end: start + (at + name.len()) as u32 };
            let place = Place { span, node: Some(instruction.node.id()) };
            let message = match slip {
                Some(other) => format!("variable {name} is not defined, {other} is"),
                None => format!("variable {name} is not defined"),
            };
            out.finding(place, message).data("variable", name);
        }
    }
}

/// A copy in which text between single quotes is blank, byte for byte: nothing is expanded there.
fn without_literals(text: &str) -> String {
    let (mut single, mut double) = (false, false);
    let bytes = text.bytes().map(|b| {
        match b {
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            _ if single => return b' ',
            _ => {}
        }
        b
    });
    // Bytes of longer characters are kept or blanked as a whole, so this stays valid.
    String::from_utf8(bytes.collect()).unwrap_or_default()
}

/// Whether two names are one edit apart: a letter more, less, other or swapped. Short names are no evidence, unless their
/// letters are the same.
fn is_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 4 || long.len() - short.len() > 1 || a == b {
        return false;
    }
    let is_short = short.len() < 5;
    let front = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let back = short.iter().rev().zip(long.iter().rev()).take_while(|(x, y)| x == y).count();
    if short.len() < long.len() {
        return !is_short && front + back >= short.len();
    }
    let differ = short.len() - front.min(short.len()) - back.min(short.len() - front.min(short.len()));
    let (Some(x), Some(y)) = (short.get(front..front + differ), long.get(front..front + differ)) else {
        return false;
    };
    // Names that are told apart by a number (`PORT1`, `PORT2`) are meant so.
    let digits = |s: &[u8]| s.iter().any(u8::is_ascii_digit);
    !digits(x)
        && !digits(y)
        && (differ == 1 && !is_short || (differ == 2 && x.first() == y.last() && x.last() == y.first()))
}
