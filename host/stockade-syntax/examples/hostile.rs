//! Times texts that are made to be slow: every pattern for every kind, at one length and at twice that. What takes more
//! than a second a megabyte, or much more than twice as long for twice the text, is printed.
//!
//! `cargo run --release -p stockade-syntax --example hostile -- [BYTES [KIND]]`

use std::io::Write;
use std::time::{Duration, Instant};
use stockade_syntax::{FileKind, SourceMap, add_views, classify, embedded, marks, parse, references};

/// What is repeated.
const REPEATED: &[&str] = &[
    "[",
    "{",
    "(",
    "<",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "'''",
    "[[",
    "{{",
    "{%",
    "<%",
    "${",
    "$(",
    "((",
    "{{ if .Values.a }}\n",
    "{{ end }}\n",
    "{{ .Values.a }}",
    "{{ include \"a\" . | nindent 2 }}\n",
    "a: ",
    "- ",
    "? ",
    "a:\n ",
    "- a\n",
    "a: b\n",
    "a=b\n",
    "a = [\n",
    "a = {\n",
    "a = \"\n",
    "a: &a [*a]\n",
    "&a ",
    "*a ",
    "!a ",
    "!!str ",
    "<<: *a\n",
    "|\n",
    "a: |\n",
    "a: >\n  b\n",
    "---\n",
    "...\n",
    "%TAG ! a\n",
    "# ",
    "#\n",
    ";\n",
    "\\",
    "\\\n",
    "a \\\n",
    "\r",
    "\t",
    " ",
    "\n",
    "é",
    "\u{feff}",
    "[a]\n",
    "[[a]]\n",
    "[a.b]\n",
    "a.b.",
    "a.b = 1\n",
    "<A>\n",
    "</A>\n",
    "<A \"",
    "server {\n",
    "a;",
    "}",
    "]",
    ")",
    ">",
    "Match a\n",
    "FROM a\n",
    "RUN a \\\n",
    "RUN <<A\n",
    "RUN <<A <<B\n",
    "RUN [\"",
    "ARG A=$A$A\n",
    "ENV A=${A:-${A:-\n",
    "FROM a\nFROM 0\n",
    "COPY --from=0 a b\n",
    "ONBUILD ",
    "HEALTHCHECK CMD ",
    "if a; then\n",
    "case a in a) ",
    "for a in b; do ",
    "$(",
    "`a",
    "a | ",
    "a && ",
    "a <<A\n",
    "<(",
    "a() { ",
    "\"$(",
    "${a:-",
    "a==1 \\\n",
    "--hash=a ",
    "a[",
    "a @ ",
    "-r a\n",
    "a; b and (",
    "{\"a\":",
    "[{\"a\":",
    "{\"a\":1}\n",
    "\"\\u00",
    "/*",
    "//",
    "1,",
    "1e",
    "0x",
    ",",
    ":",
    "=",
    "a_by_lua_block {",
    "[=[",
    "--[[",
    "${A:-",
    "env:\n- name: a\n",
    "export a=",
    "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.conf: |\n    b\n    c\n---\n",
    "patches:\n- path: a\n",
    "env_file: a\n",
    "run: a\n",
    "a: 'b''",
    "a://b@",
    "!",
    "[Unit]\n",
    "Environment=\"a=",
    "  a = b\n",
];

/// Texts that are no repetition of one piece.
fn made(len: usize) -> Vec<(&'static str, String)> {
    let lines = |line: &dyn Fn(usize) -> String| {
        let mut text = String::with_capacity(len + 100);
        for nth in 0.. {
            if text.len() >= len {
                break;
            }
            text.push_str(&line(nth));
        }
        text
    };
    vec![
        ("keys of YAML", lines(&|n| format!("k{n}: v\n"))),
        ("keys of TOML, INI", lines(&|n| format!("k{n} = 1\n"))),
        ("keys of JSON", format!("{{{}\"z\":1}}", lines(&|n| format!("\"k{n}\":1,")))),
        ("sections", lines(&|n| format!("[s{n}]\na=1\n"))),
        ("tables", lines(&|n| format!("[a.s{n}]\nb=1\n"))),
        ("dotted keys", lines(&|n| format!("a{}.b{n} = 1\n", n % 7))),
        ("anchors and aliases", lines(&|n| format!("- &a{n} b\n- *a{n}\n"))),
        ("one alias", format!("- &a b\n{}", "- *a\n".repeat(len / 5))),
        ("merges", lines(&|n| format!("a{n}: &a{n}\n  <<: *a{}\n", n.saturating_sub(1)))),
        (
            "deep blocks",
            (0..2000)
                .map(|n| format!("{}a:\n", " ".repeat(n)))
                .collect::<String>()
                .repeat(1 + len / 2_000_000),
        ),
        ("deep sections", lines(&|n| format!("[{}a]\n", "a.".repeat(n % 300)))),
        ("one line", "a".repeat(len)),
        ("one quoted line", format!("a = \"{}\"\n", "b ".repeat(len / 2))),
        ("one long key", format!("{}: a\n", "b".repeat(len))),
        ("one block scalar", format!("a: |\n{}", "  b c\n".repeat(len / 6))),
        ("one folded scalar", format!("a: >\n{}", "  b c\n".repeat(len / 6))),
        ("a plain scalar", format!("a: b\n{}", "  b c\n".repeat(len / 6))),
        (
            "a ConfigMap",
            format!(
                "apiVersion: v1\nkind: ConfigMap\ndata:\n{}",
                lines(&|n| format!("  k{n}.conf: |\n    server {{\n    }}\n"))
            ),
        ),
        ("stages", lines(&|n| format!("FROM a AS s{n}\nCOPY --from=s{n} a b\n"))),
        ("arguments", lines(&|n| format!("ARG A{n}=${{A{}}}x\n", n.saturating_sub(1)))),
        (
            "variables of stages",
            format!("FROM a\n{}", lines(&|n| format!("ENV A{n}=$A{}\n", n.saturating_sub(1)))),
        ),
        ("heredocs", format!("FROM a\n{}", lines(&|n| format!("RUN <<E{n}\na\nE{n}\n")))),
        ("comments", lines(&|n| format!("# c{n}\n"))),
        ("comments behind values", lines(&|n| format!("a{n}: b # c\n"))),
        (
            "template branches",
            lines(&|n| format!("{{{{ if .a }}}}\na: {n}\n{{{{ else }}}}\na: {n}\n{{{{ end }}}}\n")),
        ),
    ]
}

fn time(kind: FileKind, text: &str) -> Duration {
    let start = Instant::now();
    let found = classify("a.yaml", text);
    let marks = marks(kind, "a.yaml", text);
    let mut document = parse(kind, text.to_owned());
    add_views(kind, &mut document, &["settings", "environment"]);
    let inner = embedded(kind, &mut document);
    let maps: Vec<_> = inner.into_iter().map(|found| SourceMap::new(&document, found.node)).collect();
    let named = references(kind, "a", &mut document).len();
    std::hint::black_box((found, marks, maps.len(), named));
    start.elapsed()
}

fn main() -> std::io::Result<()> {
    let len: usize = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1 << 20);
    let only = std::env::args().nth(2).and_then(|name| FileKind::from_name(&name));
    let mut out = std::io::stdout().lock();
    let texts = |len: usize| {
        let repeated = REPEATED.iter().map(|piece| (*piece, piece.repeat(1 + len / piece.len())));
        repeated.chain(made(len)).collect::<Vec<_>>()
    };
    let (once, twice) = (texts(len), texts(2 * len));
    let (mut cases, mut worst) = (0, Duration::ZERO);
    for kind in FileKind::ALL.iter().filter(|kind| only.is_none_or(|only| only == **kind)) {
        for ((name, short), (_, long)) in once.iter().zip(&twice) {
            let (first, second) = (time(*kind, short), time(*kind, long));
            cases += 1;
            worst = worst.max(second);
            let slow = second > Duration::from_secs_f64(2.0 * len as f64 / f64::from(1 << 20));
            let grows = second > Duration::from_millis(200) && second > first.mul_f64(3.2);
            if slow || grows {
                writeln!(
                    out,
                    "{}: {name:?} takes {first:.0?}, twice as much of it {second:.0?}",
                    kind.as_str()
                )?;
            }
        }
    }
    writeln!(out, "{cases} cases, the slowest took {worst:.0?} for {} KB", (2 * len) >> 10)
}
