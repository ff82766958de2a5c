//! Whom BIND answers, and what.

use super::place;
use crate::View;
use stockade_sdk::{Out, Params, Severity};

/// `dns-open`: a name server looks up names for everyone, hands its zones out to everyone or lets everyone change them.
pub(crate) fn open(view: &View<'_>, _: &Params, out: &mut Out) {
    // `named.conf.local` is no file for development.
    if ["test", "example"].iter().any(|mark| view.source.is_marked(mark)) {
        return;
    }
    let text = view.source.text();
    let lists = read(text);
    let is_local = |list: &List<'_>| {
        list.hosts
            .iter()
            .all(|host| host.starts_with("127.") || matches!(*host, "::1" | "none" | "localhost"))
    };
    let mut listens = lists.lists.iter().filter(|list| list.name.starts_with("listen-on")).peekable();
    if listens.peek().is_some() && listens.all(is_local) {
        return;
    }
    for list in &lists.lists {
        let (does, severity) = match list.name {
            // A view is for some clients, and says which by other means.
            "allow-recursion" if !lists.looks_nothing_up && !list.in_view => {
                ("looks up names for everyone", None)
            }
            "allow-update" => ("lets everyone change the zone", None),
            "allow-transfer" if !list.in_view => {
                ("hands out whole zones to everyone", Some(Severity::Medium))
            }
            _ => continue,
        };
        let Some(any) = list.hosts.iter().find(|host| matches!(**host, "any" | "0.0.0.0/0" | "::/0")) else {
            continue;
        };
        let finding =
            out.finding(place(text, any), format!("{} {any} {does}", list.name)).key(list.name.to_owned());
        if let Some(severity) = severity {
            let _ = finding.severity(severity);
        }
    }
}

/// A list of addresses: `allow-transfer { 192.0.2.1; };`.
struct List<'t> {
    name: &'t str,
    hosts: Vec<&'t str>,
    in_view: bool,
}

#[derive(Default)]
struct Lists<'t> {
    lists: Vec<List<'t>>,
    /// Whether the server only answers for its own zones.
    looks_nothing_up: bool,
}

fn read(text: &str) -> Lists<'_> {
    let mut found = Lists::default();
    // The first words of the blocks around, and the words of the statement.
    let (mut blocks, mut words): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    // How many of the blocks are such: they may be thousands, in each other.
    let (mut lists, mut views) = (0_usize, 0_usize);
    for token in Tokens(text) {
        match token {
            "{" => {
                let name = words.first().copied().unwrap_or_default();
                let is_list = name.starts_with("allow-") || name.starts_with("listen-on");
                // A list inside a list is one of the list's hosts.
                if is_list && lists == 0 {
                    found.lists.push(List { name, hosts: Vec::new(), in_view: views > 0 });
                }
                lists += usize::from(name.starts_with("allow-"));
                views += usize::from(name == "view");
                blocks.push(name);
                words.clear();
            }
            "}" => {
                let name = blocks.pop().unwrap_or_default();
                lists = lists.saturating_sub(usize::from(name.starts_with("allow-")));
                views = views.saturating_sub(usize::from(name == "view"));
                words.clear();
            }
            ";" => {
                let in_list = blocks
                    .last()
                    .is_some_and(|name| name.starts_with("allow-") || name.starts_with("listen-on"));
                match (words.as_slice(), found.lists.last_mut()) {
                    ([host, ..], Some(list)) if in_list => list.hosts.push(host),
                    (["recursion", "no", ..], _) => found.looks_nothing_up = true,
                    _ => {}
                }
                words.clear();
            }
            word => words.push(word),
        }
    }
    found
}

/// The words and signs of a text, without its comments.
struct Tokens<'t>(&'t str);

impl<'t> Iterator for Tokens<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            self.0 = self.0.trim_start();
            let end = if self.0.starts_with('#') || self.0.starts_with("//") {
                self.0.find('\n')
            } else if self.0.starts_with("/*") {
                self.0.find("*/").map(|at| at + 2)
            } else {
                break;
            };
            self.0 = end.and_then(|end| self.0.get(end..)).unwrap_or_default();
        }
        let length = match self.0.chars().next()? {
            '{' | '}' | ';' => 1,
            '"' => self.0.get(1..)?.find('"').map_or(self.0.len(), |end| end + 2),
            _ => self
                .0
                .find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';'))
                .unwrap_or(self.0.len()),
        };
        let (token, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(token)
    }
}
