//! Settings whose value is a bad one: a switch in the wrong position, a word of a list.

use super::{fits, is_one_of, shown};
use crate::edit;
use crate::view::{View, is_value, written};
use stockade_sdk::{Out, Params, Setting, ValueKind, row_flag};

/// `value`: a setting named by `key` has one of the values `bad`, or none of the values `good`; one named by `inverse-key` the opposite switch.
pub fn value(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let deepest = params.int_or("max-depth", i64::MAX);
    let unknown = params.bool_or("unknown", false);
    for (setting, inverse) in view.named(out.rule()).filter(|(setting, _)| unknown || is_value(*setting)) {
        let value = setting.value().trim().trim_matches(['"', '\'']);
        let not_good = params.has("good")
            && setting.kind() != ValueKind::Empty
            && !params.strings("good").any(|word| fits(word, value));
        if i64::from(setting.depth()) > deepest
            || !(not_good || is_one_of(setting, inverse, params.strings("bad")))
            || params.strings("unless-value").any(|word| fits(word, value))
            || params.bool_or("unless-database", false) && is_of_database(setting)
            || is_set_right_too(view, setting, params, out.rule())
        {
            continue;
        }
        let name = written(setting);
        let message = match params.string("what") {
            Some(what) => format!("{what}: {name} is {}", shown(setting, params)),
            None => format!("{name} is {}", shown(setting, params)),
        };
        let place = if setting.kind() == ValueKind::Empty { setting.key_place() } else { setting.place() };
        edit::offer(out.finding(place, message).key(name.clone()), setting, params);
    }
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
