//! YAML: any number of documents in a file, JSON included, templates read without rendering.

mod block;
mod flow;
mod literal;
mod loose;
mod messages;
mod node;
mod read;
mod scalar;
pub(crate) mod schema;

use super::json;
use crate::table::Parts;
use crate::template::{self, Action, Branches, Mask, Presence, Role};
use crate::{FileKind, limits};
use stockade_model::{Document, ProblemLevel, Span};

/// Whether the program that reads a file of this name merges keys that repeat, or makes a list of them.
fn may_repeat(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // Each `task`, `env` and `script` of Cirrus CI counts: <https://cirrus-ci.org/guide/writing-tasks/>.
    name.eq_ignore_ascii_case(".cirrus.yml") || name.eq_ignore_ascii_case(".cirrus.yaml")
}

/// Parses a YAML file. A broken document costs the rest of itself, not the documents behind it.
pub(crate) fn parse(kind: FileKind, path: &str, text: String) -> Document {
    let mut document = read(kind, text);
    if may_repeat(path) {
        document.problems.retain(|problem| problem.code != "duplicate-key");
    }
    document
}

fn read(kind: FileKind, text: String) -> Document {
    // Manifests are written in JSON too. That is YAML, but for tabs and for what it costs to read it as such.
    let start = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if (start.starts_with('{') || start.starts_with('['))
        && let Some(parts) = json::read_strict(&text)
    {
        return parts.into_document(text, |_, _, _| false);
    }
    let presence = match template::presence(&text) {
        // A workflow is read as YAML first, whatever else stands in its scripts.
        Presence::Anywhere if kind == FileKind::GithubWorkflow => Presence::InValues,
        presence => presence,
    };
    if presence == Presence::Anywhere {
        let actions = template::scan(&text);
        let (mask, parts) = read_template(&text, &actions);
        if errors(&parts) > 0 {
            // Expressions that are for another program (an alert's annotation) may be broken up by YAML's own quotes. What is
            // YAML as it stands is none the worse for them.
            let plain = read_plain(&text);
            if errors(&plain) == 0 {
                return with_expressions(plain, text);
            }
        }
        return template::finish(text, &mask, parts, ProblemLevel::Warning);
    }
    let parts = read_plain(&text);
    if errors(&parts) > 0 {
        let actions = template::alone(&text);
        if !actions.is_empty() {
            let (mask, parts) = read_template(&text, &actions);
            return template::finish(text, &mask, parts, ProblemLevel::Warning);
        }
    }
    match presence {
        Presence::InValues => with_expressions(parts, text),
        _ => parts.into_document(text, |_, _, _| false),
    }
}

fn read_plain(text: &str) -> Parts {
    read::read(text, limits::MAX_YAML_KEY_CHARS, &|_, _| None)
}

/// The document of a file that is YAML as it stands, with marks on values that hold expressions.
fn with_expressions(parts: Parts, text: String) -> Document {
    let mut document = parts.into_document(text, |_, _, _| false);
    let bytes = document.text().as_bytes();
    let with_dollar = |span: Span| match span.start.checked_sub(1) {
        Some(before) if bytes.get(before as usize) == Some(&b'$') => Span::new(before, span.end),
        _ => span,
    };
    let expressions: Vec<_> =
        template::scan(document.text()).iter().map(|action| with_dollar(action.span)).collect();
    template::flag_expressions(&mut document, |span| {
        let first = expressions.partition_point(|hole| hole.end <= span.start);
        let last = expressions.partition_point(|hole| hole.start < span.end);
        expressions.get(first..last.max(first)).unwrap_or_default()
    });
    document
}

/// How many faults of syntax were found.
fn errors(parts: &Parts) -> usize {
    parts.problems().iter().filter(|problem| problem.code == "invalid").count()
}

/// Reads a text with these template expressions; also gives what of it was masked.
fn read_template(text: &str, actions: &[Action]) -> (Mask, Parts) {
    let build = |mask: &Mask| {
        read::read(&mask.text, limits::MAX_TEMPLATE_KEY_CHARS, &|source, value| {
            mask.restore(text, source, value)
        })
    };
    let mut mask = Mask::new(text, actions, Branches::All);
    let mut parts = build(&mask);
    let mut attempt = |actions: &[Action], branches: Branches, definitions: &[Span]| {
        if errors(&parts) > 0 {
            let other = Mask::without(text, actions, branches, definitions);
            let again = build(&other);
            if errors(&again) < errors(&parts) {
                (mask, parts) = (other, again);
            }
        }
    };
    if actions.iter().any(|action| action.role == Role::Open) {
        // Branches that contradict each other cannot be read one behind the other.
        attempt(actions, Branches::First, &[]);
        // What is defined here is put elsewhere, and need not fit what stands around it.
        let definitions = template::definitions(text, actions);
        if !definitions.is_empty() {
            let is_outside = |action: &&Action| {
                !definitions.iter().any(|d| d.start <= action.span.start && action.span.end <= d.end)
            };
            let outside: Vec<Action> = actions.iter().filter(is_outside).copied().collect();
            attempt(&outside, Branches::All, &definitions);
            attempt(&outside, Branches::First, &definitions);
        }
    }
    (mask, parts)
}

#[cfg(test)]
mod tests {
    use super::{parse, read};
    use crate::FileKind;
    use stockade_model::flag;

    #[test]
    fn what_is_yaml_as_it_stands_is_no_broken_template() {
        let quoted = concat!(
            r#"a: "{{ $n := query \"x\" | first }}n {{ $n }}""#,
            "\nb: |\n  {{ if gt $n 1.0 }}many{{ end }} \"of them\"\nc: \"{{ .d }}\"\n"
        );
        // An expression that never ends well, whatever its quotes are taken for.
        let odd = "a: '{{ it''s \"'\nb: |\n  {{ else }}\n c: 1\n".replace("\n c", "\nc");
        for text in [quoted, &odd] {
            let document = read(FileKind::Yaml, text.to_owned());
            assert!(document.problems.is_empty(), "{text}: {:?}", document.problems);
        }
    }

    #[test]
    fn what_a_template_defines_need_not_fit_what_stands_around_it() {
        let defined = "{{- define \"pod\" }}\n    spec:\n      a: {{ .a }}\n{{- end }}\n";
        let used = "apiVersion: v1\nkind: Pod\nname: {{ .b }}\n{{- template \"pod\" . }}\n";
        let document = read(FileKind::Kubernetes, format!("{defined}{used}"));
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let root = document.children(0).next().unwrap();
        assert_eq!(document.value(document.get(root, "kind").unwrap()), "Pod");
        assert_eq!(document.value(document.get(root, "name").unwrap()), "{{ .b }}");
        assert!(document.get(root, "spec").is_none());
        // What can be read is.
        let document = read(FileKind::Kubernetes, "{{ define \"a\" }}\nx: 1\n{{ end }}\ny: 2\n".to_owned());
        assert!(document.get(document.children(0).next().unwrap(), "x").is_some());
    }

    #[test]
    fn lines_may_follow_those_that_an_expression_puts_behind_a_key() {
        let text = "labels: {{- include \"x\" . | nindent 2 }}\n  {{- if .y }}\n  a: b\n  {{- end }}\nonly: {{- toYaml .z | nindent 2 }}\nend: 1\n";
        let document = read(FileKind::Yaml, text.to_owned());
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let root = document.children(0).next().unwrap();
        let labels = document.get(root, "labels").unwrap();
        assert_eq!(document.value(document.get(labels, "a").unwrap()), "b");
        assert_ne!(document.flags(labels) & flag::PARTIAL, 0);
        let only = document.get(root, "only").unwrap();
        assert_eq!(document.value(only), "{{- toYaml .z | nindent 2 }}");
        assert_ne!(document.flags(only) & flag::UNKNOWN, 0);
        assert_eq!(document.flags(document.get(root, "end").unwrap()), 0);
        let document = read(FileKind::Yaml, "- {{- include \"x\" . | nindent 2 }}\n  a: b\n".to_owned());
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let item = document.children(document.children(0).next().unwrap()).next().unwrap();
        assert_eq!(document.value(document.get(item, "a").unwrap()), "b");
    }

    #[test]
    fn keys_repeat_in_files_of_cirrus() {
        let problems = |path| parse(FileKind::Yaml, path, "a: 1\na: 2\n".to_owned()).problems.len();
        assert_eq!((problems("x/.cirrus.yml"), problems("x/cirrus.yml")), (0, 1));
    }

    #[test]
    fn a_line_of_nothing_but_a_variable_puts_lines_there() {
        for text in [
            "a: 1\n${extra}\nb: 2\n",
            "spec:\n  containers:\n  ${containers}\n    - name: x\n",
            "data:\n%{ for name in names ~}\n  a: 1\n%{ endfor ~}\nb: 2\n",
        ] {
            let document = read(FileKind::Yaml, text.to_owned());
            assert!(document.problems.is_empty(), "{text}: {:?}", document.problems);
        }
        let broken = read(FileKind::Yaml, "a: 1\n${extra}\n b: [\n".to_owned());
        assert!(!broken.problems.is_empty());
        // In a script it is a command.
        let script = read(FileKind::Yaml, "run: |\n  ${CMD}\n".to_owned());
        assert!(!script.marks.contains(&"template"));
    }
}
