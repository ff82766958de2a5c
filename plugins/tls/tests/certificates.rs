//! Expired certificates, and lists of authorities in which some have expired.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_tls::Tls;
use stockade_sdk::{Param, Rule, Runner};

/// A root that ended with the year 2019, made for this test.
const OLD_ROOT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBRjCB7aADAgECAgEBMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCE9sZCBSb290
MB4XDTAwMDEwMTAwMDAwMFoXDTIwMDEwMTAwMDAwMFowEzERMA8GA1UEAwwIT2xk
IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARumyWLdMtgUuZDIDFF4bvA
Zo4eax6iwNvfKbHggMIYaKnyDVLDYH3W2vp8Xg0BdzbIaWiSSijhWYr6sbljR7oM
ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBRtxZ45cFZF8nUq1HpLicep
s+2wiDAKBggqhkjOPQQDAgNIADBFAiAcVD1tHRlxejzFbDrhLU8NKEErK4ODg24p
hvBOG10VaAIhAPwwN5UX+XjTNIM/JOmvKktRfPtpi5yqty164F98emSL
-----END CERTIFICATE-----
";

fn messages(text: &str) -> Vec<String> {
    let as_of =
        Param { depth: 0, name: "as-of".to_owned(), args: vec!["2026-01-01".to_owned()], props: Vec::new() };
    let (id, check) = ("tls/certificate-weak".to_owned(), "certificate".to_owned());
    let mut runner = Runner::<Tls>::new();
    runner.configure(vec![Rule { index: 0, id, check, params: vec![as_of] }]).unwrap();
    let report = runner.check(stockade_testkit::source("pem", "ca.pem", text), &[0]).unwrap();
    report.findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn an_authority_of_ones_own_that_expired_is_found() {
    let one = "the certificate of Old Root expired on 2020-01-01";
    assert_eq!(messages(OLD_ROOT), [one]);
    assert_eq!(messages(&OLD_ROOT.repeat(5)), [format!("{one}, and 4 more of this file have expired")]);
}

#[test]
fn a_list_of_trusted_authorities_may_hold_expired_ones() {
    assert_eq!(messages(&OLD_ROOT.repeat(20)), [""; 0]);
}
