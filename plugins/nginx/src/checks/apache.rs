//! Apache httpd.

use crate::view::{View, arg, arg_text, args, inside, levels};
use std::cell::LazyCell;
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// `apache-tokens`: ServerTokens says more than the name, or ServerSignature is on.
pub fn tokens(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["servertokens", "serversignature"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.is_known()) else { continue };
        let lower = value.text().to_ascii_lowercase();
        let (name, good, bad) = if directive.is("servertokens") {
            ("ServerTokens", "Prod", !matches!(lower.as_str(), "prod" | "productonly"))
        } else {
            ("ServerSignature", "Off", lower != "off")
        };
        if bad {
            out.finding(value.place(), format!("{name} is {}", value.text()))
                .safe_fix(format!("Set it to {good}"), vec![Edit::replace_value(value, good)]);
        }
    }
}

/// `apache-listing`: Options turns Indexes on.
pub fn listing(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for directive in view.named(&["options"]) {
        let words: Vec<Node<'_>> = args(directive).collect();
        let found = words.iter().find(|w| {
            matches!(w.text().to_ascii_lowercase().as_str(), "indexes" | "+indexes" | "all" | "+all")
        });
        let Some(word) = found else { continue };
        let finding = out
            .finding(word.place(), format!("Options {} lists folders that have no index page", word.text()));
        let relative = words.iter().all(|w| w.text().starts_with(['+', '-']));
        // `Options All` stands for most options: what is meant of them only the author knows.
        if word.text().to_ascii_lowercase().ends_with("indexes") {
            let new = if relative {
                "-Indexes"
            } else if words.len() == 1 {
                "None"
            } else {
                ""
            };
            let mut span = word.span();
            if new.is_empty() {
                span.end = words
                    .iter()
                    .map(|w| w.span().start)
                    .find(|start| *start > span.start)
                    .unwrap_or(span.end);
                if span.end == word.span().end {
                    span.start = span.start.saturating_sub(1);
                }
            }
            finding.unsafe_fix("Leave Indexes out", vec![Edit::replace(span, new)]);
        }
    }
}

/// `apache-tls-off`: a virtual host of the port for HTTPS answers in plain text.
pub fn tls_off(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for directive in view.named(&["sslengine"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.is_known() && v.text().eq_ignore_ascii_case("off"))
        else {
            continue;
        };
        let Some(host) = levels(directive).find(|block| block.is("virtualhost")) else { continue };
        // One for both ports says so of the other one.
        if args(host).all(|address| address.text().ends_with(":443")) && args(host).next().is_some() {
            out.finding(value.place(), "SSLEngine is off on the port for HTTPS".to_owned())
                .unsafe_fix("Switch it on", vec![Edit::replace_value(value, "on")]);
        }
    }
}

/// `apache-trace`: the method TRACE is answered.
pub fn trace(view: &View<'_>, _: &Params, out: &mut Out) {
    for directive in view.named(&["traceenable"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.is_known() && !v.text().eq_ignore_ascii_case("off"))
        else {
            continue;
        };
        out.finding(value.place(), format!("TraceEnable is {}", value.text()))
            .safe_fix("Switch it off", vec![Edit::replace_value(value, "Off")]);
    }
}

/// `apache-admin-location`: a status or admin page for everyone.
pub fn admin(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for location in view.named(&["location", "locationmatch"]) {
        let handler = inside(location).any(|d| {
            d.is("sethandler")
                && matches!(arg_text(d, 0), "server-status" | "server-info" | "balancer-manager")
        });
        let path = args(location).last().map_or("", Node::text);
        let lower = path.to_ascii_lowercase();
        let named = lower.split('/').any(|part| params.strings("paths").any(|p| p == part));
        if !(handler || named) || location.may_have_more() {
            continue;
        }
        let rules = || location.descendants().filter(|d| d.kind() == Kind::Element);
        let open = rules().find(|d| d.is("require") && d.text().eq_ignore_ascii_case("all granted"));
        let guarded = rules().any(|d| {
            (d.is("require") && !d.text().eq_ignore_ascii_case("all granted"))
                || (d.is("deny") && d.text().to_ascii_lowercase().starts_with("from"))
                || matches!(d.name(), "include" | "includeoptional" | "authtype" | "redirect")
        });
        if let Some(open) = open {
            out.finding(open.entry_place(), format!("{path} is granted to all"));
        } else if !guarded {
            out.finding(location.key_place(), format!("{path} has no Require"));
        }
    }
}

/// `apache-root-granted`: the whole file system may be served.
pub fn root_granted(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for directory in view.named(&["directory"]) {
        if arg_text(directory, 0) != "/" {
            continue;
        }
        let granted = inside(directory).find(|d| {
            let rule = d.text().split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
            d.is("require") && rule == "all granted" || d.is("allow") && rule == "from all"
        });
        if let Some(granted) = granted {
            let new = if granted.is("require") { "Require all denied" } else { "Deny from all" };
            out.finding(granted.entry_place(), "the root of the file system is granted to all")
                .unsafe_fix("Deny it", vec![Edit::replace(granted.span(), new)]);
        }
    }
}

/// `apache-forward-proxy`: anyone may send requests to others through the server.
pub fn forward_proxy(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    // `<Proxy *>` says who may.
    let limited = LazyCell::new(|| {
        view.named(&["proxy", "proxymatch"]).any(|block| {
            inside(block).any(|d| {
                d.is("require") && !d.text().eq_ignore_ascii_case("all granted")
                    || matches!(d.name(), "deny" | "authtype" | "include" | "includeoptional")
                    || d.name().starts_with("require") && inside(d).next().is_some()
            })
        })
    });
    for directive in view.named(&["proxyrequests"]) {
        let Some(value) = arg(directive, 0).filter(|v| v.text().eq_ignore_ascii_case("on")) else { continue };
        if !*limited {
            out.finding(value.place(), "ProxyRequests is On and no Proxy section says who may use it")
                .unsafe_fix("Switch it off", vec![Edit::replace_value(value, "Off")]);
        }
    }
}
