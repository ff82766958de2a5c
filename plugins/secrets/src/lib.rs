//! Secrets in a repository: tokens of known issuers, keys, and passwords in settings.

mod alphabet;
mod checks;
mod files;
mod token;

use checks::{cloud, dsn, jwk, key, setting, shell};
use stockade_sdk::{Check, Family, FileFacts, Source};

/// The family.
#[derive(Debug)]
pub struct Secrets;

type One = Check<Secrets>;

impl Family for Secrets {
    type View<'a> = &'a Source;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        One::file("known-token", token::known_token),
        One::file("private-key", key::private_key),
        One::file("vpn-key", key::vpn_key),
        One::file("private-jwk", jwk::private_jwk),
        One::file("literal", setting::literal),
        One::file("default-credentials", setting::default_credentials),
        One::file("password-empty", setting::password_empty),
        One::file("hmac-short", setting::hmac_short),
        One::file("hmac-jwk", setting::hmac_jwk),
        One::file("connection-password", dsn::connection_password),
        One::file("cloud-credentials", cloud::static_credentials),
        One::file("env-file-committed", files::env_file),
        One::file("command-line", shell::command_line),
        One::file("chmod", shell::chmod),
    ];

    fn view(source: &Source) -> &Source {
        source
    }

    fn project(_: &[FileFacts]) {}
}

stockade_sdk::export!(Secrets);
