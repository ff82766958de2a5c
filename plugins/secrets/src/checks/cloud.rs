//! Long-lived keys of clouds.

use stockade_sdk::{Out, Params, Source};

/// `cloud-credentials`: a file works with a long-lived key where an identity of the workload would do.
pub(crate) fn static_credentials(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    if ["development", "test", "example"].iter().any(|mark| source.is_marked(mark)) {
        return;
    }
    let mut seen: Vec<(u32, u32)> = Vec::new();
    for setting in source.settings() {
        let name = setting.name();
        let hit = params.strings("names").find(|wanted| {
            name.strip_suffix(wanted).is_some_and(|front| front.is_empty() || front.ends_with('_'))
        });
        let place = setting.key_place();
        if hit.is_none()
            || seen.contains(&(place.span.start, place.span.end))
            || setting.value().is_empty() && setting.flags() & 0xF == 0
        {
            continue;
        }
        seen.push((place.span.start, place.span.end));
        out.finding(place, format!("{name} is a long-lived cloud credential"));
    }
}
