//! Any path and text get a classification with a reason; the first line is the path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{PathClass, classify, classify_path, marks};

fuzz_target!(|text: &str| {
    let (path, content) = text.split_once('\n').unwrap_or((text, ""));
    let found = classify(path, content);
    assert!(!found.reason.is_empty());
    if let PathClass::Nothing(reason) = classify_path(path) {
        assert_eq!((found.kind, found.reason), (None, reason));
    }
    if let Some(kind) = found.kind {
        assert!(marks(kind, path, content).is_sorted());
    }
});
