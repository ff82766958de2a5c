//! Any text read as `json` gives a sound document.
#![no_main]

#[path = "../../tests/support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{FileKind, parse};

fuzz_target!(|text: &str| sound::assert_sound(&parse(FileKind::Json, text.to_owned())));
