//! What directives reach, in every format that has comments.

use super::*;

/// Each directive of a text as `scope line-line names`, and each mistake as `rule line`.
fn places(kind: &str, text: &str) -> Vec<String> {
    let kind = FileKind::from_name(kind).unwrap();
    let document = stockade_syntax::parse(kind, text.to_owned());
    let lines = stockade_model::LineIndex::new(text);
    let directives = Directives::read(kind, &document, &[]);
    let line = |at: u32| lines.line_of(at) + 1;
    let found = directives.found.iter().map(|d| {
        let last = d.reach.end.saturating_sub(1).max(d.reach.start);
        let names: Vec<&str> = d.names.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} {}-{} {}", d.scope.as_str(), line(d.reach.start), line(last), names.join("+"))
    });
    let mistakes = directives.mistakes.iter().map(|m| {
        assert!(m.span.slice(text).is_some_and(|s| !s.is_empty()), "{text}");
        format!("{} {}", m.rule.trim_start_matches("meta/suppression-"), line(m.span.start))
    });
    found.chain(mistakes).collect()
}

#[test]
fn a_comment_behind_something_reaches_its_line() {
    for (kind, text) in [
        ("yaml", "a: 1 # stockade: ignore[x]\nb: 2\n"),
        ("json", "{ \"a\": 1, // stockade: ignore[x]\n\"b\": 2 }\n"),
        ("json", "{ \"a\": /* stockade: ignore[x] */ 1,\n\"b\": 2 }\n"),
        ("toml", "a = 1 # stockade: ignore[x]\nb = 2\n"),
        ("dotenv", "A=1 # stockade: ignore[x]\nB=2\n"),
        ("nginx", "user root; # stockade: ignore[x]\nworker_processes 1;\n"),
        ("requirements", "a==1 # stockade: ignore[x]\nb==2\n"),
        ("sshd", "PermitRootLogin yes # stockade: ignore[x]\nPort 22\n"),
        ("shell", "rm -rf / # stockade: ignore[x]\ntrue\n"),
        ("kubernetes", "a: {{ .Values.x }} {{/* stockade: ignore[x] */}}\nb: 2\n"),
    ] {
        assert_eq!(places(kind, text), ["line 1-1 x"], "{kind}: {text}");
    }
}

#[test]
fn a_comment_on_its_own_line_reaches_what_it_stands_above() {
    for (kind, text, expected) in [
        ("yaml", "a: 1\n# stockade: ignore[x]\nb:\n  c: 2\n  d: 3\ne: 4\n", "node 3-5 x"),
        ("yaml", "a:\n  # stockade: ignore[x]\n  - b: 1\n    c: 2\n  - b: 3\n", "node 3-4 x"),
        ("yaml", "# stockade: ignore[x]\na: 1\nb: 2\n", "node 2-2 x"),
        ("yaml", "# stockade: ignore[x]\n- a: 1\n- a: 2\n", "node 2-2 x"),
        ("yaml", "a: 1\n# stockade: ignore[x]\n# why\nb: 2\nc: 3\n", "node 4-4 x"),
        ("kubernetes", "# stockade: ignore[x]\napiVersion: v1\nkind: Pod\nspec: {}\n", "node 2-4 x"),
        (
            "kubernetes",
            "a: 1\n{{/* stockade: ignore[x] */}}\n{{- if .Values.y }}\nb: 2\n{{- end }}\n",
            "node 4-4 x",
        ),
        ("dockerfile", "FROM a\n# stockade: ignore[x]\nRUN a && \\\n  b\nUSER c\n", "node 3-4 x"),
        ("dockerfile", "FROM a\nRUN a && \\\n  # stockade: ignore[x]\n  b\nUSER c\n", "node 2-4 x"),
        ("dockerfile", "# stockade: ignore[x]\nFROM a\nUSER c\n", "node 2-2 x"),
        (
            "json",
            "{\n  // stockade: ignore[x]\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": 2\n}\n",
            "node 3-5 x",
        ),
        ("toml", "a = 1\n# stockade: ignore[x]\nb = 2\nc = 3\n", "node 3-3 x"),
        ("toml", "# stockade: ignore[x]\n[a]\nb = 2\n[c]\nd = 3\n", "node 2-3 x"),
        ("ini", "; stockade: ignore[x]\n[a]\nb = 2\n[c]\nd = 3\n", "node 2-3 x"),
        ("properties", "! stockade: ignore[x]\na=1\nb=2\n", "node 2-2 x"),
        ("dotenv", "# stockade: ignore[x]\nA=1\nB=2\n", "node 2-2 x"),
        ("nginx", "# stockade: ignore[x]\nserver {\n  listen 80;\n}\nuser a;\n", "node 2-4 x"),
        (
            "apache",
            "# stockade: ignore[x]\n<Location /x>\nRequire all granted\n</Location>\nOptions None\n",
            "node 2-4 x",
        ),
        ("sshd", "# stockade: ignore[x]\nPort 22\nPermitRootLogin no\n", "node 2-2 x"),
        ("requirements", "# stockade: ignore[x]\na==1\nb==2\n", "node 2-2 x"),
        ("dockerignore", "# stockade: ignore[x]\n.env\n.git\n", "node 2-2 x"),
        ("yaml", "a:\n  # stockade: ignore[x]\n  {{- toYaml .Values.a | nindent 2 }}\nb: 1\n", "node 3-3 x"),
        ("yaml", "a:\n  # stockade: ignore[x]\n  {{- if .Values.a }}\n  c: 1\n  {{- end }}\n", "node 4-4 x"),
        ("shell", "# stockade: ignore[x]\nif true; then\n  a\nfi\nb\n", "node 2-4 x"),
    ] {
        assert_eq!(places(kind, text), [expected], "{kind}: {text}");
    }
}

#[test]
fn documents_and_files() {
    let two = "# stockade: ignore-file[f]\n---\n# stockade: ignore-document[d]\na: 1\n---\n\
        # stockade: ignore-document[e]\nb: 2\nc: 3\n";
    assert_eq!(places("yaml", two), ["file 1-8 f", "document 4-4 d", "document 7-8 e"]);
    let dockerfile = "# syntax=docker/dockerfile:1\n# stockade: ignore-file[f]\nFROM a\nUSER b\n";
    assert_eq!(places("dockerfile", dockerfile), ["file 1-4 f"]);
    assert_eq!(places("shell", "#!/bin/sh\n\n# stockade: ignore-file[f]\ntrue\n"), ["file 1-4 f"]);
    assert_eq!(places("json", "// stockade: ignore-file[f]\n{}\n"), ["file 1-2 f"]);
    assert_eq!(
        places("helm-helpers", "{{/* stockade: ignore-file[f] */}}\n{{- define \"a\" }}{{ end }}\n"),
        ["file 1-2 f"]
    );
}

#[test]
fn directives_that_speak_about_nothing_are_misplaced() {
    for (kind, text, line) in [
        ("yaml", "a: 1\n# stockade: ignore[x]\n", 2),
        ("yaml", "# stockade: ignore[x]\n\na: 1\n", 1),
        ("yaml", "# stockade: ignore[x]\n---\na: 1\n", 1),
        ("yaml", "a: 1\n# stockade: ignore-file[x]\nb: 1\n", 2),
        ("yaml", "a: 1\n# stockade: ignore-document[x]\nb: 1\n", 2),
        ("yaml", "a: 1\n# stockade: ignore-document[x]\n---\nb: 1\n", 2),
        ("yaml", "a: 1 # stockade: ignore-document[x]\n", 1),
        ("json", "{\n// stockade: ignore-document[x]\n\"a\": 1 }\n", 2),
        ("dockerfile", "FROM a\n# stockade: ignore[x]\n", 2),
        ("dockerfile", "FROM a\n# see stockade: ignore[x]\nUSER b\n", 2),
        ("dockerfile", "# stockade: ignore[x]\n", 1),
    ] {
        assert_eq!(places(kind, text), [format!("misplaced {line}")], "{kind}: {text}");
    }
}

#[test]
fn what_is_no_comment_is_no_directive() {
    for (kind, text) in [
        ("yaml", "a: \"# stockade: ignore[x]\"\n"),
        ("yaml", "a: |\n  # stockade: ignore[x]\n  b\n"),
        ("yaml", "a: b#stockade: ignore[x]\n"),
        ("dockerfile", "FROM a\nRUN echo '# stockade: ignore[x]'\n"),
        ("dotenv", "A=\"x # stockade: ignore[x]\"\n"),
        ("kubernetes", "a: {{ printf \"/* stockade: ignore[x] */\" }}\n"),
    ] {
        assert_eq!(places(kind, text), Vec::<String>::new(), "{kind}: {text}");
    }
}

#[test]
fn a_file_full_of_directives_is_read_in_time() {
    let start = std::time::Instant::now();
    let stacked = "# stockade: ignore[x]\n".repeat(20_000) + "a: 1\n";
    let apart = "a: 1 # stockade: ignore[x]\n".repeat(20_000);
    let one_line = format!("{{{}\"b\": 1}}", "\"a\": 1, /* stockade: ignore[x] */ ".repeat(20_000));
    let bad = "a: 1 # stockade: ignore[\n".repeat(20_000);
    for (kind, text) in [("yaml", &stacked), ("yaml", &apart), ("json", &one_line), ("yaml", &bad)] {
        let document = stockade_syntax::parse(FileKind::from_name(kind).unwrap(), text.clone());
        let directives = Directives::read(FileKind::from_name(kind).unwrap(), &document, &[]);
        assert!(directives.found.len() + directives.mistakes.len() <= 4001);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
