//! Who sees the page of statistics that HAProxy serves.
//!
//! Source: HAProxy's configuration manual, "stats enable", "stats auth", "stats http-request", "stats admin".

use super::{lines, place};
use crate::View;
use stockade_sdk::{Out, Params};

/// Words that begin a section.
const SECTIONS: [&str; 13] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "userlist",
    "peers",
    "resolvers",
    "mailers",
    "program",
    "cache",
    "ring",
    "http-errors",
];

/// What a section says about the page.
#[derive(Default)]
struct Section<'t> {
    /// The line that switches the page on.
    page: Option<&'t str>,
    /// Commands may be given on it: a server taken out, a connection ended.
    admin: bool,
    /// Somebody is asked for a password, or turned away.
    guarded: bool,
    /// An address that others reach.
    public: bool,
    /// Any address at all: what has none is reached through other sections, which may ask for a login.
    bound: bool,
}

/// `haproxy-stats`: a section that listens for others serves the page of statistics without a login.
pub(crate) fn stats(view: &View<'_>, _: &Params, out: &mut Out) {
    let text = view.source.text();
    // Other files of keys and values have `stats` of their own.
    if view.is_exempt() || !lines(text).iter().any(|line| matches!(line.trim(), "defaults" | "global")) {
        return;
    }
    let (mut section, mut defaults_guard) = (Section::default(), false);
    let mut in_defaults = false;
    for line in lines(text) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let Some(first) = words.first().copied() else { continue };
        if SECTIONS.contains(&first) {
            if in_defaults {
                defaults_guard = section.guarded;
            }
            report(&section, text, out);
            section = Section { guarded: defaults_guard && first != "defaults", ..Section::default() };
            in_defaults = first == "defaults";
            continue;
        }
        match (first, words.get(1).copied().unwrap_or_default()) {
            ("stats", "enable" | "uri") => section.page = section.page.or(Some(line.trim())),
            ("stats", "admin") => section.admin = true,
            ("stats", "auth" | "http-request")
            | ("http-request" | "tcp-request", "auth" | "deny" | "reject" | "silent-drop" | "tarpit") => {
                section.guarded = true;
            }
            ("tcp-request", _) => section.guarded |= words.contains(&"reject"),
            ("bind", address) => {
                section.bound = true;
                // A certificate that clients have to show is as good as a login.
                section.guarded |= line.contains("verify required");
                section.public |= is_public(address);
            }
            _ => {}
        }
    }
    report(&section, text, out);
}

fn report(section: &Section<'_>, text: &str, out: &mut Out) {
    let Some(page) = section.page.filter(|_| section.bound && section.public && !section.guarded) else {
        return;
    };
    let effect =
        if section.admin { "shown to everyone, who may take servers out" } else { "shown to everyone" };
    out.finding(place(text, page), format!("the page of statistics is {effect}")).key(page.to_owned());
}

/// Whether others reach an address. One of a variable or a socket is not known to be.
fn is_public(address: &str) -> bool {
    let address = address.trim_matches(['"', '\'']);
    let address = address.strip_prefix("ipv4@").or_else(|| address.strip_prefix("ipv6@")).unwrap_or(address);
    let own = ["127.", "localhost", "[::1]", "::1:", "unix@", "abns@", "fd@", "/"];
    !address.is_empty() && !address.contains('$') && !own.iter().any(|start| address.starts_with(start))
}
