//! What `RUN`, `CMD`, `ENTRYPOINT`, `SHELL` and `HEALTHCHECK` run: the exec form, scripts, heredocs.

use super::expand::{Expander, is_plain};
use super::instruction::Word;
use super::json::{self, Exec};
use super::scope::Scope;
use super::stage::Shell;
use super::words;
use super::{File, Heredoc, Keyword, Line};
use crate::formats::shell;
use crate::formats::spliced::{Piece, Spliced, Splicer};
use crate::table::shorten;
use std::ops::Range;
use stockade_model::{NodeKind, ScalarType, Span, Style, flag};

impl File<'_> {
    /// Adds the strings of an exec form and gives them with their places. `None`, with nothing added, where it is none.
    pub(super) fn exec(
        &mut self,
        line: Line<'_>,
        range: Range<usize>,
        scope: Option<Scope>,
    ) -> Option<Vec<(Range<usize>, String)>> {
        match json::exec_form(line.text(), range) {
            Exec::No => None,
            Exec::NotStrings(place) => {
                self.problem(line.span(&place), "the exec form takes strings only");
                None
            }
            Exec::Strings(strings) => {
                let instruction = self.builder.current();
                self.builder.set_type(instruction, ScalarType::String, Style::Flow);
                for (range, value) in &strings {
                    if self.is_full() {
                        break;
                    }
                    // BuildKit expands the decoded strings of COPY, ADD and VOLUME; offsets in them lead nowhere.
                    let expansion = scope.filter(|_| !is_plain(value, self.lines.escape)).and_then(|scope| {
                        let end = value.len();
                        Expander::new(value, self.lines.escape, &self.scopes, scope).expand(0..end).ok()
                    });
                    let span = line.span(range);
                    let node = self.builder.leaf(NodeKind::Scalar, span);
                    let inner = line.span(&(range.start + 1..range.end - 1));
                    let (text, flags) = expansion.as_ref().map_or((value.as_str(), 0), |expansion| {
                        (expansion.value.text.as_str(), expansion.value.flags(0, expansion.value.text.len()))
                    });
                    self.builder.set_value(node, inner, text);
                    self.builder.set_type(node, ScalarType::String, Style::Double);
                    self.builder.add_flags(node, flags);
                }
                Some(strings)
            }
        }
    }

    /// Reads the script that an exec form hands to a shell: `["bash", "-c", "a && b"]`.
    fn handed_script(&mut self, line: Line<'_>, strings: &[(Range<usize>, String)]) {
        let number = shell::handed_script(strings.iter().map(|(_, value)| value.as_str()));
        let Some((range, value)) = number.and_then(|number| strings.get(number)) else { return };
        if value.trim().is_empty() || self.is_full() {
            return;
        }
        let steps = json::steps(line.text(), range);
        let ends = steps.iter().skip(1).map(|(at, _)| *at).chain([value.len()]);
        let mut pieces = Vec::with_capacity(steps.len());
        for ((at, source), end) in steps.iter().zip(ends) {
            line.joined.pieces_of(*source..source + end - at, *at, &mut pieces);
        }
        self.script(Spliced::new(value, &pieces));
    }

    /// Reads what `RUN`, `CMD`, `ENTRYPOINT` and `SHELL` run.
    pub(super) fn program(&mut self, line: Line<'_>, range: Range<usize>, kind: Keyword) {
        if kind == Keyword::Run && !line.heredocs.is_empty() {
            return self.run_with_heredocs(line, range);
        }
        if let Some(strings) = self.exec(line, range.clone(), None) {
            if kind == Keyword::Shell {
                let document = self.builder.doc();
                let first = document.children(self.builder.current()).find(|c| document.name(*c).is_empty());
                let program = first.map(|node| document.value(node).to_owned()).unwrap_or_default();
                self.set_shell(&program);
            } else {
                self.handed_script(line, &strings);
            }
        } else if kind == Keyword::Shell {
            if !range.is_empty() {
                self.problem(line.span(&range), "`SHELL` takes a JSON array");
            }
            self.raw(line, range);
        } else if self.shell() == Shell::Posix {
            let mut pieces = Vec::new();
            line.joined.pieces_of(range.clone(), 0, &mut pieces);
            self.script(Spliced::new(line.slice(&range), &pieces));
        } else {
            self.raw(line, range);
        }
    }

    pub(super) fn healthcheck(&mut self, line: Line<'_>, rest: Range<usize>) {
        let (word, command) = words::first(line.text(), rest.clone());
        let text = line.slice(&word);
        if text.eq_ignore_ascii_case("NONE") {
            let node = self.word(line, None, word.clone(), &Word::Plain);
            self.builder.set_value(node, line.span(&word), "NONE");
            if !command.is_empty() {
                self.problem(line.span(&command), "nothing may follow `NONE`");
            }
        } else if text.eq_ignore_ascii_case("CMD") {
            if command.is_empty() {
                self.problem(line.span(&word), "`HEALTHCHECK CMD` has no command");
            }
            self.program(line, command, Keyword::Healthcheck);
        } else if !word.is_empty() {
            self.problem(
                line.span(&word),
                format!("`HEALTHCHECK` takes `CMD` or `NONE`, not `{}`", shorten(text)),
            );
            self.raw(line, rest);
        }
    }

    // --- heredocs --------------------------------------------------------------------------------------

    /// Adds a heredoc, `with_script` where a shell runs it.
    pub(super) fn heredoc(&mut self, line: Line<'_>, heredoc: &Heredoc, with_script: bool) {
        let span = Span::new(heredoc.body.start as u32, heredoc.body.end as u32);
        let raw = self.text.get(heredoc.body.clone()).unwrap_or_default();
        let mut splicer = Splicer::default();
        let mut at = heredoc.body.start;
        if heredoc.mention.strip_tabs {
            for text in raw.split_inclusive('\n') {
                let content = text.trim_start_matches('\t');
                splicer.push(content, at + text.len() - content.len());
                at += text.len();
            }
        } else {
            splicer.push(raw, at);
        }
        let body = splicer.view();
        let node = self.builder.open(NodeKind::Element, span);
        self.builder.set_fixed_key(node, line.span(&heredoc.mention.word), "heredoc");
        self.builder.set_value(node, span, body.text());
        if !heredoc.mention.quoted && !with_script && body.text().contains('$') {
            self.builder.add_flags(node, flag::PARTIAL);
        }
        let delimiter_span = line.span(&heredoc.mention.delimiter);
        let delimiter = self.builder.leaf(NodeKind::Scalar, delimiter_span);
        self.builder.set_fixed_key(delimiter, line.start(&heredoc.mention.delimiter), "delimiter");
        self.builder.set_value(delimiter, delimiter_span, &heredoc.mention.name);
        if heredoc.mention.quoted {
            let first = line.slice(&heredoc.mention.delimiter).starts_with('"');
            let style = if first { Style::Double } else { Style::Single };
            self.builder.set_type(delimiter, ScalarType::String, style);
        }
        if with_script {
            self.script(body);
        }
        self.builder.close();
    }

    /// Reads a `RUN` with heredocs: one alone is the script; else the shell gets the line with the bodies behind it.
    fn run_with_heredocs(&mut self, line: Line<'_>, range: Range<usize>) {
        if let [heredoc] = line.heredocs
            && heredoc.mention.word == range
        {
            let body = self.text.get(heredoc.body.clone()).unwrap_or_default();
            let shell = match interpreter(body) {
                Some(program) => Shell::of(program),
                None => self.shell(),
            };
            return self.heredoc(line, heredoc, shell == Shell::Posix);
        }
        if self.shell() != Shell::Posix {
            self.raw(line, range);
            for heredoc in line.heredocs {
                self.heredoc(line, heredoc, false);
            }
            return;
        }
        let mut text = line.slice(&range).to_owned();
        let mut pieces = Vec::new();
        line.joined.pieces_of(range, 0, &mut pieces);
        if let (Some(first), Some(last)) = (line.heredocs.first(), line.heredocs.last()) {
            // With the line break before the first body.
            let start = first.body.start.saturating_sub(1);
            let piece = Piece { at: text.len() as u32, source: start as u32 };
            if let Some(bodies) = self.text.get(start..last.end).filter(|bodies| bodies.starts_with('\n')) {
                pieces.push(piece);
                text.push_str(bodies);
            }
        }
        self.script(Spliced::new(&text, &pieces));
    }
}

/// The program that a body's first line names: `bash` of `#!/usr/bin/env bash`.
fn interpreter(body: &str) -> Option<&str> {
    let line = body.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let program = words.next()?;
    match program.rsplit('/').next() {
        Some("env") => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        _ => Some(program),
    }
}

#[cfg(test)]
mod tests {
    use stockade_model::{Document, NodeId};

    /// The words of the commands in the scripts of a Dockerfile, as the file has them.
    fn words(text: &str) -> Vec<String> {
        let document: Document = super::super::parse(text.to_owned());
        (1..document.len() as NodeId)
            .filter(|node| document.name(*node) == "command")
            .flat_map(|node| document.children(node))
            .filter(|word| document.name(*word).is_empty())
            .map(|word| {
                let span = document.span(word);
                text[span.start as usize..span.end as usize].to_owned()
            })
            .collect()
    }

    #[test]
    fn scripts_in_exec_form_are_read_where_they_stand() {
        assert_eq!(words("FROM a\nRUN [\"bash\", \"-ec\", \"a && b c\"]"), ["a", "b", "c"]);
        assert_eq!(words("FROM a\nCMD [\"sh\",\"-c\",\"\\\n a \\\n  && b\"]"), ["a", "b"]);
        assert_eq!(
            words("FROM a\nENTRYPOINT [\"tini\", \"--\", \"/bin/sh\", \"-c\", \"a\\nb\"]"),
            ["a", "b"]
        );
        assert_eq!(words("FROM a\nHEALTHCHECK CMD [\"sh\", \"-c\", \"a || exit 1\"]"), ["a", "exit", "1"]);
        assert_eq!(words("FROM a\nONBUILD RUN [\"sh\", \"-c\", \"a\"]"), ["a"]);
        // The backslash of an escape is no part of the word that it begins.
        assert_eq!(words(r#"RUN ["sh", "-c", "a \"b\" c"]"#), ["a", "\"b\\\"", "c"]);
    }

    #[test]
    fn other_exec_forms_have_no_script() {
        assert_eq!(words("FROM a\nRUN [\"bash\", \"a.sh\", \"-c\", \"b\"]"), [""; 0]);
        assert_eq!(words("FROM a\nSHELL [\"bash\", \"-c\", \"b\"]"), [""; 0]);
        assert_eq!(words("FROM a\nRUN [\"sh\", \"-c\"]\nRUN [\"sh\", \"-c\", \" \"]"), [""; 0]);
        assert_eq!(words("FROM a\nCMD [\"cmd\", \"/S\", \"/C\", \"a\"]"), [""; 0]);
    }
}
