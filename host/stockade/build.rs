//! Names the build by what it is made of: the sources of all that runs natively, and the versions of what they use.
//!
//! Results that one build keeps are never taken for those of another, also where both say the same version.

#![expect(clippy::expect_used, reason = "a build that cannot read its sources cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let host = here.parent().expect("the folder of all crates");
    let mut hasher = blake3::Hasher::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(host).expect("the folder of all crates can be read") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // What is for development only, or goes into the build as data that is hashed at run time.
        if !name.starts_with("stockade") || name == "stockade-testkit" || name == "stockade-bundle" {
            continue;
        }
        let source = folder.join("src");
        println!("cargo::rerun-if-changed={}", source.display());
        collect(&source, &mut files);
        files.push(folder.join("Cargo.toml"));
    }
    if let Some(root) = host.parent() {
        files.extend(["Cargo.toml", "Cargo.lock"].map(|name| root.join(name)));
    }
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        let name = file.strip_prefix(host).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let bytes = fs::read(file).expect("a source can be read");
        hasher.update(name.as_bytes()).update(&[0]).update(blake3::hash(&bytes).as_bytes());
        if file.extension().is_some_and(|ending| ending == "toml" || ending == "lock") {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    println!("cargo::rustc-env=STOCKADE_BUILD={}", hasher.finalize().to_hex());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
