//! Rules about nginx and Apache httpd configurations.
//!
//! `view` knows which directives are in force where: lower levels inherit what they do not set, and includes and
//! missing outer files make the answer unknown. The checks stay silent about what is unknown.

pub mod checks;
pub mod view;

use checks::{access, access_rules, apache, headers, injection, listen, origin, proxy, server, upstream_tls};
use stockade_sdk::{Check, Family, FileFacts, Source};
use view::View;

/// The family.
#[derive(Debug)]
pub struct Nginx;

impl Family for Nginx {
    type View<'a> = View<'a>;
    type Project<'a> = ();

    const CHECKS: &'static [Check<Self>] = &[
        Check::<Self>::file("access-log-off", server::access_log_off),
        Check::<Self>::file("access-rule-without-effect", access_rules::without_effect),
        Check::<Self>::file("add-header-inheritance", headers::inheritance),
        Check::<Self>::file("add-header-not-always", headers::not_always),
        Check::<Self>::file("admin-location-unprotected", access::admin),
        Check::<Self>::file("alias-traversal", access::alias_traversal),
        Check::<Self>::file("apache-admin-location", apache::admin),
        Check::<Self>::file("apache-forward-proxy", apache::forward_proxy),
        Check::<Self>::file("apache-listing", apache::listing),
        Check::<Self>::file("apache-root-granted", apache::root_granted),
        Check::<Self>::file("apache-tls-off", apache::tls_off),
        Check::<Self>::file("apache-tokens", apache::tokens),
        Check::<Self>::file("apache-trace", apache::trace),
        Check::<Self>::file("autoindex", access::autoindex),
        Check::<Self>::file("body-size", server::body_size),
        Check::<Self>::file("error-log-off", server::error_log_off),
        Check::<Self>::file("h2c-smuggling", proxy::h2c),
        Check::<Self>::file("header-injection", injection::injection),
        Check::<Self>::file("header-multiline", headers::multiline),
        Check::<Self>::file("hidden-files-served", access::hidden_files),
        Check::<Self>::file("host-header-spoofing", proxy::host_header),
        Check::<Self>::file("insecure-redirect", proxy::insecure_redirect),
        Check::<Self>::file("internal-missing", access::internal_missing),
        Check::<Self>::file("limit-req-missing", server::limit_req_missing),
        Check::<Self>::file("listen-http2", listen::http2),
        Check::<Self>::file("listen-without-tls", listen::without_tls),
        Check::<Self>::file("ocsp-stapling", listen::ocsp_stapling),
        Check::<Self>::file("origin-pattern", origin::permissive),
        Check::<Self>::file("prefer-server-ciphers", listen::prefer_server_ciphers),
        Check::<Self>::file("proxy-ssl-verify", upstream_tls::verify),
        Check::<Self>::file("proxy-target", proxy::target),
        Check::<Self>::file("server-tokens", server::tokens),
        Check::<Self>::file("ssl-certificate-missing", listen::certificate_missing),
        Check::<Self>::file("ssl-off", listen::ssl_off),
        Check::<Self>::file("ssl-protocols-missing", listen::protocols_missing),
        Check::<Self>::file("status-public", access::status),
        Check::<Self>::file("user-root", server::user_root),
    ];

    fn view(source: &Source) -> View<'_> {
        View::new(source)
    }

    fn project(_: &[FileFacts]) -> Self::Project<'_> {}
}

stockade_sdk::export!(Nginx);
