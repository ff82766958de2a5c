//! Logins in files of clients and servers that are no lists of settings: `.netrc`, `.pgpass`, Maven's `settings.xml`,
//! `NuGet.Config`, `tomcat-users.xml`; and what Terraform notes down of what it made.

use super::dsn::in_pairs;
use crate::literal::{is_hash, is_literal_secret};
use crate::parameter::is_secret_in_state;
use crate::token::is_token;
use stockade_sdk::secrecy::{flat, may_be_secret};
use stockade_sdk::{Out, Place, Source, Span};

/// Longest secret, bytes: what is longer is a document.
const LONGEST: usize = 500;

/// A secret in a file: its offsets, and whose it is.
struct Found<'t> {
    start: usize,
    end: usize,
    name: &'t str,
}

/// Reports the logins of a file that is one of these by its name.
pub(super) fn logins(source: &Source, out: &mut Out) {
    let (text, file) = (source.text(), source.file_name().to_ascii_lowercase());
    let found = match file.as_str() {
        ".netrc" | "_netrc" => netrc(text),
        ".pgpass" => pgpass(text),
        "settings.xml" => between(text, &["<password>", "<passphrase>"], b'<'),
        "nuget.config" => between(text, &["key=\"ClearTextPassword\" value=\""], b'"'),
        // Users of Tomcat; a preference of Windows, whose key for the `cpassword` everybody knows.
        "tomcat-users.xml" => between(text, &[" password=\""], b'"'),
        "groups.xml" => between(text, &[" cpassword=\""], b'"'),
        "web.config" | "app.config" => {
            let strings = in_pairs(text).into_iter();
            strings.map(|(start, end)| Found { start, end, name: "Password" }).collect()
        }
        _ if file.ends_with(".tfstate") => state(text),
        _ => return,
    };
    for Found { start, end, name } in found {
        let place = Place { span: Span { start: start as u32, end: end as u32 }, node: None };
        let key = format!("name={name}");
        out.finding(place, format!("the value of {name} stands in the file")).key(key);
    }
}

/// Whether what stands in the place of a password is one.
fn is_password(value: &str) -> bool {
    value.len() <= LONGEST && may_be_secret(value) && !is_token(value) && !value.contains("${")
}

/// `machine a.example login ci password ...`, in any number of lines.
fn netrc(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut wanted = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let line_at = at;
        at += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut word_at = line_at;
        for word in line.split([' ', '\t', '\n', '\r']) {
            if wanted && !word.is_empty() {
                if is_password(word) {
                    found.push(Found { start: word_at, end: word_at + word.len(), name: "password" });
                }
                wanted = false;
            } else if word == "password" {
                wanted = true;
            }
            word_at += word.len() + 1;
        }
    }
    found
}

/// `host:port:database:user:password`.
fn pgpass(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let fields = line.trim_end();
        let password =
            fields.splitn(5, ':').nth(4).filter(|value| !fields.starts_with('#') && is_password(value));
        if let Some(password) = password {
            let end = start + fields.len();
            found.push(Found { start: end - password.len(), end, name: "password" });
        }
    }
    found
}

/// What stands between one of these beginnings and an end, outside the comments of the XML. The name is the word in the
/// beginning.
fn between<'t>(text: &'t str, beginnings: &[&'static str], end: u8) -> Vec<Found<'t>> {
    let comments = comments(text);
    let mut found = Vec::new();
    for beginning in beginnings {
        for (at, _) in text.match_indices(beginning) {
            let before = comments.partition_point(|&(from, _)| from < at);
            let is_comment =
                before.checked_sub(1).and_then(|n| comments.get(n)).is_some_and(|&(_, to)| at < to);
            if is_comment {
                continue;
            }
            let start = at + beginning.len();
            let rest = text.get(start..).unwrap_or_default();
            let length = rest.bytes().take(LONGEST).position(|byte| byte == end).unwrap_or(0);
            let value = rest.get(..length).unwrap_or_default();
            if is_password(value) && !is_sealed(value) {
                let name = if beginning.contains("passphrase") { "passphrase" } else { "password" };
                found.push(Found { start, end: start + value.len(), name });
            }
        }
    }
    found.sort_by_key(|found| found.start);
    found
}

/// Where the comments of an XML file begin and end.
fn comments(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(from) = text.get(at..).and_then(|rest| rest.find("<!--")).map(|start| at + start) {
        at = text.get(from..).and_then(|rest| rest.find("-->")).map_or(text.len(), |end| from + end);
        found.push((from, at));
    }
    found
}

/// Whether Maven encrypted a value or fills it in later, or it is prose.
fn is_sealed(value: &str) -> bool {
    value.contains(['{', '}', '%', '$', ' ', '\n'])
}

/// The secrets in a state of Terraform, which it writes one key a line. The value of an output is named in the line above.
fn state(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let (mut object, mut generated) = ("", false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((key, rest)) = line.trim_start().strip_prefix('"').and_then(|line| line.split_once("\": "))
        else {
            continue;
        };
        let rest = rest.trim_end();
        let Some(value) =
            rest.strip_prefix('"').and_then(|rest| rest.trim_end_matches(',').strip_suffix('"'))
        else {
            if rest == "{" {
                object = key;
            }
            continue;
        };
        if key == "type" {
            generated = value == "random_password";
        }
        let name = match key {
            "value" => object,
            // What the provider `random` drew.
            "result" if generated => "password",
            key => key,
        };
        let is_secret = name == "password" || is_secret_in_state(name);
        if is_secret
            && value.len() <= LONGEST
            && is_literal_secret(&flat(name), value)
            && !is_hash(value)
            && !is_token(value)
        {
            // Behind the quote that opens the value.
            let from = start + line.len() - line.trim_start().len() + key.len() + "\"\": \"".len();
            found.push(Found {
                start: from,
                end: from + value.len(),
                name: if key == "value" { object } else { key },
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Found, between, netrc, pgpass, state};

    fn texts<'t>(text: &'t str, found: &[Found<'t>]) -> Vec<(&'t str, &'t str)> {
        found.iter().filter_map(|found| Some((found.name, text.get(found.start..found.end)?))).collect()
    }

    #[test]
    fn logins_of_clients_are_found() {
        let text =
            "machine a.io\n  login ci\n  password k7Pq2vXw\n# password no1\nmachine b login c password <x>\n";
        assert_eq!(texts(text, &netrc(text)), [("password", "k7Pq2vXw")]);
        let text = "db:5432:shop:app:k7:Pq\n*:*:*:app:\n# a:b:c:d:e1\n";
        assert_eq!(texts(text, &pgpass(text)), [("password", "k7:Pq")]);
        let text =
            "<password>k7Pq2vXw</password><password>${env.PW}</password><password>{jSMOWnoPFgs=}</password>";
        assert_eq!(texts(text, &between(text, &["<password>"], b'<')), [("password", "k7Pq2vXw")]);
    }

    #[test]
    fn what_a_comment_of_xml_holds_is_no_login() {
        let text = "<!-- <password>n0Pq2vXw</password> --><password>k7Pq2vXw</password><!-- | e.g.\n<password>n1Pq2vXw</password>\n";
        assert_eq!(texts(text, &between(text, &["<password>"], b'<')), [("password", "k7Pq2vXw")]);
        assert_eq!(texts("<password>", &between("<password>", &["<password>"], b'<')), []);
    }

    #[test]
    fn a_state_holds_what_was_made() {
        let text = "{\n  \"outputs\": {\n    \"db_password\": {\n      \"value\": \"k7Pq2vXw\",\n      \"type\": \"string\"\n    },\n    \
                    \"url\": {\n      \"value\": \"k7Pq2vXw\"\n    }\n  },\n  \"type\": \"random_password\",\n  \
                    \"bcrypt_hash\": \"$2a$10$abc\",\n  \"result\": \"q8#T7vR1\",\n  \"type\": \"aws_efs_file_system\",\n  \
                    \"creation_token\": \"terraform-20230401120000\",\n  \"result\": \"k7Pq2vXw\",\n  \"password\": \"\"\n}\n";
        assert_eq!(texts(text, &state(text)), [("db_password", "k7Pq2vXw"), ("result", "q8#T7vR1")]);
    }
}
