//! The words of a directive: `stockade: ignore[rule, rule2] until 2027-01-31 -- reason`.
//!
//! The grammar is strict: what looks like a directive and is none gives a mistake with its exact place, for a
//! suppression that silently does nothing, or silently does more than was meant, is worse than none.

use super::Mistake;
use stockade_model::Span;
use stockade_pack::config::Date;
use stockade_pack::nearest;

/// The rule that mistakes of the grammar break.
pub(super) const INVALID: &str = "meta/suppression-invalid";
/// The rule that directives at a wrong place break.
const MISPLACED: &str = "meta/suppression-misplaced";

/// What a directive is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Ignore,
    IgnoreDocument,
    IgnoreFile,
}

const VERBS: [(&str, Verb); 3] =
    [("ignore", Verb::Ignore), ("ignore-document", Verb::IgnoreDocument), ("ignore-file", Verb::IgnoreFile)];

/// What other tools call the same; a comment that uses one of them after our name meant a directive.
const FOREIGN_VERBS: [&str; 9] =
    ["allow", "disable", "enable", "except", "noqa", "nolint", "off", "skip", "suppress"];

/// Longest reason, in characters; what is longer is cut.
const MAX_REASON: usize = 500;
/// Most rules that one directive may name.
const MAX_NAMES: usize = 50;

/// A directive as written. Spans are bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) verb: Verb,
    /// From `stockade` to the end of the directive.
    pub(super) span: Span,
    /// What stands between the brackets.
    pub(super) list: Span,
    pub(super) names: Vec<(String, Span)>,
    pub(super) until: Option<(Date, Span)>,
    pub(super) reason: Option<String>,
}

/// Reads one comment, which begins at byte `at` of the file with its marker. `None`: it is no directive.
pub(super) fn read(comment: &str, at: u32) -> Option<Result<Written, Mistake>> {
    let (start, body) = body(comment);
    let reader = Reader { body, at: at + start as u32, pos: 0 };
    reader.read()
}

/// A comment without its marks: where it begins, and the text.
pub(super) fn body(comment: &str) -> (usize, &str) {
    const PAIRS: [(&str, &str); 5] =
        [("{{/*", "*/}}"), ("<!--", "-->"), ("/*", "*/"), ("{#", "#}"), ("<%#", "%>")];
    let trimmed = comment.trim_end();
    let mut inner = trimmed;
    // Go's templates may have a dash and spaces between the braces and the comment.
    if let Some(rest) = trimmed.strip_prefix("{{")
        && let Some(rest) = rest.trim_start_matches(['-', ' ', '\t']).strip_prefix("/*")
    {
        inner = rest.trim_end_matches(['}', '-', ' ', '\t']);
        inner = inner.strip_suffix("*/").unwrap_or(inner);
    } else if let Some((open, close)) = PAIRS.iter().find(|(open, _)| trimmed.starts_with(open)) {
        inner = trimmed.get(open.len()..).unwrap_or_default();
        inner = inner.strip_suffix(close).unwrap_or(inner);
    } else {
        inner = inner.trim_start_matches(['#', ';', '/', '!']);
    }
    let text = inner.trim();
    // Both are slices of the comment, so the difference of their addresses is the offset.
    let offset = (text.as_ptr() as usize).wrapping_sub(comment.as_ptr() as usize);
    (offset.min(comment.len()), text)
}

struct Reader<'a> {
    body: &'a str,
    /// Where the body begins in the file.
    at: u32,
    pos: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.body.get(self.pos..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.pos += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, while_: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !while_(c)).unwrap_or(rest.len());
        self.pos += end;
        rest.get(..end).unwrap_or_default()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.at + start as u32, self.at + end as u32)
    }

    fn mistake(&self, start: usize, end: usize, message: String, help: &str) -> Mistake {
        let end = end.max(start);
        let (span, help) = (self.span(start, end), Some(help.to_owned()));
        Mistake { rule: INVALID, span, message, help, names: Vec::new() }
    }

    fn read(mut self) -> Option<Result<Written, Mistake>> {
        if !self.opens()? {
            return self.not_first();
        }
        self.skip_spaces();
        let verb_at = self.pos;
        let word = self.take(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let opened = self.rest().starts_with('[');
        let Some((_, verb)) = VERBS.iter().find(|(name, _)| *name == word) else {
            let near = nearest(word, VERBS.iter().map(|(name, _)| *name));
            let meant =
                opened || near.is_some() || FOREIGN_VERBS.contains(&word) || word.starts_with("ignore");
            if !meant {
                // A sentence that happens to begin with the program's name.
                return None;
            }
            let help = match near {
                Some(near) => format!("Write `stockade: {near}[rule]`."),
                None => "Write `stockade: ignore[rule]`, `ignore-document[rule]` or `ignore-file[rule]`."
                    .to_owned(),
            };
            let message = if word.is_empty() {
                "the directive has no verb".to_owned()
            } else {
                format!("`{}` is no directive", clip(word))
            };
            return Some(Err(self.mistake(
                verb_at,
                self.pos.max(verb_at + 1).min(self.body.len()),
                message,
                &help,
            )));
        };
        Some(self.directive(*verb, opened))
    }

    /// Moves behind `stockade:`. `Some(false)` where the comment begins with something else, `None` for nothing at all.
    fn opens(&mut self) -> Option<bool> {
        const NAME: &str = "stockade";
        let starts = self.body.get(..NAME.len()).is_some_and(|word| word.eq_ignore_ascii_case(NAME));
        if !starts {
            // Most comments end here.
            return self.body.to_ascii_lowercase().contains(NAME).then_some(false);
        }
        self.pos = NAME.len();
        match self.rest().chars().next() {
            Some(':') => {
                self.pos += 1;
                Some(true)
            }
            _ => Some(false),
        }
    }

    /// A comment that has the directive behind other words, or without the colon.
    fn not_first(&self) -> Option<Result<Written, Mistake>> {
        const HELP: &str =
            "Give the directive a comment of its own that begins with `stockade: ignore[rule]`.";
        if self.pos > 0 {
            let rest = self.rest().trim_start_matches(['-', ' ', '_']);
            let verb = VERBS.iter().rev().find(|(name, _)| rest.starts_with(name))?.0;
            let next = rest.get(verb.len()..)?.trim_start().chars().next()?;
            return matches!(next, '[' | '=').then(|| {
                let message = "a directive begins with `stockade:`".to_owned();
                Err(self.mistake(0, self.pos, message, "Write `stockade: ignore[rule]`, with a colon."))
            });
        }
        let (found, _) = self.body.match_indices("stockade:").find(|(at, name)| {
            let rest = self.body.get(at + name.len()..).unwrap_or_default().trim_start();
            // What is quoted is talked about.
            let quoted = self.body.get(..*at).is_some_and(|before| {
                before.trim_end_matches(['#', ' ', '/', ';']).ends_with(['`', '"', '\''])
            });
            !quoted
                && VERBS.iter().any(|(verb, _)| rest.strip_prefix(verb).is_some_and(|r| r.starts_with('[')))
        })?;
        Some(Err(Mistake {
            rule: MISPLACED,
            span: self.span(found, self.body.len()),
            message: "the directive stands behind other words, so it counts for nothing".to_owned(),
            help: Some(HELP.to_owned()),
            names: Vec::new(),
        }))
    }

    fn directive(mut self, verb: Verb, opened: bool) -> Result<Written, Mistake> {
        let at = self.pos;
        if !opened {
            let message = "the directive names no rules".to_owned();
            return Err(self.mistake(
                0,
                at,
                message,
                "Name them in brackets: `stockade: ignore[pack/rule]`.",
            ));
        }
        let Some(close) = self.rest().find(']') else {
            let message = "the list of rules is not closed".to_owned();
            return Err(self.mistake(at, self.body.len(), message, "Write `]` behind the last rule."));
        };
        let (list_start, list_end) = (at + 1, at + close);
        let names = self.names(list_start, list_end)?;
        self.pos = list_end + 1;
        let until = self.until()?;
        let reason = self.reason()?;
        Ok(Written {
            verb,
            span: self.span(0, self.body.len()),
            list: self.span(list_start, list_end),
            names,
            until,
            reason,
        })
    }

    fn names(&self, start: usize, end: usize) -> Result<Vec<(String, Span)>, Mistake> {
        let list = self.body.get(start..end).unwrap_or_default();
        let mut names: Vec<(String, Span)> = Vec::new();
        let mut at = start;
        for part in list.split(',') {
            let name = part.trim();
            let begin = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let place = (begin, begin + name.len());
            if name.is_empty() {
                let message = if list.trim().is_empty() {
                    "the directive names no rules"
                } else {
                    "a name is missing between two commas, or behind the last one"
                };
                let help = "Name rules, separated by commas: `stockade: ignore[pack/rule, DL3007]`.";
                return Err(self.mistake(start.saturating_sub(1), end + 1, message.to_owned(), help));
            }
            let plain = |c: char| c.is_ascii_alphanumeric() || "._:/*?-".contains(c);
            if !name.chars().all(plain) {
                let message = "this is no rule's name".to_owned();
                let help = "A name has no spaces: an id such as `dockerfile/user-root`, a pattern, or another tool's id.";
                return Err(self.mistake(place.0, place.1, message, help));
            }
            if names.iter().any(|(known, _)| known == name) {
                let message = format!("`{}` is named twice", clip(name));
                return Err(self.mistake(place.0, place.1, message, "Name each rule once."));
            }
            if names.len() == MAX_NAMES {
                let message = format!("the directive names more than {MAX_NAMES} rules");
                return Err(self.mistake(place.0, place.1, message, "Use a pattern such as `dockerfile/*`."));
            }
            names.push((name.to_owned(), self.span(place.0, place.1)));
        }
        Ok(names)
    }

    /// Reads ` until DAY`, where it stands.
    fn until(&mut self) -> Result<Option<(Date, Span)>, Mistake> {
        let before = self.pos;
        self.skip_spaces();
        if self.pos == before || !self.rest().starts_with("until") {
            self.pos = before;
            return Ok(None);
        }
        let word = self.pos;
        self.pos += "until".len();
        self.skip_spaces();
        let start = self.pos;
        let day = self.take(|c| !c.is_whitespace());
        match day.parse::<Date>() {
            Ok(date) => Ok(Some((date, self.span(start, self.pos)))),
            Err(_) => {
                let message = "this is no day".to_owned();
                let help = "Write the last day on which it counts, as `until 2027-01-31`.";
                let (from, to) = if day.is_empty() { (word, start) } else { (start, self.pos) };
                Err(self.mistake(from, to, message, help))
            }
        }
    }

    /// Reads ` -- reason`, where it stands; nothing else may follow.
    fn reason(&mut self) -> Result<Option<String>, Mistake> {
        let before = self.pos;
        self.skip_spaces();
        if self.rest().is_empty() {
            return Ok(None);
        }
        let help = "Behind the rules there may be `until 2027-01-31`, and then ` -- ` and a reason.";
        let start = self.pos;
        let Some(reason) = self.rest().strip_prefix("--").filter(|_| start > before) else {
            let message = "this is no part of a directive".to_owned();
            return Err(self.mistake(start, self.body.len(), message, help));
        };
        if !reason.is_empty() && !reason.starts_with(char::is_whitespace) {
            let message = "the reason begins behind `--` and a space".to_owned();
            return Err(self.mistake(start, start + 2, message, help));
        }
        // Lines of a block comment are one sentence.
        let reason: Vec<&str> = reason.split_whitespace().collect();
        if reason.is_empty() {
            let message = "the reason is missing".to_owned();
            return Err(self.mistake(start, start + 2, message, "Write why behind `--`, or leave both out."));
        }
        Ok(Some(squeeze(&reason.join(" "))))
    }
}

/// A reason as reports show it: visible characters, of a length that a table can hold.
pub(super) fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

/// A word for a message.
fn clip(word: &str) -> String {
    word.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(comment: &str) -> Written {
        read(comment, 0).unwrap().unwrap()
    }

    #[test]
    fn every_comment_syntax_holds_the_same_directive() {
        for comment in [
            "# stockade: ignore[a/b, DL3007] until 2027-01-31 -- a reason",
            "## stockade:ignore[ a/b ,DL3007 ]  until  2027-01-31  --  a reason  ",
            "// stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason",
            "; stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason",
            "! stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason",
            "/* stockade: ignore[a/b,DL3007] until 2027-01-31 -- a\n   reason */",
            "<!-- stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason -->",
            "{{/* stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason */}}",
            "{{- /* stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason */ -}}",
            "{# stockade: ignore[a/b,DL3007] until 2027-01-31 -- a reason #}",
        ] {
            let written = ok(comment);
            let names: Vec<&str> = written.names.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["a/b", "DL3007"], "{comment}");
            for (name, span) in &written.names {
                assert_eq!(span.slice(comment), Some(name.as_str()), "{comment}");
            }
            let (date, span) = written.until.unwrap();
            assert_eq!(date.to_string(), "2027-01-31");
            assert_eq!(span.slice(comment), Some("2027-01-31"));
            assert_eq!(written.reason.as_deref(), Some("a reason"), "{comment}");
            assert!(written.span.slice(comment).unwrap().starts_with("stockade:"), "{comment}");
        }
    }

    #[test]
    fn verbs_and_parts_that_may_be_left_out() {
        assert_eq!(ok("# stockade: ignore-file[*]").verb, Verb::IgnoreFile);
        assert_eq!(ok("# stockade: ignore-document[x/*] -- r").verb, Verb::IgnoreDocument);
        let bare = ok("# stockade: ignore[x]");
        assert_eq!((bare.until, bare.reason), (None, None));
        assert_eq!(ok("# stockade: ignore[x] until 2027-01-31").reason, None);
        assert_eq!(ok("# stockade: ignore[x] -- until -- later").reason.as_deref(), Some("until -- later"));
    }

    /// The mistake that a comment is, as `rule text: message`.
    fn bad(comment: &str) -> String {
        let mistake = read(comment, 0).unwrap().unwrap_err();
        let rule = mistake.rule.trim_start_matches("meta/suppression-");
        format!("{rule} `{}` {}", mistake.span.slice(comment).unwrap(), mistake.message)
    }

    #[test]
    fn mistakes_have_their_exact_place() {
        for (comment, expected) in [
            ("# stockade: ingore[x]", "invalid `ingore` `ingore` is no directive"),
            ("# stockade: disable x", "invalid `disable` `disable` is no directive"),
            ("# stockade: [x]", "invalid `[` the directive has no verb"),
            ("# stockade: ignore", "invalid `stockade: ignore` the directive names no rules"),
            ("# stockade: ignore x", "invalid `stockade: ignore` the directive names no rules"),
            ("# stockade: ignore[]", "invalid `[]` the directive names no rules"),
            ("# stockade: ignore[x", "invalid `[x` the list of rules is not closed"),
            (
                "# stockade: ignore[x,]",
                "invalid `[x,]` a name is missing between two commas, or behind the last one",
            ),
            ("# stockade: ignore[x y]", "invalid `x y` this is no rule's name"),
            ("# stockade: ignore[x, x]", "invalid `x` `x` is named twice"),
            ("# stockade: ignore[x] until", "invalid `until` this is no day"),
            ("# stockade: ignore[x] until 2027-02-30", "invalid `2027-02-30` this is no day"),
            ("# stockade: ignore[x] until tomorrow -- r", "invalid `tomorrow` this is no day"),
            ("# stockade: ignore[x] --", "invalid `--` the reason is missing"),
            ("# stockade: ignore[x] --r", "invalid `--` the reason begins behind `--` and a space"),
            ("# stockade: ignore[x]-- r", "invalid `-- r` this is no part of a directive"),
            ("# stockade: ignore[x] because", "invalid `because` this is no part of a directive"),
            ("# stockade: ignore[x] -- r until 2027-01-01", ""),
            ("# stockade ignore[x]", "invalid `stockade` a directive begins with `stockade:`"),
            ("# stockade-ignore=x", "invalid `stockade` a directive begins with `stockade:`"),
            (
                "# pinned later. stockade: ignore[x]",
                "misplaced `stockade: ignore[x]` the directive stands behind other words, so it counts for nothing",
            ),
        ] {
            if expected.is_empty() {
                assert!(read(comment, 0).unwrap().is_ok(), "{comment}");
            } else {
                assert_eq!(bad(comment), expected, "{comment}");
            }
        }
    }

    #[test]
    fn talking_about_it_is_no_directive() {
        for comment in [
            "# stockade",
            "# stockade: the linter that checks this",
            "# see stockade.kdl",
            "# write `# stockade: ignore[rule]` above the line",
            "# the palisade was stockaded",
            "#",
            "",
            "{{/*",
            "/*/",
            "# ignore[x]",
        ] {
            assert_eq!(read(comment, 0), None, "{comment}");
        }
    }

    #[test]
    fn any_text_is_read_without_harm() {
        let pieces = [
            "stockade:",
            " ",
            "ignore",
            "[",
            "]",
            ",",
            "--",
            "until",
            "2027-01-01",
            "ü",
            "{{/*",
            "*/}}",
            "#",
        ];
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            match read(&text, 0) {
                Some(Ok(written)) => assert!(written.list.slice(&text).is_some(), "{text}"),
                Some(Err(mistake)) => assert!(mistake.span.slice(&text).is_some(), "{text}"),
                None => {}
            }
        }
    }
}
