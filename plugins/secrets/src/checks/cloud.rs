//! Long-lived keys of clouds.

use std::collections::HashSet;
use stockade_sdk::{Out, Params, Source};

/// `cloud-credentials`: a file works with a long-lived key where an identity of the workload would do.
pub(crate) fn static_credentials(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    if ["development", "test", "example"].iter().any(|mark| source.is_marked(mark)) {
        return;
    }
    let mut seen: HashSet<(u32, u32)> = HashSet::new();
    for setting in source.settings() {
        let name = setting.name();
        let hit = params.strings("names").find(|wanted| {
            name.strip_suffix(wanted).is_some_and(|front| front.is_empty() || front.ends_with('_'))
        });
        let place = setting.key_place();
        if hit.is_none()
            || setting.value().is_empty() && setting.flags() & 0xF == 0
            // `<your key here>`: a form to be filled in, by somebody who may as well not.
            || setting.value().starts_with('<') && setting.value().ends_with('>')
        {
            continue;
        }
        // Values that a text holds several of are one key.
        if !seen.insert((place.span.start, place.span.end)) {
            continue;
        }
        out.finding(place, format!("{} is a long-lived cloud credential", setting.written()));
    }
}
