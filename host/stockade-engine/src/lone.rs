//! Values for a chart that lies elsewhere: `clusters/prod/grafana-values.yaml`.
//!
//! Beside a chart, values are judged by what its templates make of them. Where there is none, they still have the names that pods
//! give their fields: they are judged like the values in a `HelmRelease`, which is as far from its chart. What nobody has said of
//! them is said of a chart by their name.

use crate::rendered::RenderedFile;
use stockade_model::{Document, NodeKind};
use stockade_syntax::{FileKind, Rendered};

/// Blanks before each line of the values.
const INDENT: usize = 4;
/// What is left out of a file's name: it says that there are values, not for what.
const WORDS: [&str; 3] = ["values", "override", "overrides"];
/// What stands between the words of a file's name.
const SIGNS: [char; 3] = ['-', '_', '.'];

/// The values of this file in an object that has values. `None` where they cannot stand there as they are.
pub(crate) fn in_object(path: &str, document: &Document) -> Option<RenderedFile> {
    let mut roots = document.children(0);
    let root = roots.next().filter(|root| document.kind(*root) == NodeKind::Mapping)?;
    let text = document.text();
    // Lines that mean something else where they are indented.
    let is_mark = |line: &str| ["---", "...", "%", "\t"].iter().any(|mark| line.starts_with(mark));
    let from = document.span(root).start as usize;
    let start = text.get(..from)?.rfind('\n').map_or(0, |end| end + 1);
    let (before, values) = (text.get(..start)?, text.get(start..)?);
    if roots.next().is_some() || before.contains("{{") || values.lines().any(is_mark) {
        return None;
    }
    let name = name(path);
    let head =
        format!("apiVersion: helm.sh/v1\nkind: Chart\nmetadata: {{name: \"{name}\"}}\nspec:\n  values:\n");
    let rendered = Rendered::below(&head, values, INDENT, start as u32);
    let mut file = RenderedFile::new(rendered, path, FileKind::Kubernetes, document)?;
    file.head = head.len() as u32;
    Some(file)
}

/// What the values are for, by the file's name or else its folder's.
fn name(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let own = WORDS.iter().fold(stem, |stem, word| {
        let behind = stem.strip_prefix(word).and_then(|rest| rest.strip_prefix(SIGNS));
        let before = || stem.strip_suffix(word).and_then(|rest| rest.strip_suffix(SIGNS));
        behind.or_else(before).unwrap_or(stem)
    });
    let name = if WORDS.contains(&own) { folder.rsplit('/').next().unwrap_or_default() } else { own };
    let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_plain { name } else { WORDS[0] }
}

#[cfg(test)]
mod tests {
    use super::{in_object, name};
    use stockade_syntax::{FileKind, parse};

    #[test]
    fn values_stand_in_an_object() {
        let become_so = |text: &str| {
            let document = parse(FileKind::HelmValues, text.to_owned());
            in_object("prod/grafana-values.yaml", &document).map(|file| file.document.text().to_owned())
        };
        let text = become_so("# For all.\n---\na: |\n  b\nc:\n- d\n").unwrap();
        assert!(text.ends_with("  values:\n    a: |\n      b\n    c:\n    - d\n"), "{text}");
        for text in ["", "- a\n", "a: 1\n---\nb: 1\n", "a: \"b\n--- c\"\n"] {
            assert_eq!(become_so(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_files_with_values() {
        for (path, expected) in [
            ("prod/grafana-values.yaml", "grafana"),
            ("values-prod.yaml", "prod"),
            ("apps/redis/values.yaml", "redis"),
            ("values.yaml", "values"),
            ("a b/values.yaml", "values"),
            ("values.prod.yaml", "prod"),
            ("infra/ingress-nginx-values.yaml", "ingress-nginx"),
            ("redis_values.yml", "redis"),
        ] {
            assert_eq!(name(path), expected, "{path}");
        }
    }
}
