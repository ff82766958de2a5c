//! The tables beside any document hold only names and values that can be read; the first byte chooses the kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stockade_syntax::{FileKind, add_views, parse};

fuzz_target!(|input: (u8, &str)| {
    let Some(kind) = FileKind::ALL.get(usize::from(input.0) % FileKind::ALL.len()) else { return };
    let mut document = parse(*kind, input.1.to_owned());
    add_views(*kind, &mut document, &["settings", "environment"]);
    for table in &document.tables {
        let (sliced, placed) = if table.name == "settings" { ([1, 7], [9, 11]) } else { ([1, 3], [7, 9]) };
        for row in table.cells.chunks_exact(table.stride as usize) {
            let range = |at: usize| row[at] as usize..row[at + 1] as usize;
            assert!(sliced.iter().all(|at| document.data.get(range(*at)).is_some()), "{row:?}");
            assert!(placed.iter().all(|at| document.text().get(range(*at)).is_some()), "{row:?}");
        }
    }
});
