//! Listeners for administrators and for the public.

use crate::index::Role;
use crate::view::{View, is_value, written};
use std::collections::BTreeMap;
use stockade_sdk::{Out, Params, Setting, row_flag};

/// A listener's setting with `admin` or `public` in its name taken out.
struct Side<'a> {
    setting: Setting<'a>,
    /// The name without that word and without the last one.
    stem: String,
    last: &'a str,
    admin: bool,
}

fn side<'a>(setting: Setting<'a>) -> Option<Side<'a>> {
    let words: Vec<&'a str> = setting.name().split('_').collect();
    let at = words.iter().rposition(|word| matches!(*word, "admin" | "public"))?;
    let last = words.last().copied().filter(|_| at + 1 < words.len())?;
    let mut stem = words.clone();
    let admin = words.get(at) == Some(&"admin");
    if let Some(word) = stem.get_mut(at) {
        *word = "*";
    }
    stem.pop();
    Some(Side { setting, stem: stem.join("_"), last, admin })
}

/// `combined-listener`: an admin and a public listener of one file are the same, or one switch (`beside-key`) serves both.
pub fn combined(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    for switch in view.hits(out.rule(), Role::Beside).iter().filter(|setting| is_value(**setting)) {
        let value = switch.value().trim().to_ascii_lowercase();
        if matches!(value.as_str(), "all" | "both" | "admin,public" | "public,admin") {
            let message =
                format!("{} is {value}: one process serves the admin and the public API", written(*switch));
            out.finding(switch.place(), message).key(switch.name());
        }
    }
    let known = |setting: &Setting<'_>| is_value(*setting) && !setting.has(row_flag::PART);
    let hits = view.hits(out.rule(), Role::Key).iter().copied().filter(known);
    let sides: Vec<Side<'_>> = hits.filter_map(side).collect();
    // The first of each name; and of each stem, the first that is a host.
    let mut named: BTreeMap<(bool, &str, &str), &Side<'_>> = BTreeMap::new();
    let mut hosts: BTreeMap<(bool, &str), &Side<'_>> = BTreeMap::new();
    for side in &sides {
        named.entry((side.admin, side.stem.as_str(), side.last)).or_insert(side);
        if matches!(side.last, "host" | "addr" | "address" | "listen") {
            hosts.entry((side.admin, side.stem.as_str())).or_insert(side);
        }
    }
    for admin in sides.iter().filter(|side| side.admin) {
        let Some(public) = named.get(&(false, admin.stem.as_str(), admin.last)) else { continue };
        if admin.setting.value().trim() != public.setting.value().trim() {
            continue;
        }
        let value = admin.setting.value().trim();
        let listens = if admin.last == "port" {
            // A port of an address that is only spoken of, behind names that differ.
            !matches!(value, "0" | "80" | "443" | "")
        } else {
            // An address without a port says nothing about the port.
            value.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port != 0))
        };
        let elsewhere = admin.last == "port"
            && match (hosts.get(&(true, admin.stem.as_str())), hosts.get(&(false, admin.stem.as_str()))) {
                (Some(a), Some(b)) => a.setting.value().trim() != b.setting.value().trim(),
                (None, None) => false,
                // One of them has a host of its own.
                _ => true,
            };
        if listens && !elsewhere {
            let message =
                format!("{} and {} are both {value}", written(admin.setting), written(public.setting));
            out.finding(admin.setting.place(), message).key(admin.setting.name());
        }
    }
}
