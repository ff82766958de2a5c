//! Whatever a repository's own files hold, none of it commands the terminal of the person who scans it.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::path::Path;
use std::process::Command;

/// Colours a terminal, turns the direction of writing, and rings the bell.
const EVIL: &str = "\u{1b}[31m\u{202e}\u{7}";

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn assert_harmless(text: &str, what: &str) {
    assert!(!EVIL.chars().any(|c| c != '[' && c.is_control() && text.contains(c)), "{what}: {text:?}");
    assert!(!text.contains('\u{202e}'), "{what}: {text:?}");
}

#[test]
fn errors_show_no_escape_of_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    for configuration in [
        format!("profile \"{EVIL}\"\n"),
        format!("ignore {EVIL}\n"),
        format!("// {EVIL}\nprofile 1\n"),
        "ignore \"\\u{1b}[31m\\u{202e}\\u{7}\"\n".to_owned(),
        "profile \"\\u{1b}[31m\\u{202e}\\u{7}\"\n".to_owned(),
        "plugin \"\\u{202e}\"\n".to_owned(),
    ] {
        std::fs::write(folder.path().join("stockade.kdl"), &configuration).unwrap();
        for command in [&["scan"][..], &["config", "show"], &["suppressions", "list"]] {
            let (code, text) = run(folder.path(), command);
            assert_eq!(code, 2, "{configuration:?}: {text:?}");
            assert!(text.contains("stockade.kdl"), "{text}");
            assert_harmless(&text, &configuration);
        }
    }
}

#[test]
fn packs_of_the_repository_hold_no_escapes() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["plugin", "new", "house", "--lang", "kdl"]);
    assert_eq!(code, 0, "{text}");
    let project = folder.path().join("house");
    let pack = project.join("house/pack.kdl");
    let page = std::fs::read_dir(project.join("house")).unwrap().map(|entry| entry.unwrap().path());
    let page = page.into_iter().find(|path| path.extension().is_some_and(|e| e == "md")).unwrap();
    let (good_pack, good_page) =
        (std::fs::read_to_string(&pack).unwrap(), std::fs::read_to_string(&page).unwrap());
    let (code, text) = run(&project, &["rules", "house/*"]);
    assert_eq!(code, 0, "{text}");

    std::fs::write(&pack, good_pack.replacen("title \"", "title \"\\u{1b}[31m", 1)).unwrap();
    std::fs::write(&page, format!("{good_page}\nMore {EVIL} words.\n")).unwrap();
    for command in [&["packs"][..], &["explain", "house/foreign-registry"], &["scan"], &["test", "house/*"]] {
        let (code, text) = run(&project, command);
        assert_eq!(code, 2, "{command:?}: {text}");
        assert!(text.contains("the invisible character U+001B may not stand"), "{command:?}: {text}");
        assert_harmless(&text, "pack");
    }
}

#[test]
fn sarif_of_others_is_shown_without_escapes() {
    let folder = tempfile::tempdir().unwrap();
    let evil = serde_json::to_string(EVIL).unwrap();
    let sarif = format!(r#"{{"version": "2.1.0", {evil}: 1, "runs": [{{{evil}: 2}}]}}"#);
    std::fs::write(folder.path().join("x.sarif"), sarif).unwrap();
    let (code, text) = run(folder.path(), &["sarif", "check", "x.sarif"]);
    assert_eq!(code, 1, "{text}");
    assert_harmless(&text, "sarif");
}
