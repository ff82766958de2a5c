//! Settings whose value is a bad one: a switch in the wrong position, a word of a list.

use super::beside::Beside;
use super::missing::absent;
use super::url::{host, is_local};
use super::{fits, is_one_of, shown, weighed};
use crate::edit;
use crate::index::Role;
use crate::sections::Sections;
use crate::view::{View, is_value, section, written};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use stockade_sdk::{Node, Out, Params, Setting, ValueKind, row_flag};

/// `value`: a setting named by `key` has one of the values `bad`, or none of the values `good`; one named by `inverse-key`
/// the opposite switch; one named by `also-key` one of the values `also-bad`, unless a setting named by `or-key` that is
/// on excuses it. One named by `host-key` names other hosts than this machine.
pub fn value(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let rule = out.rule();
    let is_worse = |other: &&Setting<'_>| is_one_of(**other, false, params.strings("worse-bad"));
    let worse: Sections = view.hits(rule, Role::Worse).iter().filter(is_worse).copied().collect();
    let (right, switches, hosts) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
    let deepest = params.int_or("max-depth", i64::MAX);
    let unknown = params.bool_or("unknown", false);
    let mut beside = Beside::new(view.source);
    let mut told = Told::default();
    for (setting, inverse) in view.named(rule).filter(|(setting, _)| unknown || is_value(*setting)) {
        let value = setting.value().trim().trim_matches(['"', '\'']);
        let number = matches!(setting.kind(), ValueKind::Number | ValueKind::Duration | ValueKind::Size);
        let not_good = params.has("good")
            && setting.kind() != ValueKind::Empty
            && !(number && params.bool_or("words-only", false))
            && !params.strings("good").any(|word| fits(word, value));
        let shallow = !params.has("shallow-key") || view.has_role(rule, Role::Shallow, setting);
        if shallow && i64::from(setting.depth()) > deepest
            || !(not_good || is_one_of(setting, inverse, params.strings("bad")))
            || params.strings("unless-value").any(|word| fits(word, value))
            || params.bool_or("unless-database", false) && is_of_database(setting)
            || params.bool_or("unless-local", false)
                && is_on_this_machine(setting.name(), hosts.get_or_init(|| own_hosts(view)))
            || params.has("same-words")
                && is_said_by_another(setting.name(), params, switches.get_or_init(|| switched_on(view)))
            || params.has("unless-also")
                && right.get_or_init(|| set_right(view, params, rule)).contains(setting.name())
            || is_near(view, setting, params)
            || beside.excuses(setting, params)
            || beside.is_unused(setting, params)
            || params.has("same-words") && told.has_another(setting, params)
        {
            continue;
        }
        report(&worse, setting, params, out);
    }
    let excuses: Sections = view.hits(rule, Role::Or).iter().filter(|other| other.is_on()).copied().collect();
    let company: Sections = view.hits(rule, Role::Beside).iter().copied().collect();
    for setting in view.of(rule, Role::Also) {
        // Where the rule asks for company, these count only beside it.
        if params.has("beside-key") && !company.has_above(setting.node()) {
            continue;
        }
        if params.has("also-beside") && !beside.has_company(setting, params) {
            continue;
        }
        if !excuses.has_that_of(setting) && is_one_of(setting, false, params.strings("also-bad")) {
            report(&worse, setting, params, out);
        }
    }
    for setting in view.of(rule, Role::Host).filter(|setting| names_others(setting.value())) {
        report(&worse, setting, params, out);
    }
    absent(view, params, out);
}

/// Whether one of these hosts, with commas or blanks between them, is another than this machine. Go's word for none of them
/// is `none`.
fn names_others(hosts: &str) -> bool {
    hosts.split([',', ' ', '\t', '\n']).map(|host| host.trim_matches(['"', '\''])).any(|host| {
        let name = host.split_once("://").map_or(host, |(_, rest)| rest);
        let name = if name.starts_with("[::1]") { "" } else { name };
        let name = name.split(['/', ':']).next().unwrap_or_default();
        !(name.starts_with("127.") || matches!(name, "" | "none" | "localhost" | "host.docker.internal"))
    })
}

/// `worse`: settings in whose section a finding weighs more.
fn report(worse: &Sections, setting: Setting<'_>, params: &Params, out: &mut Out) {
    let name = written(setting);
    let message = match params.string("what") {
        Some(what) => format!("{what}: {name} is {}", shown(setting, params)),
        None => format!("{name} is {}", shown(setting, params)),
    };
    let worse = !worse.is_empty() && section(setting).is_some_and(|own| worse.has_below(own));
    let place = if setting.kind() == ValueKind::Empty { setting.key_place() } else { setting.place() };
    edit::offer(weighed(out.finding(place, message).key(name), params, worse), setting, params);
}

/// Whether the setting is a part of a connection to MySQL, MongoDB or SQL Server, which have a rule of their own.
fn is_of_database(setting: Setting<'_>) -> bool {
    let text = setting.node().text();
    let head = text.get(..text.floor_char_boundary(24)).unwrap_or_default().to_ascii_lowercase();
    let head = head.strip_prefix("jdbc:").unwrap_or(&head);
    setting.has(row_flag::PART)
        && (["mysql", "mariadb", "mongodb", "sqlserver", "mssql"]
            .iter()
            .any(|scheme| head.starts_with(scheme))
            || text.contains("@tcp(")
            || !text.contains("://") && text.contains(';'))
}

/// The names of all switches of a file that are on.
fn switched_on<'a>(view: &View<'a>) -> HashSet<&'a str> {
    view.source.settings().filter(|setting| setting.is_on()).map(Setting::name).collect()
}

/// Whether a switch of the same name, but with another of the words `same-words` in it, is on: mail is sent over TLS by
/// `smtp_starttls` as well as by `smtp_ssl`.
fn is_said_by_another(name: &str, params: &Params, switches: &HashSet<&str>) -> bool {
    // A longer word holds a shorter one: the name has the longest that ends last.
    let found = params.strings("same-words").filter_map(|word| Some((name.rfind(word)?, word)));
    let Some((at, own)) = found.min_by_key(|(at, word)| (std::cmp::Reverse(at + word.len()), *at)) else {
        return false;
    };
    let (Some(front), Some(back)) = (name.get(..at), name.get(at + own.len()..)) else { return false };
    params
        .strings("same-words")
        .filter(|word| *word != own)
        .any(|word| switches.contains(format!("{front}{word}{back}").as_str()))
}

/// Switches that were told: for each section, what their names are without one of the words `same-words`.
#[derive(Default)]
struct Told<'a>(HashMap<(Option<u32>, &'a str), &'a str>);

impl<'a> Told<'a> {
    /// Whether a switch of another name in the same section said the same: `use_ssl` and `start_tls` of one connection.
    fn has_another(&mut self, setting: Setting<'a>, params: &Params) -> bool {
        let Some(subject) = subject(setting.name(), params) else { return false };
        let place = (section(setting).map(Node::id), subject);
        *self.0.entry(place).or_insert(setting.name()) != setting.name()
    }
}

/// What a name that ends in one of the words `same-words` is about: `ldap` of `ldap_use_ssl`.
fn subject<'n>(name: &'n str, params: &Params) -> Option<&'n str> {
    let fronts = params.strings("same-words").filter_map(|word| name.strip_suffix(word));
    let front = fronts.min_by_key(|front| front.len())?.trim_end_matches('_');
    let verbs = ["insecure_no", "use", "enable"];
    let bare = verbs.iter().find_map(|verb| front.strip_suffix(verb));
    Some(bare.filter(|bare| bare.is_empty() || bare.ends_with('_')).unwrap_or(front).trim_end_matches('_'))
}

/// The names of the settings whose value is the machine itself.
fn own_hosts<'a>(view: &View<'a>) -> HashSet<&'a str> {
    let is_own =
        |host: &str| host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.");
    view.source.settings().filter(|setting| is_own(setting.value().trim())).map(Setting::name).collect()
}

/// Whether a setting beside says that the connection does not leave the machine: `db_host` beside `db_ssl`.
fn is_on_this_machine(name: &str, hosts: &HashSet<&str>) -> bool {
    let at = ["tls", "ssl"].iter().filter_map(|word| name.rfind(word)).max();
    let front = at.and_then(|at| name.get(..at)).unwrap_or_default();
    let front = ["use_", "enable_", "start_", "require_", "enforce_", "force_"]
        .iter()
        .find_map(|word| front.strip_suffix(word))
        .unwrap_or(front);
    !front.is_empty()
        && ["host", "hostname", "server", "address", "smtp_host", "smtp_server"]
            .iter()
            .any(|word| hosts.contains(format!("{front}{word}").as_str()))
}

/// `remote`: whether a setting counts only beside the address that another names, `NAME=OTHER`, and no such address leaves the
/// machine or cluster.
fn is_near(view: &View<'_>, setting: Setting<'_>, params: &Params) -> bool {
    let mut pairs = params.strings("remote").filter_map(|pair| pair.split_once('='));
    let Some((_, address)) = pairs.find(|(name, _)| *name == setting.name()) else { return false };
    // One of the traffic, of several that the switch is for.
    let leaves =
        |other: Setting<'_>| other.name() == address && is_value(other) && !is_local(host(other.value()));
    !view.source.settings().any(leaves)
}

/// The names to which the file gives one of the values `unless-also` as well: stages of a Dockerfile, profiles of one
/// configuration.
fn set_right<'a>(view: &View<'a>, params: &Params, rule: u32) -> HashSet<&'a str> {
    let is_right =
        |setting: &Setting<'_>| params.strings("unless-also").any(|word| fits(word, setting.value()));
    view.judged(rule).map(|(setting, _)| setting).filter(is_right).map(Setting::name).collect()
}

#[cfg(test)]
mod tests {
    use super::names_others;

    #[test]
    fn hosts_other_than_this_machine_are_known() {
        for hosts in
            ["pypi.corp.example", "localhost,git.corp.example/*", "*", "nexus:8081", "https://10.0.0.5/"]
        {
            assert!(names_others(hosts), "{hosts}");
        }
        for hosts in [
            "",
            "none",
            "localhost",
            "127.0.0.1:8080",
            "http://localhost:3141/",
            "[::1]:80",
            "localhost, 127.0.0.1",
        ] {
            assert!(!names_others(hosts), "{hosts}");
        }
    }
}
