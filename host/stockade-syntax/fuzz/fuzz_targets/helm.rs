//! Any template gives a sound document, also after the values of a chart are filled in; values and template are
//! separated by a line `%%%`.
#![no_main]

#[path = "../../tests/support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{FileKind, parse, substitute_values};

fuzz_target!(|text: &str| {
    let (values, template) = text.split_once("\n%%%\n").unwrap_or(("a: {b: 1}", text));
    let values = parse(FileKind::HelmValues, values.to_owned());
    let mut document = parse(FileKind::Kubernetes, template.to_owned());
    sound::assert_sound(&document);
    substitute_values(&mut document, &values);
    sound::assert_sound(&document);
});
