//! Lists of patterns by which texts are redacted or blocked.

use crate::regex::{Flaw, read};
use crate::view::{View, written};
use stockade_sdk::{Out, Params, Place, Setting, Span, ValueKind};

/// `pattern-valid`: a pattern is no regular expression, has a bar inside a class, or fits the empty text.
pub fn pattern_valid(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    for setting in view.judged(out.rule()).map(|(setting, _)| setting) {
        let pattern = setting.value();
        let is_text = !matches!(setting.kind(), ValueKind::Empty | ValueKind::Bool);
        if !is_text || !setting.node().is_scalar() || is_something_else(pattern) {
            continue;
        }
        let Err((at, flaw)) = read(pattern) else { continue };
        let bar = flaw == Flaw::Bar;
        let what = match flaw {
            Flaw::Invalid(why) => format!("is no regular expression: {why}"),
            Flaw::Bar => "has a bar inside a class, where it stands for itself".to_owned(),
            Flaw::Empty => "fits the empty text, and so every text".to_owned(),
        };
        out.finding(place(setting, at, bar), format!("a pattern of {} {what}", written(setting)));
    }
}

/// The place of a byte of the pattern, alone or with all behind it; the whole value where the file writes it otherwise.
fn place(setting: Setting<'_>, at: usize, alone: bool) -> Place {
    let whole = setting.place();
    let source = setting.node().source().slice(setting.value_span());
    match source.find(setting.value()).filter(|_| at > 0 && at < setting.value().len()) {
        Some(start) => {
            let from = setting.value_span().start + (start + at) as u32;
            let rest = (setting.value().len() - at) as u32;
            let end = from + if alone { 1 } else { rest };
            Place { span: Span { start: from, end }, node: whole.node }
        }
        None => whole,
    }
}

/// Whether a text is no pattern of regular expressions: a file pattern, a list in one text, a name.
fn is_something_else(text: &str) -> bool {
    let glob = text.starts_with('*') || text.contains("**") && !text.contains('\\');
    let json = text.starts_with("[\"") || text.starts_with("['");
    glob || json || text.trim().is_empty() || text.starts_with("regex:") || text.len() > 4096
}
