//! Markdown's inline marks taken off a paragraph.

/// The paragraph's plain text on one line: code, emphasis and links become their text, an image its description.
pub(super) fn plain(paragraph: &str) -> String {
    let mut out = String::with_capacity(paragraph.len());
    let mut rest = paragraph;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\\' => escaped(after, &mut out),
            '`' => code(rest, &mut out),
            '!' if after.starts_with('[') => after,
            '[' => link(after, &mut out),
            '<' => autolink(after, &mut out),
            '*' => after,
            // Underscores inside words belong to the word: `snake_case`.
            '_' if !word_before(&out) || !after.starts_with(char::is_alphanumeric) => after,
            _ => {
                out.push(c);
                after
            }
        };
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn word_before(out: &str) -> bool {
    out.ends_with(char::is_alphanumeric)
}

fn escaped<'a>(after: &'a str, out: &mut String) -> &'a str {
    match after.chars().next().filter(char::is_ascii_punctuation) {
        Some(c) => {
            out.push(c);
            after.get(1..).unwrap_or_default()
        }
        None => {
            out.push('\\');
            after
        }
    }
}

/// A code span: as many backticks close it as opened it.
fn code<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let ticks = rest.bytes().take_while(|b| *b == b'`').count();
    let (fence, body) = rest.split_at_checked(ticks).unwrap_or((rest, ""));
    let mut from = 0;
    while let Some(found) = body.get(from..).and_then(|tail| tail.find(fence)) {
        let at = from + found;
        let run = body.bytes().skip(at).take_while(|b| *b == b'`').count();
        if run == ticks {
            let content = body.get(..at).unwrap_or_default();
            let padded =
                content.strip_prefix(' ').and_then(|c| c.strip_suffix(' ')).filter(|c| !c.trim().is_empty());
            out.push_str(padded.unwrap_or(content));
            return body.get(at + ticks..).unwrap_or_default();
        }
        from = at + run;
    }
    out.push_str(fence);
    body
}

/// `text](target)` behind an opening bracket. The text's own marks are taken off as well.
fn link<'a>(after: &'a str, out: &mut String) -> &'a str {
    let found = after.split_once("](").and_then(|(text, tail)| {
        let (_, rest) = tail.split_once(')')?;
        (!text.contains(['[', ']'])).then_some((text, rest))
    });
    match found {
        Some((text, rest)) => {
            out.extend(text.chars().filter(|c| !matches!(c, '`' | '*')));
            rest
        }
        None => {
            out.push('[');
            after
        }
    }
}

fn autolink<'a>(after: &'a str, out: &mut String) -> &'a str {
    match after.split_once('>').filter(|(target, _)| target.contains("://") && !target.contains(' ')) {
        Some((target, rest)) => {
            out.push_str(target);
            rest
        }
        None => {
            out.push('<');
            after
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_come_off_and_text_stays() {
        assert_eq!(plain("The tag `latest`\nis *not* **pinned**."), "The tag latest is not pinned.");
        assert_eq!(
            plain("See [the `guide`](https://x.y/z) and <https://a.b>."),
            "See the guide and https://a.b."
        );
        assert_eq!(
            plain("run_as_user, _really_, 2 \\* 3, a < b, [x]"),
            "run_as_user, really, 2 * 3, a < b, [x]"
        );
        assert_eq!(plain("`` a`b `` and ` unclosed"), "a`b and ` unclosed");
        assert_eq!(plain("![alt text](i.png) after"), "alt text after");
    }
}
