//! JSON: strict, with comments (JSONC), JSON5 and one value a line.
//!
//! The reader accepts the superset of all and says what the file's own dialect forbids, so that a
//! stray comma never hides the rest of a file.

mod read;
mod scalar;

use crate::FileKind;
use crate::table::Parts;
use crate::template::{self, Branches, Mask, Presence};
use read::Reader;
use stockade_model::{Document, ProblemLevel};

/// What a file may contain beyond RFC 8259.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `//` and `/* */`, and commas behind the last entry.
    pub(crate) comments: bool,
    /// Comments behind `#`.
    pub(crate) hashes: bool,
    /// Single quotes, keys without quotes, `+1`, `.5`, `0x1`, `NaN`: <https://spec.json5.org>.
    pub(crate) json5: bool,
    /// A template: `fill` stands for the bytes of its expressions, and commas may come and go.
    pub(crate) template: Option<u8>,
}

/// Parses a JSON file. A file of JSON lines has one document per line.
pub(crate) fn parse(kind: FileKind, path: &str, text: String) -> Document {
    if kind == FileKind::JsonLines {
        let mut reader = Reader::new(&text, Dialect::default(), &|_, _| None);
        reader.lines();
        return reader.finish().into_document(text, |_, _, _| false);
    }
    let dialect = dialect(path);
    let mut reader = Reader::new(&text, dialect, &|_, _| None);
    reader.whole();
    let parts = reader.finish();
    // Braces inside strings are common and mean nothing to JSON: only what cannot be read is taken for a template.
    if !parts.problems().is_empty() && template::presence(&text) == Presence::Anywhere {
        let mut mask = Mask::new(&text, &template::scan(&text), Branches::All);
        let masked = read_masked(&text, &mask, dialect);
        // An expression between two values stands in the way of the reader, one inside a string does not.
        mask.structural |= masked.problems().len() < parts.problems().len();
        if mask.structural {
            return template::finish(text, &mask, masked, ProblemLevel::Warning);
        }
    }
    parts.into_document(text, |_, _, _| false)
}

/// The table of a template of JSON.
fn read_masked(text: &str, mask: &Mask, dialect: Dialect) -> Parts {
    let restore = |source, value: &str| mask.restore(text, source, value);
    let dialect = Dialect { template: Some(mask.fill), ..dialect };
    let mut reader = Reader::new(&mask.text, dialect, &restore);
    reader.whole();
    reader.finish()
}

/// The table of `text` if it is JSON without any fault, else none; gives up at the first fault.
pub(crate) fn read_strict(text: &str) -> Option<Parts> {
    let mut reader = Reader::new(text, Dialect::default(), &|_, _| None);
    reader.stop_at_problem();
    reader.whole();
    let parts = reader.finish();
    parts.problems().is_empty().then_some(parts)
}

/// Endings of files that show people what to write, with more words than the program accepts.
const SAMPLES: [&str; 6] = [".sample", ".example", ".dist", ".default", ".template", ".tmpl"];

/// The dialect that the tools reading a file of this name accept. `path` is separated by `/`.
fn dialect(path: &str) -> Dialect {
    let path = path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let sample = SAMPLES.iter().find_map(|ending| name.strip_suffix(ending));
    let name = sample.unwrap_or(name);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let json5 = extension == "json5";
    // TypeScript and its family, VS Code and dev containers, .NET, and linters and bundlers document comments as allowed.
    let comments = json5
        || sample.is_some()
        // All of Rush's settings come with comments.
        || folder.ends_with("common/config/rush")
        || matches!(extension, "jsonc" | "code-workspace" | "sublime-settings" | "hujson")
        || stem.starts_with("tsconfig")
        || stem.starts_with("jsconfig")
        || stem.starts_with("appsettings")
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
                | "host.json"
                | "local.settings.json"
                | "launchsettings.json"
                | "global.json"
                | "azuredeploy.json"
                | "firebase.json"
                | "angular.json"
                | "nx.json"
                | "project.json"
                | "pyrightconfig.json"
                | ".markdownlint.json"
                | "cspell.json"
                | ".cspell.json"
                | ".mocharc.json"
                | ".oxlintrc.json"
                | "dprint.json"
                | ".luarc.json"
                | ".luarc.doc.json"
        );
    Dialect { comments, hashes: sample.is_some(), json5, template: None }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::FileKind;

    #[test]
    fn samples_may_have_the_comments_of_a_shell() {
        let problems = |path, text: &str| parse(FileKind::Json, path, text.to_owned()).problems.len();
        let text = "# a\n{\n  # b\n  \"c\": \"#\", # d\n  \"e\": 1 # f\n}\n";
        for path in ["settings.json.sample", "a/settings.json.example"] {
            assert_eq!(problems(path, text), 0, "{path}");
        }
        // One fault for a file, not one for each word of its comments.
        assert_eq!(problems("settings.json", text), 1);
        assert_eq!(problems("tsconfig.json", text), 4);
        assert_eq!(problems("common/config/rush/x.json", "// a\n{}\n"), 0);
    }
}
