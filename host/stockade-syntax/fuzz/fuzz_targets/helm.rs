//! Any template gives a sound document, also after the values of a chart are filled in; values and template are
//! separated by a line `%%%`.
#![no_main]

#[path = "../../tests/support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{FileKind, ValueLayer, parse, substitute_values, switched_off};

fuzz_target!(|text: &str| {
    let (values, template) = text.split_once("\n%%%\n").unwrap_or(("a: {b: 1}", text));
    let values = parse(FileKind::HelmValues, values.to_owned());
    let mut document = parse(FileKind::Kubernetes, template.to_owned());
    sound::assert_sound(&document);
    substitute_values(&mut document, &values);
    sound::assert_sound(&document);
    let off = switched_off(&document, &[ValueLayer::own(&values)]);
    assert!(off.is_sorted_by(|a, b| a.span.end <= b.span.start), "{off:?}");
});
