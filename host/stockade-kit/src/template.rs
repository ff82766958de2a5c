//! New projects: everything that a first plugin needs in one folder, the SDK included.

use crate::WIT;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rules without code.
    Kdl,
    /// Rust.
    Rust,
    /// C, compiled by Zig.
    C,
    /// Zig.
    Zig,
    /// AssemblyScript.
    Assemblyscript,
    /// Python.
    Python,
    /// JavaScript or TypeScript.
    Javascript,
    /// Go.
    Go,
}

impl Language {
    fn folder(self) -> &'static str {
        match self {
            Self::Kdl => "kdl",
            Self::Rust => "rust",
            Self::C => "c",
            Self::Zig => "zig",
            Self::Assemblyscript => "assemblyscript",
            Self::Python => "python",
            Self::Javascript => "javascript",
            Self::Go => "go",
        }
    }

    /// Where the SDK goes in a project.
    fn sdk(self) -> &'static str {
        match self {
            Self::Rust => "stockade-sdk",
            _ => "sdk",
        }
    }
}

const RUST_SDK: &str = "\
[package]
name = \"stockade-sdk\"
version = \"0.1.0\"
edition = \"2024\"
publish = false

[dependencies]
wit-bindgen = { version = \"0.61\", default-features = false, features = [\"macros\", \"realloc\"] }
memchr = { version = \"2\", default-features = false }
";

/// The files of a new project: path and text, sorted by path.
#[must_use]
pub fn project(name: &str, language: Language) -> Vec<(String, String)> {
    let own = format!("{}/", language.folder());
    let mut files: Vec<(String, String)> = Vec::new();
    for (path, text) in TEMPLATES {
        let common = path.strip_prefix("common/").filter(|_| language != Language::Kdl);
        let Some(path) = path.strip_prefix(&own).or(common) else { continue };
        let path = match (language, path) {
            (Language::Kdl, "rule.kdl" | "rule.md") => {
                path.replacen("rule", &format!("{name}/foreign-registry"), 1)
            }
            // Under its own name it would be this repository's configuration for the folder of templates.
            (Language::Kdl, "config.kdl") => "stockade.kdl".to_owned(),
            _ => path.to_owned(),
        };
        files.push((path, text.replace("{{name}}", name)));
    }
    if language == Language::Kdl {
        let pack = TEMPLATES.iter().find(|(path, _)| *path == "common/pack.kdl");
        files.extend(pack.map(|(_, text)| (format!("{name}/pack.kdl"), text.replace("{{name}}", name))));
    }
    for (path, text) in SDK.iter().filter_map(|(path, text)| Some((path.strip_prefix(&own)?, text))) {
        let text = match (language, path) {
            (Language::Rust, "Cargo.toml") => RUST_SDK.to_owned(),
            (Language::Rust, "src/bindings.rs") => text.replace("../../../wit/v0.1.0", "wit"),
            _ => (*text).to_owned(),
        };
        files.push((format!("{}/{path}", language.sdk()), text));
    }
    match language {
        Language::Rust => files.push(("stockade-sdk/wit/plugin.wit".to_owned(), WIT.to_owned())),
        Language::Python | Language::Javascript => files.push(("wit/plugin.wit".to_owned(), WIT.to_owned())),
        Language::Kdl | Language::C | Language::Zig | Language::Assemblyscript | Language::Go => {}
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_files() {
        for (language, wanted) in [
            (
                Language::Kdl,
                &["stockade.kdl", "acme/pack.kdl", "acme/foreign-registry.kdl", "acme/foreign-registry.md"][..],
            ),
            (Language::Rust, &["src/lib.rs", "stockade-sdk/src/bindings.rs", "rules/base-image-untagged.md"]),
            (Language::C, &["plugin.c", "sdk/stockade.h", "plugin.kdl"]),
            (Language::Zig, &["plugin.zig", "sdk/stockade.zig", "sdk/views.zig"]),
            (Language::Assemblyscript, &["plugin.ts", "sdk/stockade.ts", "sdk/exports.mjs", "asconfig.json"]),
            (Language::Python, &["plugin.py", "sdk/stockade.py", "wit/plugin.wit"]),
            (Language::Javascript, &["plugin.ts", "sdk/stockade.ts", "package.json"]),
            (Language::Go, &["main.go", "go.mod", "sdk/go.mod", "sdk/plugin.go"]),
        ] {
            let files = project("acme", language);
            for file in wanted {
                assert!(files.iter().any(|(path, _)| path == file), "{language:?}: {file}");
            }
            assert!(files.iter().all(|(_, text)| !text.contains("{{name}}")), "{language:?}");
            // Nothing may lead out of the project.
            assert!(files.iter().all(|(_, text)| !text.contains("path: \"..")), "{language:?}");
        }
    }
}
