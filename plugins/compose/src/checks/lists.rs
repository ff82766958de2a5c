//! Lists of a service: security options, capabilities, devices.

use crate::interpolate::is_known;
use crate::mounts::host_path;
use crate::telling::{Mend, Telling, written_at};
use crate::view::{Answer, Compose, Service, items, switch, text};
use stockade_sdk::tree_edit::{push_front, remove, set};
use stockade_sdk::{Edit, Node, Out, Params};

/// `name:value` of a security option, which may have `=` between.
fn option(text: &str) -> (String, String) {
    let (name, value) = text.split_once([':', '=']).unwrap_or((text, "true"));
    (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase())
}

/// `security-option`: a service has a forbidden option, or lacks the required one.
pub(crate) fn security_option(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let answer = service.ask("security_opt");
        let nodes = answer.node().map(items).unwrap_or_default();
        let named: Vec<(Node<'_>, String)> = nodes.into_iter().filter_map(|n| Some((n, text(n)?))).collect();
        if let Some(forbidden) = params.string("forbid") {
            let forbidden = option(forbidden);
            for (node, text) in named.iter().filter(|(_, text)| option(text) == forbidden) {
                telling.say(service, node.place(), format!("has the security option {text}"), || {
                    Mend::unsafe_one("remove the option", remove_item(*node, service))
                });
            }
        }
        let Some(required) = params.string("require") else { continue };
        let open = matches!(answer, Answer::Unknown) || named.iter().any(|(_, text)| !is_known(text));
        if service.partial || open || named.iter().any(|(_, text)| option(text) == option(required)) {
            continue;
        }
        let place = answer.node().map_or_else(|| service.place(), written_at);
        telling.say(service, place, format!("does not set {required}"), || {
            Mend::unsafe_one(format!("add {required}"), add(service, "security_opt", required))
        });
    }
}

/// Adds an item to a list of a service, which need not be there.
fn add(service: &Service<'_>, list: &str, item: &str) -> Option<Vec<Edit>> {
    match service.node.get(list).filter(|n| !n.is_null()) {
        Some(node) => push_front(node, item),
        None => set(service.node, &[list], &format!("[\"{item}\"]")),
    }
}

/// Takes an item out of a list; the list with it where it is the only one.
fn remove_item(item: Node<'_>, service: &Service<'_>) -> Option<Vec<Edit>> {
    let list = item.parent()?;
    if list.children().nth(1).is_some() { remove(item, list) } else { remove(list, service.node) }
}

fn capability(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// `capability-dropped`: `cap_drop` lacks a capability.
pub(crate) fn capability_dropped(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let Some(wanted) = params.string("capability") else { return };
    let mut telling = Telling::new(view, out);
    for service in view.services.iter().filter(|s| !s.partial) {
        let answer = service.ask("cap_drop");
        let dropped: Vec<String> =
            answer.node().map(items).unwrap_or_default().into_iter().filter_map(text).collect();
        let open = matches!(answer, Answer::Unknown) || dropped.iter().any(|d| !is_known(d));
        // Whoever has every right drops nothing by this list.
        let privileged = service.ask("privileged").node().and_then(switch) == Some(true);
        if open || privileged || dropped.iter().any(|d| capability(d) == wanted) {
            continue;
        }
        let place = answer.node().map_or_else(|| service.place(), written_at);
        telling.say(service, place, format!("does not drop {wanted}"), || {
            Mend::unsafe_one(format!("drop {wanted}"), add(service, "cap_drop", wanted))
        });
    }
}

/// `capability-added`: `cap_add` has a forbidden capability.
pub(crate) fn capability_added(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        // Whoever has every right gets none by this list, and the other rule speaks of it.
        if service.ask("privileged").node().and_then(switch) == Some(true) {
            continue;
        }
        for node in service.list("cap_add") {
            let Some(name) = text(node) else { continue };
            if !params.strings("forbid").any(|forbidden| forbidden == capability(&name)) {
                continue;
            }
            telling.say(service, node.place(), format!("adds the capability {}", capability(&name)), || {
                Mend::unsafe_one("remove the capability", remove_item(node, service))
            });
        }
    }
}

/// First parts of the names of block devices below `/dev`.
const BLOCK_DEVICES: [&str; 8] = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-", "loop"];

/// `host-device`: a device of the host that gives more than itself.
pub(crate) fn host_device(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for node in service.list("devices") {
            let entry = if node.is_scalar() { Some(node) } else { node.get("source") };
            let Some(text) = entry.and_then(text) else { continue };
            let Some(path) = host_path(text.split(':').next().unwrap_or_default()) else { continue };
            let below = path.strip_prefix("/dev/").unwrap_or_default();
            let block = BLOCK_DEVICES.iter().any(|start| {
                below
                    .strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
            });
            if block
                || matches!(path.as_str(), "/dev" | "/dev/mem" | "/dev/kmem")
                || below.starts_with("mapper/")
            {
                telling.say(service, node.place(), format!("gets the host's device {path}"), || None);
            }
        }
    }
}

/// `build-privileged`: what builds the image may step out of the builder's sandbox.
pub(crate) fn build_privileged(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let Some(build) = service.ask("build").node() else { continue };
        if let Some(node) = service.ask("build.privileged").node().filter(|node| switch(*node) == Some(true))
        {
            telling.say(service, node.entry_place(), "is built with privileged set to true", || {
                Mend::unsafe_one("remove privileged", remove(node, build))
            });
        }
        for node in service.list("build.entitlements") {
            let Some(name) = text(node) else { continue };
            if params.strings("entitlements").any(|forbidden| forbidden == name) {
                telling.say(service, node.place(), format!("is built with the entitlement {name}"), || {
                    Mend::unsafe_one("remove the entitlement", remove_item(node, service))
                });
            }
        }
    }
}
