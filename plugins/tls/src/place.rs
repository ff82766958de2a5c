//! Places of parts of a value.

use stockade_sdk::{Place, Setting, Span};

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
