//! Key material in text form.

use super::{is_fixture, is_made_up};
use crate::alphabet::{Alphabet, looks_random};
use std::ops::Range;
use stockade_sdk::secrecy::may_be_secret;
use stockade_sdk::{Out, Params, Place, Source, Span};

/// Most bytes of a block that are looked at, and hidden in reports: the longest keys in use have about 15 kB.
const LONGEST: usize = 64 << 10;
/// Fewest characters that the first line of a key has: shorter ones stand in documentation.
const SHORTEST: usize = 40;
/// Start of the base-64 form of an OpenSSH key without passphrase: magic, length 4, cipher `none`.
const OPENSSH_PLAIN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";

/// A block of key material.
struct Block<'a> {
    /// Bytes of the line that opens it.
    head: (usize, usize),
    /// What the line says, `RSA PRIVATE KEY`.
    label: &'a str,
    /// End of the block.
    end: usize,
    encrypted: bool,
}

/// Text behind the opening line without line breaks, also those written as `\n` in a string.
fn skip_breaks(text: &str) -> &str {
    let mut rest = text;
    loop {
        let next =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '+' | '|'));
        let next = next.strip_prefix("\\r").unwrap_or(next);
        let next = next.strip_prefix("\\n").unwrap_or(next);
        if next.len() == rest.len() {
            return rest;
        }
        rest = next;
    }
}

fn key_run(text: &str) -> usize {
    text.bytes().take_while(|b| Alphabet::Base64.has(*b)).count()
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("-----BEGIN ")).map(|n| at + n) {
        let from = start + "-----BEGIN ".len();
        let rest = text.get(from..).unwrap_or_default();
        at = from;
        let Some(length) = rest.get(..rest.floor_char_boundary(60)).and_then(|r| r.find("-----")) else {
            continue;
        };
        let label = rest.get(..length).unwrap_or_default();
        if !label.ends_with("PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" {
            continue;
        }
        let head_end = from + length + 5;
        let body = text.get(head_end..).unwrap_or_default();
        let body = body.get(..body.floor_char_boundary(LONGEST)).unwrap_or_default();
        let end = body.find("-----END ").map_or(head_end, |n| head_end + n);
        let inside = text.get(head_end..end).unwrap_or_default();
        let mut key = skip_breaks(inside);
        let mut encrypted = label.starts_with("ENCRYPTED");
        // `Proc-Type: 4,ENCRYPTED`, `Version: …`: up to ten lines of headers may come first.
        for _ in 0..10 {
            let line = key.lines().next().unwrap_or_default();
            let line = line.split("\\n").next().unwrap_or_default();
            if !line.contains(": ") {
                break;
            }
            encrypted |= line.contains("ENCRYPTED");
            key = skip_breaks(key.get(line.len()..).unwrap_or_default());
        }
        if label.starts_with("OPENSSH") {
            encrypted = !key.starts_with(OPENSSH_PLAIN);
        }
        let run = key_run(key);
        let real = run >= SHORTEST && key.get(..run.min(64)).is_some_and(looks_random_key);
        if real {
            found.push(Block { head: (start, head_end), label, end: end.max(head_end), encrypted });
            at = end.max(head_end);
        }
    }
    found
}

/// The first line of a key starts with headers that repeat letters; the whole is long enough to tell.
fn looks_random_key(line: &str) -> bool {
    crate::alphabet::entropy(line.as_bytes()) > 3.0
}

/// The parts of a module of Ansible that its users read: what it is told and what it answers, with keys that open nothing.
fn documentation(source: &Source) -> Vec<Range<usize>> {
    let text = source.text();
    if source.kind() != "source" || !source.path().ends_with(".py") {
        return Vec::new();
    }
    let part = |name: &str| {
        // The name begins a line; what stands before the quotes says only how they are read.
        let at = if text.starts_with(name) { 0 } else { text.find(&format!("\n{name}"))? + 1 };
        let behind = text.get(at + name.len()..)?.trim_start_matches(' ').strip_prefix('=')?;
        let quoted = behind.trim_start_matches([' ', 'r', 'u']);
        let quotes = quoted.get(..3).filter(|quotes| matches!(*quotes, "'''" | "\"\"\""))?;
        let start = text.len() - quoted.len() + 3;
        Some(start..start + text.get(start..)?.find(quotes)?)
    };
    ["DOCUMENTATION", "EXAMPLES", "RETURN"].into_iter().filter_map(part).collect()
}

/// `private-key`: a private key, with or without a passphrase.
pub(crate) fn private_key(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    let wanted = params.bool_or("encrypted", false);
    if is_made_up(source) {
        return;
    }
    let blocks = blocks(source.text());
    let shown = if blocks.is_empty() { Vec::new() } else { documentation(source) };
    for block in blocks.iter().filter(|b| b.encrypted == wanted) {
        if shown.iter().any(|part| part.contains(&block.head.0)) {
            continue;
        }
        let span = Span { start: block.head.0 as u32, end: block.head.1 as u32 };
        let what = if wanted { "an encrypted private key" } else { "a private key" };
        let message = format!("{what} ({}) stands in the file", block.label);
        let body = Span { start: span.end, end: block.end as u32 };
        out.finding(Place { span, node: None }, message).label(Place { span: body, node: None }, "");
    }
    putty(source, wanted, out);
}

fn putty(source: &Source, wanted: bool, out: &mut Out) {
    let text = source.text();
    if !text.starts_with("PuTTY-User-Key-File-") {
        return;
    }
    let encrypted = !text.lines().take(4).any(|line| line.trim() == "Encryption: none");
    if encrypted == wanted && text.contains("Private-Lines:") {
        let what = if wanted { "an encrypted private key" } else { "a private key" };
        let first = text.lines().next().unwrap_or_default().len() as u32;
        let place = Place { span: Span { start: 0, end: first }, node: None };
        let body = Place { span: Span { start: first, end: text.len() as u32 }, node: None };
        out.finding(place, format!("{what} (PuTTY) stands in the file")).label(body, "");
    }
}

/// Settings of WireGuard that hold a key.
const WIREGUARD: [&str; 2] = ["PrivateKey", "PresharedKey"];

/// The key of a line of `ipsec.secrets`: `peers : PSK "key"`; its bytes, and whom it is for.
fn shared_key(line: &str, start: usize) -> Option<(Span, &str)> {
    let code = line.trim_start();
    let (peers, rest) =
        if let Some(rest) = code.strip_prefix(": ") { ("", rest) } else { code.split_once(" : ")? };
    let value = rest.trim_start().strip_prefix("PSK ")?.trim();
    let value = value.strip_prefix('"')?.split('"').next()?;
    let real = !code.starts_with('#') && value.len() >= 8 && may_be_secret(value);
    let at = start + line.find(value).filter(|_| real)?;
    let peers = if peers.trim().is_empty() { "every peer" } else { peers.trim() };
    Some((Span { start: at as u32, end: (at + value.len()) as u32 }, peers))
}

/// `vpn-key`: a key of WireGuard, a shared key of IPsec, or a static key of OpenVPN.
pub(crate) fn vpn_key(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    let mut offset = 0;
    for line in source.text().split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(name) = WIREGUARD.into_iter().find(|name| trimmed.starts_with(name)) {
            let rest = trimmed.get(name.len()..).unwrap_or_default();
            let Some(value) = rest.trim_start().strip_prefix(['=', ':']) else { continue };
            let value = value.trim().trim_matches(['"', '\'']);
            // 32 bytes in base 64.
            if value.len() == 44 && value.ends_with('=') && key_run(value) == 44 && looks_random(value) {
                let at = start + line.find(value).unwrap_or(indent);
                let span = Span { start: at as u32, end: (at + value.len()) as u32 };
                out.finding(
                    Place { span, node: None },
                    format!("{name} of a WireGuard tunnel stands in the file"),
                );
            }
        } else if let Some((span, name)) = shared_key(line, start) {
            out.finding(Place { span, node: None }, format!("the shared key of {name} stands in the file"));
        } else if trimmed.starts_with("-----BEGIN OpenVPN Static key") {
            let from = start + indent;
            let head = Span { start: from as u32, end: (from + trimmed.trim_end().len()) as u32 };
            let rest = source.text().get(head.end as usize..).unwrap_or_default();
            let end = head.end + rest.find("-----END").unwrap_or(0) as u32;
            let body = Place { span: Span { start: head.end, end }, node: None };
            out.finding(Place { span: head, node: None }, "a static key of OpenVPN stands in the file")
                .label(body, "");
        }
    }
}
