//! Where interpreters have their programs from.

use super::super::{Command, Word};
use super::without_version;

/// Where an interpreter has its program from.
#[derive(Debug)]
pub(super) enum Input<'c> {
    /// What comes on its input.
    Read,
    /// The word behind `-c` or `-e`.
    Script(&'c Word),
    /// A file.
    File(&'c Word),
    /// A module, the word of an option, or nothing at all.
    Other,
}

/// Where an interpreter has its program from, by its options and operands.
pub(super) fn input(command: &Command) -> Input<'_> {
    let options = Options::of(without_version(command.name()));
    let mut words = command.args().iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        match text {
            "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" => return Input::Read,
            "--version" | "--help" => return Input::Other,
            // Of PHP what follows are arguments; so they are meant elsewhere where they look like options.
            "--" => {
                let file = words.next().filter(|next| !options.is_php && !next.text.starts_with('-'));
                return file.map_or(Input::Read, Input::File);
            }
            // `<(` is a file; `< x`, `<<EOF` and `<<<` put something else in the place of the pipe.
            _ if text.starts_with('<') => return Input::File(word),
            _ if is_output(text) => {
                if text.ends_with('>') {
                    words.next();
                }
            }
            _ if text.starts_with("--") => match options.long(text) {
                Letter::Script => return words.next().map_or(Input::Other, Input::Script),
                Letter::Value if !text.contains('=') => {
                    words.next();
                }
                _ => {}
            },
            _ if text.starts_with(['-', '+']) => match options.bundle(text) {
                Letter::Script => return words.next().map_or(Input::Other, Input::Script),
                Letter::Input => return Input::Read,
                Letter::Elsewhere => return Input::Other,
                Letter::Value => {
                    words.next();
                }
                Letter::Switch => {}
            },
            _ => return Input::File(word),
        }
    }
    Input::Read
}

/// Whether a word leads output elsewhere: `>`, `2>/dev/null`, `&>x`.
pub(super) fn is_output(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&').starts_with('>')
}

/// What an option of an interpreter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    Switch,
    /// The program follows.
    Script,
    /// The program comes on the input, whatever follows.
    Input,
    /// The program is a module, a file, or stands in the word itself.
    Elsewhere,
    /// A value follows.
    Value,
}

/// The options of a kind of interpreter, by their letters.
struct Options {
    script: &'static str,
    module: &'static str,
    value: &'static str,
    /// Letters behind which the rest of the word is their value, if there is one.
    joined: &'static str,
    /// Whether `-s` reads the input.
    is_shell: bool,
    is_php: bool,
}

impl Options {
    fn of(interpreter: &str) -> Self {
        let (script, module, value, joined) = match interpreter {
            "python" | "pypy" => ("c", "m", "WX", "cmWX"),
            "perl" => ("eE", "", "", "MmIixF0lCD"),
            "ruby" => ("e", "", "rIC", "rIECKTWx0"),
            "node" | "bun" | "deno" => ("ep", "", "rC", ""),
            "php" => ("rBRE", "fFSs", "dcz", "dczfFS"),
            _ => ("c", "", "oO", ""),
        };
        let (is_shell, is_php) = (value == "oO", interpreter == "php");
        Self { script, module, value, joined, is_shell, is_php }
    }

    /// What a bundle of short options does: `-eo` of `bash -eo pipefail` takes a value, `-ec` a script.
    fn bundle(&self, word: &str) -> Letter {
        let letters = word.get(1..).unwrap_or_default();
        if self.is_shell {
            // The letters of a shell may stand in any order, and their values follow the word.
            let has = |wanted: &[char]| letters.contains(wanted);
            return match () {
                () if has(&['c']) => Letter::Script,
                () if has(&['s']) => Letter::Input,
                () if has(&['o', 'O']) => Letter::Value,
                () => Letter::Switch,
            };
        }
        for (at, letter) in letters.char_indices() {
            let is_last = at + letter.len_utf8() == letters.len();
            if self.script.contains(letter) {
                return if is_last { Letter::Script } else { Letter::Elsewhere };
            } else if self.module.contains(letter) {
                return Letter::Elsewhere;
            } else if self.value.contains(letter) && is_last {
                return Letter::Value;
            } else if self.joined.contains(letter) {
                return Letter::Switch;
            }
        }
        Letter::Switch
    }

    fn long(&self, word: &str) -> Letter {
        match word.split('=').next().unwrap_or_default() {
            "--eval" | "--print" | "--run" => Letter::Script,
            "--rcfile" | "--init-file" if self.is_shell => Letter::Value,
            _ => Letter::Switch,
        }
    }
}
