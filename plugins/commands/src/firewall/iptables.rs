//! `iptables` on the command line, and what `iptables-save` writes.

use super::{Firewall, Opening, Policy};
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Edit, Place, Source, Span};

/// Which of the programs is called, if one is: `iptables`, `/sbin/ip6tables`, `$IPT`.
fn program(command: &Command) -> Option<&'static str> {
    let name = command.words.first()?;
    let (known, text) = (name.known, name.text.to_ascii_lowercase());
    match command.name() {
        "iptables" | "iptables-legacy" | "iptables-nft" => Some("iptables"),
        "ip6tables" | "ip6tables-legacy" | "ip6tables-nft" => Some("ip6tables"),
        _ if !known && text.starts_with('$') && text.contains("ip6t") => Some("ip6tables"),
        _ if !known && text.starts_with('$') && text.contains("ipt") => Some("iptables"),
        _ => None,
    }
}

pub(super) fn read(source: &Source, command: &Command, firewall: &mut Firewall) {
    match command.name() {
        "iptables-restore" | "ip6tables-restore" => firewall.closed.extend(["iptables", "ip6tables"]),
        // Rules of nftables are given as words; what they deny stands in a file more often than not.
        "nft" => firewall.closed.push("nftables"),
        _ => {}
    }
    let Some(program) = program(command) else { return };
    let first = command.words.first();
    if let (Some(first), Some(last)) = (first, command.words.last()) {
        let whole = command.place_to(source, first, last);
        rule(program, command.args(), whole, command.node, &remark(source, command), firewall);
    }
}

/// What the comments say that stand behind a command or on the line above it, in lower case.
pub(super) fn remark(source: &Source, command: &Command) -> String {
    let start = command.words.first().map_or(0, |word| word.start);
    let line = source.line_at(start);
    let above = source.line_at(line.start.saturating_sub(1));
    let above = if line.start == 0 { "" } else { source.slice(above).trim() };
    let above = above.strip_prefix('#').unwrap_or_default();
    format!("{above} {}", command.remark(source)).trim().to_ascii_lowercase()
}

/// The file that `iptables-save` writes: tables that begin with `*`, policies with `:`, rules with `-`.
pub(super) fn saved(source: &Source, firewall: &mut Firewall) {
    let text = source.text();
    let v6 = source.file_name().contains("v6") || source.file_name().contains("ip6");
    let program = if v6 { "ip6tables" } else { "iptables" };
    let mut filter = true;
    let mut at = 0_u32;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len() as u32;
        let line = line.trim_end();
        if let Some(table) = line.strip_prefix('*') {
            filter = table == "filter";
        }
        if !filter {
            continue;
        }
        let mut words = Vec::new();
        for word in line.split([' ', '\t']).filter(|word| !word.is_empty()) {
            let from = start + (word.as_ptr() as usize - line.as_ptr() as usize) as u32;
            let known = !word.contains("{{") && !word.contains('$');
            words.push(Word { text: word.to_owned(), start: from, end: from + word.len() as u32, known });
        }
        let Some(first) = words.first() else { continue };
        let whole = Place { span: Span { start, end: start + line.len() as u32 }, node: Some(0) };
        if first.text == ":INPUT" {
            if let Some(policy) = words.get(1) {
                firewall.policies.push(Policy {
                    firewall: program,
                    place: Place { span: Span { start: first.start, end: policy.end }, node: Some(0) },
                    allows: policy.text == "ACCEPT",
                    words: format!("{} {}", first.text, policy.text),
                    fix: Some(Edit::replace(policy.span(), "DROP")),
                });
            }
        } else if first.text.starts_with('-') {
            rule(program, &words, whole, 0, "", firewall);
        }
    }
}

/// Options that say who may come in, or where.
const RESTRICTING: [&str; 10] = [
    "-s",
    "--source",
    "--src",
    "-i",
    "--in-interface",
    "-d",
    "--destination",
    "--match-set",
    "--src-range",
    "--mac-source",
];

/// One call, without its name.
fn rule(
    program: &'static str,
    words: &[Word],
    whole: Place,
    node: u32,
    remark: &str,
    firewall: &mut Firewall,
) {
    let index = |options: &[&str]| words.iter().position(|word| options.contains(&word.text.as_str()));
    let value = |options: &[&str]| index(options).and_then(|at| words.get(at + 1));
    if value(&["-t", "--table"]).is_some_and(|table| table.text != "filter") {
        return;
    }
    if let Some(at) = index(&["-P", "--policy"]) {
        let (Some(chain), Some(policy)) = (words.get(at + 1), words.get(at + 2)) else { return };
        if chain.text == "INPUT" && policy.known {
            firewall.policies.push(Policy {
                firewall: program,
                place: whole,
                allows: policy.text == "ACCEPT",
                words: format!("{program} -P INPUT {}", policy.text),
                fix: Some(Edit::replace(policy.span(), "DROP")),
            });
        }
        return;
    }
    let Some(chain) = value(&["-A", "--append", "-I", "--insert"]).filter(|chain| chain.text == "INPUT")
    else {
        return;
    };
    let appended = index(&["-A", "--append"]).is_some();
    let target = value(&["-j", "--jump"]).map_or("", |word| word.text.as_str());
    if appended && matches!(target, "DROP" | "REJECT") {
        // Nothing is asked of the packet: this is what happens to all that is left.
        let commented = index(&["comment"]).is_some();
        let options = words.iter().filter(|word| word.text.starts_with('-'));
        let asking = options.filter(|word| match word.text.as_str() {
            "-A" | "--append" | "-j" | "--jump" | "--reject-with" | "-t" | "-w" | "--comment" => false,
            "-m" => !commented,
            _ => true,
        });
        if asking.count() == 0 {
            firewall.closed.push(program);
        }
        return;
    }
    let Some(port) = value(&["--dport", "--dports", "--destination-port", "--destination-ports"]) else {
        return;
    };
    if target != "ACCEPT" || chain.start > port.start {
        return;
    }
    let limited =
        words.iter().any(|word| matches!(word.text.as_str(), "limit" | "hashlimit" | "recent" | "owner"));
    let restricted = RESTRICTING.iter().any(|option| {
        index(&[option]).is_some_and(|at| {
            let negated =
                at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|w| w.text == "!");
            let any =
                words.get(at + 1).is_some_and(|w| matches!(w.text.as_str(), "0.0.0.0/0" | "::/0" | "0/0"));
            !negated && !any
        })
    });
    // Replies of connections that this host opened.
    let replies = words.iter().any(|word| {
        let states = word.text.contains("ESTABLISHED") || word.text.contains("RELATED");
        states && !word.text.contains("NEW")
    });
    let unknown = words.iter().any(|word| !word.known);
    let comment = value(&["--comment"]).map_or("", |word| word.text.as_str()).to_ascii_lowercase();
    firewall.openings.push(Opening {
        firewall: program,
        place: Place { span: port.span(), node: Some(node) },
        ports: port.text.clone(),
        restricted: restricted || limited || replies || unknown,
        remark: format!("{remark} {comment}"),
    });
}
