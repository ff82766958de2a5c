//! Addresses that are reached without TLS.

use crate::host::{host_and_port, is_inside};
use crate::place::{Written, part_of};
use crate::view::View;
use std::collections::HashSet;
use stockade_sdk::{Edit, Out, Params, Setting, ValueKind, row_flag};

/// Schemes without TLS, and those that take their place.
const PLAIN: [(&str, &str); 10] = [
    ("http", "https"),
    ("ftp", "ftps"),
    ("ldap", "ldaps"),
    ("amqp", "amqps"),
    ("mqtt", "mqtts"),
    ("smtp", "smtps"),
    ("imap", "imaps"),
    ("nats", "tls"),
    ("telnet", ""),
    ("ws", "wss"),
];

/// Whether an address of a WebSocket has a name that the rule about those judges.
fn is_of_websocket(scheme: &str, name: &str) -> bool {
    let mut words = name.split('_');
    let named = words.any(|word| matches!(word, "ws" | "websocket" | "registry" | "gateway" | "socket"));
    let last = words.next_back().unwrap_or_default();
    scheme.eq_ignore_ascii_case("ws") && named && matches!(last, "url" | "uri" | "endpoint" | "address")
}

/// `plaintext-url`: a setting whose name ends in one of `names` (or holds one of `words`) is an address without TLS
/// that leads out of the network.
pub fn plaintext_url(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let skip = row_flag::PART | row_flag::INHERITED | row_flag::SECRET_REFERENCE;
    let mut seen: HashSet<u32> = HashSet::new();
    for setting in view.source.settings().filter(|s| !s.has(skip) && s.value().contains("://")) {
        let name = setting.name();
        let word = |list| params.strings(list).any(|word| name.split('_').any(|part| part == word));
        if !word("words") || word("unless-words") || word_ends(name, params) {
            continue;
        }
        view.judges(out);
        let mut written = None;
        for part in setting.value().split(|c: char| c == ',' || c.is_whitespace()) {
            let part = part.trim_matches(['"', '\'', '[', ']', '<', '>', '(', ')']);
            let Some((scheme, rest)) = part.split_once("://") else { continue };
            let Some((plain, secure)) = PLAIN.iter().find(|(plain, _)| plain.eq_ignore_ascii_case(scheme))
            else {
                continue;
            };
            let (host, port) = host_and_port(rest);
            let odd =
                |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'));
            if host.is_empty()
                || host.contains(odd)
                || is_inside(host)
                || is_name_of_schema(host, rest)
                || is_of_websocket(scheme, name)
            {
                continue;
            }
            let (place, exact) = written.get_or_insert_with(|| Written::new(setting)).part(part);
            // The whole of a list is a row beside its elements.
            if !seen.insert(place.span.start) {
                continue;
            }
            let message = format!("{} reaches {host} over plain {plain}", setting.written());
            let finding =
                out.finding(place, message).key(format!("{}={host}", setting.written())).data("host", host);
            // A port of its own may be one that does not speak TLS, and 80 surely does not.
            let plain_port = matches!((*plain, port), ("http" | "ws", Some("80")) | ("ldap", Some("389")));
            if exact && !secure.is_empty() && !plain_port && !setting.has(row_flag::DEFAULT) {
                let mut span = place.span;
                span.end = span.start + scheme.len() as u32;
                finding.unsafe_fix(format!("Use {secure}"), vec![Edit::replace(span, *secure)]);
            }
        }
    }
}

/// Whether another rule judges a setting of this name.
fn word_ends(name: &str, params: &Params) -> bool {
    crate::view::is_named(name, params.strings("unless-names"))
}

/// Whether an address is a name only: of an XML namespace, of a schema, of a licence.
fn is_name_of_schema(host: &str, rest: &str) -> bool {
    let path = rest.to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    matches!(
        host.as_str(),
        "www.w3.org"
            | "w3.org"
            | "json-schema.org"
            | "purl.org"
            | "xmlns.com"
            | "spdx.org"
            | "www.opengis.net"
    ) || host.starts_with("schemas.")
        || host.starts_with("schema.")
        || host.starts_with("xmlns.")
        || host.starts_with("ns.")
        || path.contains("/schema")
        || path.contains("license")
        || path.contains("/xmlns")
        || path.contains("/ns/")
        // What Okta calls an identity provider of SAML.
        || host == "www.okta.com" && path.contains("/exk")
        || path.ends_with(".xsd")
        || path.ends_with(".dtd")
}

/// Kinds of databases, each with its switches: name of the parameter, bad values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    MySql,
    MongoDb,
    SqlServer,
}

/// What a value is a connection to, and where its parameters begin.
fn database(text: &str) -> Option<(Database, &str)> {
    let lower = text.get(..text.floor_char_boundary(40))?.to_ascii_lowercase();
    let lower = lower.strip_prefix("jdbc:").unwrap_or(&lower);
    let scheme = lower.split_once("://").map_or("", |(scheme, _)| scheme);
    let base = scheme.split('+').next().unwrap_or(scheme);
    let query = |mark: &[char]| text.find(mark).and_then(|at| text.get(at + 1..)).unwrap_or_default();
    match base {
        "mysql" | "mariadb" => Some((Database::MySql, query(&['?']))),
        "mongodb" => Some((Database::MongoDb, query(&['?']))),
        "sqlserver" | "mssql" => Some((Database::SqlServer, query(&[';', '?']))),
        // `user:password@tcp(host:3306)/name?tls=…`, the form of Go's driver.
        "" if text.contains("@tcp(") => Some((Database::MySql, query(&['?']))),
        "" if is_ado(text) => Some((Database::SqlServer, text)),
        _ => None,
    }
}

/// Whether a text is a connection string of ADO.NET or ODBC for SQL Server.
fn is_ado(text: &str) -> bool {
    let mut keys = text.split(';').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key.trim());
    let is = |key: &str, words: &[&str]| words.iter().any(|word| key.eq_ignore_ascii_case(word));
    let server = keys.clone().any(|key| is(key, &["server", "data source", "address", "addr"]));
    server && keys.any(|key| is(key, &["encrypt", "trustservercertificate", "trust server certificate"]))
}

/// What a parameter of a connection says about TLS that it should not.
fn weakness(database: Database, key: &str, value: &str) -> Option<&'static str> {
    let key: String =
        key.trim().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let value = value.trim().to_ascii_lowercase();
    let off = matches!(value.as_str(), "false" | "0" | "no" | "off" | "disable" | "disabled");
    let on = matches!(value.as_str(), "true" | "1" | "yes" | "on");
    match (database, key.as_str()) {
        (Database::MySql, "tls" | "usessl" | "ssl") if off => Some("no TLS"),
        (Database::MySql, "tls") if value == "skip-verify" => Some("an unverified server"),
        (Database::MySql, "tls") if value == "preferred" => Some("no TLS where the server has none"),
        (Database::MySql, "sslmode") if off => Some("no TLS"),
        (Database::MySql, "sslmode") if matches!(value.as_str(), "preferred" | "required" | "trust") => {
            Some("an unverified server")
        }
        (Database::MySql, "verifyservercertificate") if off => Some("an unverified server"),
        (Database::MySql, "trustservercertificate") if on => Some("an unverified server"),
        (Database::MongoDb, "tls" | "ssl") if off => Some("no TLS"),
        (Database::MongoDb, "tlsinsecure" | "tlsallowinvalidcertificates" | "tlsallowinvalidhostnames")
            if on =>
        {
            Some("an unverified server")
        }
        (Database::SqlServer, "encrypt") if off || value == "optional" => Some("no TLS"),
        (Database::SqlServer, "trustservercertificate") if on => Some("an unverified server"),
        _ => None,
    }
}

/// Value that puts a switch right.
fn right(key: &str, value: &str) -> Option<&'static str> {
    let key: String =
        key.trim().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match key.as_str() {
        "sslmode" => {
            if value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
                "VERIFY_IDENTITY"
            } else {
                "verify-full"
            }
        }
        "trustservercertificate"
        | "tlsinsecure"
        | "tlsallowinvalidcertificates"
        | "tlsallowinvalidhostnames" => {
            if value.starts_with(|c: char| c.is_ascii_uppercase()) {
                "False"
            } else {
                "false"
            }
        }
        "tls" | "ssl" | "usessl" | "encrypt" | "verifyservercertificate" => {
            if value.starts_with(|c: char| c.is_ascii_uppercase()) { "True" } else { "true" }
        }
        _ => return None,
    })
}

/// Whether the connection stays on the machine.
fn is_local(text: &str) -> bool {
    let host = match text.split_once("://") {
        Some((_, rest)) => host_and_port(rest.split(';').next().unwrap_or(rest)).0,
        None if text.contains("@tcp(") => {
            text.split_once("@tcp(").map_or("", |(_, rest)| rest.split([':', ')']).next().unwrap_or_default())
        }
        None => {
            let server = text.split(';').filter_map(|pair| pair.split_once('=')).find(|(key, _)| {
                ["server", "data source"].iter().any(|word| key.trim().eq_ignore_ascii_case(word))
            });
            server.map_or("", |(_, host)| {
                host.trim_start_matches("tcp:").split([',', '\\']).next().unwrap_or(host)
            })
        }
    };
    let host = host.trim();
    matches!(host, "localhost" | "[::1]" | "." | "(local)" | "(localdb)") || host.starts_with("127.")
}

/// `database-plaintext`: a connection to MySQL, MongoDB or SQL Server without TLS that is verified.
pub fn database_plaintext(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for setting in view.source.settings() {
        if setting.has(row_flag::PART | row_flag::INHERITED) || setting.kind() == ValueKind::Empty {
            continue;
        }
        if crate::view::is_named(setting.name(), params.strings("modes")) {
            view.judges(out);
            mode(setting, out);
            continue;
        }
        let text = setting.value();
        let Some((database, query)) = database(text).filter(|_| !is_local(text)) else { continue };
        view.judges(out);
        for pair in query.split(['&', ';']) {
            let Some((key, value)) = pair.split_once('=') else { continue };
            let Some(why) = weakness(database, key, value) else { continue };
            let pair = pair.trim();
            let (place, exact) = part_of(setting, pair);
            let message = format!("{} has {pair}: {why}", setting.written());
            let finding = out.finding(place, message).key(format!("{}={key}", setting.written()));
            if let Some(new) = right(key, value.trim()).filter(|_| exact) {
                finding.unsafe_fix(
                    format!("Set it to {new}"),
                    vec![Edit::replace(part_of(setting, value.trim()).0.span, new)],
                );
            }
        }
    }
}

/// A mode of MySQL's in a setting of its own.
fn mode(setting: Setting<'_>, out: &mut Out) {
    let value = setting.value().trim();
    let weak = ["disabled", "preferred", "required", "disable", "trust", "require", "prefer"];
    if setting.is_value() && weak.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        let name = setting.written();
        let (place, exact) = part_of(setting, value);
        let new =
            if value.bytes().all(|b| b.is_ascii_uppercase()) { "VERIFY_IDENTITY" } else { "verify_identity" };
        let finding = out.finding(place, format!("{name} is {value}: the server is not verified")).key(name);
        if exact && !setting.has(row_flag::DEFAULT) {
            finding.unsafe_fix(format!("Set it to {new}"), vec![Edit::replace(place.span, new)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Database, database, is_local, weakness};

    #[test]
    fn connections_are_read_in_every_form() {
        for (text, kind, bad) in [
            ("mysql://u@h/x?tls=skip-verify", Database::MySql, true),
            ("mysql+pymysql://u@h/x?ssl=true", Database::MySql, false),
            ("jdbc:mysql://h:3306/x?useSSL=false&x=1", Database::MySql, true),
            ("jdbc:mariadb://h/x?sslMode=verify-full", Database::MySql, false),
            ("app:pw@tcp(h:3306)/x?parseTime=true&tls=false", Database::MySql, true),
            ("mongodb+srv://h/x?tls=false", Database::MongoDb, true),
            ("mongodb://h/x?replicaSet=a", Database::MongoDb, false),
            ("jdbc:sqlserver://h:1433;encrypt=true;trustServerCertificate=true", Database::SqlServer, true),
            (
                "Server=h,1433;Database=x;Encrypt=True;Trust Server Certificate=False",
                Database::SqlServer,
                false,
            ),
            ("Server=h;Database=x;Encrypt=False", Database::SqlServer, true),
        ] {
            let (found, query) = database(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found, kind, "{text}");
            let weak = query
                .split(['&', ';'])
                .filter_map(|pair| pair.split_once('='))
                .any(|(key, value)| weakness(found, key, value).is_some());
            assert_eq!(weak, bad, "{text}");
        }
        for text in
            ["postgres://h/x?sslmode=disable", "Host=h;Database=x", "https://h/?tls=false", "tls=false"]
        {
            assert!(database(text).is_none(), "{text}");
        }
        assert!(is_local("jdbc:mysql://localhost:3306/x") && is_local("a:b@tcp(127.0.0.1:3306)/x"));
        assert!(is_local("Server=(localdb)\\x;Encrypt=False") && !is_local("mysql://u:p@db:3306/x"));
    }
}
