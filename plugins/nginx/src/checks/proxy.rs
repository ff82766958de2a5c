//! Requests passed on, and redirects.

use crate::view::{
    Comparison, Found, Location, View, arg, arg_text, args, in_force, inside, is_loopback, levels, location,
    replace_arg, variables,
};
use stockade_sdk::{Node, Out, Params};

/// A variable that holds a part of the request's path.
#[derive(Clone, Copy, Debug)]
pub struct Capture<'a> {
    /// The part of the pattern.
    pub group: &'a str,
}

/// The group of the location's pattern that a variable (`1`, `name`) holds. `None` where something else may have set it.
#[must_use]
pub fn capture<'a>(view: &View<'a>, directive: Node<'a>, variable: &str) -> Option<Capture<'a>> {
    let block = levels(directive).find(|l| l.is("location"))?;
    let Location { path: pattern, by: Comparison::Pattern } = location(block) else { return None };
    let number = variable.parse::<usize>().ok();
    // `rewrite` and `if` set the numbers anew.
    if number.is_some() && view.renumbers(block) {
        return None;
    }
    groups(pattern)
        .into_iter()
        .enumerate()
        .find(|(at, (name, _))| number == Some(at + 1) || *name == Some(variable))
        .map(|(_, (_, group))| Capture { group })
}

/// The capturing groups of a pattern: name and inside.
fn groups(pattern: &str) -> Vec<(Option<&str>, &str)> {
    let bytes = pattern.as_bytes();
    let mut open: Vec<Option<(usize, usize)>> = Vec::new();
    let mut found: Vec<(Option<&str>, &str)> = Vec::new();
    let mut class = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' if !class => class = true,
            b']' if class => class = false,
            b'(' if !class => {
                let rest = pattern.get(at + 1..).unwrap_or_default();
                let name = rest
                    .strip_prefix("?P<")
                    .or_else(|| rest.strip_prefix("?<"))
                    .filter(|n| !n.starts_with(['=', '!']))
                    .and_then(|n| n.split_once('>'));
                if let Some((name, inside)) = name {
                    open.push(Some((found.len(), pattern.len() - inside.len())));
                    found.push((Some(name), inside));
                } else if rest.starts_with('?') {
                    open.push(None);
                } else {
                    open.push(Some((found.len(), at + 1)));
                    found.push((None, rest));
                }
            }
            b')' if !class => {
                if let Some(Some((index, start))) = open.pop()
                    && let Some(group) = found.get_mut(index)
                {
                    group.1 = pattern.get(start..at).unwrap_or_default();
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether a client decides what this variable holds. `depth` bounds chains of `set`.
fn is_controlled<'a>(view: &View<'a>, directive: Node<'a>, name: &'a str, depth: u8) -> bool {
    let request = ["host", "args", "query_string", "http_host", "request_body", "remote_user"];
    if request.contains(&name) || ["arg_", "http_", "cookie_"].iter().any(|p| name.starts_with(p)) {
        return true;
    }
    if let Some(Capture { group }) = capture(view, directive, name) {
        return may_be_any_host(group);
    }
    let is_set = |set: &Node<'a>| {
        variables(host(arg_text(*set, 1))).into_iter().any(|v| is_controlled(view, *set, v, depth + 1))
    };
    depth < 4 && view.controlled(name, depth, || view.sets(name).iter().any(is_set))
}

/// Whether what a group of a pattern matches may be any host. A list of words, or letters alone, cannot.
fn may_be_any_host(group: &str) -> bool {
    let (mut escaped, mut in_class) = (false, false);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            // Anything but a blank.
            b'S' if escaped => return true,
            _ if escaped && !(in_class && byte == b'.') => {}
            // In a class a dot is one with a backslash as well, and one of many characters.
            b'.' => return true,
            b'^' if in_class && group.get(..at).is_some_and(|before| before.ends_with('[')) => return true,
            b'[' => in_class = true,
            b']' => in_class = false,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    false
}

/// The host of a target: what stands between scheme and path. The variables that begin with a slash end it.
fn host(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or(rest);
    ["$request_uri", "${request_uri}", "$uri", "${uri}", "$document_uri", "$is_args", "?"]
        .iter()
        .fold(rest, |rest, end| rest.split(end).next().unwrap_or(rest))
}

/// `proxy-target`: the `part` (`host` or `scheme`) of a target is a client's choice.
pub fn target(view: &View<'_>, params: &Params, out: &mut Out) {
    let scheme = params.string("part") == Some("scheme");
    for directive in view.named(&["proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass"]) {
        let Some(value) = arg(directive, 0) else { continue };
        // Only redirects of nginx itself get to an internal location.
        if levels(directive).any(|l| l.is("location") && view.level(l).get("internal").is_some()) {
            continue;
        }
        let text = value.text();
        let part = if scheme { text.split_once("://").map_or("", |(scheme, _)| scheme) } else { host(text) };
        let found = variables(part).into_iter().find(|name| is_controlled(view, directive, name, 0));
        if let Some(name) = found {
            let what = if scheme { "scheme" } else { "host" };
            out.finding(
                value.place(),
                format!("clients choose the {what} of {} by ${name}", directive.name()),
            );
        }
    }
}

/// `h2c-smuggling`: Upgrade and Connection of the client go to the upstream.
pub fn h2c(view: &View<'_>, _: &Params, out: &mut Out) {
    for upgrade in view.named(&["proxy_set_header"]) {
        let Some(block) = upgrade.parent() else { continue };
        let is = |d: Node<'_>, name: &str, value: &str| {
            d.is("proxy_set_header") && arg_text(d, 0).eq_ignore_ascii_case(name) && arg_text(d, 1) == value
        };
        if !is(upgrade, "upgrade", "$http_upgrade")
            || !inside(block).any(|d| is(d, "connection", "$http_connection"))
        {
            continue;
        }
        if let Found::Set(version) = in_force(view, block, "proxy_http_version", false)
            && arg_text(version, 0) == "1.1"
        {
            out.finding(
                upgrade.entry_place(),
                "Upgrade and Connection of the client are passed on as they came",
            );
        }
    }
}

/// `host-header-spoofing`: `$http_host` in a header or redirect, or a query or cookie in the header Host.
pub fn host_header(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["proxy_set_header", "fastcgi_param", "uwsgi_param", "return", "rewrite"]) {
        let is_host = directive.is("proxy_set_header") && arg_text(directive, 0).eq_ignore_ascii_case("host");
        let chosen = |name: &&str| {
            *name == "http_host" || is_host && (name.starts_with("arg_") || name.starts_with("cookie_"))
        };
        let found = args(directive).find_map(|v| Some((v, variables(v.text()).into_iter().find(chosen)?)));
        let Some((value, variable)) = found else { continue };
        let what = match directive.name() {
            "return" | "rewrite" => "the redirect",
            _ => arg_text(directive, 0),
        };
        let finding =
            out.finding(value.place(), format!("{what} has ${variable}, which clients choose freely"));
        let edit = replace_arg(value, "$http_host", "$host")
            .or_else(|| replace_arg(value, "${http_host}", "${host}"));
        if let Some(edit) = edit {
            finding.unsafe_fix("Use $host", vec![edit]);
        }
    }
}

/// `insecure-redirect`: `return` or `rewrite` to an absolute URL with the scheme http.
pub fn insecure_redirect(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for directive in view.named(&["return", "rewrite"]) {
        let value = if directive.is("rewrite") {
            arg(directive, 1)
        } else {
            let code = arg_text(directive, 0);
            if code.starts_with("http:") {
                arg(directive, 0)
            } else {
                arg(directive, 1).filter(|_| code.starts_with('3'))
            }
        };
        let Some(value) = value else { continue };
        let Some(rest) = value.text().strip_prefix("http://").filter(|rest| !is_loopback(rest)) else {
            continue;
        };
        let host = rest.split('/').next().unwrap_or(rest);
        let finding =
            out.finding(value.place(), format!("{} sends clients to http://{host}", directive.name()));
        if let Some(edit) = replace_arg(value, "http://", "https://") {
            finding.unsafe_fix("Redirect to https", vec![edit]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{groups, host, may_be_any_host};

    #[test]
    fn groups_are_counted_as_pcre_does() {
        let found = groups(r"^/(a|b)/(?:x)/(?<rest>[^(]*)\(/((c)d)$");
        assert_eq!(found, [(None, "a|b"), (Some("rest"), "[^(]*"), (None, "(c)d"), (None, "c")]);
    }

    #[test]
    fn groups_that_any_host_fits() {
        for group in [".*", "[^/]+", r"[\w\.-]+", "[a-z.]+", r"\S+", r"(?:x|.+)"] {
            assert!(may_be_any_host(group), "{group}");
        }
        for group in ["blue|green", r"[a-z]+\.shop\.io", r"\d+", r"[\w-]+", r"a\^b"] {
            assert!(!may_be_any_host(group), "{group}");
        }
    }

    #[test]
    fn a_host_ends_before_the_path() {
        assert_eq!(host("http://$backend/x"), "$backend");
        assert_eq!(host("http://app$request_uri"), "app");
        assert_eq!(host("$target"), "$target");
    }
}
