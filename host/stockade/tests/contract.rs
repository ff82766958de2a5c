//! Promises about the plugin contract: released text never changes, and plugins built for it keep working.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(parent)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// SHA-256 over the files of a folder, sorted by name: `name length\n`, then the bytes.
fn digest_of(folder: &Path) -> String {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        hasher.update(format!("{} {}\n", name(&file), bytes.len()));
        hasher.update(&bytes);
    }
    hex(hasher.finalize())
}

#[test]
fn a_released_version_of_the_contract_never_changes() {
    let wit = root().join("wit");
    let text = std::fs::read_to_string(wit.join("frozen.kdl")).unwrap();
    let frozen: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("version \""))
        .map(|rest| rest.strip_suffix('"').unwrap().split_once("\" digest=\"sha256:").unwrap())
        .collect();
    assert!(!frozen.is_empty());
    for (version, digest) in &frozen {
        let found = digest_of(&wit.join(format!("v{version}")));
        assert_eq!(found, *digest, "wit/v{version} was changed; put what is new into wit/next");
    }
    // Every version has a folder, a line, and a plugin that was built for it.
    let versions: Vec<&str> = frozen.iter().map(|(version, _)| *version).collect();
    let released: Vec<PathBuf> =
        folders(&wit).into_iter().filter(|folder| name(folder).starts_with('v')).collect();
    assert_eq!(released.iter().map(|f| &name(f)[1..]).collect::<Vec<_>>(), versions);
    let built = folders(&root().join("testdata/plugins-old"));
    assert_eq!(built.iter().map(|f| name(f)).collect::<Vec<_>>(), versions);
}

#[test]
fn a_plugin_built_for_an_old_version_finds_what_it_found() {
    for folder in folders(&root().join("testdata/plugins-old")) {
        let mut files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let wasm = files.find(|path| path.extension().is_some_and(|end| end == "wasm")).unwrap();
        let digest = std::fs::read_to_string(folder.join("digest.txt")).unwrap();
        assert_eq!(hex(Sha256::digest(std::fs::read(&wasm).unwrap())), digest.trim(), "{}", wasm.display());

        let project = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(folder.join("project")).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, project.path().join(name(&file))).unwrap();
        }
        let scan = |more: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
                .args(["scan", "--format", "concise", "--select", "relic/*", "--plugin"])
                .arg(&wasm)
                .args(more)
                .current_dir(project.path())
                .env_clear()
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
            // How many rules stockade has is not what this is about.
            text.lines().filter(|line| !line.contains(" analysed")).map(|line| format!("{line}\n")).collect()
        };
        let mut found: String = scan(&[]);
        found += "---- after --fix ----\n";
        found += &scan(&["--fix"]);
        let expected = folder.join("expected.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&expected).unwrap(), "{}", folder.display());
    }
}
