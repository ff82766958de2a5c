//! What a pod takes from its node: directories, sockets, ports, names.

use crate::checks::describe;
use crate::edit::{remove, set};
use crate::view::{Answer, Manifests, Pod, ask, known_text, truth};
use std::collections::HashMap;
use stockade_sdk::wildcard::fits;
use stockade_sdk::{Node, Out, Params};

/// A hostPath of a volume of a pod or of a PersistentVolume.
struct HostPath<'a> {
    /// What to call its owner.
    whose: String,
    node: Node<'a>,
    /// Whether containers mount it, and all of them for reading only.
    read_only: bool,
}

/// The volumes that containers of a pod mount, each with whether all of them do so for reading only.
fn mounted<'a>(pod: &Pod<'a>) -> HashMap<&'a str, bool> {
    let mut found = HashMap::new();
    for mount in pod.containers.iter().flat_map(|container| container.list("volumeMounts")) {
        let Some(name) = ask(mount, "name").node().and_then(known_text) else { continue };
        let read_only = ask(mount, "readOnly").node().and_then(truth) == Some(true);
        *found.entry(name).or_insert(true) &= read_only;
    }
    found
}

fn host_paths<'a>(view: &Manifests<'a>) -> Vec<HostPath<'a>> {
    let mut found = Vec::new();
    for object in &view.objects {
        if object.is("", "PersistentVolume")
            && let Some(node) = ask(object.node, "spec.hostPath").node()
        {
            found.push(HostPath { whose: describe(object), node, read_only: false });
        }
    }
    for (_, pod) in view.pods() {
        let mounted = mounted(pod);
        for volume in pod.volumes() {
            if let Some(node) = ask(volume, "hostPath").node() {
                let name = ask(volume, "name").node().and_then(known_text);
                let whose = name.map_or_else(|| "a volume".to_owned(), |name| format!("volume {name}"));
                let read_only = name.and_then(|name| mounted.get(name)).is_some_and(|read_only| *read_only);
                found.push(HostPath { whose, node, read_only });
            }
        }
    }
    found
}

/// A path without empty, `.` and `..` parts. `None` for one that is not absolute.
fn clean(path: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?;
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// `host-path`: a hostPath volume. With `below` only those at or below one of these directories (`/` stands for
/// itself alone), with `itself` those that are one of these; with `ends-in` only those whose last part is one of these
/// names. Those at or below one in `except`, in which a star stands for any characters, are left out, and those in
/// `except-read-only` where nothing writes there.
pub(crate) fn host_path(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let (below, ends_in) = (params.has("below"), params.has("ends-in"));
    for HostPath { whose, node, read_only } in host_paths(view) {
        let path_node = ask(node, "path");
        let path = path_node.node().and_then(known_text);
        if below || ends_in {
            let Some(path) = path.and_then(clean) else { continue };
            let under = |dir: &str| {
                path == dir
                    || (dir != "/" && path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')))
            };
            let excepted =
                |list: &str| params.strings(list).any(|e| under(e) || (e.contains('*') && fits(e, &path)));
            if excepted("except") || (read_only && excepted("except-read-only")) {
                continue;
            }
            let last = path.rsplit('/').next().unwrap_or_default();
            let same = |list: &str, wanted: &str| params.strings(list).any(|text| text == wanted);
            if !(params.strings("below").any(under) || same("itself", &path) || same("ends-in", last)) {
                continue;
            }
        }
        let place = path_node.node().map_or_else(|| node.key_place(), Node::place);
        match path {
            Some(path) => out.finding(place, format!("{whose} mounts {path} of the host")),
            None => out.finding(place, format!("{whose} mounts a directory of the host")),
        };
    }
}

/// `host-path-writable`: a container mounts a hostPath volume without `readOnly: true`.
pub(crate) fn host_path_writable(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, pod) in view.pods() {
        let volumes: Vec<&str> = pod
            .volumes()
            .filter(|volume| volume.get("hostPath").is_some())
            .filter_map(|volume| ask(volume, "name").node().and_then(known_text))
            .collect();
        if volumes.is_empty() {
            continue;
        }
        for container in &pod.containers {
            for mount in container.list("volumeMounts") {
                let Some(node) = ask(mount, "name").node() else { continue };
                let Some(name) = known_text(node).filter(|name| volumes.contains(name)) else { continue };
                let place = match ask(mount, "readOnly") {
                    Answer::Unknown => continue,
                    Answer::Missing => node.place(),
                    Answer::Is(read_only) => match truth(read_only) {
                        Some(false) => read_only.entry_place(),
                        _ => continue,
                    },
                };
                let message =
                    format!("container {} mounts the host's volume {name} for writing", container.name());
                let finding = out.finding(place, message);
                if let Some(edits) = set(mount, &["readOnly"], "true") {
                    finding.unsafe_fix("mount it read-only", edits);
                }
            }
        }
    }
}

/// `host-port`: a container port is bound on the node.
pub(crate) fn host_port(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        for port in container.list("ports") {
            let Some(node) = ask(port, "hostPort").node() else { continue };
            let Some(number) = node.as_int().filter(|n| *n != 0) else { continue };
            let message = format!("container {} takes port {number} of the host", container.name());
            let finding = out.finding(node.entry_place(), message);
            if let Some(edits) = remove(node, port) {
                finding.unsafe_fix("remove hostPort", edits);
            }
        }
    }
}

/// `container-port`: a container port lies between `from` and `to`, and has the protocol where one is given.
pub(crate) fn container_port(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let (from, to) = (params.int_or("from", 1), params.int_or("to", 1023));
    for (_, container) in view.containers() {
        for port in container.list("ports") {
            let Some(node) = ask(port, "containerPort").node() else { continue };
            let Some(number) = node.as_int().filter(|n| (from..=to).contains(n)) else { continue };
            let protocol = match ask(port, "protocol") {
                Answer::Is(node) => known_text(node),
                Answer::Missing => Some("TCP"),
                // A patch names a port without protocol where it is one of TCP.
                Answer::Unknown => (port.get("protocol").is_none() && !port.may_have_more()).then_some("TCP"),
            };
            if params.string("protocol").is_some_and(|wanted| protocol != Some(wanted)) {
                continue;
            }
            out.finding(node.place(), format!("container {} listens on port {number}", container.name()));
        }
    }
}

/// `host-aliases`: a pod writes names into /etc/hosts.
pub(crate) fn host_aliases(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (object, pod) in view.pods() {
        let count = pod.list("hostAliases").count();
        if let Some(node) = pod.ask("hostAliases").node()
            && count > 0
        {
            out.finding(
                node.key_place(),
                format!("{} adds entries to /etc/hosts: {count}", describe(object)),
            );
        }
    }
}

/// `volume-type`: a pod has a volume of a type that `allow` does not name.
pub(crate) fn volume_type(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    // The volumes of custom resources may be other things: disks of virtual machines.
    for (_, pod) in view.workloads() {
        for volume in pod.volumes() {
            let name = ask(volume, "name").node().and_then(known_text).unwrap_or("without a known name");
            for source in volume.children().filter(|n| !matches!(n.name(), "" | "name")) {
                if !params.strings("allow").any(|kind| kind == source.name()) {
                    out.finding(source.key_place(), format!("volume {name} is of type {}", source.name()));
                }
            }
        }
    }
}
