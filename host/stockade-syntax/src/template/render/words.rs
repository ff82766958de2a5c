//! The words of a template's expression.

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A function's name, or a keyword.
    Name(String),
    /// `.`, `.a.b`.
    Field(Vec<String>),
    /// `$`, `$x`, `$x.a.b`: the name without its sign, and the fields.
    Variable(String, Vec<String>),
    Text(String),
    /// A number as it is written.
    Number(String),
    Open,
    /// A closing parenthesis, with the fields behind it.
    Close(Vec<String>),
    Pipe,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

/// Longer expressions are not written.
const MAX_WORDS: usize = 1_000;

/// The words of the expression `body`, without its braces and signs of trimming. `None` for what is no expression of Go.
pub(super) fn words(body: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = body.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, len) = match first {
            '(' => (Word::Open, 1),
            ')' => {
                let (fields, len) = fields(rest.get(1..)?);
                (Word::Close(fields), 1 + len)
            }
            '|' => (Word::Pipe, 1),
            ',' => (Word::Comma, 1),
            ':' if rest.starts_with(":=") => (Word::Declare, 2),
            '=' => (Word::Assign, 1),
            '"' => quoted(rest)?,
            '`' => {
                let inside = rest.get(1..)?;
                let len = inside.find('`')?;
                (Word::Text(inside.get(..len)?.to_owned()), len + 2)
            }
            '.' => {
                let (fields, len) = fields(rest);
                (Word::Field(fields), len.max(1))
            }
            '$' => {
                let name = name(rest.get(1..)?);
                let (fields, len) = fields(rest.get(1 + name.len()..)?);
                (Word::Variable(name.to_owned(), fields), 1 + name.len() + len)
            }
            c if c.is_ascii_digit() || c == '-' => {
                let is_part = |c: char| c.is_ascii_digit() || c == '.';
                let len = rest.get(1..)?.find(|c| !is_part(c)).map_or(rest.len(), |at| at + 1);
                (Word::Number(rest.get(..len)?.to_owned()), len)
            }
            c if c.is_alphabetic() || c == '_' => {
                let name = name(rest);
                (Word::Name(name.to_owned()), name.len())
            }
            _ => return None,
        };
        words.push(word);
        if words.len() > MAX_WORDS {
            return None;
        }
        rest = rest.get(len..)?.trim_start();
    }
    Some(words)
}

fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The fields at the start of a text, `.a.b`, and how many bytes they take.
fn fields(text: &str) -> (Vec<String>, usize) {
    let mut fields = Vec::new();
    let mut len = 0;
    while let Some(rest) = text.get(len..).and_then(|rest| rest.strip_prefix('.')) {
        let name = name(rest);
        if name.is_empty() {
            break;
        }
        fields.push(name.to_owned());
        len += 1 + name.len();
    }
    (fields, len)
}

/// The text in double quotes at the start of `rest`, and how many bytes it takes.
fn quoted(rest: &str) -> Option<(Word, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '"') => return Some((Word::Text(text), at + 1)),
            (_, '\\') => match chars.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                c @ ('"' | '\\' | '\'') => text.push(c),
                _ => return None,
            },
            (_, '\n') => return None,
            (_, c) => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Word, words};

    #[test]
    fn words_of_go() {
        let owned = |fields: &[&str]| fields.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let all = words(r#"$x.y := default "a\"b" (.Values.z | int -3).c . | quote"#).unwrap();
        let wanted = [
            Word::Variable("x".into(), owned(&["y"])),
            Word::Declare,
            Word::Name("default".into()),
            Word::Text("a\"b".into()),
            Word::Open,
            Word::Field(owned(&["Values", "z"])),
            Word::Pipe,
            Word::Name("int".into()),
            Word::Number("-3".into()),
            Word::Close(owned(&["c"])),
            Word::Field(Vec::new()),
            Word::Pipe,
            Word::Name("quote".into()),
        ];
        assert_eq!(all, wanted);
        assert_eq!(words("`a\\`"), Some(vec![Word::Text("a\\".into())]));
        for broken in ["\"a", "`a", "a ~ b", "\"a\nb\"", "'a'"] {
            assert_eq!(words(broken), None, "{broken}");
        }
    }
}
