//! One spelling for all names: lower case words joined by `_`.

/// Adds the folded form of `name` to `out`, behind a `_` if there is something before it: camelCase is split,
/// letters become lower case, each run of other characters becomes one `_`.
pub(super) fn fold_into(out: &mut String, name: &str) {
    let mut gap = !out.is_empty();
    let mut previous = ' ';
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        if !c.is_alphanumeric() {
            gap = !out.is_empty();
            previous = ' ';
            continue;
        }
        // `requireTls` and `tlsVersion`; in `TLSVersion` the last capital of the run starts the word, in `trustedIPs` not.
        let next_is_lower =
            || chars.clone().next().is_some_and(char::is_lowercase) && !is_plural(chars.clone());
        let starts_word = c.is_uppercase()
            && (previous.is_lowercase()
                || previous.is_numeric()
                || previous.is_uppercase() && next_is_lower());
        if (gap || starts_word) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        gap = false;
        // Names are ASCII, nearly all of them.
        match c {
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ => out.extend(c.to_lowercase()),
        }
        previous = c;
    }
}

/// Whether what follows is the `s` behind an abbreviation, and then no further letter of its word.
fn is_plural(mut rest: impl Iterator<Item = char>) -> bool {
    rest.next() == Some('s') && rest.next().is_none_or(|next| !next.is_lowercase())
}

/// The folded form of a name: `security/requireTls` gives `security_require_tls`.
#[must_use]
pub fn fold(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    fold_into(&mut out, name);
    out
}
