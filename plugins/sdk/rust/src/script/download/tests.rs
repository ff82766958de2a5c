//! Which downloads are run, by command.

use super::super::cutter::{Cutter, Notation};
use super::{Command, address, is_plain_only, prints, reads_input};

fn command(text: &str) -> Command {
    let mut found = Vec::new();
    Cutter::new(text, 0, Notation::Shell, 0).cut(&mut found);
    found.remove(0)
}

#[test]
fn downloads_are_printed_or_kept() {
    for script in [
        "curl -fsSL x",
        "curl -XPOST x",
        "curl -H Origin x",
        "curl -o - x",
        "curl -o- x",
        "curl -fsSLo - x",
        "curl --output /dev/stdout x",
        "curl -s x 2>/dev/null",
        "wget -O- x",
        "wget -qO - x",
        "wget -q x -O /dev/stdout",
        "wget --output-document=- x",
        "wget --output-document - x",
        "fetch -qo - x",
        "curl -s x -Ho",
        "http x",
    ] {
        assert!(prints(&command(script)), "{script}");
    }
    for script in [
        "curl -sSLO x",
        "curl -OL x",
        "curl --remote-name x",
        "curl -oy x",
        "curl -Lo y x",
        "curl --output y x",
        "curl x > y",
        "curl x >y",
        "wget -O y x",
        "wget -qOy x",
        "wget x",
        "wget -nv x",
        "fetch x",
    ] {
        assert!(!prints(&command(script)), "{script}");
    }
}

#[test]
fn interpreters_read_their_input_unless_they_are_given_a_script() {
    for script in [
        "sh",
        "sh -x",
        "bash -",
        "bash -e",
        "bash -eo pipefail",
        "bash -o pipefail -s",
        "bash +o history",
        "bash -s -- a",
        "bash -es a",
        "bash --",
        "bash -- --yes",
        "php -- --install-dir=/usr/bin",
        "php -- x",
        "bash --norc /dev/stdin a",
        "bash 2>&1",
        "bash > log",
        "python3 -",
        "python3 -u",
        "python3 -W ignore",
        "perl -w",
        "php",
        "node - a",
    ] {
        assert!(reads_input(&command(script)), "{script}");
    }
    for script in [
        "sh -c x",
        "sh -ec x",
        "bash -eo pipefail -c x",
        "bash -eo pipefail x.sh",
        "sh x.sh",
        "bash -- x.sh",
        "bash < x",
        "bash <x",
        "bash --version",
        "python3 -c x",
        "python3 -m json.tool",
        "python3 -um json.tool",
        "perl -ne x",
        "perl -pe s/a/b/",
        "perl -0777 -ne x",
        "ruby -rjson -e x",
        "ruby -r json -e x",
        "node -pe x",
        "node --eval x",
        "php -r x",
        "php x.php",
    ] {
        assert!(!reads_input(&command(script)), "{script}");
    }
}

#[test]
fn addresses_end_where_the_word_of_the_shell_does() {
    assert_eq!(address("https://a.example/b"), Some("https://a.example/b"));
    assert_eq!(address("--url=http://a.example/$B\""), Some("http://a.example/$B"));
    assert_eq!(address("a.example"), None);
}

#[test]
fn plain_http_has_no_certificate() {
    let plain = |script: &str| is_plain_only(script.split(' '));
    assert!(plain("-k http://a.example/x"));
    assert!(plain("-k -XPOST -o Like http://a.example/$x"));
    for script in
        ["-k https://a.example", "-kL http://a.example", "-k --location http://a.example", "-k $A", "-k a"]
    {
        assert!(!plain(script), "{script}");
    }
    assert!(!plain("-k http://a.example https://b.example"));
}
