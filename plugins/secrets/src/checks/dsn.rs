//! Passwords in URLs and connection strings.

use super::is_fixture;
use crate::literal::is_default;
use crate::pipeline::{Throwaway, is_pipeline};
use std::collections::BTreeMap;
use stockade_sdk::secrecy::may_be_secret;
use stockade_sdk::{Out, Params, Place, Source, Span, find, row_flag};

/// User names of documentation: what stands behind them is no password either.
const NOBODY: [&str; 6] = ["user", "username", "login", "name", "usr", "myuser"];

/// A password in the user-info of a URL.
struct InUrl<'t> {
    user: &'t str,
    /// With the port.
    host: &'t str,
    start: usize,
    end: usize,
}

/// The password in the user-info of each URL of a text.
fn passwords(text: &str) -> Vec<InUrl<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| find(rest, "://")).map(|n| at + n + 3) {
        at = start;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>' | '|' | ',')
            })
            .unwrap_or(rest.len());
        let authority = rest.get(..length.min(512)).unwrap_or_default();
        let Some((info, host)) = authority.rsplit_once('@') else { continue };
        let Some((user, password)) = split_user(info) else { continue };
        // `${PASSWORD:-real}` is as good as the real one.
        let default = password.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let default = default.and_then(|rest| rest.split_once(":-")).map(|(_, default)| default);
        let whole = password;
        let password = default.unwrap_or(password);
        let hostless =
            !host.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '[' | '$' | '{' | '('));
        let open = ['$', '{', '(', '*', '<', '%', '[', '…'].iter().any(|c| password.contains(*c))
            && !is_encoded(password);
        let nobody = NOBODY.iter().any(|n| user.eq_ignore_ascii_case(n));
        if hostless || open || nobody || password.is_empty() || !is_password(password) {
            continue;
        }
        if matches!(password, "password" | "pass" | "secret" | "token" | "pwd" | "passwd")
            && host.contains("example")
        {
            continue;
        }
        // GitHub's name for no password: the token stands in front of it.
        if password == "x-oauth-basic" {
            continue;
        }
        let from = start + user.len() + 1 + whole.find(password).unwrap_or(0);
        found.push(InUrl { user, host, start: from, end: from + password.len() });
    }
    found
}

/// The passwords of lists such as `cache.shop.io:6380,password=...,ssl=True`, by which .NET's programs reach Redis.
fn in_lists(text: &str) -> Vec<(usize, usize)> {
    const MARK: &str = ",password=";
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | ';');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(mark) = text.get(at..).and_then(|rest| find(rest, MARK)).map(|n| at + n) {
        at = mark + MARK.len();
        let before = text.get(text.ceil_char_boundary(mark.saturating_sub(256))..mark).unwrap_or_default();
        // From the blank, quote or name in front; the host stands before all options.
        let list = before.rsplit(|c: char| is_end(c) && c != ',').next().unwrap_or_default();
        let host = list.split(',').next().unwrap_or_default().rsplit('=').next().unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        let password = rest.get(..rest.find(is_end).unwrap_or(rest.len())).unwrap_or_default();
        let port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        if port && !password.contains(['$', '{', '<', '*', '%', '#']) && is_password(password) {
            found.push((at, at + password.len()));
        }
    }
    found
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\n' | '<' | '>')
}

/// What stands before a place in the same string. It is read once, from the front, for a line may hold thousands of pairs.
#[derive(Default)]
struct Before {
    read: usize,
    /// Behind the last quote.
    start: usize,
    /// Where the last `jdbc:` begins.
    java: Option<usize>,
    /// Where the last word begins that .NET names a server by.
    server: Option<usize>,
}

impl Before {
    /// A string that is longer than this is looked at from here on.
    const LENGTH: usize = 400;

    fn read(&mut self, text: &[u8], end: usize) {
        for at in self.read..end {
            let begins = |word: &str| {
                text.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
            };
            match text.get(at).map(u8::to_ascii_lowercase) {
                Some(byte) if is_quote(byte.into()) => self.start = at + 1,
                Some(b'j') if begins("jdbc:") => self.java = Some(at),
                Some(b's') if begins("server=") => self.server = Some(at),
                Some(b'd') if begins("data source=") => self.server = Some(at),
                Some(b'h') if begins("host=") => self.server = Some(at),
                Some(b'a') if begins("addr=") => self.server = Some(at),
                _ => {}
            }
        }
        self.read = self.read.max(end);
    }

    /// Whether a word was met in the string that goes on at `end`.
    fn is_recent(&self, word: Option<usize>, end: usize) -> bool {
        word.is_some_and(|at| at >= self.start && at + Self::LENGTH >= end)
    }
}

/// The passwords of connection strings as .NET and Java have them, whatever they stand in: `Server=db;...;Password=...;`,
/// `jdbc:mysql://db/shop?user=a&password=...`.
pub(super) fn in_pairs(text: &str) -> Vec<(usize, usize)> {
    // The word has a capital, or none.
    const MARK: &str = "assword=";
    let mut found = Vec::new();
    let (mut at, mut before) = (0, Before::default());
    while let Some(mark) = text.get(at..).and_then(|rest| find(rest, MARK)).map(|n| at + n) {
        at = mark + MARK.len();
        let Some(front) = text.get(..mark).and_then(|front| front.strip_suffix(['p', 'P'])) else { continue };
        let front = front.trim_end();
        // It begins a pair: without this nothing further is looked at.
        if !front.ends_with([';', '?', '&']) {
            continue;
        }
        before.read(text.as_bytes(), mark);
        let java = before.is_recent(before.java, mark);
        let dotnet = front.ends_with(';') && before.is_recent(before.server, mark);
        if !java && !dotnet {
            continue;
        }
        let rest = text.get(at..text.floor_char_boundary(at + 400)).unwrap_or_default();
        let end = |c: char| is_quote(c) || c.is_whitespace() || matches!(c, ';' | '&' | '\\');
        let password = rest.get(..rest.find(end).unwrap_or(rest.len())).unwrap_or_default();
        let open = password.contains(['$', '{', '<', '*', '%', '#', '[', '(']);
        if !open && password.len() >= 4 && is_password(password) {
            found.push((at, at + password.len()));
        }
    }
    found
}

/// Whether what stands in the place of a password is one. A number there is no port or limit.
fn is_password(text: &str) -> bool {
    may_be_secret(text) || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a host is the machine that the program runs on.
fn is_own(host: &str) -> bool {
    let name = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default(),
        |rest| rest.split(']').next().unwrap_or_default(),
    );
    name == "localhost" || name == "::1" || name.starts_with("127.")
}

/// Splits user and password at the colon between them, not at one inside `${USER:-app}`.
fn split_user(info: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    let at = info.bytes().position(|b| {
        match b {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        b == b':' && depth == 0
    })?;
    Some((info.get(..at)?, info.get(at + 1..)?))
}

/// Whether the only unusual character is a percent sign of an encoded one.
fn is_encoded(password: &str) -> bool {
    let others = ['$', '{', '(', '*', '<', '['];
    !others.iter().any(|c| password.contains(*c))
        && password
            .split('%')
            .skip(1)
            .all(|part| part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit()))
}

/// `connection-password`: a literal password in a URL or connection string.
pub(crate) fn connection_password(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    // What is no setting of anything: comments, and what is shown to people who read the file.
    let mut comments: Vec<Span> = source.comments().map(|(span, _)| span).collect();
    let texts = source.settings().filter(|setting| setting.node().is_scalar() && is_shown(setting.name()));
    comments.extend(texts.map(|setting| setting.node().span()));
    comments.sort_unstable_by_key(|span| span.start);
    let mut spans = Spans::default();
    let (text, pipeline, mut throwaway) = (source.text(), is_pipeline(source), Throwaway::new(source));
    for InUrl { user, host, start, end } in passwords(text) {
        let password = text.get(start..end).unwrap_or_default();
        // The database of a job, or the one that everybody starts on his own machine: nothing is given away.
        if is_own(host) && (pipeline || password == user || is_default(password)) || throwaway.has(password) {
            continue;
        }
        let span = Span { start: start as u32, end: end as u32 };
        if is_comment(&comments, span) {
            continue;
        }
        spans.push(span);
        let who = if user.is_empty() { String::new() } else { format!(" of {user}") };
        out.finding(Place { span, node: None }, format!("a URL holds the password{who}"));
    }
    for (start, end) in in_lists(text) {
        let span = Span { start: start as u32, end: end as u32 };
        if !throwaway.has(text.get(start..end).unwrap_or_default()) && !is_comment(&comments, span) {
            spans.push(span);
            out.finding(Place { span, node: None }, "a connection string holds a password".to_owned());
        }
    }
    let is_part = |name: &str| name.ends_with("_password") || name.ends_with("_pwd");
    for setting in source.settings().filter(|s| s.has(row_flag::PART) && is_part(s.name())) {
        let span = setting.value_span();
        let known = !setting.has(row_flag::UNKNOWN) && !setting.value().contains(['$', '{', '<', '*']);
        // What is a URL was judged above.
        let url = setting.node().text().contains("://") || source.slice(span).contains("://");
        if known && !url && !spans.meet(span) && is_password(setting.value()) {
            spans.push(span);
            let name = setting.written_whole();
            out.finding(setting.place(), format!("the connection string {name} holds a password"));
        }
    }
    // What no setting has: in lists, in programs, in XML.
    for (start, end) in in_pairs(text) {
        let span = Span { start: start as u32, end: end as u32 };
        let password = text.get(start..end).unwrap_or_default();
        if !spans.meet(span)
            && !throwaway.has(password)
            && !is_default(password)
            && !is_comment(&comments, span)
        {
            out.finding(Place { span, node: None }, "a connection string holds a password".to_owned());
        }
    }
}

/// Places of passwords that have been told, by their start. No two of them overlap, and there may be thousands.
#[derive(Default)]
struct Spans(BTreeMap<u32, u32>);

impl Spans {
    fn push(&mut self, span: Span) {
        self.0.insert(span.start, span.end);
    }

    /// Whether one of them overlaps `span`.
    fn meet(&self, span: Span) -> bool {
        self.0.range(..span.end).next_back().is_some_and(|(_, end)| *end > span.start)
    }
}

/// Whether a setting is code, or a value, that stands there for people to read: in the questions of an examination, in the
/// description of an API.
fn is_shown(name: &str) -> bool {
    const WORDS: [&str; 7] =
        ["example", "examples", "code_example", "code_sample", "sample_code", "code_snippet", "snippet"];
    WORDS
        .iter()
        .any(|word| name.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with('_')))
}

/// Whether a span begins in one of the comments of a file, which are in its order.
fn is_comment(comments: &[Span], span: Span) -> bool {
    let behind = comments.partition_point(|c| c.start <= span.start);
    behind.checked_sub(1).and_then(|at| comments.get(at)).is_some_and(|c| c.end > span.start)
}

#[cfg(test)]
mod tests {
    use super::{in_lists, in_pairs, is_own, passwords};

    #[test]
    fn lists_of_options_hold_passwords() {
        let found =
            |text| in_lists(text).iter().filter_map(|(a, b)| str::get(text, *a..*b)).collect::<Vec<_>>();
        let list = "\"cache.shop.io:6380,password=k7Pq2vXw9LmZ=,ssl=True,abortConnect=False\"";
        assert_eq!(found(list), ["k7Pq2vXw9LmZ="]);
        assert_eq!(found("REDIS=a:1,ssl=x,password=k7Pq2vXw\n"), ["k7Pq2vXw"]);
        for text in ["a:6379,password=${PW}", "user,password=k7Pq2vXw9LmZ", "a:6379,password=", ",password=x"]
        {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn pairs_hold_passwords() {
        let found =
            |text| in_pairs(text).iter().filter_map(|(a, b)| str::get(text, *a..*b)).collect::<Vec<_>>();
        for text in [
            "new Connection(\"Server=db;User Id=shop;Password=k7Pq2vXw;\")",
            "- jdbc:mysql://db/shop?user=shop&password=k7Pq2vXw",
            "url: 'jdbc:sqlserver://db:1433;user=sa;password=k7Pq2vXw'",
        ] {
            assert_eq!(found(text), ["k7Pq2vXw"], "{text}");
        }
        for text in [
            "\"Server=db;Password=${PW};\"",
            "https://shop.io/login?user=a&password=k7Pq2vXw",
            "Server=db;Password=",
            "\"Server=db\" + x + \";Password=k7Pq2vXw\"",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn thousands_of_pairs_are_read_once() {
        let pairs = "Server=db;".to_owned() + &";Password=".repeat(50_000) + "k7Pq2vXw";
        assert!(in_pairs(&pairs).is_empty());
        let pairs = "Server=db;Password=k7Pq2vXw;".repeat(20_000);
        assert_eq!(in_pairs(&pairs).len(), 20_000);
    }

    #[test]
    fn the_own_machine_is_told_from_others() {
        assert!(is_own("localhost:5432") && is_own("127.0.0.1") && is_own("[::1]:6379"));
        assert!(!is_own("db:5432") && !is_own("localhost.corp.io") && !is_own("[fe80::1]"));
    }

    #[test]
    fn defaults_of_variables_count() {
        for (text, password) in [
            ("postgres://app:k7Pq2vXw9LmZ@db/x", "k7Pq2vXw9LmZ"),
            ("postgres://app:${PW:-k7Pq2vXw9LmZ}@db/x", "k7Pq2vXw9LmZ"),
            ("postgres://${USER:-app}:${PW:-k7Pq2vXw9LmZ}@db/x", "k7Pq2vXw9LmZ"),
            ("postgres://app:130722@db/x", "130722"),
        ] {
            let found: Vec<&str> =
                passwords(text).iter().filter_map(|found| text.get(found.start..found.end)).collect();
            assert_eq!(found, [password], "{text}");
        }
        for text in [
            "postgres://app:${PW}@db/x",
            "postgres://app:${PW:-}@db/x",
            "postgres://${USER:-app}@db/x",
            "postgres://app:${PW:?missing}@db/x",
            "https://shop.io/a:b@c",
            "https://${GH_TOKEN}:x-oauth-basic@github.com/a/b.git",
        ] {
            assert!(passwords(text).is_empty(), "{text}");
        }
    }
}
