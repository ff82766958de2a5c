//! The guide's examples, run against the program: what a page shows is what a reader gets.
//!
//! A fence with `path=FILE` in its head is a file of the page's example. In a `console` fence each line that begins with
//! `$ ` is a command, and what follows it is what it prints, on both streams. All of a page runs in one folder, in order.
//! `BLESS=1` writes the output into the pages.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/guide")
}

/// What a command prints in this folder, on 21 November 2026, with nothing of this machine's configuration in sight.
fn output(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_stockade")).parent().unwrap();
    let mut path = std::ffi::OsString::from(program);
    path.push(":/usr/local/bin:/usr/bin:/bin");
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env_clear()
        .envs([("STOCKADE_TODAY", "2026-11-21"), ("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C.UTF-8")])
        .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "Ada")))
        .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "ada@example.com")))
        .env("HOME", folder)
        // Results would be kept in the folder that is scanned; here nothing can be.
        .env("STOCKADE_HOME", "/dev/null/nothing")
        .env("PATH", path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The commands of a fence, with what stands below each; a line's end of `\` goes on.
fn run_console(folder: &Path, body: &str) -> String {
    let mut fresh = String::new();
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut command = first.to_owned();
        let _ = writeln!(fresh, "{line}");
        while command.ends_with('\\') {
            let Some(more) = lines.next() else { break };
            let _ = writeln!(fresh, "{more}");
            command = format!("{command}\n{more}");
        }
        fresh += &output(folder, &command);
    }
    fresh
}

/// Runs a page, and gives it with the output that there is now, and the number of commands.
fn run(text: &str) -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (mut page, mut commands) = (String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(page, "{line}");
        let Some(head) = line.strip_prefix("```") else { continue };
        let body: String =
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let file = head.split([' ', ',']).find_map(|word| word.strip_prefix("path="));
        if let Some(file) = file {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &body).unwrap();
        }
        if head == "console" {
            commands += body.lines().filter(|line| line.starts_with("$ ")).count();
            page += &run_console(folder.path(), &body);
        } else {
            page += &body;
        }
        page += "```\n";
    }
    (page, commands)
}

/// The text without how many rules there are: each new one would make the pages wrong.
fn without_counts(text: &str) -> String {
    let mask = |line: &str| match line.contains(" rules") {
        true => line.replace(|c: char| c.is_ascii_digit(), ""),
        false => line.to_owned(),
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

#[test]
fn guide_pages_show_what_the_program_does() {
    let mut commands = 0;
    let mut pages: Vec<PathBuf> = std::fs::read_dir(guide()).unwrap().map(|e| e.unwrap().path()).collect();
    pages.sort();
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let (page, count) = run(&text);
        commands += count;
        if without_counts(&page) == without_counts(&text) {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        } else {
            assert_eq!(page, text, "{}: if it is right, run with BLESS=1", path.display());
        }
    }
    assert!(commands >= 30, "{commands} commands are run");
}

#[test]
fn a_wrong_example_is_found() {
    let wrong = "```text path=a.txt\none\n```\n\n```console\n$ cat a.txt\ntwo\n$ echo \\\n  b\n```\n";
    let (page, commands) = run(wrong);
    assert_eq!(commands, 2);
    assert_eq!(page, wrong.replace("two", "one").replace("  b\n", "  b\nb\n"));
}

#[test]
fn the_front_page_counts_the_rules() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let rules = output(tempfile::tempdir().unwrap().path(), "stockade rules --format json");
    let rules: Vec<serde_json::Value> = serde_json::from_str(&rules).unwrap();
    let of_pack = |pack: &str| {
        let begins = format!("{pack}/");
        rules.iter().filter(|rule| rule["id"].as_str().unwrap().starts_with(&begins)).count()
    };
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let pack = cells.next()?.trim().trim_end_matches('`').to_owned();
        Some((pack, cells.next()?.trim().parse::<usize>().ok()?))
    };
    let rows: Vec<(String, usize)> = readme.lines().filter_map(row).collect();
    assert!(rows.len() >= 10, "{rows:?}");
    for (pack, count) in rows {
        assert_eq!(count, of_pack(&pack), "README.md says that `{pack}` has {count} rules");
    }
}
