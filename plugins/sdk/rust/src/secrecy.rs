//! Which names speak of secrets, and which values cannot be one.

mod reference;

use reference::is_reference;

/// Last words of a flat name that make it the name of a secret.
const NAMES: [&str; 25] = [
    "password",
    // What every client of PostgreSQL reads.
    "pgpassword",
    // What `redis-cli` reads.
    "rediscli_auth",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secret_key",
    "secret_key_base",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "access_key_id",
    "private_key",
    "client_secret",
    "credential",
    "credentials",
    // Azure's: of an account for storage, for batches, for a database, for what answers questions.
    "azure_batch_key",
    "azure_storage_key",
    "azure_openai_key",
    "azure_search_key",
    "storage_account_key",
    // Oracle's cloud: the key itself, and not the file that it is in.
    "cli_key_content",
    "private_key_content",
];

/// Names with the short word for a password. `pass` alone is too many things: `proxy_pass`, `render_pass`.
pub const SHORT_PASSWORDS: [&str; 25] = [
    "db_pass",
    "database_pass",
    "sql_pass",
    "mysql_pass",
    "mariadb_pass",
    "pg_pass",
    "postgres_pass",
    "mongo_pass",
    "redis_pass",
    "rabbitmq_pass",
    "smtp_pass",
    "mail_pass",
    "email_pass",
    "imap_pass",
    "ftp_pass",
    "ldap_pass",
    "mqtt_pass",
    "auth_pass",
    "user_pass",
    "admin_pass",
    "root_pass",
    "default_pass",
    // Ansible's.
    "ssh_pass",
    "become_pass",
    "sudo_pass",
];

/// Words by which an author says that the value is still to come, or that none is needed.
const PLACEHOLDERS: [&str; 44] = [
    "changeme",
    "change-me",
    "change_me",
    "changethis",
    "change-this",
    "placeholder",
    "replace",
    "example",
    "your-",
    "your_",
    "yourpassword",
    "todo",
    "dummy",
    "redacted",
    "xxx",
    "***",
    "...",
    "insert",
    "not-set",
    "notset",
    "undefined",
    "to-be-",
    "to_be_",
    "user_provided",
    "not-needed",
    "not_needed",
    "not-used",
    "not_used",
    "not_set",
    "generate_",
    "generate-",
    "fake",
    "fill_in",
    "fill-in",
    "fillme",
    "set_me",
    "not_a_secret",
    "not-a-secret",
    // What a test hands over to be refused.
    "invalidpass",
    "wrongpass",
    "wrong-pass",
    "wrong_pass",
    // Cirrus' variables, which only Cirrus can read.
    "encrypted[",
    // The end of the token that jwt.io shows.
    "sflkxwrjsmekkf2qt4fwpmejf36pok6yjv_adqssw5c",
];

/// Beginnings of names whose values a build puts into what every visitor gets.
const FOR_VISITORS: [&str; 9] = [
    "VITE_",
    "REACT_APP_",
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "EXPO_PUBLIC_",
    "GATSBY_",
    "VUE_APP_",
    "NG_APP_",
    "PUBLIC_",
];

/// Whether a variable is one that every visitor of a site gets to read, and that is no secret by its own name. A value
/// may stand behind the name: `NAME=value`.
#[must_use]
pub fn is_for_visitors(name: &str) -> bool {
    FOR_VISITORS.iter().any(|front| name.starts_with(front))
        && !["SECRET", "PASSWORD", "PRIVATE"]
            .iter()
            .any(|word| name.split('=').next().is_some_and(|n| n.contains(word)))
}

/// Folds a name to snake case: `clientSecret`, `client-secret` and `CLIENT_SECRET` are all `client_secret`, and `DBPassword` is
/// `db_password`.
#[must_use]
pub fn flat(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let (mut lower, mut upper) = (false, false);
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        // The last capital of several begins the next word, unless it is their plural: `IPs`.
        let ends_acronym = || {
            let mut behind = letters.clone();
            behind.next().is_some_and(|c| c.is_ascii_lowercase())
                && behind.next().is_some_and(|c| c.is_ascii_lowercase())
        };
        if c.is_ascii_uppercase() && (lower || upper && ends_acronym()) && !out.ends_with('_') {
            out.push('_');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        upper = c.is_ascii_uppercase();
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

/// Whether a name is that of a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    // No real name is longer, and folding is linear in it.
    if name.len() > 200 || !may_end_a_secret_name(name) {
        return false;
    }
    let flat = flat(name);
    let stem = flat.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    NAMES
        .iter()
        .chain(&SHORT_PASSWORDS)
        .any(|word| stem.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// Whether the last three letters are those of a name in the list: spares folding nearly all others.
#[must_use]
pub fn may_end_a_secret_name(name: &str) -> bool {
    // Nearly all names end in letters; others have digits, quotes or blanks between or behind them.
    if let [.., third, before, last] = name.as_bytes()
        && third.is_ascii_alphabetic()
        && before.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        return ends_so([*third, *before, *last]);
    }
    let mut letters = name.bytes().rev().filter(u8::is_ascii_alphabetic);
    let (Some(last), Some(before), Some(third)) = (letters.next(), letters.next(), letters.next()) else {
        return false;
    };
    ends_so([third, before, last])
}

/// Whether a name in the list ends in these letters, in any case.
fn ends_so(letters: [u8; 3]) -> bool {
    /// The last three letters of each name, as one number. Those of the short passwords are all the same.
    const ENDS: [u32; NAMES.len() + 1] = {
        let mut ends = [0; NAMES.len() + 1];
        let mut at = 0;
        while at < ends.len() {
            let word = if at < NAMES.len() { NAMES[at] } else { SHORT_PASSWORDS[0] }.as_bytes();
            let (mut from, mut found) = (word.len(), 0);
            while found < 3 {
                from -= 1;
                if word[from] != b'_' {
                    ends[at] |= (word[from] as u32) << (8 * found);
                    found += 1;
                }
            }
            at += 1;
        }
        ends
    };
    /// For each letter: whether a name ends in it. Tells most at once.
    const LAST: u32 = {
        let (mut last, mut at) = (0, 0);
        while at < ENDS.len() {
            last |= 1 << (ENDS[at] & 31);
            at += 1;
        }
        last
    };
    let [third, before, last] = letters.map(|letter| u32::from(letter | 0x20));
    LAST >> (last & 31) & 1 == 1 && ENDS.contains(&(last | before << 8 | third << 16))
}

/// Whether a literal may be a secret: no switch, number, path, address, reference or placeholder.
#[must_use]
pub fn may_be_secret(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let number = value.parse::<f64>().is_ok();
    let word = matches!(
        lower.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "none" | "nil" | "enabled" | "disabled"
    );
    !(value.is_empty()
        || word
        || (number && digits < 9)
        || is_path(value)
        || is_plain_url(value)
        || is_reference(value)
        || value.contains(is_east_asian)
        || is_placeholder(&lower))
}

fn is_path(value: &str) -> bool {
    let below = ["/", "~", "./", "../"].iter().any(|start| value.starts_with(start))
        // Symfony's parameters: `%kernel.project_dir%/config/jwt/private.pem`.
        || value.strip_prefix('%').is_some_and(|rest| rest.contains("%/"));
    below && !value.contains(['=', '+', ' '])
}

/// An address without a password in it.
fn is_plain_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) && !password
}

/// Whether a character is one of Chinese, Japanese or Korean. Passwords are typed in other letters: these tell a reader what
/// to write there.
fn is_east_asian(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{ff00}'..='\u{ffef}')
}

fn is_placeholder(lower: &str) -> bool {
    holds_any(lower, &PLACEHOLDERS)
        || ["_here", "-here"].iter().any(|end| lower.ends_with(end))
        || ["enter_", "enter-", "!!!"].iter().any(|start| lower.starts_with(start))
        || lower.bytes().all(|b| matches!(b, b'x' | b'*' | b'.' | b'-' | b'_'))
}

/// Whether a text has one of these words in it: one pass over the text, which is several times as fast as a search for
/// each where the text is short.
#[must_use]
pub fn holds_any(text: &str, words: &[&str]) -> bool {
    let bit = |byte: u8| 1_u128 << (byte & 127);
    let first = words.iter().filter_map(|word| word.bytes().next()).fold(0, |mask, byte| mask | bit(byte));
    text.bytes().enumerate().any(|(at, byte)| {
        first & bit(byte) != 0
            && text
                .as_bytes()
                .get(at..)
                .is_some_and(|rest| words.iter().any(|w| rest.starts_with(w.as_bytes())))
    })
}

/// Decodes standard base64, with line breaks inside; `None` for anything else. The result is bytes as text, what is
/// no UTF-8 replaced.
#[must_use]
pub fn base64(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut padding) = (0_u32, 0_u32, 0_usize);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = (bits << 6 | u32::from(six)) & 0xFF_FFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    (padding <= 2).then(|| String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{base64, flat, is_secret_name, may_be_secret};

    #[test]
    fn names_are_folded_and_judged_by_their_end() {
        assert_eq!(flat("spring.datasource.clientSecret"), "spring_datasource_client_secret");
        assert_eq!(flat("DBPassword2"), "db_password2");
        assert_eq!(flat("trustedIPs.URL"), "trusted_ips_url");
        for name in ["DB_PASSWORD", "apiKey", "client-secret", "TOKEN_2", "awsAccessKeyId", "PGPASSWD"] {
            assert_eq!(is_secret_name(name), name != "PGPASSWD", "{name}");
        }
        for name in ["DB_PASSWORD_2", "token 1", "\"api-key\"", "a.Private_Key", "access_key_i_d"] {
            assert!(super::may_end_a_secret_name(name), "{name}");
        }
        for word in super::NAMES {
            assert!(is_secret_name(word) && is_secret_name(&format!("X_{}9", word.to_uppercase())), "{word}");
        }
        for name in ["SMTP_PASS", "rabbitmq.default_pass"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "proxy_pass",
            "bypass",
            "TOKEN_TTL",
            "PASSWORD_FILE",
            "SECRETARY",
            "KEYBOARD",
            "TOKENIZER",
            "secretName",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn words_are_found_in_one_pass() {
        let words = ["your_", "xxx", "***"];
        for text in ["a your_key", "xxx", "**** ", "yxxx"] {
            assert!(super::holds_any(text, &words), "{text}");
        }
        for text in ["", "xx", "your key", "ñ"] {
            assert!(!super::holds_any(text, &words), "{text}");
        }
        assert!(!super::holds_any("a", &[]));
    }

    #[test]
    fn switches_paths_references_and_placeholders_are_no_secrets() {
        for value in ["hunter2", "s3cr3t/with=", "postgres://u:p@db/x", "123456789012"] {
            assert!(may_be_secret(value), "{value}");
        }
        for value in [
            "",
            "true",
            "3600",
            "/run/secrets/x",
            "https://a.b/c",
            "${X}",
            "$(POD_IP)",
            "<token>",
            "changeme",
            "请改为你的MySQL密码",
            "비밀번호123",
            "os.environ/GEMINI_API_KEY_1",
            "projects/shop/secrets/db/versions/2",
            "@db-password-1",
            "@db.password@",
            "{cipher}a8f5f167f44f4964",
            "user_provided",
            "paste_token_2_here",
        ] {
            assert!(!may_be_secret(value), "{value}");
        }
    }

    #[test]
    fn base64_is_decoded_or_refused() {
        assert_eq!(base64("aHVudGVyMg==").as_deref(), Some("hunter2"));
        assert_eq!(base64("aHVu\ndGVy").as_deref(), Some("hunter"));
        assert_eq!(base64("not base64!"), None);
        assert_eq!(base64("a=b"), None);
    }
}
