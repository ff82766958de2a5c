//! Places of parts of a value.

use stockade_sdk::{Edit, Place, Setting, Span, row_flag};

/// Where `part`, a slice of the setting's value, stands in the file; the whole value where that is not written as it
/// is read. The second says whether the place is exact.
#[must_use]
pub fn part_of(setting: Setting<'_>, part: &str) -> (Place, bool) {
    let place = setting.place();
    let value = setting.value();
    let written = setting.node().source().slice(place.span);
    let offset = (part.as_ptr() as usize).checked_sub(value.as_ptr() as usize);
    match (offset.filter(|at| at + part.len() <= value.len()), written.find(value)) {
        (Some(offset), Some(base)) if !value.is_empty() => {
            let start = place.span.start + (base + offset) as u32;
            (Place { span: Span { start, end: start + part.len() as u32 }, node: place.node }, true)
        }
        _ => (place, false),
    }
}

/// The other position of a switch in its own spelling, and the edit that writes it. `None` where the value is not
/// written as it is read, or is only the default of a variable.
#[must_use]
pub fn flip(setting: Setting<'_>) -> Option<(String, Edit)> {
    const SWITCHES: [(&str, &str); 7] = [
        ("false", "true"),
        ("False", "True"),
        ("FALSE", "TRUE"),
        ("no", "yes"),
        ("off", "on"),
        ("0", "1"),
        ("disabled", "enabled"),
    ];
    let value = setting.value().trim();
    let (_, new) = SWITCHES.iter().find(|(off, _)| *off == value)?;
    let (place, exact) = part_of(setting, value);
    let sure = exact && !setting.has(row_flag::DEFAULT | row_flag::PART);
    sure.then(|| ((*new).to_owned(), Edit::replace(place.span, *new)))
}
