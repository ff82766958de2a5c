//! Any bytes are text or a problem that names a byte in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{DecodeProblem, decode};

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes.to_vec()) {
        Ok(decoded) => assert!(decoded.text.len() <= bytes.len() * 3),
        Err(
            DecodeProblem::Binary { at } | DecodeProblem::NotUtf8 { at } | DecodeProblem::NotUtf16 { at },
        ) => assert!(at < bytes.len()),
    }
});
