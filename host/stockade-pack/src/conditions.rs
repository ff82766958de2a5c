//! The language of conditions that rules without code are written in, checked where it is written.
//!
//! The plugin `declare` runs it, and reads it by the same rules (`plugins/declare/src/{condition,beside,path,rule}.rs`; a test
//! there holds the two against each other). It is checked here as well because only the host knows the place of
//! each word.

mod beside;

use crate::error::{Error, ErrorKind};
use crate::source::Place;
use crate::view::{View, near};
use kdl::KdlValue;
use regex_lite::Regex;

/// Deepest nesting of conditions.
const MAX_DEPTH: usize = 32;
/// Longest path, in steps.
const MAX_STEPS: usize = 64;

/// What a condition takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A block of conditions, no argument.
    Block,
    /// One path, and perhaps a block.
    Path,
    /// One path, no block.
    Value,
    /// One or more texts.
    Texts,
    /// One or more regular expressions.
    Regexes,
    /// One path and a block.
    Count,
    /// One number.
    Number,
    /// One number with a unit of time.
    Time,
    /// One number with a unit of size, or without.
    Size,
    /// One version.
    Version,
    /// Nothing.
    Nothing,
}

const CONDITIONS: [(&str, Takes); 22] = [
    ("all", Takes::Block),
    ("any", Takes::Block),
    ("not", Takes::Block),
    ("has", Takes::Path),
    ("lacks", Takes::Path),
    ("count", Takes::Count),
    ("name", Takes::Block),
    ("same-as", Takes::Value),
    ("equals", Takes::Texts),
    ("contains", Takes::Texts),
    ("starts-with", Takes::Texts),
    ("ends-with", Takes::Texts),
    ("matches", Takes::Regexes),
    ("empty", Takes::Nothing),
    ("less-than", Takes::Number),
    ("greater-than", Takes::Number),
    ("shorter-than", Takes::Time),
    ("longer-than", Takes::Time),
    ("smaller-than", Takes::Size),
    ("larger-than", Takes::Size),
    ("older-than", Takes::Version),
    ("newer-than", Takes::Version),
];

/// What to write where a path is wrong.
pub(crate) const PATH_ADVICE: &str = "A path is keys with dots between them; `[*]` is every element, `*` every child, `**` any depth, \
     `[0]` the first and `[-1]` the last child, `^` the parent, `[\"a.b\"]` a key with dots, `.` alone the document, `.name` its key `name`. `stockade nodes FILE` prints those of a file.";
/// What to write where a message is wrong.
pub(crate) const TEMPLATE_ADVICE: &str = "Write one sentence, in which `{value}`, `{name}`, `{file}` and `{PATH}` are filled in; \
     a brace is written `{{`.";
const REGEX_ADVICE: &str = "Put `\\` in front of a character that is meant as it is, and the expression into `#\"...\"#`. \
                            It looks neither ahead nor behind: `not` and `all` do that.";
const NUMBER_ADVICE: &str = "Write a number without a unit, such as 3 or 0.5; `longer-than` and `larger-than` take times and sizes; \
     or the path of another node, from this one on: `\"^.max\"`.";

fn problem(place: &Place, problem: impl Into<String>, advice: impl Into<String>) -> Error {
    place.error(ErrorKind::Condition { problem: problem.into(), advice: advice.into() })
}

/// Checks a parameter that is a block of conditions.
pub(crate) fn block(view: View<'_>, errors: &mut Vec<Error>) {
    let advice = "Write conditions in braces, as in `{ equals \"x\" }`.";
    if let Some(entry) = view.node.entries().first() {
        let name = view.name();
        errors.push(problem(
            &view.entry_place(entry),
            format!("`{name}` takes a block and nothing else"),
            advice,
        ));
    }
    if view.children().next().is_none() {
        errors.push(problem(
            &view.place(),
            format!("`{}` needs a block with conditions", view.name()),
            advice,
        ));
    }
    for child in view.children() {
        condition(child, 1, errors);
    }
}

/// The text that has passed the gate bounds the depth of recursion; [`MAX_DEPTH`] is the language's own bound.
fn condition(view: View<'_>, depth: usize, errors: &mut Vec<Error>) {
    let name = view.name();
    if depth > MAX_DEPTH {
        let advice = "Split the rule into several.";
        errors.push(problem(&view.place(), format!("conditions are nested deeper than {MAX_DEPTH}"), advice));
        return;
    }
    let Some((_, takes)) = CONDITIONS.into_iter().find(|(known, _)| *known == name) else {
        let (near, known) = near(name, CONDITIONS.iter().map(|(known, _)| *known));
        let (what, value) = ("condition".to_owned(), name.to_owned());
        errors.push(view.place().error(ErrorKind::UnknownWord { what, value, near, known }));
        return;
    };
    let beside = beside::check(view, takes, errors);
    if let Some(entry) = view.node.entries().iter().find(|entry| entry.name().is_some() && !beside) {
        let advice = "Write arguments without a name, behind the condition's.";
        errors.push(problem(&view.entry_place(entry), format!("`{name}` takes no properties"), advice));
        return;
    }
    let inner = view.children().count();
    if inner > 0 && !matches!(takes, Takes::Block | Takes::Path | Takes::Count) {
        let advice = "Put what is in the block beside it: conditions in one block must all hold.";
        errors.push(problem(&view.place(), format!("`{name}` takes no block"), advice));
    }
    if !beside {
        arguments(view, takes, inner, errors);
    }
    for child in view.children() {
        condition(child, depth + 1, errors);
    }
}

fn arguments(view: View<'_>, takes: Takes, inner: usize, errors: &mut Vec<Error>) {
    let (name, count) = (view.name(), view.args().count());
    if matches!(takes, Takes::Texts | Takes::Regexes | Takes::Version) {
        for entry in view.args() {
            let place = view.entry_place(entry);
            let why = rewritten(&place, entry.value());
            errors.extend(why.map(|why| problem(&place, why, "Put it in quotes.")));
        }
    }
    let mut wrong = |what: &str, example: &str| {
        let advice = format!("Write it as in `{name}{example}`.");
        errors.push(problem(&view.place(), format!("`{name}` takes {what}"), advice));
    };
    match takes {
        Takes::Block if inner == 0 || count > 0 => {
            wrong("a block with conditions and nothing else", " { equals \"x\"; empty }");
        }
        Takes::Path | Takes::Value if count != 1 => wrong("one path", " \"spec.replicas\""),
        Takes::Count if count != 1 || inner == 0 => {
            wrong(
                "one path and a block with conditions on the number",
                " \"spec.ports[*]\" { greater-than 3 }",
            );
        }
        Takes::Texts if count == 0 => wrong("one or more texts", " \"x\" \"y\""),
        Takes::Regexes if count == 0 => wrong("one or more expressions", " #\"^v[0-9]+$\"#"),
        Takes::Number if count != 1 => wrong("one number", " 3"),
        Takes::Time if count != 1 => wrong("one time with its unit", " \"90s\""),
        Takes::Size if count != 1 => wrong("one size", " \"512Mi\""),
        Takes::Version if count != 1 => wrong("one version", " \"3.11\""),
        Takes::Nothing if count > 0 => wrong("nothing", ""),
        Takes::Path | Takes::Value | Takes::Count => texts(view, &mut |text| path(text), PATH_ADVICE, errors),
        Takes::Texts if name != "equals" => {
            let any = |text: &str| match text {
                "" => Err(format!("`{name}` an empty text holds for every text")),
                _ => Ok(()),
            };
            texts(view, &mut |text| any(text), "Write what is looked for; `empty` is for no text.", errors);
        }
        Takes::Regexes => {
            texts(view, &mut regex, REGEX_ADVICE, errors);
            view.args().for_each(|entry| errors.extend(mistaken_escape(&view.entry_place(entry))));
        }
        Takes::Number => {
            let number =
                |text: &str| text.parse::<f64>().map(drop).map_err(|_| format!("`{text}` is no number"));
            texts(view, &mut |text| number(text), NUMBER_ADVICE, errors);
        }
        Takes::Time => {
            measured(
                view,
                TIME,
                "time with its unit",
                "Write it as in `\"90s\"`, with `ms`, `s`, `m`, `h`, `d` or `w`; or the path of another node, from this one on, `\"^.idle\"`.",
                errors,
            );
        }
        Takes::Size => measured(
            view,
            SIZE,
            "size",
            "Write it as in `\"512Mi\"`, `\"10MB\"` or `4096`; or the path of another node, from this one on, `\"^.^.requests.memory\"`.",
            errors,
        ),
        Takes::Version => {
            let advice = "Write numbers with dots between them, in quotes, as in `\"3.11\"`.";
            measured(view, VERSION, "version", advice, errors);
        }
        Takes::Block | Takes::Texts | Takes::Nothing => {}
    }
}

/// Why a number that stands where a text is meant is read otherwise than it is written: of `3.10` KDL makes 3.1.
fn rewritten(place: &Place, value: &KdlValue) -> Option<String> {
    let written = place.source.text().get(place.span.start as usize..place.span.end as usize)?;
    let read = crate::params::text_of(value);
    let number = matches!(value, KdlValue::Integer(_) | KdlValue::Float(_));
    (number && written != read).then(|| format!("`{written}` without quotes is the number {read}"))
}

/// Texts that are times, sizes and versions to the plugin.
const TIME: &str = r"^([0-9]+(\.[0-9]*)?(ms|s|m|h|d|w))+$";
const SIZE: &str = r"^[0-9]+(\.[0-9]*)?([kKmMgGtTP]?[Bb]?|[kKmMgGtTP]i[Bb]?)$";
const VERSION: &str = r"^[0-9]+(\.[0-9]+)*$";

/// Checks that each argument is a `what`, which has this shape; `advice` says how it is written.
fn measured(view: View<'_>, shape: &str, what: &str, advice: &str, errors: &mut Vec<Error>) {
    // Written above; a rule has a handful of them.
    let Ok(shape) = Regex::new(shape) else { return };
    let fits = |text: &str| if shape.is_match(text) { Ok(()) } else { Err(format!("`{text}` is no {what}")) };
    texts(view, &mut |text| fits(text), advice, errors);
}

/// Checks each argument, as the text that the plugin gets; `advice` says what to write where one is wrong.
pub(crate) fn texts(
    view: View<'_>,
    check: &mut dyn FnMut(&str) -> Result<(), String>,
    advice: &str,
    errors: &mut Vec<Error>,
) {
    for entry in view.args() {
        let text = crate::params::text_of(entry.value());
        if let Err(why) = check(&text) {
            errors.push(problem(&view.entry_place(entry), why, advice));
        }
    }
}

/// An expression in quotes with an escape that KDL reads before the expression is one: of `\b` it makes a backspace, of
/// `\s` a space. `None` where there is none.
fn mistaken_escape(place: &Place) -> Option<Error> {
    let written = place.source.text().get(place.span.start as usize..place.span.end as usize)?;
    let mut rest = written.strip_prefix('"')?.chars();
    while let Some(c) = rest.next() {
        let (escape, means) = match (c, (c == '\\').then(|| rest.next()).flatten()) {
            (_, Some('b')) => ("\\b", "a backspace"),
            (_, Some('s')) => ("\\s", "a space"),
            _ => continue,
        };
        let advice =
            "Write the expression as `#\"...\"#`, in which nothing is escaped, or double the backslash.";
        return Some(problem(place, format!("in quotes `{escape}` is {means}"), advice));
    }
    None
}

fn regex(text: &str) -> Result<(), String> {
    Regex::new(text).map(drop).map_err(|error| format!("the expression `{text}`: {error}"))
}

/// Checks a path: keys separated by dots, `*`, `[*]`, `**`, `^`, and `["a.b"]` for a key with dots in it.
pub(crate) fn path(text: &str) -> Result<(), String> {
    let bad = |why: &str| Err(format!("the path `{text}` {why}"));
    // Other tools' ways to write paths. As keys they would be right, and never be there.
    if text.starts_with('/') {
        return bad("begins with `/`: keys are separated by dots, `spec.replicas`");
    }
    if text.starts_with("$.") || text.starts_with("$[") {
        return bad("begins with `$`: it starts at the document as it is, `spec.replicas`");
    }
    // The document itself, or the node that a condition is about.
    if text == "." {
        return Ok(());
    }
    let (mut steps, mut deep) = (0, 0);
    // `.name` is the key `name`, which in a message `name` alone is not.
    let mut rest = text.strip_prefix('.').unwrap_or(text);
    while !rest.is_empty() {
        if steps == MAX_STEPS {
            return bad("has too many steps");
        }
        steps += 1;
        if let Some(after) = rest.strip_prefix("[*]") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("[\"") {
            let Some((_, after)) = after.split_once("\"]") else {
                return bad("has no `\"]` for its `[\"`");
            };
            rest = after;
        } else if let Some(after) = nth(rest) {
            rest = after;
        } else {
            let (word, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            if word.is_empty() && after.starts_with('[') {
                return bad(
                    "has brackets with something else than `*`, a number or a key in double quotes in them",
                );
            }
            if word.is_empty() {
                return bad("has an empty step");
            }
            deep += usize::from(word == "**");
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some("") => return bad("ends with a dot"),
            Some(after) => rest = after,
            None if rest.is_empty() || rest.starts_with('[') => {}
            None => return bad("needs a dot behind `]`"),
        }
    }
    if steps == 0 {
        return bad("is empty");
    }
    if deep > 1 { bad("has more than one `**`") } else { Ok(()) }
}

/// What stands behind `[0]` or `[-1]` at the start of a path; `[-0]` is none.
fn nth(path: &str) -> Option<&str> {
    let (inner, after) = path.strip_prefix('[')?.split_once(']')?;
    let digits = inner.strip_prefix('-').unwrap_or(inner);
    let number = digits.bytes().all(|b| b.is_ascii_digit()) && matches!(digits.len(), 1..=4);
    let zero_from_behind = inner.starts_with('-') && digits.bytes().all(|b| b == b'0');
    (number && !zero_from_behind).then_some(after)
}

/// Checks a message: `{value}`, `{name}`, `{file}` or a path in braces; a brace is written `{{`.
pub(crate) fn template(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("the message is empty".to_owned());
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        if let Some(after) = after.strip_prefix('{') {
            rest = after;
            continue;
        }
        let (inner, after) =
            after.split_once('}').ok_or("the message has a `{` without `}` (a brace is written `{{`)")?;
        if !matches!(inner, "value" | "name" | "file") {
            path(inner)?;
        }
        rest = after;
    }
    Ok(())
}
