//! Mounts: host paths, scratch directories, propagation.

use crate::image::Image;
use crate::interpolate::is_known;
use crate::mounts::{Mount, host_path, mounts};
use crate::telling::{Mend, Telling};
use crate::view::{Answer, Compose, ask, switch, text};
use stockade_sdk::tree_edit::{remove, set};
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// Whether `path` is `folder` or lies below it.
fn within(path: &str, folder: &str) -> bool {
    path == folder || (folder != "/" && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Length of the longest entry of a list of paths that holds a path; 0 where none does. An entry that ends in a slash holds
/// what lies below it and not itself.
fn longest<'p>(mut entries: impl Iterator<Item = &'p str>, path: &str) -> usize {
    let holds = |entry: &&str| match entry.strip_suffix('/') {
        Some(folder) if !folder.is_empty() => path != folder && within(path, folder),
        _ => within(path, entry),
    };
    let mut longest = 0;
    while let Some(entry) = entries.find(holds) {
        longest = longest.max(entry.len());
    }
    longest
}

/// Whether a path of the host is one that the rule is about: of the entries that hold it the longest decides.
fn is_refused(path: &str, mount: &Mount<'_>, params: &Params) -> bool {
    let refused = longest(params.strings("folders"), path);
    let allowed = longest(params.strings("allow"), path);
    let readable = if mount.is_read_only() { longest(params.strings("readable"), path) } else { 0 };
    refused > allowed && refused > readable
}

/// `mount-source`: a host path is mounted that a container should not have.
pub(crate) fn mount_source(view: &Compose<'_>, params: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let image = service.ask("image").node().map(|node| Image::parse(node.text()));
        let filters = image.is_some_and(|image| {
            let base = image.base().to_ascii_lowercase();
            params.strings("unless-image").any(|word| base.contains(word))
        });
        if filters {
            continue;
        }
        let api = service.ask("use_api_socket").node().filter(|node| switch(*node) == Some(true));
        if let Some(node) = api.filter(|_| params.bool_or("api-socket", false)) {
            telling.say(service, node.entry_place(), "gets the socket of the container runtime", || None);
        }
        for mount in mounts(service) {
            let Some(source) = mount.source.as_deref() else { continue };
            let device = bound_device(view, source);
            let behind = device.and_then(text);
            let source = behind.as_deref().unwrap_or(source);
            let socket = params.strings("endings").any(|ending| source.ends_with(ending));
            let path = host_path(source).filter(|path| is_known(path));
            let inside = path.as_deref().is_some_and(|path| is_refused(path, &mount, params));
            if socket || inside {
                let shown = path.as_deref().unwrap_or(source).replace(crate::interpolate::UNKNOWN, "…");
                let what = format!("mounts {shown} of the host");
                let label = device.map(|device| (device.place(), "the volume is this folder"));
                telling.say_with(service, mount.source_node.place(), what, label, || None);
            }
        }
    }
}

/// The folder of the host that a named volume is bound to by the options of its driver.
fn bound_device<'a>(view: &Compose<'a>, source: &str) -> Option<Node<'a>> {
    if source.contains(['/', '.', '~', '\\']) {
        return None;
    }
    let options = view.root?.get("volumes")?.get(source)?.get("driver_opts")?;
    let binds = text(options.get("o")?)?.split(',').any(|option| matches!(option.trim(), "bind" | "rbind"));
    options.get("device").filter(|_| binds)
}

/// `mount-propagation`: mounts made in the container show up on the host.
pub(crate) fn mount_propagation(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for mount in mounts(service) {
            let long = ask(mount.node, "bind.propagation").node();
            let mode = match long.and_then(text) {
                Some(mode) => mode,
                None => mount.options.split(',').find(|o| is_shared(o)).unwrap_or_default().to_owned(),
            };
            if !is_shared(&mode) {
                continue;
            }
            let place = long.map_or_else(|| mount.node.place(), Node::entry_place);
            telling.say(service, place, format!("mounts {} with {mode} propagation", mount.target), || {
                let edits = match long {
                    Some(node) => remove(node, mount.node),
                    None => without_option(&mount, &mode),
                };
                Mend::unsafe_one(format!("remove {mode}"), edits)
            });
        }
    }
}

fn is_shared(option: &str) -> bool {
    matches!(option, "shared" | "rshared")
}

/// Takes an option out of a short entry that is written without escapes.
fn without_option(mount: &Mount<'_>, option: &str) -> Option<Vec<Edit>> {
    let span = mount.node.span();
    let written = mount.node.source().slice(span);
    let front = written.strip_suffix(mount.options.as_str());
    let (front, quote) = match front {
        Some(front) => (front, ""),
        None => {
            let quote = if written.ends_with('"') { "\"" } else { "'" };
            (written.strip_suffix(quote)?.strip_suffix(mount.options.as_str())?, quote)
        }
    };
    let left: Vec<&str> = mount.options.split(',').filter(|o| *o != option).collect();
    let front = if left.is_empty() { front.strip_suffix(':')? } else { front };
    Some(vec![Edit::replace(span, format!("{front}{}{quote}", left.join(",")))])
}

/// `tmpfs-missing`: a service cannot write anywhere.
pub(crate) fn tmpfs_missing(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        let Some(node) = service.ask("read_only").node() else { continue };
        if switch(node) != Some(true) || !service.lacks("tmpfs") {
            continue;
        }
        if matches!(service.ask("volumes"), Answer::Unknown) {
            continue;
        }
        let scratch = |m: &Mount<'_>| {
            m.kind == "tmpfs" || within(m.target.trim_end_matches('/'), "/tmp") || !is_known(&m.target)
        };
        if !mounts(service).iter().any(scratch) {
            let what = "is read-only and has no scratch directory";
            telling.say(service, node.entry_place(), what, || None);
        }
    }
}

/// `tmpfs-options`: a scratch directory may fill the memory or hold programs.
pub(crate) fn tmpfs_options(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let mut telling = Telling::new(view, out);
    for service in &view.services {
        for node in service.list("tmpfs") {
            let Some(text) = text(node).filter(|t| is_known(t)) else { continue };
            let (path, options) = text.split_once(':').unwrap_or((text.as_str(), ""));
            let options: Vec<&str> = options.split(',').filter(|o| !o.is_empty()).collect();
            let loose: Vec<&str> =
                options.iter().copied().filter(|o| matches!(*o, "exec" | "suid")).collect();
            let bounded = options.iter().any(|o| o.starts_with("size="));
            if bounded && loose.is_empty() {
                continue;
            }
            let what = match loose.first() {
                Some(option) => format!("permits {option}"),
                None => "has no size limit".to_owned(),
            };
            let what = format!("has a tmpfs {path} that {what}");
            let mut tight: Vec<&str> = Vec::new();
            for option in &options {
                tight.push(match *option {
                    "exec" => "noexec",
                    "suid" => "nosuid",
                    other => other,
                });
            }
            if !bounded {
                tight.push("size=64m");
            }
            telling.say(service, node.place(), what, || {
                let edit = rewrite(node, &text, &format!("{path}:{}", tight.join(",")));
                Mend::unsafe_one("bound the tmpfs", edit.map(|edit| vec![edit]))
            });
        }
        for mount in mounts(service).iter().filter(|m| m.kind == "tmpfs") {
            if matches!(ask(mount.node, "tmpfs.size"), Answer::Missing) && mount.node.kind() == Kind::Mapping
            {
                let what = format!("has a tmpfs {} that has no size limit", mount.target);
                let place = ask(mount.node, "target").node().unwrap_or(mount.node).place();
                telling.say(service, place, what, || {
                    Mend::unsafe_one("bound the tmpfs", set(mount.node, &["tmpfs", "size"], "67108864"))
                });
            }
        }
    }
}

/// Replaces a scalar by another text, in its quotes; `None` where it is written with escapes or variables.
pub(crate) fn rewrite(node: Node<'_>, old: &str, new: &str) -> Option<Edit> {
    let span = node.span();
    let written = node.source().slice(span);
    for quote in ["", "\"", "'"] {
        let inner = written.strip_prefix(quote).and_then(|w| w.strip_suffix(quote));
        if inner == Some(old) {
            return Some(Edit::replace(span, format!("{quote}{new}{quote}")));
        }
    }
    None
}
