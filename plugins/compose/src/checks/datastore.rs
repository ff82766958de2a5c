//! Databases, caches, queues and the like.

use crate::image::datastore;
use crate::interpolate::{interpolate, is_known};
use crate::ports::ports;
use crate::telling::Telling;
use crate::view::{Answer, Compose, Service, items, text};
use stockade_sdk::{Kind, Node, Out, Params};

/// Ports that belong to a datastore where the image is built here and its name says nothing: PostgreSQL, MySQL, MongoDB, Redis, memcached, SQL Server,
/// Cassandra.
const UNMISTAKABLE: [u32; 7] = [5432, 3306, 27017, 6379, 11211, 1433, 9042];

/// `port-datastore`: the port of a datastore is reachable from other machines.
pub(crate) fn published(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let known = match datastore(service) {
            Some(store) => store.ports,
            // The name of an image that is built here is whatever its author calls it.
            None if service.lacks("image") || service.ask("build").node().is_some() => &UNMISTAKABLE,
            None => continue,
        };
        for port in ports(service).iter().filter(|p| p.is_open()) {
            let Some((from, to)) = port.target else { continue };
            if known.iter().any(|p| (from..=to).contains(p)) {
                let what = format!("publishes the datastore's port {}", port.text);
                telling.say(service, port.node.place(), what, || None);
            }
        }
    }
}

/// Variables that switch authentication off, with the values that do; `*` stands for any value that reads as "on".
const OPEN: [(&str, &str); 12] = [
    ("POSTGRES_HOST_AUTH_METHOD", "trust"),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", "*"),
    ("MARIADB_ALLOW_EMPTY_PASSWORD", "*"),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "*"),
    ("ALLOW_EMPTY_PASSWORD", "*"),
    ("ALLOW_ANONYMOUS_LOGIN", "*"),
    ("ALLOW_NONE_AUTHENTICATION", "*"),
    ("AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", "*"),
    ("DISABLE_SECURITY_PLUGIN", "*"),
    ("plugins.security.disabled", "*"),
    ("xpack.security.enabled", "false"),
    ("NEO4J_AUTH", "none"),
];

/// The variables of a service: name, value after interpolation, node. `None` where there may be others.
fn environment<'a>(service: &Service<'a>) -> (Vec<(String, Option<String>, Node<'a>)>, bool) {
    let mut open = !service.lacks("env_file");
    let node = match service.ask("environment") {
        Answer::Is(node) => node,
        Answer::Missing => return (Vec::new(), open),
        Answer::Unknown => return (Vec::new(), true),
    };
    let mut all = Vec::new();
    open |= node.may_have_more();
    collect(node, 0, &mut all);
    (all, open)
}

fn collect<'a>(node: Node<'a>, depth: u8, all: &mut Vec<(String, Option<String>, Node<'a>)>) {
    for child in node.children() {
        if child.kind() == Kind::Merge {
            if depth < 4 {
                let target = child.resolve();
                let parts: Vec<Node<'_>> =
                    if target.kind() == Kind::Sequence { target.children().collect() } else { vec![target] };
                parts.into_iter().for_each(|part| collect(part, depth + 1, all));
            }
        } else if child.key_span().is_some() {
            all.push((
                child.name().to_owned(),
                text(child).or_else(|| child.is_null().then(String::new)),
                child,
            ));
        } else if let Some((name, value)) = child.text().split_once('=') {
            all.push((name.to_owned(), Some(interpolate(value)), child));
        } else {
            all.push((child.text().to_owned(), None, child));
        }
    }
}

/// `datastore-authentication`: whoever reaches the datastore may use it.
pub(crate) fn authentication(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let Some(store) = datastore(service) else { continue };
        let (variables, open) = environment(service);
        let mut found = false;
        for (name, value, node) in &variables {
            let Some(value) = value.as_deref().filter(|v| is_known(v)) else { continue };
            let on = matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on");
            let off =
                OPEN.iter().any(|(n, v)| n == name && (*v == "*" && on || v.eq_ignore_ascii_case(value)));
            let needed = store.needs.iter().any(|part| name.ends_with(part) && part.ends_with("PASSWORD"));
            if off {
                found = true;
                telling.say(service, node.entry_place(), format!("sets {name} to {value}"), || None);
            } else if needed && value.is_empty() && !node.is_null() {
                found = true;
                telling.say(service, node.entry_place(), format!("sets {name} to nothing"), || None);
            }
        }
        if found || open || service.partial || store.needs.is_empty() {
            continue;
        }
        let set = variables.iter().any(|(name, ..)| {
            let name = name.strip_suffix("_FILE").unwrap_or(name);
            store.needs.iter().any(|part| name.ends_with(part))
        });
        if !set && serves_openly(service) {
            let needed = store.needs.first().copied().unwrap_or_default();
            telling.say(service, service.place(), format!("sets no password ({needed})"), || None);
        }
    }
}

/// Whether what a service is started with leaves authentication as it is. Flags such as `--auth`, files of settings and a
/// client's use of the same image are said in the command.
fn serves_openly(service: &Service<'_>) -> bool {
    if !service.lacks("entrypoint") {
        return false;
    }
    let command = match service.ask("command") {
        Answer::Is(node) => items(node),
        Answer::Missing => return true,
        Answer::Unknown => return false,
    };
    let texts: Vec<String> = command.into_iter().filter_map(text).collect();
    let mut words = texts.iter().flat_map(|text| text.split_ascii_whitespace()).peekable();
    let serves = words.peek().is_some_and(|first| first.starts_with('-') || *first == "mongod");
    serves
        && words.all(|word| {
            let lower = word.to_ascii_lowercase();
            let told = ["auth", "keyfile", "config", "security"].iter().any(|flag| lower.contains(flag));
            !told && is_known(word) && word != "-f"
        })
}

/// `network-default`: a datastore shares the default network with other services.
pub(crate) fn network_default(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let shared: Vec<&Service<'_>> =
        view.services.iter().filter(|s| s.lacks("networks") && s.lacks("network_mode")).collect();
    if shared.len() < 2 {
        return;
    }
    if let Some(store) = shared.iter().find(|s| datastore(s).is_some()) {
        let message =
            format!("service {} shares the default network with {} more", store.name(), shared.len() - 1);
        out.finding(store.place(), message);
    }
}
