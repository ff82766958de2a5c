//! Files that are compared with what comes out, and written with `BLESS=1`.

use std::path::Path;

/// Compares `actual` with the file of this path in the repository.
pub fn compare(path: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        expected == actual,
        "{} differs from what comes out:\n{actual}\nIf it is right, run `BLESS=1 cargo test -p stockade-pack`.",
        path.display()
    );
}

#[test]
fn reference_pages_are_up_to_date() {
    compare("book/src/reference/config.md", &stockade_pack::config_reference());
    compare("book/src/reference/packs.md", &stockade_pack::pack_reference());
}
