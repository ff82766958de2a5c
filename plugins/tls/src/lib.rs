//! Rules about TLS that ask for more than a look at a value: lists of ciphers, certificates, addresses.

pub mod checks;
pub mod cipher;
pub mod code;
mod host;
pub mod old;
pub mod place;
pub mod version;
pub mod view;
mod words;
pub mod x509;

use checks::{
    address, broker, cache, certificate, cipher as suites, code as ways, curve, postgres, protocol, section,
};
use stockade_sdk::{Check, Family, FileFacts, Source};
use view::View;

/// The family.
#[derive(Debug)]
pub struct Tls;

type One = Check<Tls>;

impl Family for Tls {
    type View<'a> = View<'a>;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        One::file("broker", broker::broker),
        One::file("cache", cache::cache),
        One::file("certificate", certificate::certificate),
        One::file("cipher-finite-field", suites::finite_field),
        One::file("cipher-forward-secrecy", suites::forward_secrecy),
        One::file("cipher-weak", suites::weak),
        One::file("code", ways::code),
        One::file("old-version-in-code", ways::old_version),
        One::file("curve", curve::curve),
        One::file("database-plaintext", address::database_plaintext),
        One::file("pair", section::pair),
        One::file("plaintext-url", address::plaintext_url),
        One::file("postgres-mode", postgres::mode),
        One::file("protocol", protocol::protocol),
        One::file("trust-missing", section::trust_missing),
    ];

    fn view(source: &Source) -> View<'_> {
        View::new(source)
    }

    fn subjects(view: &View<'_>) -> Option<Vec<u32>> {
        Some(view.subjects())
    }

    fn project(_: &[FileFacts]) {}
}

stockade_sdk::export!(Tls);
