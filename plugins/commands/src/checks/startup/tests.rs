//! What the checks say about single commands.

use super::{image_name, is_given};
use crate::{Commands, View};
use stockade_sdk::script::Command;
use stockade_sdk::{Family as _, Param, Rule, Runner, Source};
use stockade_testkit::source;

fn compose(script: &str) -> Source {
    let lines: String = script.lines().map(|line| format!("        {line}\n")).collect();
    source(
        "compose",
        "compose.yaml",
        &format!("services:\n  a:\n    image: a:1\n    command:\n      - sh\n      - -c\n      - |\n{lines}"),
    )
}

fn piped(script: &str) -> usize {
    let param = |name: &str, args: &[&str]| {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Param { depth: 0, name: name.to_owned(), args, props: Vec::new() }
    };
    let params = vec![param("fetchers", &["curl", "wget"]), param("interpreters", &["sh", "bash", "python"])];
    let check = "startup-pipe-to-shell".to_owned();
    let mut runner: Runner<Commands> = Runner::new();
    runner.configure(vec![Rule { index: 0, id: "test/test".to_owned(), check, params }]).unwrap();
    runner.check(compose(script), &[0]).unwrap().findings.len()
}

#[test]
fn downloads_that_are_run_are_found_however_they_are_handed_over() {
    for script in [
        "curl https://a.example | sh",
        "curl https://a.example |\n  sudo -E bash -s -- --yes",
        "curl https://a.example | tee x | python3 -",
        "wget -qO- https://a.example | bash",
        "bash <(curl https://a.example)",
        "sh -c \"$(curl -fsSL https://a.example)\"",
        "eval \"$(wget -qO - https://a.example)\"",
        "eval $(curl https://a.example)",
        "sh -c $(curl https://a.example)",
        "sh -c \"`curl https://a.example`\"",
        "source <(curl https://a.example)",
        ". <(curl https://a.example)",
        "bash < <(curl https://a.example)",
        "bash <<< \"$(curl https://a.example)\"",
        "curl $(address) | sh",
        "curl https://a.example 2>&1 | bash -eo pipefail",
        "curl https://a.example |& bash -o pipefail -s",
        "true | curl https://a.example | sh",
        "sh -c 'curl https://a.example | sh'",
    ] {
        assert_eq!(piped(script), 1, "{script}");
    }
    for script in [
        "curl https://a.example || sh",
        "curl https://a.example; sh",
        "curl https://a.example\nsh",
        "curl https://a.example | grep x\necho a | sh",
        "curl https://a.example | python3 -m json.tool",
        "curl https://a.example | sh -c 'cat'",
        "curl -o x https://a.example | sh",
        "wget https://a.example | sh",
        "cat <(curl https://a.example)",
        "echo \"$(curl https://a.example)\" | sh",
        "curl https://a.example > x | sh",
        "curl https://a.example | bash < x",
        "sh -c \"echo $(curl https://a.example)\"",
        "sh -c \"$(curl -o x https://a.example)\"",
        "sh x.sh $(curl https://a.example)",
        "echo $(curl https://a.example) | sh",
    ] {
        assert_eq!(piped(script), 0, "{script}");
    }
}

#[test]
fn options_and_images_are_compared_as_a_whole() {
    assert!(is_given("--insecure", "--insecure") && is_given("--insecure=true", "--insecure"));
    assert!(!is_given("--insecure=false", "--insecure") && !is_given("--insecure-x", "--insecure"));
    assert!(is_given("server", "server") && !is_given("server=1", "server"));
    assert_eq!(image_name("registry:5000/a/vault:1.2@sha256:00"), "vault");
    assert_eq!(image_name("vault"), "vault");
}

#[test]
fn containers_are_read_wherever_they_stand() {
    let text = "\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec:
  templates:
    - script:
        image: a:1
        command: [bash]
        source: |
          curl a
    - script:
        image: a:1
        command: [python]
        source: print curl
    - container:
        image: a:1
        command: [env, A=1, mongod]
        args: [--port, '1']
    - container: {image: a:1, args: [--insecure]}
    - container: {image: a:1, args: ['-ec', 'a; b']}
    - container:
        image: a:1
        livenessProbe: {exec: {command: [/bin/sh, -c, 'c d']}}
";
    let source = source("kubernetes", "a.yaml", text);
    let view: View<'_> = Commands::view(&source);
    let shown = |command: &Command| {
        let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
        words.join("|")
    };
    let found: Vec<String> = view.commands.iter().map(shown).collect();
    assert_eq!(found, ["bash", "curl|a", "python", "mongod|--port|1", "|--insecure", "a", "b", "c|d"]);
}
