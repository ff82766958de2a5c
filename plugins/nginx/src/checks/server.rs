//! What a server tells, takes and writes down.

use super::listen::only_redirects;
use crate::view::{Found, View, arg, arg_text, in_force, inside, levels, may_bring};
use stockade_sdk::{Edit, Node, Out, Params};

/// `server-tokens`: on, or nowhere off.
pub fn tokens(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["server_tokens"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.text() == "on" || v.text() == "build") else {
            continue;
        };
        out.finding(value.place(), format!("server_tokens is {}", value.text()))
            .safe_fix("Switch it off", vec![Edit::replace_value(value, "off")]);
    }
    for http in view.named(&["http"]) {
        let servers: Vec<_> = inside(http).filter(|d| d.is("server")).collect();
        let set = |block| inside(block).any(|d| d.is("server_tokens"));
        let silent = set(http)
            || may_bring(http)
            || servers.is_empty()
            || servers.iter().all(|server| set(*server) || may_bring(*server));
        if silent {
            continue;
        }
        let finding = out.finding(http.key_place(), "http does not set server_tokens off").key("http");
        // Behind the opening brace, indented as the first directive is.
        if let Some(first) = inside(http).next().and_then(|d| d.key_span()) {
            let source = view.source;
            let line = source.line_at(first.start);
            let indent = source.slice(stockade_sdk::Span { start: line.start, end: first.start });
            let text = if indent.trim().is_empty() {
                format!("server_tokens off;\n{indent}")
            } else {
                "server_tokens off; ".to_owned()
            };
            finding.safe_fix("Switch it off", vec![Edit::insert(first.start, text)]);
        }
    }
}

/// Bytes of a size such as `10m`.
fn bytes(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (number, unit) = match lower.as_bytes().last()? {
        b'k' => (lower.strip_suffix('k')?, 1 << 10),
        b'm' => (lower.strip_suffix('m')?, 1 << 20),
        b'g' => (lower.strip_suffix('g')?, 1 << 30),
        _ => (lower.as_str(), 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// `body-size`: no limit, or one above `megabytes`.
pub fn body_size(view: &View<'_>, params: &Params, out: &mut Out) {
    let ceiling = u64::try_from(params.int_or("megabytes", 1024)).unwrap_or(1024);
    for directive in view.named(&["client_max_body_size"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.is_known()) else { continue };
        let Some(size) = bytes(value.text()) else { continue };
        let message = match size {
            0 => "client_max_body_size is 0: bodies of any size are taken".to_owned(),
            size if size > ceiling.saturating_mul(1 << 20) => {
                format!("client_max_body_size is {}, above {ceiling} MB", value.text())
            }
            _ => continue,
        };
        out.finding(value.place(), message)
            .unsafe_fix("Allow 10 MB", vec![Edit::replace_value(value, "10m")]);
    }
}

/// `limit-req-missing`: a server passes requests on and no limit applies.
pub fn limit_req_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let passes = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass"];
    for server in view.servers() {
        let below = || server.descendants().filter(|d| d.kind() == stockade_sdk::Kind::Element);
        let Some(pass) = below().find(|d| passes.contains(&d.name())) else { continue };
        let limited =
            below().any(|d| d.is("limit_req") || (d.is("include") && !arg_text(d, 0).ends_with("_params")));
        if limited || !matches!(in_force(view, server, "limit_req", false), Found::Unset) {
            continue;
        }
        out.finding(server.key_place(), format!("server has {} and no limit_req applies to it", pass.name()));
    }
}

/// `user-root`: workers run as root.
pub fn user_root(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["user"]) {
        let top = directive.parent().is_some_and(|p| p.kind() == stockade_sdk::Kind::Stream);
        let Some(user) = arg(directive, 0).filter(|u| top && u.text() == "root") else { continue };
        out.finding(user.place(), "workers run as root")
            .unsafe_fix("Run them as nginx", vec![Edit::replace_value(user, "nginx")]);
    }
}

/// `access-log-off`: for a whole server or its main location.
pub fn access_log_off(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    // What is said of the block of one directive holds for all in it.
    let mut known: Option<(Node<'_>, bool)> = None;
    for directive in view.named(&["access_log"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.text() == "off") else { continue };
        let Some(block) = directive.parent() else { continue };
        let main = block.is("location") && block.text().trim() == "/";
        if main || block.is("server") || block.is("http") {
            let silent = match known {
                Some((judged, silent)) if judged == block => silent,
                _ => {
                    // A server that only redirects has nothing worth a log.
                    let redirects = block.is("server")
                        && (inside(block).any(|d| d.is("return")) || only_redirects(block));
                    let logged_below =
                        block.is("http") && view.named(&["access_log"]).any(|d| arg_text(d, 0) != "off");
                    redirects || logged_below
                }
            };
            known = Some((block, silent));
            if !silent {
                let place = if main { "location /" } else { block.name() };
                out.finding(value.place(), format!("{place} has access_log off"));
            }
        }
    }
}

/// `error-log-off`: errors go nowhere, or to a file that is called `off`.
pub fn error_log_off(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    // One location may have its reasons.
    for directive in view.named(&["error_log"]).filter(|d| !levels(*d).any(|l| l.is("location"))) {
        let Some(target) = arg(directive, 0) else { continue };
        let message = match target.text() {
            "off" => "error_log off writes to a file named off",
            "/dev/null" => "errors are written to /dev/null",
            _ => continue,
        };
        out.finding(target.place(), message);
    }
}
