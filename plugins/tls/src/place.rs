//! Places of parts of a value.

use stockade_sdk::{Edit, Place, Setting, Span, row_flag};

/// Where `part`, a slice of the setting's value, stands in the file; the whole value where that is not written as it
/// is read. The second says whether the place is exact.
#[must_use]
pub fn part_of(setting: Setting<'_>, part: &str) -> (Place, bool) {
    Written::new(setting).part(part)
}

/// A value as it stands in the file, for those that have many parts: looked up once for all of them.
#[derive(Debug)]
pub struct Written<'a> {
    value: &'a str,
    place: Place,
    /// Where the value begins in what is written, if it is written as it is read.
    base: Option<usize>,
}

impl<'a> Written<'a> {
    /// Looks up the value of a setting.
    #[must_use]
    pub fn new(setting: Setting<'a>) -> Self {
        let (value, place) = (setting.value(), setting.place());
        let written = setting.node().source().slice(place.span);
        let base = (!value.is_empty()).then(|| written.find(value)).flatten();
        Self { value, place, base }
    }

    /// As [`part_of`].
    #[must_use]
    pub fn part(&self, part: &str) -> (Place, bool) {
        let offset = (part.as_ptr() as usize).checked_sub(self.value.as_ptr() as usize);
        match (offset.filter(|at| at + part.len() <= self.value.len()), self.base) {
            (Some(offset), Some(base)) => {
                let start = self.place.span.start + (base + offset) as u32;
                (Place { span: Span { start, end: start + part.len() as u32 }, node: self.place.node }, true)
            }
            _ => (self.place, false),
        }
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
