//! Secrets in a repository: tokens of known issuers, keys, and passwords in settings.

mod alphabet;
mod checks;
mod files;
pub mod ignore;
mod literal;
mod names;
mod parameter;
mod part;
mod pipeline;
mod token;

use checks::{cloud, dsn, entropy, jwk, key, required, setting, shell, source as program, store};
use stockade_sdk::{Check, Family, FileFacts, Out, Source};

/// The family.
#[derive(Debug)]
pub struct Secrets;

type One = Check<Secrets>;

impl Family for Secrets {
    type View<'a> = &'a Source;
    type Project<'a> = ignore::Project<'a>;

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
        One::project("gitignore-missing", ignore::missing),
        One::file("high-entropy", entropy::high_entropy),
        One::file("key-mode", store::key_mode),
        One::file("keystore", store::keystore),
        One::file("literal-in-source", program::literal),
        One::file("required", required::required),
    ];

    fn view(source: &Source) -> &Source {
        source
    }

    fn facts(source: &&Source, out: &mut Out) {
        ignore::facts(source, out);
    }

    fn project(files: &[FileFacts]) -> ignore::Project<'_> {
        ignore::project(files)
    }
}

stockade_sdk::export!(Secrets);
