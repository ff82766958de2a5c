//! Connections to PostgreSQL, and to what speaks its protocol, whose server is not verified.

use super::cache::is_outside;
use crate::host::host_and_port;
use crate::place::part_of;
use crate::view::{View, is_named};
use std::cell::OnceCell;
use std::collections::HashMap;
use stockade_sdk::{Edit, Out, Params, Setting, ValueKind, row_flag};

/// Modes below `verify-full`.
const WEAK: [&str; 5] = ["disable", "allow", "prefer", "require", "verify-ca"];

/// Last words of the names of a mode.
const MODES: [&str; 4] = ["sslmode", "ssl_mode", "pgsslmode", "pgssl_mode"];

/// Whether the mode is one of MySQL's, which has its own rule.
fn is_of_mysql(setting: Setting<'_>) -> bool {
    let by_name = setting.name().split('_').any(|word| matches!(word, "mysql" | "mariadb"));
    let text = setting.node().text();
    let head = text.get(..text.floor_char_boundary(24)).unwrap_or_default().to_ascii_lowercase();
    let head = head.strip_prefix("jdbc:").unwrap_or(&head);
    let others = ["mysql", "mariadb", "mongodb", "sqlserver", "mssql"];
    by_name
        || setting.has(row_flag::PART)
            && (others.iter().any(|scheme| head.starts_with(scheme))
                || text.contains("@tcp(")
                || !text.contains("://") && text.contains(';'))
}

/// Whether the settings beside a mode say that there is nothing to protect: another kind of database, or one on the same
/// machine.
fn is_elsewhere(setting: Setting<'_>, others: &HashMap<&str, &str>) -> bool {
    let name = setting.name();
    let Some(front) = MODES.iter().find_map(|mode| name.strip_suffix(mode)) else { return false };
    let beside = |words: &[&str]| words.iter().find_map(|word| others.get(format!("{front}{word}").as_str()));
    let kind = beside(&["type", "db_type", "dbtype", "adapter", "dialect", "engine", "driver", "connection"]);
    let other = |kind: &str| {
        ["sqlite", "mysql", "mariadb", "mssql"].iter().any(|word| kind.to_ascii_lowercase().contains(word))
    };
    let host = beside(&["host", "hostname", "server", "address"]);
    kind.is_some_and(|kind| other(kind))
        || host.is_some_and(|host| {
            let (name, _) = host_and_port(host.trim());
            matches!(name, "localhost" | "[::1]") || name.starts_with("127.") || host.trim().starts_with('/')
        })
}

/// A connection over the network: its host, and how a mode would be added to it.
fn connection(text: &str) -> Option<(&str, &'static str)> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("sslmode") || lower.contains("ssl=") || lower.contains("sslcert") {
        return None;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        let scheme = scheme.strip_prefix("jdbc:").unwrap_or(&scheme);
        let base = scheme.split('+').next().unwrap_or(scheme);
        if !matches!(base, "postgres" | "postgresql" | "cockroachdb" | "pgx") {
            return None;
        }
        let more = if rest.contains('?') { "&sslmode=verify-full" } else { "?sslmode=verify-full" };
        return Some((host_and_port(rest).0, more));
    }
    let mut pairs = text.split_whitespace().map(|pair| pair.split_once('='));
    if !pairs.clone().all(|pair| pair.is_some()) {
        return None;
    }
    let value = |key: &str| pairs.clone().flatten().find(|(name, _)| *name == key).map(|(_, value)| value);
    let named = value("dbname").or(value("user")).is_some();
    let host = value("host").filter(|_| named)?;
    pairs.next().map(|_| (host, " sslmode=verify-full"))
}

/// `postgres-mode`: a mode is below `verify-full`, or a connection over the network has none.
pub fn mode(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let settings: Vec<Setting<'_>> = view
        .source
        .settings()
        .filter(|s| s.kind() != ValueKind::Empty && !s.has(row_flag::INHERITED))
        .filter(|s| view.source.kind() != "shell" || s.is_given())
        .collect();
    // A mode in a setting of its own may be that of every connection in the file.
    let elsewhere = settings.iter().any(|s| {
        !s.has(row_flag::PART)
            && s.name().split('_').any(|word| {
                matches!(word, "sslmode" | "pgsslmode" | "ssl" | "tls" | "sslrootcert" | "pgsslrootcert")
            })
    });
    let others = OnceCell::new();
    for setting in &settings {
        let value = setting.value().trim();
        if is_named(setting.name(), MODES.into_iter()) {
            let others = others.get_or_init(|| settings.iter().map(|s| (s.name(), s.value())).collect());
            if is_of_mysql(*setting)
                || !setting.is_value()
                || !setting.has(row_flag::PART) && is_elsewhere(*setting, others)
            {
                continue;
            }
            view.judges(out);
            if WEAK.iter().any(|word| value.eq_ignore_ascii_case(word)) {
                let written = setting.written();
                let (place, exact) = part_of(*setting, value);
                let finding = out.finding(place, format!("{written} is {value}")).key(written);
                if exact && !setting.has(row_flag::DEFAULT) {
                    let edit = Edit::replace(place.span, "verify-full");
                    finding.unsafe_fix("Set it to verify-full", vec![edit]);
                }
            }
        } else if let Some((host, more)) = connection(value).filter(|_| !setting.has(row_flag::PART)) {
            view.judges(out);
            if elsewhere || !is_outside(host) || setting.has(row_flag::UNKNOWN) && value.ends_with('}') {
                continue;
            }
            let written = setting.written();
            let message = format!("{written} reaches {host} without an sslmode");
            let place = part_of(*setting, host).0;
            let finding = out.finding(place, message).key(written).data("host", host);
            let (whole, exact) = part_of(*setting, value);
            if exact && !setting.has(row_flag::DEFAULT | row_flag::ELEMENT) && !value.contains('#') {
                finding.unsafe_fix("Add sslmode=verify-full", vec![Edit::insert(whole.span.end, more)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::connection;

    #[test]
    fn connections_without_a_mode_are_found() {
        for (text, host) in [
            ("postgres://app@db.shop.io:5432/app", "db.shop.io"),
            ("postgresql+asyncpg://app:x@db.shop.io/app?pool=3", "db.shop.io"),
            ("jdbc:postgresql://db.shop.io/app", "db.shop.io"),
            ("host=db.shop.io user=app dbname=app", "db.shop.io"),
        ] {
            assert_eq!(connection(text).map(|(host, _)| host), Some(host), "{text}");
        }
        for text in [
            "postgres://db.shop.io/app?sslmode=disable",
            "jdbc:postgresql://db.shop.io/app?ssl=true",
            "mysql://db.shop.io/app",
            "host=db.shop.io port=80",
            "curl host=db.shop.io user=x",
            "",
        ] {
            assert_eq!(connection(text), None, "{text}");
        }
    }
}
