//! Which values are a secret.

use crate::alphabet::looks_random;
use crate::names::{MARKS, ends_in, is_behind, is_key_name, is_password_name, is_signing_name};
use stockade_sdk::secrecy::may_be_secret;

/// Passwords that are tried first.
const DEFAULTS: [&str; 34] = [
    "admin",
    "administrator",
    "password",
    "passw0rd",
    "password1",
    "password123",
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "root",
    "toor",
    "postgres",
    "mysql",
    "guest",
    "test",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "1234567890",
    "111111",
    "000000",
    "abc123",
    "p@ssw0rd",
    "foobared",
    "admin123",
    "letmein",
    "secret",
    "qwerty",
    "minioadmin",
    // Airflow's key for sessions and LiteLLM's for administrators, as their documentation has them.
    "temporary_key",
    "sk-1234",
];

/// Whether a value is one of the passwords that are tried first.
pub(crate) fn is_default(value: &str) -> bool {
    DEFAULTS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value is the name of its setting as people read it: `password = Password` is a label of a form.
pub(crate) fn is_label(name: &str, value: &str) -> bool {
    let mut letters = value.bytes();
    letters.next().is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|letter| letter.is_ascii_lowercase())
        && name.rsplit('_').next().is_some_and(|last| last.eq_ignore_ascii_case(value))
}

/// Whether a value that may be a secret looks like one rather than like a name, a type or a sentence.
pub(crate) fn is_literal_secret(name: &str, value: &str) -> bool {
    let password = is_password_name(name);
    if password && (is_app_password(value) || is_joined_app_password(name, value)) {
        return true;
    }
    if !may_be_secret(value) || value.contains(char::is_whitespace) || value.len() < 4 {
        return false;
    }
    let folded: String =
        value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let own = name.replace('_', "");
    if own.ends_with(&folded) || is_default(value) {
        return false;
    }
    // Letters of any language: `Passwort`, `Contraseña` and `パスワード` are labels.
    let words = value
        .chars()
        .all(|c| c.is_ascii_alphabetic() || !c.is_ascii() || matches!(c, '-' | '_' | '.' | '/' | ':'));
    if password {
        // A lone word is a type or a label more often than a password.
        let mixed = value.len() >= 8 && looks_random(value) && is_mixed(value);
        return !words || (mixed && !is_entry_point(value));
    }
    // A name under which all of a program's entries are signed at Laravel, but with others the name of an application.
    let application = value.starts_with("base64:") && value.len() >= 40 && ends_in(name, &["app_key"]);
    (is_key_name(name) || application)
        && !is_behind(name, "token", &MARKS)
        && !words
        && !(is_path_of_names(value) && (value.contains(['/', '#']) || may_be_named(name)))
        && !value.starts_with("pk_")
        && !is_account(value)
        && value.len() >= 8
        && looks_random(value)
}

/// Whether a value names something in a module of Python: `package.module:Class`.
fn is_entry_point(value: &str) -> bool {
    value
        .split_once(':')
        .is_some_and(|(module, name)| module.contains('.') && !name.contains(['.', ':', '/']))
}

/// Whether the case of letters changes inside the value as it does in no word.
fn is_mixed(value: &str) -> bool {
    value.bytes().zip(value.bytes().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase())
}

/// Whether a value has the form of the passwords that Google gives to programs: four times four letters.
fn is_app_password(value: &str) -> bool {
    const MADE_UP: [&str; 8] = ["abcd", "your", "pass", "word", "xxxx", "code", "here", "test"];
    let groups = || value.split(' ');
    value.len() == 19
        && groups().count() == 4
        && groups().all(|group| {
            group.len() == 4
                && group.bytes().all(|byte| byte.is_ascii_lowercase())
                && !MADE_UP.contains(&group)
        })
}

/// Whether a value is such a password without its blanks, for sending mail: sixteen letters of which no word has so many
/// consonants in a row.
fn is_joined_app_password(name: &str, value: &str) -> bool {
    let of_mail = ["mail", "smtp", "imap"].iter().any(|word| name.contains(word));
    let consonants = |run: &str| run.len() >= 5;
    of_mail
        && value.len() == 16
        && value.bytes().all(|byte| byte.is_ascii_lowercase())
        && value.split(['a', 'e', 'i', 'o', 'u', 'y']).any(consonants)
}

/// Whether a setting of this name holds the name of a secret as often as the secret: `token: github-token-42`. What signs
/// or encrypts stands there itself, and people make it of words, too.
fn may_be_named(name: &str) -> bool {
    const SECRETS: [&str; 5] =
        ["client_secret", "app_secret", "webhook_secret", "shared_secret", "consumer_secret"];
    ends_in(name, &["token", "credentials"])
        || ends_in(name, &["secret"]) && !ends_in(name, &SECRETS) && !is_signing_name(name)
}

/// Whether a value is made of names that a person gave: `shop/home#assets/key2`, `github-token-42`. A random text has
/// digits in other places.
fn is_path_of_names(value: &str) -> bool {
    let is_name = |part: &str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - letters.len() <= 4
            && !part.is_empty()
            && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let parts = || value.split(['/', '#', '-', '_', '.', ':']);
    let words =
        parts().filter(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase())).count();
    words >= 2 && parts().count() >= 3 && parts().all(is_name)
}

/// Whether a value is the address of an account or contract on a chain, which everybody may know.
fn is_account(value: &str) -> bool {
    value.strip_prefix("0x").is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a value is a hash of a password, which is made to be stored.
pub(crate) fn is_hash(value: &str) -> bool {
    [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "$6$",
        "$5$",
        "$1$",
        "$apr1$",
        "$pbkdf2",
        "pbkdf2_",
        "{SSHA}",
        "{SHA}",
        "{bcrypt}",
        "SCRAM-SHA-256$",
        "$scrypt$",
        "$2x$",
        "$y$",
        "$7$",
        "$P$",
        "$H$",
        "{SSHA256}",
        "{SSHA512}",
        "{CRYPT}",
        "{PBKDF2}",
        "{ARGON2}",
        "argon2:",
        "argon2$",
        "scrypt:",
        "bcrypt_sha256$",
        "pbkdf2:",
    ]
    .iter()
    .any(|start| value.starts_with(start))
        || is_salted_hash(value)
        || is_hash_in_brace(value)
}

/// Whether a value is a hash with its salt as Transmission writes it: a brace, SHA-1 in hexadecimal, eight characters.
fn is_hash_in_brace(value: &str) -> bool {
    const SALT: usize = 8;
    value
        .strip_prefix('{')
        .and_then(|rest| rest.split_at_checked(40))
        .is_some_and(|(hash, salt)| hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && salt.len() == SALT)
}

/// Whether a value names an algorithm, a salt and a hash: `sha1:67c9e60bb8b6:9ffede08...` of Jupyter.
fn is_salted_hash(value: &str) -> bool {
    let hex = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = value.split([':', '$']);
    parts.next().is_some_and(|name| matches!(name, "md5" | "sha1" | "sha256" | "sha512"))
        && parts.clone().count() >= 1
        && parts.all(hex)
}

#[cfg(test)]
mod tests {
    use super::{is_hash, is_label, is_literal_secret};

    #[test]
    fn values_are_judged_by_the_name_they_have() {
        for (name, value) in [
            ("smtp_pass", "k7Pq2vXw"),
            ("mail_password", "qzvm tkws hbnr yfgd"),
            ("smtp_password", "qzvmtkwshbnryfgd"),
            ("jwt_key", "MyVerySecretKeyForTokens-2024!"),
            ("app_key", "base64:k6wvfvqhqlwT9zXS9oLXA0Xl9ImmuQ3rT7yU1iO5pA8="),
            ("db_password", "kV8mTqRzLwXc"),
            ("encryption_key", "min-32-byte-long-strong-encryption-key"),
            ("client_secret", "shop-client-secret-2024"),
            ("token", "a1b2c3d4-9f8e-4a5b-8c7d-6e5f4a3b2c1d"),
        ] {
            assert!(is_literal_secret(name, value), "{name} {value}");
        }
        for (name, value) in [
            ("proxy_pass", "k7Pq2vXw"),
            ("mail_password", "your pass word here"),
            ("mail_password", "changethispasswd"),
            ("db_password", "qzvmtkwshbnryfgd"),
            ("app_key", "a1b2c3d4e5f6a7b8c9d0"),
            ("password", "Passwort"),
            ("password", "Contraseña"),
            ("assets_credentials", "shop/home2#assets/registry-key"),
            ("credentials", "aws-prod-eu-west-1"),
            ("token", "github-token-42"),
            ("api_key", "pk_live_k7Pq2vXw9LmZ4tRb"),
            ("contracts_token", "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4"),
        ] {
            assert!(!is_literal_secret(name, value), "{name} {value}");
        }
    }

    #[test]
    fn hashes_and_labels_are_told() {
        for value in [
            "sha1:67c9e60bb8b6:9ffede0825894254b2e042ea597d771089e11aed",
            "argon2:$argon2id$v=19$x",
            "$y$j9T$a",
        ] {
            assert!(is_hash(value), "{value}");
        }
        assert!(!is_hash("sha1:hunter2"));
        assert!(is_label("login_password", "Password") && !is_label("login_password", "password"));
    }
}
