//! Headers of responses, in sections of settings, in the blocks of nginx and Apache httpd, and in snippets of an Ingress:
//! whether they are sent, and with what.

use super::{fits, is_one_of, policy, shown};
use crate::edit;
use crate::index::Role;
use crate::sections::Sections;
use crate::view::{View, is_value, section, written};
use std::collections::{HashMap, HashSet};
use stockade_sdk::{Kind, Node, Out, Params, Place, Setting, ValueKind};

/// Seconds of a year.
const YEAR: i64 = 31_536_000;

/// What is wrong with a header's value, and the value that a fix writes.
pub(crate) struct Flaw {
    /// What follows the header's name in the message.
    pub(crate) why: String,
    /// The whole new value, where one is known.
    pub(crate) fix: Option<String>,
}

/// `header`: headers named by `key` have a value that is not `good`, or `bad`, or that breaks what `judge` says; with
/// `missing`, a section or block with a header named by `beside-key` has none of them. A switch named by `also-key` that
/// is off counts as missing; a setting named by `or-key` does instead if its value has one of the words `or-value`.
pub fn header(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) && view.source.kind() != "kubernetes" && !serves(view, params) {
        return;
    }
    if view.exempt {
        return;
    }
    let rule = out.rule();
    for setting in view.of(rule, Role::Key) {
        let name = written(setting);
        let Some(flaw) = flaw(setting.value(), Some(setting), params) else { continue };
        let place = if setting.kind() == ValueKind::Empty { setting.key_place() } else { setting.place() };
        let finding = out.finding(place, format!("{name} {}", flaw.why)).key(name);
        match flaw.fix {
            Some(new) => edit::replace(finding, setting, params, &new),
            None => edit::offer(finding, setting, params),
        }
    }
    for setting in view.of(rule, Role::Also) {
        let bad = if params.has("also-bad") {
            is_one_of(setting, false, params.strings("also-bad"))
        } else {
            setting.is_off()
        };
        if bad {
            let name = written(setting);
            let finding =
                out.finding(setting.place(), format!("{name} is {}", shown(setting, params))).key(name);
            edit::offer(finding, setting, params);
        }
    }
    for setting in view.of(rule, Role::Low) {
        let seconds = setting.value().trim().replace('_', "").parse::<i64>().ok();
        if seconds.is_some_and(|seconds| seconds < YEAR) {
            let name = written(setting);
            let message = format!("{name} is {}, below {YEAR}", shown(setting, params));
            edit::replace(
                out.finding(setting.place(), message).key(name),
                setting,
                params,
                &YEAR.to_string(),
            );
        }
    }
    if let Some(what) = params.string("missing") {
        missing(view, what, params, out);
    }
    if view.source.kind() == "kubernetes" {
        snippets(view, params, out);
    }
}

/// What is wrong with the value of a header. Without a setting it comes from a snippet.
fn flaw(value: &str, setting: Option<Setting<'_>>, params: &Params) -> Option<Flaw> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    let said = |why: String| Some(Flaw { why, fix: None });
    let switch = setting.is_some_and(|setting| setting.is_on() || setting.is_off());
    match params.string("judge") {
        Some("hsts") => return policy::transport(value),
        Some("content") => return policy::content(setting.map_or("", Setting::name), value),
        _ => {}
    }
    let is = |name: &str| params.strings(name).any(|word| fits(word, value));
    if params.has("good") && !value.is_empty() && !is("good") && !switch {
        return said(format!("is {}", short(value)));
    }
    let bad = match setting {
        Some(setting) => is_one_of(setting, false, params.strings("bad")),
        None => is("bad"),
    };
    if bad { said(format!("is {}", short(value))) } else { None }
}

fn short(value: &str) -> String {
    if value.chars().count() > 60 {
        return format!("{}...", value.chars().take(57).collect::<String>());
    }
    value.to_owned()
}

/// Whether a file is for a web server that speaks TLS, where the rule asks for that.
fn serves(view: &View<'_>, params: &Params) -> bool {
    params.bool_or("tls", false) && matches!(view.source.kind(), "nginx" | "apache")
}

fn is_server_kind(node: Node<'_>) -> bool {
    matches!(node.source().kind(), "nginx" | "apache")
}

fn is_block(node: Node<'_>) -> bool {
    node.kind() == Kind::Element && node.style() == 5
}

/// Whether a block is a whole site: what holds for a part of one may hold for all of it elsewhere. The servers of nginx for
/// other protocols send no headers.
fn is_site(block: Node<'_>) -> bool {
    matches!(block.name(), "server" | "http" | "virtualhost")
        && !block.ancestors().any(|outer| matches!(outer.name(), "stream" | "mail" | "rtmp"))
}

/// Blocks whose directives have been looked through, and whether they may bring others in.
#[derive(Default)]
struct Levels(HashMap<u32, bool>);

impl Levels {
    /// Whether directives may be in force in a block that are not in this file.
    fn may_bring(&mut self, block: Node<'_>) -> bool {
        std::iter::once(block).chain(block.ancestors()).any(|level| {
            *self.0.entry(level.id()).or_insert_with(|| level.may_have_more() || level.children().any(brings))
        })
    }
}

/// Whether a directive brings others from another file.
fn brings(node: Node<'_>) -> bool {
    let file = node.text().rsplit('/').next().unwrap_or_default();
    matches!(node.name(), "include" | "includeoptional")
        && !matches!(file, "mime.types" | "fastcgi_params" | "fastcgi.conf" | "uwsgi_params" | "scgi_params")
        && !node.text().contains("sites-")
}

/// Whether a header is sent in a section, in a part of it or around it.
fn is_sent(there: &Sections, own: Option<Node<'_>>) -> bool {
    there.has(own)
        || own.is_some_and(|own| {
            // Further in: a part of the site has it. Further out: all sites of the server do.
            (own.key_span().is_some() && there.has_below(own))
                || is_server_kind(own) && there.has_above(own)
                || whole_site(own).is_some_and(|site| there.has_below(site))
        })
}

/// What holds all routes, where a section is one of several that a host of sites sends headers for: what one of them leaves
/// out another adds.
fn whole_site(own: Node<'_>) -> Option<Node<'_>> {
    const ROUTES: [&str; 5] = ["source", "for", "pattern", "glob", "regex"];
    // Routes stand in a list: what is asked of their keys is asked of few.
    let is_listed = |node: &Node<'_>| {
        node.kind() == Kind::Mapping && node.parent().is_some_and(|list| list.kind() == Kind::Sequence)
    };
    let route = [Some(own), own.parent()].into_iter().flatten().find(is_listed)?;
    let is_route = ROUTES.iter().any(|key| route.get(key).is_some());
    route.ancestors().find(|node| is_route && node.kind() == Kind::Mapping)
}

/// Reports sections and blocks that have other headers and not this one.
fn missing(view: &View<'_>, what: &str, params: &Params, out: &mut Out) {
    let rule = out.rule();
    let instead = view.hits(rule, Role::Or).iter().filter(|setting| {
        !is_value(**setting)
            || !params.has("or-value")
            || params.strings("or-value").any(|word| fits(word, setting.value()))
    });
    let roles = [Role::Key, Role::Also, Role::Low];
    let there: Sections =
        roles.iter().flat_map(|role| view.hits(rule, *role)).chain(instead).copied().collect();
    let mut levels = Levels::default();
    let mut done: HashSet<Option<u32>> = HashSet::new();
    for setting in view.hits(rule, Role::Beside) {
        // `strict_transport_security = false` is a switch of a program's own, not a header that is sent.
        if setting.is_on() || setting.is_off() || view.has_role(rule, Role::Unless, *setting) {
            continue;
        }
        let own = section(*setting);
        if !done.insert(own.map(Node::id)) {
            continue;
        }
        let server = is_server_kind(setting.node());
        let open =
            own.is_none_or(
                |own| {
                    if server { !is_site(own) || levels.may_bring(own) } else { own.may_have_more() }
                },
            );
        let plain = server && params.bool_or("tls", false) && !own.is_some_and(speaks_tls);
        // Hosts of sites speak TLS, and say so by themselves.
        let hosted = params.bool_or("tls", false) && own.and_then(whole_site).is_some();
        if open || plain || hosted {
            continue;
        }
        if !is_sent(&there, own) {
            let place = match own.filter(|own| own.key_span().is_some()) {
                Some(own) => own.key_place(),
                None => setting.key_place(),
            };
            let beside = written(*setting);
            out.finding(place, format!("{what} is missing beside {beside}")).key(setting.name().to_owned());
        }
    }
    if !serves(view, params) {
        return;
    }
    let servers = view.source.root().descendants().filter(|node| is_block(*node) && is_site(*node));
    for server in servers.filter(|server| !server.is("http") && speaks_tls(*server)) {
        let leads_away = server.children().any(|node| matches!(node.name(), "return" | "redirect"));
        if done.contains(&Some(server.id()))
            || leads_away
            || levels.may_bring(server)
            || is_sent(&there, Some(server))
        {
            continue;
        }
        out.finding(server.key_place(), format!("a server that speaks TLS sends no {what}")).key("tls");
    }
}

/// Whether a block of nginx or Apache httpd, or one around or in it, speaks TLS.
fn speaks_tls(block: Node<'_>) -> bool {
    if block.is("virtualhost") {
        return block.text().contains(":443") || block.children().any(|node| node.is("sslengine"));
    }
    let listens = |block: Node<'_>| {
        block.children().filter(|node| node.is("listen")).any(|listen| {
            listen
                .children()
                .any(|word| matches!(word.text(), "ssl" | "quic") || word.text().ends_with("443"))
        })
    };
    listens(block) || block.children().any(|node| node.is("server") && listens(node))
}

/// Headers in the annotations of an Ingress: `add_header X-Y z;`, `more_set_headers "X-Y: z";`.
fn snippets(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(wanted) = params.string("header") else { return };
    if view.source.is_empty() {
        return;
    }
    for document in view.source.root().children() {
        if document.get("kind").is_none_or(|kind| kind.text() != "Ingress") {
            continue;
        }
        let annotations = document.find("metadata.annotations");
        for node in annotations.into_iter().flat_map(Node::children).filter(|node| node.is_scalar()) {
            if !node.text().contains("_header") || !node.is_known() {
                continue;
            }
            let headers: Vec<(&str, &str)> = node.text().lines().filter_map(in_line).collect();
            let mut own = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).peekable();
            // The controller sends Strict-Transport-Security by itself.
            let asked = params.has("missing") && !params.bool_or("tls", false);
            let is_other = |name: &str| SECURITY.iter().any(|other| other.eq_ignore_ascii_case(name));
            let framed = params.has("or-value")
                && headers.iter().any(|(_, value)| params.strings("or-value").any(|word| fits(word, value)));
            if own.peek().is_none()
                && asked
                && !framed
                && let Some((other, _)) = headers.iter().find(|(name, _)| is_other(name))
            {
                out.finding(node.key_place(), format!("{wanted} is missing beside {other}")).key(wanted);
            }
            for (name, value) in own {
                if let Some(flaw) = flaw(value, None, params) {
                    out.finding(line_place(node, value), format!("{name} {}", flaw.why)).key(*name);
                }
            }
        }
    }
}

/// Headers that protect users.
const SECURITY: [&str; 6] = [
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
];

/// The header that a line of a snippet sets.
fn in_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().trim_end_matches(';').trim_end_matches("always").trim();
    let (directive, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let (name, value) = match directive {
        "add_header" => rest.split_once(char::is_whitespace)?,
        "more_set_headers" => rest.trim_matches(['"', '\'']).split_once(':')?,
        _ => return None,
    };
    let unquoted = value.trim().trim_matches(['"', '\'']);
    (!unquoted.contains('$')).then(|| (name.trim_matches(['"', '\'']), unquoted))
}

/// The value where it stands in the file, or the annotation's key.
fn line_place(node: Node<'_>, value: &str) -> Place {
    let raw = node.source().slice(node.span());
    match raw.find(value).filter(|_| !value.is_empty() && raw.matches(value).count() == 1) {
        Some(at) => {
            let start = node.span().start + at as u32;
            Place {
                span: stockade_sdk::Span { start, end: start + value.len() as u32 },
                node: Some(node.id()),
            }
        }
        None => node.key_place(),
    }
}
