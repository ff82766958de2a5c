//! `EXPOSE`, and the switches of `RUN` that open the build.

use crate::view::{Instruction, View, remove_flag};
use stockade_sdk::{Edit, Node, Out, Params, Span};

fn exposed<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Node<'a>> + 'v {
    view.all("EXPOSE").flat_map(Instruction::words).filter(|word| !word.is_unknown())
}

/// The ends of a port or range, without protocol; unknown ends are left out.
fn ports(text: &str) -> impl Iterator<Item = &str> {
    let container = text.split('/').next().unwrap_or_default().rsplit(':').next().unwrap_or_default();
    container.split('-').filter(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// `expose-range`: ports above 65535.
pub fn out_of_range(view: &View<'_>, _: &Params, out: &mut Out) {
    for word in exposed(view) {
        // Longer than any number that is read here is too large as well.
        if let Some(port) =
            ports(word.text()).find(|port| port.parse::<u32>().map_or(true, |port| port > 65535))
        {
            out.finding(word.place(), format!("port {port} is above 65535")).data("port", port);
        }
    }
}

/// `expose-port`: ports that should not be open (`forbid`), alone or inside a range.
pub fn forbidden_port(view: &View<'_>, params: &Params, out: &mut Out) {
    for word in exposed(view).filter(|word| word.is_known()) {
        let mut ends = ports(word.text()).filter_map(|port| port.parse::<u32>().ok());
        let Some(low) = ends.next() else { continue };
        let high = ends.next().unwrap_or(low);
        let found = params
            .strings("forbid")
            .filter_map(|port| port.parse::<u32>().ok())
            .find(|p| (low..=high).contains(p));
        if let Some(port) = found {
            let message =
                format!("port {port} of {} is exposed", params.string("service").unwrap_or("a service"));
            out.finding(word.place(), message).data("port", port.to_string());
        }
    }
}

/// `expose-format`: addresses and host ports.
pub fn format(view: &View<'_>, _: &Params, out: &mut Out) {
    for word in exposed(view).filter(|word| word.is_known()) {
        let text = word.text();
        if text.contains(':') || text.split('/').next().is_some_and(|port| port.matches('.').count() == 3) {
            out.finding(word.place(), format!("{text} is more than a container port")).data("argument", text);
        }
    }
}

/// `expose-protocol-casing`: protocols that are not lower case.
pub fn protocol(view: &View<'_>, _: &Params, out: &mut Out) {
    for word in exposed(view).filter(|word| word.is_known()) {
        let Some((_, protocol)) = word.text().split_once('/') else { continue };
        let source = view.source.slice(word.span());
        if protocol.bytes().any(|b| b.is_ascii_uppercase()) {
            let finding = out.finding(word.place(), format!("protocol {protocol} is not lower case"));
            if let Some(at) = source.rfind(protocol) {
                let start = word.span().start + at as u32;
                let span = Span { start, end: start + protocol.len() as u32 };
                finding.safe_fix(
                    "Write it in lower case",
                    vec![Edit::replace(span, protocol.to_ascii_lowercase())],
                );
            }
        }
    }
}

/// `run-security`: `RUN --security=insecure` and `RUN --network=host`.
pub fn security(view: &View<'_>, params: &Params, out: &mut Out) {
    for run in view.runs() {
        for flag in run.flags().into_iter().flat_map(Node::children) {
            let given =
                |pair: &str| pair.split_once('=').is_some_and(|(n, v)| flag.name() == n && flag.text() == v);
            if params.strings("forbid").any(given) {
                let message = format!("RUN has --{}={}", flag.name(), flag.text());
                out.finding(flag.entry_place(), message)
                    .unsafe_fix("Remove the flag", vec![remove_flag(flag)]);
            }
        }
    }
}

/// `runtime-socket`: the socket of a container runtime as volume or build mount.
pub fn runtime_socket(view: &View<'_>, params: &Params, out: &mut Out) {
    let names = |text: &str| params.strings("sockets").any(|socket| text.ends_with(socket));
    for volume in view.all("VOLUME").flat_map(Instruction::words).filter(|word| names(word.text())) {
        out.finding(volume.place(), format!("{} is a volume", volume.text())).data("socket", volume.text());
    }
    for run in view.runs() {
        for mount in run.mounts() {
            let socket = [mount.target(), mount.origin()].into_iter().flatten().find(|path| names(path));
            if let Some(socket) = socket.filter(|_| matches!(mount.get("type"), None | Some("bind"))) {
                out.finding(mount.node.place(), format!("{socket} is mounted into the build"))
                    .data("socket", socket);
            }
        }
    }
}

/// `workdir`: relative paths (`absolute`), and folders that belong to the system (`system`).
pub fn workdir(view: &View<'_>, params: &Params, out: &mut Out) {
    for folder in view.all("WORKDIR").filter_map(|i| i.words().next()) {
        let text = folder.text();
        // Where the front is unknown, so is whether it is absolute.
        let starts_unknown = text.starts_with('$') || folder.is_unknown();
        if params.bool_or("absolute", false)
            && !starts_unknown
            && !text.is_empty()
            && !text.starts_with(['/', '\\'])
            && !super::copy::is_drive(text)
        {
            out.finding(folder.place(), format!("working directory {text} is relative")).data("folder", text);
        }
        let below = |system: &&str| {
            text.strip_prefix(system).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some(system) = params.strings("system").find(below) {
            out.finding(folder.place(), format!("working directory {text} lies in {system}"))
                .data("folder", text);
        }
    }
}
