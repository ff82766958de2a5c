//! Who may reach what: aliases, listings, status pages, admin areas.

use crate::view::{
    Comparison, Location, View, arg, arg_text, args, inside, levels, location, may_bring, variables,
};
use std::collections::HashMap;
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// `alias-traversal`: `/files../x` gets out of the folder.
pub fn alias_traversal(view: &View<'_>, _: &Params, out: &mut Out) {
    for alias in view.named(&["alias"]) {
        let Some(block) = alias.parent().filter(|p| p.is("location")) else { continue };
        let Location { path: prefix, by } = location(block);
        let Some(target) = arg(alias, 0).filter(|t| t.text().ends_with('/')) else { continue };
        if by != Comparison::Prefix || prefix.ends_with('/') || prefix.is_empty() || prefix.starts_with('@') {
            continue;
        }
        let word = args(block).last();
        let finding = out.finding(
            word.map_or(block.key_place(), Node::place),
            format!("location {prefix} has no slash at its end and its alias {} has one", target.text()),
        );
        if let Some(word) = word {
            let inside_quotes = u32::from(word.style() != 0);
            let at = word.span().end.saturating_sub(inside_quotes);
            finding.unsafe_fix("End the location with a slash", vec![Edit::insert(at, "/")]);
        }
    }
}

/// `autoindex`: folders are listed.
pub fn autoindex(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for directive in view.named(&["autoindex"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.text() == "on") else { continue };
        let Some(block) = directive.parent() else { continue };
        if !is_guarded(view, block) {
            out.finding(directive.entry_place(), format!("{} lists its folders", block.name()))
                .unsafe_fix("Switch it off", vec![Edit::replace_value(value, "off")]);
        }
    }
}

/// Variables that say how a request came and what it wants, and not from whom.
const NOT_WHO: [&str; 16] = [
    "scheme",
    "https",
    "host",
    "http_host",
    "server_name",
    "server_port",
    "request_method",
    "request_uri",
    "request_filename",
    "uri",
    "args",
    "query_string",
    "http_user_agent",
    "http_referer",
    "invalid_referer",
    "http_x_forwarded_proto",
];

/// Whether an `if` turns some clients away by who they are. Leading to https, and keeping robots or methods out, does not.
fn turns_away(condition: Node<'_>) -> bool {
    let returns = inside(condition).any(|inner| inner.is("return"));
    returns && variables(condition.text()).iter().any(|name| !NOT_WHO.contains(name))
}

/// Whether something decides about who gets in, here or further out.
fn is_guarded<'a>(view: &View<'a>, block: Node<'a>) -> bool {
    let guard = |d: Node<'_>| match d.name() {
        "auth_basic" => arg_text(d, 0) != "off",
        "auth_request" | "auth_jwt" => arg_text(d, 0) != "off",
        // An `allow` alone guards nothing, which a rule of its own says.
        "allow" => arg_text(d, 0) != "all",
        "ssl_verify_client" => arg_text(d, 0) == "on",
        "auth_digest"
        | "auth_pam"
        | "auth_ldap"
        | "auth_ldap_servers"
        | "internal"
        | "deny"
        | "secure_link"
        | "access_by_lua_block"
        | "access_by_lua_file"
        | "access_by_lua"
        | "auth_gss"
        | "js_access" => true,
        "return" => !arg_text(d, 0).starts_with('2'),
        "if" => turns_away(d),
        _ => false,
    };
    let decides = |level: Node<'_>| {
        may_bring_here(level) || inside(level).any(|d| (level.is("location") || !d.is("return")) && guard(d))
    };
    levels(block).any(|level| view.guards(level, decides))
}

/// Includes above the server do not bring guards for one location, as a rule.
fn may_bring_here(level: Node<'_>) -> bool {
    (level.is("location") || level.is("server")) && may_bring(level)
}

/// `status-public`: a status page for everyone.
pub fn status(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for block in view.named(&["location"]) {
        let page = inside(block).find(|d| {
            matches!(d.name(), "stub_status" | "status" | "vhost_traffic_status_display" | "check_status")
        });
        let Location { path, by } = location(block);
        let metrics = by != Comparison::Pattern
            && path.trim_end_matches('/') == "/metrics"
            && inside(block).any(|d| d.name().ends_with("_pass"));
        let what = match page {
            Some(page) => page.name(),
            None if metrics => "the upstream's metrics",
            None => continue,
        };
        let local = block.parent().is_some_and(|server| {
            let mut listens = inside(server).filter(|d| d.is("listen")).peekable();
            listens.peek().is_some() && listens.all(|l| crate::view::is_loopback(arg_text(l, 0)))
        });
        if !local && !is_guarded(view, block) {
            out.finding(block.key_place(), format!("location {path} shows {what} to anyone"));
        }
    }
}

/// `admin-location-unprotected`: an admin area without a guard of its own.
pub fn admin(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for block in view.named(&["location"]) {
        let Location { path, .. } = location(block);
        let lower = path.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let named = words.iter().any(|word| params.strings("words").any(|w| w == *word))
            && !params.strings("own-login").any(|product| lower.contains(product));
        let files =
            words.iter().any(|w| matches!(*w, "static" | "assets" | "media" | "css" | "js" | "public"));
        let serves = inside(block)
            .any(|d| d.name().ends_with("_pass") || matches!(d.name(), "root" | "alias" | "try_files"));
        if named && !files && serves && !lower.contains("(?!") && !is_guarded(view, block) {
            out.finding(block.key_place(), format!("location {path} asks nobody who they are"));
        }
    }
}

/// `internal-missing`: a location for nginx's own use that clients can ask for.
pub fn internal_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    let mut users: HashMap<&str, Vec<Node<'_>>> = HashMap::new();
    for user in view.named(&["auth_request", "error_page"]) {
        users.entry(args(user).last().map_or("", Node::text)).or_default().push(user);
    }
    for block in view.named(&["location"]) {
        let Location { path, by } = location(block);
        if by == Comparison::Pattern
            || path.starts_with('@')
            || path == "/"
            || inside(block).any(|d| d.is("internal"))
            || may_bring(block)
        {
            continue;
        }
        let passes = inside(block).any(|d| d.name().ends_with("_pass"));
        // A static error page may be seen by anyone.
        let user = users.get(path).into_iter().flatten().find(|user| user.is("auth_request") || passes);
        if let Some(user) = user {
            out.finding(
                block.key_place(),
                format!("location {path} is for {} and open to clients", user.name()),
            )
            .label(user.entry_place(), "used here");
        }
    }
}

/// Whether a location is about dot files. `/.well-known/` is there to be served, and `.ht` are the files of another server.
fn is_about_dot_files(location: &str) -> bool {
    let behind = |dot: &str| location.split_once(dot).map(|(_, rest)| rest);
    let others = |rest: &str| !["ht", "well-known", "*", "+"].iter().any(|start| rest.starts_with(start));
    ["/\\.", "(^|/)\\.", "/."].iter().filter_map(|dot| behind(dot)).any(others)
}

/// Whether an included file holds parameters or types, and no locations.
fn holds_parameters(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    file.ends_with("_params")
        || matches!(file, "fastcgi.conf" | "fastcgi-php.conf" | "mime.types" | "proxy.conf")
}

/// `hidden-files-served`: a root that may hold `.git` or `.env`, and nothing that denies them.
pub fn hidden_files(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for server in view.servers() {
        let Some(root) = inside(server).find(|d| d.is("root")) else { continue };
        let Some(folder) = arg(root, 0).filter(|f| f.is_known()) else { continue };
        let path = folder.text().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        // What a build put together holds no repository.
        if params.strings("built").any(|b| b == last) || path == "/usr/share/nginx/html" {
            continue;
        }
        let denies = server.descendants().filter(|d| d.kind() == Kind::Element).any(|d| {
            d.is("location") && is_about_dot_files(d.text())
                || d.is("include") && !holds_parameters(arg_text(d, 0))
        });
        let redirects = inside(server).any(|d| d.is("return"));
        if !denies && !redirects {
            out.finding(
                folder.place(),
                format!("server has the root {path} and no location that denies dot files"),
            );
        }
    }
}
