//! Where packages come from: addresses of indexes, and whether anybody checks who answers there.

use super::addresses;
use crate::View;
use crate::index::Address;
use stockade_sdk::{Edit, Node, Out, Params};

/// Options whose value is the address of an index or a list of links.
const INDEX: [&str; 6] = ["-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links"];

/// All addresses: of indexes and of what is installed.
fn all_addresses<'a>(view: &'a View<'a>) -> impl Iterator<Item = Address<'a>> {
    let indexes = view.options.iter().filter(|o| INDEX.contains(&o.text())).flat_map(|o| o.children());
    let settings = view.indexes.addresses.iter().copied();
    indexes.chain(addresses(view)).chain(settings).flat_map(Address::all_of)
}

/// `insecure-index`: an address of plain HTTP.
pub(crate) fn insecure_index(view: &View<'_>, _: &Params, out: &mut Out) {
    for address in all_addresses(view) {
        let text = address.text;
        let scheme = if text.starts_with("http://") {
            0
        } else {
            text.find("+http://").map_or(usize::MAX, |at| at + 1)
        };
        let authority = text
            .split_once("://")
            .map_or("", |(_, rest)| rest)
            .split(['/', '?', '#'])
            .next()
            .unwrap_or_default();
        let host = authority.rsplit('@').next().and_then(|host| host.split(':').next()).unwrap_or_default();
        if scheme == usize::MAX || matches!(host, "localhost" | "127.0.0.1") {
            continue;
        }
        let finding = out.finding(address.place(), format!("packages come from {host} over plain HTTP"));
        if let Some(start) = address.start {
            let start = start + scheme as u32;
            let span = stockade_sdk::Span { start, end: start + 4 };
            finding.unsafe_fix("Use https", vec![Edit::replace(span, "https")]);
        }
    }
}

/// `trusted-host`: an index whose certificate is not checked, by an option of pip or by a setting of a package manager.
pub(crate) fn trusted_host(view: &View<'_>, _: &Params, out: &mut Out) {
    let message = |name: &str, value: &str| format!("{name} {value} switches off the check of certificates");
    for option in view.options.iter().filter(|option| option.text() == "--trusted-host") {
        let host = option.children().next().map_or("", Node::text);
        out.finding(option.place(), message("--trusted-host", host))
            .unsafe_fix("Remove it", vec![stockade_sdk::remove_entry(*option)]);
    }
    for host in view.indexes.trusted.iter().filter(|host| !host.text().trim().is_empty()) {
        // An item of a list has no name of its own.
        let name = if host.name().is_empty() { "allow-insecure-host" } else { host.name() };
        let hosts = host.text().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        out.finding(host.entry_place(), message(name, &hosts));
    }
    for switch in view.indexes.verified.iter().filter(|switch| switch.as_bool() == Some(false)) {
        out.finding(switch.entry_place(), message(switch.name(), "= false"))
            .unsafe_fix("Check certificates", vec![Edit::replace_value(*switch, "true")]);
    }
}

/// `index-credentials`: user and password in an address.
pub(crate) fn index_credentials(view: &View<'_>, _: &Params, out: &mut Out) {
    for address in all_addresses(view) {
        let authority = address.text.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let Some((info, _)) = authority.rsplit_once('@') else { continue };
        let literal = !info.contains(['$', '{', '<', '%']) && info != "git" && info.contains(':');
        if literal && address.node.is_known() {
            out.finding(address.place(), "the address holds a user and a password");
        }
    }
}
