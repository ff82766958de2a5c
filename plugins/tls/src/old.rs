//! Ways to accept versions of TLS that are broken, as programs write them.

use crate::code::Form::Set;
use crate::code::{JVM, NET, PYTHON, SCRIPT, Way, way};

const CURL: &[&str] = &["c", "cc", "cpp", "cxx", "h", "hpp", "php"];
/// What may stand between the name of a field and its value.
const FIELD: &[&str] = &[":", "="];

/// All ways that are known: what is the lowest version, or the only one. Who lists versions to tell them apart uses the same
/// words for them, but sets none of these.
pub const OLD: &[Way] = &[
    way(&["go"], Set("MinVersion", FIELD, &["tls.VersionTLS10", "tls.VersionTLS11", "tls.VersionSSL30"])),
    way(SCRIPT, Set("minVersion", FIELD, &["'TLSv1'", "\"TLSv1\"", "'TLSv1.1'", "\"TLSv1.1\""])),
    way(
        SCRIPT,
        Set(
            "secureProtocol",
            FIELD,
            &[
                "'TLSv1_method'",
                "\"TLSv1_method\"",
                "'TLSv1_1_method'",
                "\"TLSv1_1_method\"",
                "'SSLv3_method'",
                "\"SSLv3_method\"",
            ],
        ),
    ),
    way(
        PYTHON,
        Set(
            "minimum_version",
            &["="],
            &["ssl.TLSVersion.SSLv3", "ssl.TLSVersion.TLSv1", "ssl.TLSVersion.TLSv1_1", "TLSVersion.TLSv1"],
        ),
    ),
    way(PYTHON, Set("ssl_version", &["="], PYTHON_PROTOCOLS)),
    way(PYTHON, Set("SSLContext", &["("], PYTHON_PROTOCOLS)),
    way(JVM, Set("SSLContext.getInstance", &["("], &["\"TLSv1\"", "\"TLSv1.1\"", "\"SSLv3\""])),
    way(NET, Set("EnabledSslProtocols", &["="], NET_PROTOCOLS)),
    way(NET, Set("SslProtocols", &["="], NET_PROTOCOLS)),
    way(
        NET,
        Set(
            "SecurityProtocol",
            &["="],
            &[
                "SecurityProtocolType.Ssl3",
                "SecurityProtocolType.Tls",
                "SecurityProtocolType.Tls11",
                "[Net.SecurityProtocolType]::Tls",
                "[Net.SecurityProtocolType]::Tls11",
                "[System.Net.SecurityProtocolType]::Tls",
                "[System.Net.SecurityProtocolType]::Tls11",
            ],
        ),
    ),
    way(
        &["rb"],
        Set(
            "min_version",
            &["="],
            &["OpenSSL::SSL::TLS1_VERSION", "OpenSSL::SSL::TLS1_1_VERSION", ":TLS1", ":TLS1_1"],
        ),
    ),
    way(&["rb"], Set("ssl_version", &["="], &[":SSLv3", ":TLSv1", ":TLSv1_1"])),
    way(
        CURL,
        Set(
            "CURLOPT_SSLVERSION",
            &[",", "=>"],
            &[
                "CURL_SSLVERSION_SSLv2",
                "CURL_SSLVERSION_SSLv3",
                "CURL_SSLVERSION_TLSv1_0",
                "CURL_SSLVERSION_TLSv1_1",
            ],
        ),
    ),
    way(
        &["rs"],
        Set(
            "min_tls_version",
            &["("],
            &[
                "reqwest::tls::Version::TLS_1_0",
                "reqwest::tls::Version::TLS_1_1",
                "tls::Version::TLS_1_0",
                "tls::Version::TLS_1_1",
                "Version::TLS_1_0",
                "Version::TLS_1_1",
            ],
        ),
    ),
];

const PYTHON_PROTOCOLS: &[&str] =
    &["ssl.PROTOCOL_SSLv2", "ssl.PROTOCOL_SSLv3", "ssl.PROTOCOL_TLSv1", "ssl.PROTOCOL_TLSv1_1"];
const NET_PROTOCOLS: &[&str] = &["SslProtocols.Ssl3", "SslProtocols.Tls", "SslProtocols.Tls11"];

#[cfg(test)]
mod tests {
    use super::OLD;

    fn found(ending: &str, text: &str) -> bool {
        OLD.iter()
            .filter(|way| way.endings.contains(&ending))
            .any(|way| text.find(way.form.name()).is_some_and(|at| way.form.length(&text[at..]).is_some()))
    }

    #[test]
    fn versions_are_told_by_their_whole_name() {
        for (ending, text) in [
            ("go", "&tls.Config{MinVersion: tls.VersionTLS10}"),
            ("ts", "{ minVersion: 'TLSv1' }"),
            ("py", "ctx.minimum_version = ssl.TLSVersion.TLSv1_1"),
            ("py", "ssl.SSLContext(ssl.PROTOCOL_TLSv1)"),
            ("java", "SSLContext.getInstance(\"TLSv1\")"),
            ("cs", "EnabledSslProtocols = SslProtocols.Tls,"),
            ("php", "curl_setopt($c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_0);"),
        ] {
            assert!(found(ending, text), "{text}");
        }
        for (ending, text) in [
            ("go", "MinVersion: tls.VersionTLS12"),
            ("ts", "minVersion: 'TLSv1.2'"),
            ("py", "ctx.minimum_version = ssl.TLSVersion.TLSv1_2"),
            ("py", "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)"),
            ("java", "SSLContext.getInstance(\"TLSv1.2\")"),
            ("cs", "EnabledSslProtocols = SslProtocols.Tls12"),
            ("cs", "if (version == SslProtocols.Tls)"),
            ("php", "CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1"),
        ] {
            assert!(!found(ending, text), "{text}");
        }
    }
}
