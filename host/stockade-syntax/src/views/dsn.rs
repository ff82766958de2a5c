//! URLs and data source names, and their parts with their places.

use super::value::ValueKind;
use std::ops::Range;

/// Schemes of databases, caches and queues.
const DATA_SCHEMES: [&str; 22] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "valkey",
    "amqp",
    "amqps",
    "sqlserver",
    "mssql",
    "oracle",
    "cockroachdb",
    "clickhouse",
    "nats",
    "kafka",
    "ldap",
    "ldaps",
    "memcached",
    "cassandra",
];

/// Keys that make a text of `key=value` pairs a data source name.
const DATA_KEYS: [&str; 12] = [
    "host",
    "server",
    "data source",
    "datasource",
    "password",
    "pwd",
    "user id",
    "uid",
    "dbname",
    "database",
    "initial catalog",
    "sslmode",
];

/// Longer values are not taken apart.
const MAX_LENGTH: usize = 4096;

/// Whether a value is a URL or a DSN.
pub(super) fn kind(text: &str) -> Option<ValueKind> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    if let Some(scheme) = scheme(text) {
        if text.chars().any(|c| c.is_whitespace()) {
            return None;
        }
        let base = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
        let whole = scheme.to_ascii_lowercase();
        let data = DATA_SCHEMES.contains(&base.as_str())
            || DATA_SCHEMES.contains(&whole.as_str())
            || text.starts_with("jdbc:");
        return Some(if data { ValueKind::Dsn } else { ValueKind::Url });
    }
    let known = pairs(text).iter().filter(|(key, _)| is_data_key(text, key)).count();
    (known >= 2).then_some(ValueKind::Dsn)
}

fn is_data_key(text: &str, key: &Range<usize>) -> bool {
    let key = text.get(key.clone()).unwrap_or_default();
    DATA_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// The scheme of `scheme://…`; `jdbc:postgresql://…` has the scheme `postgresql`.
fn scheme(text: &str) -> Option<&str> {
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    let (scheme, rest) = text.split_once("://")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (!scheme.is_empty() && scheme.chars().all(plain) && !rest.is_empty()).then_some(scheme)
}

/// The named parts of a URL or DSN: their names and ranges in the text. Empty parts are left out.
pub(super) fn parts(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    if scheme(text).is_none() {
        for (key, value) in pairs(text) {
            found.push((text.get(key).unwrap_or_default().to_owned(), value));
        }
        return found;
    }
    let Some(authority_at) = text.find("://").map(|at| at + 3) else { return found };
    let scheme_at = if text.starts_with("jdbc:") { 5 } else { 0 };
    found.push(("scheme".to_owned(), scheme_at..authority_at - 3));
    let rest = text.get(authority_at..).unwrap_or_default();
    let authority_len = rest.find(['/', '?', '#', ';']).unwrap_or(rest.len());
    let authority = rest.get(..authority_len).unwrap_or_default();
    // A password may hold an `@` that should have been escaped: the last one ends it.
    let mut host_at = authority_at;
    if let Some(at) = authority.rfind('@') {
        let info = authority.get(..at).unwrap_or_default();
        let user_len = info.find(':').unwrap_or(info.len());
        found.push(("user".to_owned(), authority_at..authority_at + user_len));
        if user_len < info.len() {
            found.push(("password".to_owned(), authority_at + user_len + 1..authority_at + at));
        }
        host_at = authority_at + at + 1;
    }
    let host_end = authority_at + authority_len;
    let host = text.get(host_at..host_end).unwrap_or_default();
    let port = host
        .rfind(':')
        .filter(|at| !host.get(at + 1..).is_some_and(|rest| rest.contains(']')) && !host.contains(','));
    found.push(("host".to_owned(), host_at..port.map_or(host_end, |at| host_at + at)));
    if let Some(at) = port {
        found.push(("port".to_owned(), host_at + at + 1..host_end));
    }
    let behind = text.get(host_end..).unwrap_or_default();
    let path_len = behind.find(['?', '#', ';']).unwrap_or(behind.len());
    if path_len > 1 {
        found.push(("path".to_owned(), host_end + 1..host_end + path_len));
    }
    let query_at = host_end + path_len + 1;
    let query = text.get(query_at..).unwrap_or_default().split('#').next().unwrap_or_default();
    let mut at = query_at;
    for pair in query.split(['&', ';']) {
        if let Some((key, value)) = pair.split_once('=') {
            let start = at + key.len() + 1;
            found.push((key.to_owned(), start..start + value.len()));
        }
        at += pair.len() + 1;
    }
    found.retain(|(name, range)| !name.is_empty() && !range.is_empty());
    found
}

/// `key=value` pairs separated by `;` (ADO.NET, ODBC) or by spaces (libpq).
fn pairs(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    if text.len() > MAX_LENGTH || !text.contains('=') {
        return Vec::new();
    }
    let separator = if text.contains(';') { ';' } else { ' ' };
    let mut found = Vec::new();
    let mut at = 0;
    for pair in text.split(separator) {
        if let Some((key, value)) = pair.split_once('=') {
            let key_at = at + (key.len() - key.trim_start().len());
            let value_at = at + key.len() + 1 + (value.len() - value.trim_start().len());
            found.push((key_at..key_at + key.trim().len(), value_at..value_at + value.trim().len()));
        }
        at += pair.len() + 1;
    }
    found
}
