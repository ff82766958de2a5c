//! Any text read as YAML, or as a template of YAML, gives a sound document.
#![no_main]

#[path = "../../tests/support/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{FileKind, parse};

fuzz_target!(|text: &str| sound::assert_sound(&parse(FileKind::Kubernetes, text.to_owned())));
