//! Which names ask for a secret.

use stockade_sdk::secrecy::SHORT_PASSWORDS;
pub(crate) use stockade_sdk::secrecy::is_for_visitors;

/// Last words of a name whose value is typed by people or made for them.
pub(crate) const PASSWORDS: [&str; 13] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "hsm_pin",
    "pin",
    "hmac_secret",
    // LDAP: what a program says to be let in, and OpenLDAP's own.
    "bind_pw",
    "bindpw",
    "rootpw",
    // Redis: what its clients have to say, and what it says to its master.
    "requirepass",
    "masterauth",
];
/// Last words of a name whose value is drawn at random, but which is often a name or reference as well.
const KEYS: [&str; 28] = [
    "secret",
    "secret_key",
    "secret_key_base",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "client_secret",
    "encryption_key",
    "encrypt_key",
    "signing_key",
    "master_key",
    "hmac",
    "hmac_key",
    "credentials",
    "jwt_key",
    "fernet_key",
    // What the entries of a log are signed with, so that nobody changes them.
    "audit_key",
    "auth_key",
    "authkey",
    "secrets_system",
    "secrets_cookie",
    // Azure's.
    "azure_batch_key",
    "azure_storage_key",
    "azure_openai_key",
    "azure_search_key",
    "storage_account_key",
];
/// First words of a name that speak of a secret to sign with, and the last ones.
const SIGNING: [&str; 6] = ["hmac", "jwt", "session", "cookie", "signing", "macaroon"];
const SIGNING_ENDS: [&str; 4] = ["secret", "key", "current", "secret_key"];
/// Words that make a key one that is given away: with it anybody may search a site, or pay at one.
const PUBLIC: [&str; 5] = ["public", "publishable", "search_only", "docsearch", "algolia"];
/// Words in front of `key` that make it the name of an entry: of a page, a table, a cache.
const ENTRIES: [&str; 18] = [
    "limit",
    "result",
    "results",
    "input",
    "output",
    "primary",
    "foreign",
    "partition",
    "sort",
    "cache",
    "lookup",
    "header",
    "claim",
    "name",
    "id",
    "object",
    "group",
    "index",
];
/// Words in front of `token` that make it a place in a list or in a text: of pages, of a language model.
pub(crate) const MARKS: [&str; 20] = [
    "input",
    "output",
    "next",
    "page",
    "continuation",
    "continue",
    "start",
    "end",
    "stop",
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "sep",
    "cls",
    "special",
    "prompt",
    "completion",
    "reserved",
];

/// Words in front of `pin` by which it opens a store of keys or a card, and is no pin of a board or a version.
const OPENED: [&str; 14] = [
    "hsm",
    "cloudhsm",
    "softhsm",
    "yubihsm",
    "luna",
    "pkcs11",
    "p11",
    "card",
    "smartcard",
    "yubikey",
    "nitrokey",
    "piv",
    "so",
    "user",
];

/// Whether a name is that of a number that opens a store of keys: `hsm_pin`, `pkcs11.user_pin`.
pub(crate) fn is_pin_name(name: &str) -> bool {
    name.strip_suffix("_pin").is_some_and(|front| front.split('_').any(|word| OPENED.contains(&word)))
}

/// Whether a folded name ends in one of these words, digits behind it aside.
pub(crate) fn ends_in(name: &str, words: &[&str]) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    words
        .iter()
        .any(|word| stem.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with('_')))
}

/// Whether a name is that of a password.
pub(crate) fn is_password_name(name: &str) -> bool {
    // `sshpassword`: people join no other word to one in front of it as often.
    let joined = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').ends_with("password");
    joined || ends_in(name, &PASSWORDS) || ends_in(name, &SHORT_PASSWORDS)
}

/// Whether a name is that of a key: drawn at random, if it is the key itself.
pub(crate) fn is_key_name(name: &str) -> bool {
    ends_in(name, &KEYS) && !is_public(name)
}

/// Whether a key is there to be read by everybody, as far as its name goes.
fn is_public(name: &str) -> bool {
    let has = |words: &[&str]| {
        words.iter().any(|word| {
            name.match_indices(word).any(|(at, _)| {
                let before = name.get(..at).is_some_and(|front| front.is_empty() || front.ends_with('_'));
                before
                    && name.get(at + word.len()..).is_none_or(|rest| rest.is_empty() || rest.starts_with('_'))
            })
        })
    };
    has(&PUBLIC) && !has(&["secret", "private", "admin", "write", "token"])
}

/// Whether a name is that of a secret to sign with.
pub(crate) fn is_signing_name(name: &str) -> bool {
    let mut words = name.split('_');
    words.any(|word| SIGNING.contains(&word))
        && ends_in(name, &SIGNING_ENDS)
        && !name.contains("public")
        && !is_behind(name, "key", &ENTRIES)
}

/// Whether the name ends in `last` with one of these words in front of it.
pub(crate) fn is_behind(name: &str, last: &str, words: &[&str]) -> bool {
    let mut parts = name.rsplit('_');
    parts.next() == Some(last) && parts.next().is_some_and(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{is_for_visitors, is_key_name, is_password_name, is_pin_name};

    #[test]
    fn what_visitors_get_is_told_by_its_name() {
        assert!(is_for_visitors("VITE_MAPS_API_KEY") && is_for_visitors("NEXT_PUBLIC_ANON_TOKEN=a"));
        assert!(!is_for_visitors("VITE_CLIENT_SECRET=b") && !is_for_visitors("MAPS_API_KEY"));
    }

    #[test]
    fn keys_to_search_with_are_no_secrets() {
        for name in ["docsearch_api_key", "algolia_search_only_api_key", "stripe_publishable_api_key"] {
            assert!(!is_key_name(name), "{name}");
        }
        assert!(is_key_name("algolia_admin_api_key") && is_key_name("republic_api_key"));
    }

    #[test]
    fn pins_are_those_of_stores_of_keys() {
        assert!(is_pin_name("hsm_pin") && is_pin_name("pkcs11_slot_user_pin") && is_pin_name("so_pin"));
        assert!(!is_pin_name("gpio_pin") && !is_pin_name("led_pin") && !is_pin_name("pin"));
        assert!(is_key_name("shop_audit_key"));
    }

    #[test]
    fn the_short_word_counts_where_somebody_logs_in() {
        assert!(is_password_name("app_smtp_pass") && is_password_name("db_pass_2"));
        assert!(!is_password_name("proxy_pass") && !is_password_name("compass"));
        assert!(is_password_name("sshpassword") && is_password_name("admin_passwords"));
    }
}
