//! Single settings of a service.

use crate::interpolate::is_known;
use crate::view::{Answer, Compose, switch, text};
use stockade_sdk::tree_edit::{remove, set, word};
use stockade_sdk::{Kind, Out, Params};

/// `service-setting`: a field has a forbidden value, or lacks the required one.
pub(crate) fn service_setting(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let required = params.string("require");
    let is_switch = |value: &str| matches!(value, "true" | "false");
    let switches = required.is_some_and(is_switch) || params.strings("forbid").any(is_switch);
    for service in &view.services {
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
                let finding = out.finding(
                    node.entry_place(),
                    format!("service {} sets {field} to {value}", service.name()),
                );
                let (title, edits) = match required {
                    Some(required) => {
                        (format!("set {field} to {required}"), set(service.node, &[field], required))
                    }
                    None => (format!("remove {field}"), remove(node, service.node)),
                };
                if let Some(edits) = edits {
                    finding.unsafe_fix(title, edits);
                }
            }
            Answer::Missing if !service.partial => {
                let Some(required) = required else { continue };
                let message = format!("service {} does not set {field} to {required}", service.name());
                let place = service.place();
                let edits = out.keeps(place).then(|| set(service.node, &[field], required)).flatten();
                let finding = out.finding(place, message);
                if let Some(edits) = edits {
                    finding.unsafe_fix(format!("set {field} to {required}"), edits);
                }
            }
            _ => {}
        }
    }
}

/// `one-of-missing`: none of several fields is set, which all say the same.
pub(crate) fn one_of_missing(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let what = params.string("what").unwrap_or("setting");
    for service in &view.services {
        let mut nodes = params.strings("fields").filter_map(|field| service.ask(field).node());
        let refused = nodes.find_map(|node| {
            let value = text(node)?;
            params.strings("refuse").any(|refused| refused == value).then_some((node, value))
        });
        if let Some((node, value)) = refused {
            let message = format!("service {} sets {} to {value}", service.name(), node.name());
            let finding = out.finding(node.entry_place(), message);
            if let Some((fix, edits)) = fix(service.node, params) {
                finding.unsafe_fix(fix, edits);
            }
            continue;
        }
        if !params.strings("fields").all(|field| service.lacks(field)) {
            continue;
        }
        let mut conditions = params.strings("only-with").peekable();
        if conditions.peek().is_some() && !conditions.any(|field| service.ask(field).node().is_some()) {
            continue;
        }
        let place = service.place();
        let fix = out.keeps(place).then(|| fix(service.node, params)).flatten();
        let finding = out.finding(place, format!("service {} has no {what}", service.name()));
        if let Some((fix, edits)) = fix {
            finding.unsafe_fix(fix, edits);
        }
    }
}

fn fix(service: stockade_sdk::Node<'_>, params: &Params) -> Option<(String, Vec<stockade_sdk::Edit>)> {
    let (field, value) = (params.string("fix-field")?, params.string("fix")?);
    let path: Vec<&str> = field.split('.').collect();
    Some((format!("set {field} to {value}"), set(service, &path, value)?))
}

/// `restart-policy`: a service is started again without end.
pub(crate) fn restart_policy(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for service in &view.services {
        if let Some(node) = service.ask("restart").node()
            && let Some(value @ ("always" | "unless-stopped")) = text(node).as_deref()
        {
            let message = format!("service {} restarts without end: {value}", service.name());
            out.finding(node.entry_place(), message);
        }
        let Some(policy) = service.ask("deploy.restart_policy").node() else { continue };
        let never = policy.get("condition").is_some_and(|c| c.text() == "none");
        if policy.resolve().kind() != Kind::Mapping || never || policy.may_have_more() {
            continue;
        }
        if policy.get("max_attempts").is_none() && !service.partial {
            let message = format!("service {} restarts without end: no max_attempts", service.name());
            out.finding(policy.key_place(), message);
        }
    }
}

/// `healthcheck-disabled`: a health check that the image may bring is switched off.
pub(crate) fn healthcheck_disabled(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for service in &view.services {
        let Some(check) = service.ask("healthcheck").node() else { continue };
        let disabled = check.get("disable").filter(|n| text(*n).as_deref() == Some("true"));
        let none = check.get("test").filter(|n| {
            let first = crate::view::items(*n).first().and_then(|n| text(*n));
            first.as_deref() == Some("NONE")
        });
        let Some(node) = disabled.or(none) else { continue };
        let message = format!("service {} switches its health check off", service.name());
        let finding = out.finding(node.entry_place(), message);
        if let Some(edits) = remove(check, service.node) {
            finding.unsafe_fix("remove healthcheck", edits);
        }
    }
}

/// `logging-unbounded`: the log file of a container is never cut.
pub(crate) fn logging_unbounded(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for service in &view.services {
        if service.partial {
            continue;
        }
        let message = || format!("service {} logs without bound: no max-size", service.name());
        match service.ask("logging") {
            Answer::Missing => {
                let place = service.place();
                let fix = || {
                    let value = "{driver: json-file, options: {max-size: \"10m\", max-file: \"3\"}}";
                    let json = word(service.node, "").starts_with('"');
                    set(service.node, &["logging"], value).filter(|_| !json)
                };
                let edits = out.keeps(place).then(fix).flatten();
                let finding = out.finding(place, message());
                if let Some(edits) = edits {
                    finding.safe_fix("keep three log files of 10 MB", edits);
                }
            }
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
                let finding = out.finding(logging.key_place(), message());
                if let Some(edits) = set(service.node, &["logging", "options", "max-size"], "\"10m\"") {
                    finding.safe_fix("cut log files at 10 MB", edits);
                }
            }
            Answer::Unknown => {}
        }
    }
}
