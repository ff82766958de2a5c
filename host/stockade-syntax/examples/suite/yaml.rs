//! yaml-test-suite: the cases are YAML files, read by the parser under test. A case is as expected if a
//! faulty text gives a problem and any other gives the nodes of the suite's event list.

use super::{Exception, Score, files};
use std::path::Path;
use stockade_model::{NodeId, NodeKind, ProblemLevel};
use stockade_syntax::{Document, FileKind, parse};

/// Cases that come out differently, and why that is right.
pub(super) const EXCEPTIONS: &[Exception] = &[
    (
        "9C9N-0",
        "lines in brackets that are indented too little are read, as by the parsers of Python, Go and Ruby",
    ),
    ("DK95-1", QUOTED),
    ("QB6E-0", QUOTED),
];
const QUOTED: &str = "quoted texts whose lines are indented too little are read, as libyaml does";

pub(super) fn run(folder: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    for path in files(folder, "yaml")? {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let suite = parse(FileKind::Yaml, std::fs::read_to_string(&path)?);
        let Some(list) = suite.children(0).next() else { continue };
        // A case takes over from the one before it what it does not state itself.
        let (mut yaml, mut tree, mut skip) = (String::new(), String::new(), false);
        for (number, case) in suite.children(list).enumerate() {
            let field = |name| suite.get(case, name).map(|node| suite.value(node).to_owned());
            yaml = field("yaml").map_or(yaml, |text| visible(&text));
            tree = field("tree").unwrap_or(tree);
            skip |= field("skip").is_some();
            if skip {
                continue;
            }
            let fail = field("fail").is_some_and(|value| value == "true");
            score.add(&format!("{stem}-{number}"), compare(&yaml, &tree, fail));
        }
    }
    Ok(score)
}

/// Undoes the suite's notation for characters that cannot be seen.
fn visible(text: &str) -> String {
    let mut text = text.replace('␣', " ").replace('←', "\r").replace('⇔', "\u{feff}").replace('↵', "");
    for tab in ["————»", "———»", "——»", "—»", "»"] {
        text = text.replace(tab, "\t");
    }
    match text.strip_suffix("∎\n") {
        Some(open) => open.to_owned(),
        None => text,
    }
}

fn compare(yaml: &str, tree: &str, fail: bool) -> Result<(), String> {
    let document = parse(FileKind::Yaml, yaml.to_owned());
    let problem = document.problems.iter().find(|problem| problem.level == ProblemLevel::Error);
    match (fail, problem) {
        (true, Some(_)) => return Ok(()),
        (true, None) => return Err("must be refused".to_owned()),
        (false, Some(problem)) => return Err(format!("must be read, but: {}", problem.message)),
        (false, None) => {}
    }
    let mut got = Vec::new();
    for root in document.children(0) {
        got.push("+DOC".to_owned());
        describe(&document, root, &mut got);
    }
    let wanted = simplify(tree);
    match wanted.iter().zip(&got).position(|(a, b)| a != b) {
        Some(at) => Err(format!("event {at} must be {:?}, is {:?}", wanted[at], got[at])),
        None if wanted.len() != got.len() => {
            Err(format!("must have {} events, has {}", wanted.len(), got.len()))
        }
        None => Ok(()),
    }
}

/// The document's nodes as events. Keys that are collections are `?`, as they have no nodes.
fn describe(document: &Document, node: NodeId, out: &mut Vec<String>) {
    let children = |start: &str, out: &mut Vec<String>| {
        out.push(start.to_owned());
        for child in document.children(node) {
            if document.kind(node) == NodeKind::Mapping {
                out.push(match document.key_span(child).and_then(|span| span.slice(document.text())) {
                    Some(key) if key.starts_with(['[', '{', '*']) || key.starts_with("- ") => "?".to_owned(),
                    Some(key) if key.contains(": ") && !key.starts_with(['"', '\'']) => "?".to_owned(),
                    _ => format!("={}", document.name(child)),
                });
            }
            describe(document, child, out);
        }
        out.push("-".to_owned());
    };
    match document.kind(node) {
        NodeKind::Mapping => children("+MAP", out),
        NodeKind::Sequence => children("+SEQ", out),
        NodeKind::Merge if document.children(node).next().is_some() => {
            document.children(node).for_each(|child| describe(document, child, out));
        }
        NodeKind::Alias | NodeKind::Merge => out.push("*".to_owned()),
        // An alias of an anchored key is a copy of the key's text.
        _ if document.span(node).slice(document.text()).is_some_and(|source| source.starts_with('*')) => {
            out.push("*".to_owned());
        }
        _ => out.push(format!("={}", document.value(node))),
    }
}

/// The suite's events in the same form.
fn simplify(tree: &str) -> Vec<String> {
    let mut out = Vec::new();
    // For each open collection: whether it is a mapping, and whether a key comes next.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut skipping = 0;
    for line in tree.lines().map(str::trim_start) {
        let (start, rest) = (line.get(..4).unwrap_or(line), line.get(4..).unwrap_or_default());
        let is_key = matches!(open.last(), Some((true, true)));
        match start {
            "+DOC" => out.push("+DOC".to_owned()),
            "+MAP" | "+SEQ" => {
                if skipping > 0 {
                    skipping += 1;
                } else if is_key {
                    skipping = 1;
                } else {
                    out.push(start.to_owned());
                    open.push((start == "+MAP", true));
                }
                continue;
            }
            "-MAP" | "-SEQ" => {
                if skipping > 0 {
                    skipping -= 1;
                    if skipping > 0 {
                        continue;
                    }
                    out.push("?".to_owned());
                } else {
                    out.push("-".to_owned());
                    open.pop();
                }
            }
            "=VAL" if skipping == 0 => out.push(format!("={}", value(rest))),
            "=ALI" if skipping == 0 => out.push(if is_key { "?".to_owned() } else { "*".to_owned() }),
            _ => continue,
        }
        if let Some((true, key)) = open.last_mut()
            && skipping == 0
        {
            *key = !*key;
        }
    }
    out
}

/// The text of `=VAL &anchor <tag> :text`.
fn value(rest: &str) -> String {
    let mut rest = rest.trim_start();
    while rest.starts_with(['&', '<']) {
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    let mut out = String::new();
    let mut chars = rest.chars().skip(1);
    while let Some(character) = chars.next() {
        match character {
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('b') => '\u{8}',
                Some(other) => other,
                None => '\\',
            }),
            '␣' => out.push(' '),
            '∎' => {}
            other => out.push(other),
        }
    }
    out
}
