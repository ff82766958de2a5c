//! Comparisons with another node: `larger-than "^.^.requests.memory" times=2`.

use super::{PATH_ADVICE, Takes, path, problem};
use crate::error::Error;
use crate::view::View;

/// The path of a comparison with another node; none for one with a number, or what is no comparison. It begins with `^` or a
/// dot, so that a misspelled unit is not taken for a key.
fn other(view: View<'_>, takes: Takes) -> Option<String> {
    let mut args = view.args();
    let (Some(only), None) = (args.next(), args.next()) else { return None };
    let measured = matches!(takes, Takes::Number | Takes::Time | Takes::Size | Takes::Version);
    let text = only.value().as_string().filter(|_| measured)?;
    let behind = text.strip_prefix('.');
    behind
        .map_or(text.starts_with('^'), |rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| text.to_owned())
}

/// Checks a comparison with another node, but for what may stand in its block. False for what is none.
pub(super) fn check(view: View<'_>, takes: Takes, errors: &mut Vec<Error>) -> bool {
    let Some(text) = other(view, takes) else { return false };
    let name = view.name();
    for entry in view.node.entries() {
        let mut wrong = |what: String, advice: &str| {
            errors.push(problem(&view.entry_place(entry), what, advice));
        };
        match entry.name().map(kdl::KdlIdentifier::value) {
            None => {
                if let Err(why) = path(&text) {
                    wrong(why, PATH_ADVICE);
                }
            }
            Some("times") if takes == Takes::Version => {
                wrong("a version cannot be multiplied".to_owned(), "Leave `times` away.");
            }
            Some("times") => {
                let number = crate::params::text_of(entry.value()).parse::<f64>().ok();
                if number.is_none_or(|n| !n.is_finite() || n <= 0.0) {
                    let advice = format!("Write it as in `{name} \"{text}\" times=2`.");
                    wrong("`times` takes a number above 0".to_owned(), &advice);
                }
            }
            Some(_) => {
                wrong(format!("`{name}` with a path takes no property but `times`"), "Leave it away.");
            }
        }
    }
    true
}
