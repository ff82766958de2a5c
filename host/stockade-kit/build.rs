//! Embeds the SDKs, so that `stockade plugin new` makes projects that need nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // As cargo runs it, not as it was compiled: a target folder may be shared by several checkouts.
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.join("plugins/sdk").display());
    println!("cargo::rerun-if-changed={}", root.join("host/stockade-kit/templates").display());
    let mut text = String::new();
    for (name, folder) in [("SDK", "plugins/sdk"), ("TEMPLATES", "host/stockade-kit/templates")] {
        let folder = root.join(folder);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "pub(crate) static {name}: &[(&str, &str)] = &[");
        for file in files(&folder)? {
            let path = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let _ = writeln!(text, "({path:?}, include_str!({:?})),", file.display().to_string());
        }
        text.push_str("];\n");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    Ok(std::fs::write(out.join("embedded.rs"), text)?)
}

/// The text files below a folder, sorted; what tools leave there is passed over.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let kept = [
                "rs",
                "toml",
                "c",
                "h",
                "zig",
                "py",
                "ts",
                "mjs",
                "go",
                "mod",
                "kdl",
                "md",
                "json",
                "gitignore",
            ];
            if path.is_dir() {
                if !["target", "__pycache__", "node_modules"].contains(&name.as_str()) {
                    open.push(path);
                }
            } else if kept.iter().any(|end| name.ends_with(&format!(".{end}"))) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
