//! Settings that a section or file should have.

use crate::index::Role;
use crate::view::{View, section, written};
use stockade_sdk::{Out, Params, Setting, ValueKind};

/// `missing`: where a setting named by `beside-key` stands, none named by `key` or `or-key` does: in the same section,
/// or with `scope "file"` anywhere in the file. One finding for each section or file.
pub fn missing(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let rule = out.rule();
    let whole_file = params.string("scope") == Some("file");
    let there: Vec<Setting<'_>> =
        [Role::Key, Role::Or].iter().flat_map(|role| view.hits(rule, *role)).copied().collect();
    let mut done = Vec::new();
    for setting in view.hits(rule, Role::Beside) {
        let own = section(*setting);
        // A collection with a template inside may have more than is seen.
        if own.is_some_and(|own| own.may_have_more()) {
            continue;
        }
        let met = |other: &Setting<'_>| {
            let given = other.kind() != ValueKind::Empty || params.bool_or("empty-counts", false);
            given && (whole_file || section(*other) == own || below(*other, *setting))
        };
        if there.iter().any(met) || done.contains(&own) || (whole_file && !done.is_empty()) {
            continue;
        }
        done.push(own);
        let what = params.string("what").unwrap_or("a setting");
        let place = match own.filter(|own| !whole_file && own.key_span().is_some()) {
            Some(own) => own.key_place(),
            None => setting.key_place(),
        };
        out.finding(place, format!("{what} is missing beside {}", written(*setting)))
            .key(setting.name().to_owned());
    }
}

/// Whether a setting stands somewhere below the section of another.
fn below(setting: Setting<'_>, other: Setting<'_>) -> bool {
    let section = section(other);
    section.is_some_and(|section| {
        section.key_span().is_some() && setting.node().ancestors().any(|above| above == section)
    })
}
