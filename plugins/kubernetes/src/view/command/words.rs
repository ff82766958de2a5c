//! The words of a command, whether they are elements of a list or stand in one string.

use crate::view::known_text;
use stockade_sdk::Node;

/// Most words of a script that are looked at.
const MAX_WORDS: usize = 4_096;

/// A word.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// Its text; in a script with quotes.
    pub(super) text: &'a str,
    /// The element it stands in.
    pub(super) node: Node<'a>,
    /// Whether no template makes any of it.
    pub(super) known: bool,
    /// Whether it is all of its element.
    pub(super) alone: bool,
}

impl<'a> Word<'a> {
    /// A whole element of a list.
    pub(super) fn of_element(node: Node<'a>) -> Self {
        let text = if node.is_scalar() { node.text() } else { "" };
        Self { text, node, known: known_text(node).is_some(), alone: true }
    }

    /// Whether a word of a script may turn out to be several: a shell splits what comes out of a variable, and nobody
    /// knows what a substitution prints.
    pub(super) fn may_hide_words(&self) -> bool {
        !self.known || self.text.contains(['$', '`', '*'])
    }
}

/// Whether a word is a flag. Go's own reader, which etcd has, takes one dash as well.
pub(super) fn is_flag(text: &str, one_dash: bool) -> bool {
    let name =
        text.strip_prefix("--").or_else(|| text.strip_prefix('-').filter(|_| one_dash || text == "-h"));
    let name = name.and_then(|name| name.split('=').next()).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether a value is brought in by a variable or by a placeholder of some tool.
pub(super) fn has_variable(text: &str) -> bool {
    text.contains("$(") || text.contains("${") || text.contains("{{") || text.starts_with(['$', '%'])
}

/// A value without the quotes around it; `None` where quotes stand inside.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote).and_then(|t| t.strip_suffix(*quote)))
        .unwrap_or(text);
    (!inner.contains(['"', '\''])).then_some(inner)
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether a program runs the script behind its `-c`.
pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "ash" | "dash" | "busybox" | "zsh")
}

/// Whether a program runs the program that is named behind it.
pub(super) fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "catatonit"
            | "chroot"
            | "chrt"
            | "dumb-init"
            | "env"
            | "exec"
            | "flock"
            | "go-runner"
            | "gosu"
            | "ionice"
            | "kube-log-runner"
            | "nice"
            | "nohup"
            | "nsenter"
            | "numactl"
            | "setsid"
            | "su-exec"
            | "sudo"
            | "taskset"
            | "timeout"
            | "tini"
    )
}

/// The simple commands of a script, cut at blanks and at what separates commands outside of quotes and substitutions.
/// Redirections are no words.
pub(super) fn script<'a>(word: &Word<'a>) -> Vec<Vec<Word<'a>>> {
    let text = word.text;
    let (mut commands, mut command) = (Vec::new(), Vec::new());
    let (mut start, mut quote, mut depth) = (None, None, 0_usize);
    let (mut redirected, mut total) = (false, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if c == '\\' && quote != Some('\'') {
            chars.next();
            // A line that goes on in the next one is a blank.
            if next == Some('\n') && quote.is_none() && depth == 0 {
                push(&mut command, word, start.take(), at, &mut redirected);
            } else {
                start = start.or(Some(at));
            }
            continue;
        }
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('#', None) if depth == 0 && start.is_none() => {
                while chars.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            ('"' | '\'' | '`', None) => {
                quote = Some(c);
                start = start.or(Some(at));
            }
            ('(', None) if depth > 0 || text.get(..at).is_some_and(|t| t.ends_with('$')) => depth += 1,
            (')', None) if depth > 0 => depth -= 1,
            (_, None) if depth > 0 => {}
            (' ' | '\t' | '\r', None) => push(&mut command, word, start.take(), at, &mut redirected),
            // `2>&1` and `&>file` are redirections.
            ('&', None) if next == Some('>') || text.get(..at).is_some_and(|t| t.ends_with('>')) => {
                start = start.or(Some(at));
            }
            ('\n' | ';' | '|' | '&' | '(' | ')', None) => {
                push(&mut command, word, start.take(), at, &mut redirected);
                redirected = false;
                total += command.len();
                if !command.is_empty() {
                    commands.push(std::mem::take(&mut command));
                }
                if total > MAX_WORDS {
                    return commands;
                }
            }
            _ => start = start.or(Some(at)),
        }
    }
    push(&mut command, word, start, text.len(), &mut redirected);
    if !command.is_empty() {
        commands.push(command);
    }
    commands
}

/// Ends a word, unless it redirects, or is where the one before it redirects to.
fn push<'a>(
    command: &mut Vec<Word<'a>>,
    whole: &Word<'a>,
    start: Option<usize>,
    end: usize,
    redirected: &mut bool,
) {
    let Some(text) = start.and_then(|start| whole.text.get(start..end)).filter(|t| !t.is_empty()) else {
        return;
    };
    if std::mem::take(redirected) {
        return;
    }
    let operator = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
    if operator.starts_with(['>', '<']) {
        *redirected = operator.ends_with(['>', '<']);
        return;
    }
    if command.len() < MAX_WORDS {
        command.push(Word { text, node: whole.node, known: whole.known, alone: false });
    }
}

#[cfg(test)]
mod tests {
    use super::{Word, is_flag, script, unquoted};

    fn cut(text: &str) -> Vec<Vec<String>> {
        let source = stockade_testkit::source("kubernetes", "a.yaml", "a: b\n");
        let word = Word { text, node: source.root(), known: true, alone: true };
        let texts = |command: Vec<Word<'_>>| command.iter().map(|w| w.text.to_owned()).collect();
        script(&word).into_iter().map(texts).collect()
    }

    #[test]
    fn scripts_are_cut_into_commands_and_words() {
        assert_eq!(cut("a --b=c d"), [["a", "--b=c", "d"]]);
        assert_eq!(cut("a; b && c | d\ne"), [["a"], ["b"], ["c"], ["d"], ["e"]]);
        assert_eq!(
            cut("exec a --b='c; d' \\\n  --e 1>>/var/log/x 2>&1"),
            [["exec", "a", "--b='c; d'", "--e"]]
        );
        assert_eq!(cut("a > b c"), [["a", "c"]]);
        assert_eq!(cut("a $(b c) d"), [["a", "$(b c)", "d"]]);
        assert_eq!(cut("# don't\na#b # c\nd"), [["a#b"], ["d"]]);
        assert_eq!(cut("a 'b"), [["a", "'b"]]);
        assert_eq!(cut("a \\"), [["a", "\\"]]);
    }

    #[test]
    fn flags_and_quotes() {
        assert!(is_flag("--a-b=c d", false) && is_flag("-a", true) && !is_flag("-a", false));
        assert!(!is_flag("--", true) && !is_flag("--{{x}}", true) && !is_flag("--$A=b", true));
        assert_eq!((unquoted("'a'"), unquoted("a\"b"), unquoted("'")), (Some("a"), None, None));
    }
}
