//! JSON: strict, with comments (JSONC), JSON5 and one value a line.
//!
//! The reader accepts the superset of all and says what the file's own dialect forbids, so that a
//! stray comma never hides the rest of a file.

mod read;
mod scalar;

use crate::FileKind;
use crate::table::Parts;
use read::Reader;
use stockade_model::Document;

/// What a file may contain beyond RFC 8259.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `//` and `/* */`, and commas behind the last entry.
    pub(crate) comments: bool,
    /// Single quotes, keys without quotes, `+1`, `.5`, `0x1`, `NaN`: <https://spec.json5.org>.
    pub(crate) json5: bool,
    /// A template: `fill` stands for the bytes of its expressions, and commas may come and go.
    pub(crate) template: Option<u8>,
}

/// Parses a JSON file. A file of JSON lines has one document per line.
pub(crate) fn parse(kind: FileKind, path: &str, text: String) -> Document {
    let parts = if kind == FileKind::JsonLines {
        let mut reader = Reader::new(&text, Dialect::default());
        reader.lines();
        reader.finish()
    } else {
        read(&text, dialect(path))
    };
    parts.into_document(text, |_, _, _| false)
}

/// The table of one JSON text.
pub(crate) fn read(text: &str, dialect: Dialect) -> Parts {
    let mut reader = Reader::new(text, dialect);
    reader.whole();
    reader.finish()
}

/// The table of `text` if it is JSON without any fault, else none; gives up at the first fault.
pub(crate) fn read_strict(text: &str) -> Option<Parts> {
    let mut reader = Reader::new(text, Dialect::default());
    reader.stop_at_problem();
    reader.whole();
    let parts = reader.finish();
    parts.problems().is_empty().then_some(parts)
}

/// The dialect that the tools reading a file of this name accept. `path` is separated by `/`.
fn dialect(path: &str) -> Dialect {
    let path = path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let json5 = extension == "json5";
    // TypeScript and its family, VS Code and dev containers, and linters and bundlers document comments as allowed.
    let comments = json5
        || matches!(extension, "jsonc" | "code-workspace" | "sublime-settings" | "hujson")
        || stem.starts_with("tsconfig")
        || stem.starts_with("jsconfig")
        || folder.split('/').any(|part| matches!(part, ".vscode" | ".devcontainer" | ".zed"))
        || matches!(
            name,
            ".devcontainer.json"
                | "devcontainer.json"
                | ".eslintrc"
                | ".eslintrc.json"
                | ".jshintrc"
                | ".babelrc"
                | ".babelrc.json"
                | "babel.config.json"
                | ".swcrc"
                | ".hintrc"
                | "tslint.json"
                | "typedoc.json"
                | "api-extractor.json"
                | "turbo.json"
                | "deno.json"
                | "biome.json"
                | "language-configuration.json"
                | "launch.json"
                | "wrangler.json"
                | "rush.json"
        );
    Dialect { comments, json5, template: None }
}
