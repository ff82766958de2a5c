//! What the terminal can do.

use crate::args::Color;
use crate::error::ProgramError;
use crate::harmless::{Harmless, harmless};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Columns to assume where there is no terminal to ask.
const WIDTH: u16 = 100;
/// What takes no longer than this needs no words.
const SLOW: Duration = Duration::from_secs(1);

fn wanted(color: Color, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        // https://no-color.org: any value but the empty one.
        Color::Auto if set("NO_COLOR") => false,
        // https://bixense.com/clicolors: logs of CI show colours, and are no terminal. The help heeds it, too.
        Color::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0") => true,
        Color::Auto => terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}

/// Whether standard output may have colours.
pub(crate) fn stdout_color(color: Color) -> bool {
    wanted(color, std::io::stdout().is_terminal())
}

/// Whether standard error may have colours.
pub(crate) fn stderr_color(color: Color) -> bool {
    wanted(color, std::io::stderr().is_terminal())
}

/// Columns of the terminal behind standard output.
pub(crate) fn width() -> u16 {
    width_of(&console::Term::stdout())
}

/// Columns to write in; `indicatif` brings the crate along that asks the terminal.
fn width_of(terminal: &console::Term) -> u16 {
    let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    asked.or_else(|| Some(terminal.size_checked()?.1)).unwrap_or(WIDTH).clamp(40, 200)
}

/// Does the work; if it takes longer than a second, says on a terminal what it is that takes so long.
pub(crate) fn while_slow<T>(words: &str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(SLOW) == Err(RecvTimeoutError::Timeout) {
                use std::io::Write as _;
                let _ = writeln!(std::io::stderr().lock(), "{words}");
            }
        });
        let result = work();
        // Ends the wait.
        drop(done);
        result
    })
}

/// An error as text for standard error.
pub(crate) fn render_error(error: &ProgramError, color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut text = String::new();
    // Lines break at spaces alone, so that names, commands and digests can be copied.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width_of(&console::Term::stderr()).into())
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_break_words(false)
        .with_links(false);
    // One error needs no heading that counts it.
    let shown: &dyn Diagnostic = match error {
        ProgramError::Selection { errors }
        | ProgramError::Configuration { errors }
        | ProgramError::Packs { errors } => match errors.as_slice() {
            [only] => only,
            _ => error,
        },
        _ => error,
    };
    if handler.render_report(&mut text, &Harmless::of(shown)).is_err() {
        text = format!("error: {}\n", harmless(&error.to_string()));
    }
    text
}
