//! Single settings of a service.

use crate::interpolate::is_known;
use crate::telling::{Mend, Telling, written_at};
use crate::view::{Answer, Compose, Service, switch, text};
use stockade_sdk::tree_edit::{remove, set, word};
use stockade_sdk::{Kind, Out, Params};

/// `service-setting`: a field has a forbidden value, or lacks the required one.
pub(crate) fn service_setting(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let required = params.string("require");
    let is_switch = |value: &str| matches!(value, "true" | "false");
    let switches = required.is_some_and(is_switch) || params.strings("forbid").any(is_switch);
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        if params.bool_or("hooks", false) {
            let hooks = ["post_start", "pre_stop"].into_iter().flat_map(|list| service.list(list));
            for node in hooks.filter_map(|hook| crate::view::ask(hook, field).node()) {
                if switch(node).is_some_and(|on| params.strings("forbid").any(|v| v == on.to_string())) {
                    let what = format!("runs a hook with {field} set to {}", node.text());
                    telling.say(service, node.entry_place(), what, || {
                        Mend::unsafe_one(format!("remove {field}"), remove(node, service.node))
                    });
                }
            }
        }
        match service.ask(field) {
            Answer::Is(node) => {
                let on = switch(node).filter(|_| switches).map(|on| on.to_string());
                let Some(value) = on.or_else(|| text(node)).filter(|v| is_known(v)) else { continue };
                let bad = match required {
                    Some(required) => value != required,
                    None => params.strings("forbid").any(|v| v == value),
                };
                if !bad {
                    continue;
                }
                telling.say(
                    service,
                    node.entry_place(),
                    format!("sets {field} to {value}"),
                    || match required {
                        Some(required) => set_mend(service, &[field], required),
                        None => Mend::unsafe_one(format!("remove {field}"), remove(node, service.node)),
                    },
                );
            }
            Answer::Missing if !service.partial => {
                let Some(required) = required else { continue };
                let what = format!("does not set {field} to {required}");
                telling.say(service, service.place(), what, || set_mend(service, &[field], required));
            }
            _ => {}
        }
    }
}

/// `one-of-missing`: none of several fields is set, which all say the same.
pub(crate) fn one_of_missing(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let what = params.string("what").unwrap_or("setting");
    let fix = |service: &Service<'_>| {
        let (field, value) = (params.string("fix-field")?, params.string("fix")?);
        let path: Vec<&str> = field.split('.').collect();
        set_mend(service, &path, value)
    };
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let mut nodes = params.strings("fields").filter_map(|field| service.ask(field).node());
        let refused = nodes.find_map(|node| {
            let value = text(node)?;
            params.strings("refuse").any(|refused| refused == value).then_some((node, value))
        });
        if let Some((node, value)) = refused {
            let what = format!("sets {} to {value}", node.name());
            telling.say(service, node.entry_place(), what, || fix(service));
            continue;
        }
        if !params.strings("fields").all(|field| service.lacks(field)) {
            continue;
        }
        let mut conditions = params.strings("only-with").peekable();
        if conditions.peek().is_some() && !conditions.any(|field| service.ask(field).node().is_some()) {
            continue;
        }
        telling.say(service, service.place(), format!("has no {what}"), || fix(service));
    }
}

fn set_mend(service: &Service<'_>, path: &[&str], value: &str) -> Option<Mend> {
    Mend::unsafe_one(format!("set {} to {value}", path.join(".")), set(service.node, path, value))
}

/// `restart-policy`: a service is started again without end.
pub(crate) fn restart_policy(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        if let Some(node) = service.ask("restart").node()
            && let Some(value @ ("always" | "unless-stopped")) = text(node).as_deref()
        {
            telling.say(service, node.entry_place(), format!("restarts without end: {value}"), || None);
        }
        let Some(policy) = service.ask("deploy.restart_policy").node() else { continue };
        let never = policy.get("condition").is_some_and(|c| c.text() == "none");
        if policy.resolve().kind() != Kind::Mapping || never || policy.may_have_more() {
            continue;
        }
        if policy.get("max_attempts").is_none() && !service.partial {
            telling.say(service, written_at(policy), "restarts without end: no max_attempts", || None);
        }
    }
}

/// `healthcheck-disabled`: a health check that the image may bring is switched off.
pub(crate) fn healthcheck_disabled(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let Some(check) = service.ask("healthcheck").node() else { continue };
        let disabled = check.get("disable").filter(|n| text(*n).as_deref() == Some("true"));
        let none = check.get("test").filter(|n| {
            let first = crate::view::items(*n).first().and_then(|n| text(*n));
            first.as_deref() == Some("NONE")
        });
        let Some(node) = disabled.or(none) else { continue };
        telling.say(service, node.entry_place(), "switches its health check off", || {
            Mend::unsafe_one("remove healthcheck", remove(check, service.node))
        });
    }
}

/// `logging-unbounded`: the log file of a container is never cut.
pub(crate) fn logging_unbounded(view: &Compose<'_>, _: &Params, out: &mut Out) {
    const WHAT: &str = "logs without bound: no max-size";
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        if service.partial {
            continue;
        }
        match service.ask("logging") {
            Answer::Missing => telling.say(service, service.place(), WHAT, || {
                let value = "{driver: json-file, options: {max-size: \"10m\", max-file: \"3\"}}";
                let json = word(service.node, "").starts_with('"');
                let edits = set(service.node, &["logging"], value).filter(|_| !json);
                Mend::safe("keep three log files of 10 MB", edits)
            }),
            Answer::Is(logging) => {
                let driver = match crate::view::ask(logging, "driver") {
                    Answer::Is(node) => text(node),
                    Answer::Missing => Some("json-file".to_owned()),
                    Answer::Unknown => None,
                };
                let size = crate::view::ask(logging, "options.max-size");
                if driver.as_deref() != Some("json-file") || !matches!(size, Answer::Missing) {
                    continue;
                }
                telling.say(service, written_at(logging), WHAT, || {
                    let edits = set(service.node, &["logging", "options", "max-size"], "\"10m\"");
                    Mend::safe("cut log files at 10 MB", edits)
                });
            }
            Answer::Unknown => {}
        }
    }
}
