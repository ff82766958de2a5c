//! Under which name a program keeps a literal.

use std::ops::Range;

/// The name that a literal is assigned to: what stands before the `=`, `:`, `:=` or `=>` in front of it.
pub(super) fn assigned(before: &str) -> Option<&str> {
    let before = before.strip_suffix(['"', '\'', '`']).unwrap_or(before).trim_end();
    let stem = before
        .strip_suffix("=>")
        .or_else(|| before.strip_suffix(":="))
        .or_else(|| before.strip_suffix(['=', ':']))?;
    // A comparison, or a part of a ternary.
    if stem.ends_with(['=', '!', '<', '>', '?', ':', '+', '~']) {
        return None;
    }
    let mut stem = stem.trim_end();
    // `password: &str = `, `const key: string = `, `var key string = `.
    for ty in ["&'static str", "&str", "string", "String", "str", "Optional[str]", "SecretStr"] {
        if let Some(front) = stem.strip_suffix(ty) {
            let front = front.trim_end();
            let front = front.strip_suffix(':').unwrap_or(front).trim_end();
            if !front.is_empty() && front.len() < stem.len() - ty.len() {
                stem = front;
            }
            break;
        }
    }
    let stem = stem.strip_suffix(']').unwrap_or(stem);
    let quoted = stem.ends_with(['"', '\'']);
    let stem = stem.strip_suffix(['"', '\'']).unwrap_or(stem);
    let from = stem
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || quoted && c == '-'))
        .map_or(0, |at| at + 1);
    stem.get(from..).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
}

/// The name beside which a literal is handed to a function: `define('DB_PASSWORD', '...')`, `getenv("API_TOKEN", "...")`,
/// `setPassword("...")`, `.password("...")`.
pub(super) fn handed(before: &str) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = before.strip_suffix(['"', '\'', '`'])?.trim_end();
    if let Some(function) = before.strip_suffix('(') {
        let from = function.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        let (front, name) = function.split_at_checked(from)?;
        // Whatever else is called may look something up by it.
        return name.strip_prefix("set").or_else(|| front.ends_with('.').then_some(name));
    }
    let before = before.strip_suffix(',')?.trim_end();
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let before = before.strip_suffix(quote)?;
    let (front, name) = before.rsplit_once(quote)?;
    let is_name = !name.is_empty() && name.chars().all(|c| is_word(c) || matches!(c, '.' | '-'));
    (is_name && front.trim_end().ends_with('(')).then_some(name)
}

/// The variables that a line of a shell sets without quotes, and where their values stand: `export TOKEN=...`,
/// `docker run -e TOKEN=...`. Of `${TOKEN:-...}` it is the default.
pub(super) fn words(line: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut next = 0;
    // Each of these is one byte long.
    let is_between = |c: char| c.is_ascii_whitespace() || matches!(c, ';' | '&' | '|' | ')');
    line.split(is_between).filter_map(move |word| {
        let at = next;
        next += word.len() + 1;
        let (name, value) = word.split_once('=')?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let default = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')?.split_once(":-"));
        let (skipped, value) =
            default.map_or((0, value), |(own, default)| ("${".len() + own.len() + ":-".len(), default));
        let start = at + name.len() + 1 + skipped;
        (is_name && !value.contains(['"', '\'', '`', '$'])).then(|| (name, start..start + value.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::names_secret;
    use super::{assigned, handed, words};

    #[test]
    fn names_stand_in_front_of_literals() {
        for (before, name) in [
            ("DB_PASSWORD = \"", "DB_PASSWORD"),
            ("  api_key: \"", "api_key"),
            ("\tapiKey := \"", "apiKey"),
            ("const TOKEN: &str = \"", "TOKEN"),
            ("  private static final String SECRET_KEY = \"", "SECRET_KEY"),
            ("  'password' => '", "password"),
            ("os.environ[\"API_TOKEN\"] = \"", "API_TOKEN"),
            ("connect(password=\"", "password"),
            ("var token string = \"", "token"),
        ] {
            assert_eq!(assigned(before), Some(name), "{before}");
        }
        for before in ["if password == \"", "f(\"", "return \"", "x != \"", "a ? b : \""] {
            assert!(assigned(before).is_none_or(|name| !names_secret(name)), "{before}");
        }
    }

    #[test]
    fn functions_are_handed_names_and_literals() {
        for (before, name) in [
            ("define('DB_PASSWORD', '", "DB_PASSWORD"),
            ("  token = os.environ.get(\"API_TOKEN\", \"", "API_TOKEN"),
            ("System.setProperty(\"trustStorePassword\",\"", "trustStorePassword"),
            ("source.setPassword(\"", "Password"),
            ("User.builder().password(\"", "password"),
        ] {
            assert_eq!(handed(before), Some(name), "{before}");
        }
        for before in ["getToken(\"", "f(a, \"", "x = [\"password\", \"", "say('it', \"", "\""] {
            assert!(handed(before).is_none_or(|name| !names_secret(name)), "{before}");
        }
    }

    #[test]
    fn a_shell_needs_no_quotes() {
        let found = |line| {
            words(line).map(|(name, at)| (name, str::get(line, at).unwrap_or_default())).collect::<Vec<_>>()
        };
        assert_eq!(found("export TOKEN=k7Pq2vXw"), [("TOKEN", "k7Pq2vXw")]);
        assert_eq!(found("docker run -e A_TOKEN=k7Pq2vXw app\n"), [("A_TOKEN", "k7Pq2vXw")]);
        assert_eq!(found("TOKEN=${TOKEN:-k7Pq2vXw}; x"), [("TOKEN", "k7Pq2vXw")]);
        assert!(found("run --token=k7Pq2vXw TOKEN=$A B=\"c\"").is_empty());
    }
}
