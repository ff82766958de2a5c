//! Compound commands: `if`, loops, `case`, groups, subshells, functions.
//!
//! One that is not ended keeps the scripts that were read, as children of an error node.

use super::parser::{Failure, Outcome, Parser, closer};
use super::tree::{Text, What};
use super::word::{Ending, is_name_byte, is_name_start};

impl Parser<'_> {
    /// Reads the compound that begins with this reserved word, or `None` if it is none.
    pub(super) fn compound(&mut self, word: &str) -> Option<Outcome> {
        let outcome = match word {
            "if" => self.if_clause(),
            "while" => self.loop_clause(What::While, word.len()),
            "until" => self.loop_clause(What::Until, word.len()),
            "for" => self.for_clause(What::For, word.len()),
            "select" => self.for_clause(What::Select, word.len()),
            "case" => self.case_clause(),
            "{" => self.group(),
            "function" => self.function_by_keyword(),
            _ => return None,
        };
        Some(outcome)
    }

    /// Opens the element of a compound that begins with a reserved word of this length.
    fn open_keyword(&mut self, what: What, length: usize) -> usize {
        let (start, number) = (self.at, self.open(what));
        self.change(number, |event| event.key = (start as u32, (start + length) as u32));
        self.take(length);
        number
    }

    /// Goes over the closer that must stand here. `false` where something else does.
    fn take_closer(&mut self, expected: u16) -> bool {
        let found = self.closer() & expected;
        let length = match found {
            0 => return false,
            closer::BRACE | closer::PAREN => 1,
            closer::FI | closer::DO => 2,
            closer::ARM if self.looking_at(";;&") => 3,
            closer::ARM => 2,
            _ => 4,
        };
        self.take(length);
        true
    }

    /// Ends a compound: with the redirections behind it, or, `whole` being false, as an error.
    fn end_compound(&mut self, number: usize, whole: bool) -> Outcome {
        if whole {
            self.redirects()?;
        } else {
            self.change(number, |event| (event.what, event.key) = (What::Error, (0, 0)));
        }
        self.close(number);
        Ok(())
    }

    fn if_clause(&mut self) -> Outcome {
        let number = self.open_keyword(What::If, 2);
        let whole = loop {
            self.list(closer::THEN)?;
            if !self.take_closer(closer::THEN) {
                break false;
            }
            self.list(closer::ELIF | closer::ELSE | closer::FI)?;
            if self.take_closer(closer::ELIF) {
                continue;
            }
            if self.take_closer(closer::ELSE) {
                self.list(closer::FI)?;
            }
            break self.take_closer(closer::FI);
        };
        self.end_compound(number, whole)
    }

    fn loop_clause(&mut self, what: What, length: usize) -> Outcome {
        let number = self.open_keyword(what, length);
        self.list(closer::DO)?;
        let whole = self.take_closer(closer::DO) && {
            self.list(closer::DONE)?;
            self.take_closer(closer::DONE)
        };
        self.end_compound(number, whole)
    }

    fn for_clause(&mut self, what: What, length: usize) -> Outcome {
        let number = self.open_keyword(what, length);
        self.blanks();
        if self.looking_at("((") {
            let close = self.arithmetic_end(self.at + 2).ok_or(Failure::Unexpected)?;
            self.take(2);
            self.expression(close)?;
            self.take(2);
        } else {
            self.variable()?;
            self.linebreaks();
            if self.plain_word() == "in" {
                self.take(2);
                self.loop_words()?;
            }
        }
        self.blanks();
        if self.byte(0) == b';' {
            self.take(1);
        }
        self.linebreaks();
        let own = if self.plain_word() == "{" {
            self.take(1);
            closer::BRACE
        } else if self.take_closer(closer::DO) {
            closer::DONE
        } else {
            return self.end_compound(number, false);
        };
        self.list(own)?;
        let whole = self.take_closer(own);
        self.end_compound(number, whole)
    }

    /// Reads the name of a loop's variable or of a function.
    fn variable(&mut self) -> Outcome {
        let mut length = 0;
        while is_name_byte(self.byte(length)) {
            length += 1;
        }
        if length == 0 || !is_name_start(self.byte(0)) {
            return Err(Failure::Unexpected);
        }
        self.name(self.at, self.at + length);
        self.take(length);
        Ok(())
    }

    fn name(&mut self, start: usize, end: usize) {
        let number = self.event(What::Variable, start, end);
        self.change(number, |event| event.text = Text::Source(start as u32, end as u32));
    }

    fn loop_words(&mut self) -> Outcome {
        loop {
            self.blanks();
            match self.byte(0) {
                b';' | b'\n' | b'#' => return Ok(()),
                0 if self.at_end() => return Ok(()),
                b'&' | b'|' | b'(' | b')' => return Err(Failure::Unexpected),
                _ => {
                    self.word(What::Word, Ending::Command)?;
                }
            }
        }
    }

    fn case_clause(&mut self) -> Outcome {
        let number = self.open_keyword(What::Case, 4);
        self.blanks();
        self.word(What::Subject, Ending::Command)?;
        self.linebreaks();
        if self.plain_word() != "in" {
            return Err(Failure::Unexpected);
        }
        self.take(2);
        let whole = loop {
            self.linebreaks();
            if self.at_end() {
                break false;
            }
            if self.take_closer(closer::ESAC) {
                break true;
            }
            self.patterns()?;
            self.list(closer::ARM | closer::ESAC)?;
            if self.take_closer(closer::ESAC) {
                break true;
            }
            if !self.take_closer(closer::ARM) {
                break false;
            }
        };
        self.end_compound(number, whole)
    }

    /// Reads the patterns of one arm, with the parenthesis behind them.
    fn patterns(&mut self) -> Outcome {
        if self.byte(0) == b'(' {
            self.take(1);
        }
        loop {
            self.blanks();
            self.word(What::Word, Ending::Command)?;
            self.blanks();
            match self.byte(0) {
                b'|' => self.take(1),
                b')' => break,
                _ => return Err(Failure::Unexpected),
            }
        }
        self.take(1);
        Ok(())
    }

    /// Reads what begins with a parenthesis: arithmetic or a subshell.
    pub(super) fn parenthesis(&mut self) -> Outcome {
        if self.byte(1) == b'('
            && let Some(close) = self.arithmetic_end(self.at + 2)
        {
            return self.arithmetic_command(close);
        }
        let number = self.open(What::Subshell);
        self.take(1);
        self.list(closer::PAREN)?;
        let whole = self.take_closer(closer::PAREN);
        self.end_compound(number, whole)
    }

    fn group(&mut self) -> Outcome {
        let number = self.open(What::Group);
        self.take(1);
        self.list(closer::BRACE)?;
        let whole = self.take_closer(closer::BRACE);
        self.end_compound(number, whole)
    }

    fn function_by_keyword(&mut self) -> Outcome {
        let number = self.open_keyword(What::Function, "function".len());
        self.blanks();
        let start = self.at;
        while !matches!(
            self.byte(0),
            b' ' | b'\t' | b'\n' | b'\r' | b'(' | b';' | b'&' | b'|' | b'<' | b'>' | 0
        ) {
            self.at += 1;
        }
        if self.at == start {
            return Err(Failure::Unexpected);
        }
        self.name(start, self.at);
        self.last_end = self.at;
        self.blanks();
        if self.byte(0) == b'(' {
            self.take(1);
            self.function_parentheses()?;
        }
        self.function_body(number)
    }

    /// Reads `name () body`; the current place is the parenthesis.
    pub(super) fn function_by_name(&mut self, start: usize) -> Outcome {
        let name = self.source.slice(start..self.at).trim_end_matches([' ', '\t']);
        let number = self.open(What::Function);
        self.change(number, |event| event.start = start as u32);
        self.name(start, start + name.len());
        self.take(1);
        self.function_parentheses()?;
        self.function_body(number)
    }

    fn function_parentheses(&mut self) -> Outcome {
        self.blanks();
        if self.byte(0) != b')' {
            return Err(Failure::Unexpected);
        }
        self.take(1);
        Ok(())
    }

    fn function_body(&mut self, number: usize) -> Outcome {
        self.linebreaks();
        self.enter()?;
        let script = self.open(What::Script);
        self.command()?;
        self.close(script);
        self.close(number);
        self.depth -= 1;
        Ok(())
    }
}
