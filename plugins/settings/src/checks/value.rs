//! Settings whose value is a bad one: a switch in the wrong position, a word of a list.

use super::missing::absent;
use super::{fits, is_one_of, shown, weighed};
use crate::edit;
use crate::index::Role;
use crate::view::{View, is_value, section, written};
use stockade_sdk::{Out, Params, Setting, ValueKind, row_flag};

/// `value`: a setting named by `key` has one of the values `bad`, or none of the values `good`; one named by `inverse-key`
/// the opposite switch; one named by `also-key` one of the values `also-bad`, unless a setting named by `or-key` that is
/// on excuses it.
pub fn value(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let rule = out.rule();
    let deepest = params.int_or("max-depth", i64::MAX);
    let unknown = params.bool_or("unknown", false);
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
            || is_set_right_too(view, setting, params, rule)
        {
            continue;
        }
        report(view, setting, params, out);
    }
    let excuses = view.hits(rule, Role::Or);
    let company = view.hits(rule, Role::Beside);
    for setting in view.of(rule, Role::Also) {
        // Where the rule asks for company, these count only beside it.
        if params.has("beside-key") && !company.iter().any(|other| encloses(*other, setting)) {
            continue;
        }
        let excused = excuses.iter().any(|other| section(*other) == section(setting) && other.is_on());
        if !excused && is_one_of(setting, false, params.strings("also-bad")) {
            report(view, setting, params, out);
        }
    }
    absent(view, params, out);
}

/// Whether `outer` stands in the section of `inner` or in one around it.
fn encloses(outer: Setting<'_>, inner: Setting<'_>) -> bool {
    section(outer).is_some_and(|own| inner.node().ancestors().any(|above| above == own))
}

fn report(view: &View<'_>, setting: Setting<'_>, params: &Params, out: &mut Out) {
    let name = written(setting);
    let message = match params.string("what") {
        Some(what) => format!("{what}: {name} is {}", shown(setting, params)),
        None => format!("{name} is {}", shown(setting, params)),
    };
    let own = section(setting);
    let worse = view.hits(out.rule(), Role::Worse).iter().any(|other| {
        own.is_some_and(|own| other.node().ancestors().any(|above| above == own))
            && is_one_of(*other, false, params.strings("worse-bad"))
    });
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

/// Whether the same file gives the setting one of the values `unless-also` as well: stages of a Dockerfile, profiles of
/// one configuration.
fn is_set_right_too(view: &View<'_>, setting: Setting<'_>, params: &Params, rule: u32) -> bool {
    params.has("unless-also")
        && view.judged(rule).any(|(other, _)| {
            other.name() == setting.name()
                && params.strings("unless-also").any(|word| fits(word, other.value()))
        })
}
