//! What the pages of the rules cannot show: lines that are no requirements, templates, and parts of versions.

use super::{duplicate, is_unfinished, unpinned, without_user};
use crate::{Requirements, View};
use stockade_sdk::{Family as _, Out, Params};

type Check = fn(&View<'_>, &Params, &mut Out);

fn messages(check: Check, text: &str) -> Vec<String> {
    let source = stockade_testkit::source("requirements", "requirements.txt", text);
    let mut out = Out::new();
    check(&Requirements::view(&source), &Params::default(), &mut out);
    out.findings().iter().map(|finding| finding.message.clone()).collect()
}

#[test]
fn what_is_no_requirement_has_no_version_to_pin() {
    let text = "pip install flask\nflask=3.0.3\n_x==1\nrequests (>=2.8)\nurllib3\n";
    assert_eq!(messages(unpinned, text), ["requests allows (>=2.8)", "urllib3 has no version"]);
}

#[test]
fn addresses_are_shown_without_what_is_secret() {
    assert_eq!(without_user("git+https://t0ken@example.com/a@b"), "git+https://example.com/a@b");
    assert_eq!(without_user("https://u:p@ss@example.com#x"), "https://example.com#x");
    assert_eq!(without_user("./libs/common"), "./libs/common");
}

#[test]
fn branches_of_a_template_are_no_duplicates() {
    let pins = "rcssmin==1.0.6\n{%- else %}\nrcssmin==1.1.0\n";
    assert!(messages(duplicate, &format!("{{%- if windows %}}\n{pins}{{%- endif %}}\n")).is_empty());
    assert_eq!(messages(duplicate, "rcssmin==1.0.6\nrcssmin==1.1.0\n").len(), 1);
}

#[test]
fn pre_releases_are_told_from_releases() {
    for version in ["1.0a1", "2.0.0rc1", "1.0.dev3", "1.0-beta.2"] {
        assert!(is_unfinished(version), "{version}");
    }
    for version in ["1.0", "2.0.post1", "1!2.0", "1.0+local.rc1", "2024.1"] {
        assert!(!is_unfinished(version), "{version}");
    }
}
