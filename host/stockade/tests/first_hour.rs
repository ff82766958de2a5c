//! What newcomers type and write wrong, and whether the answer says what to do next.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DOCKERFILE: &str = "FROM debian:12\nMAINTAINER a@example.com\nUSER 10001\n";

/// A repository of its own, below a folder with something that is not its own.
struct Place {
    outer: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self { outer: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.path(".git")).unwrap();
        std::fs::write(place.outer.path().join("elsewhere"), "token=elsewhere x\n").unwrap();
        for (path, text) in files {
            place.write(path, text.as_bytes());
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.outer.path().join("repository").join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.path(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// The exit code, and what is printed on both streams.
    fn run(&self, arguments: &[&str], input: &str) -> (i32, String) {
        run(&self.path(""), arguments, input)
    }

    /// The text of a command that cannot be done.
    fn refused(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments, "");
        assert_eq!(code, 2, "{arguments:?}: {text}");
        // The frame's line goes on where a message does.
        text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn words_of_other_tools_are_answered_with_ours() {
    let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
    for (arguments, wanted) in [
        (&["check"][..], "tip: `stockade scan` checks the current folder"),
        (&["lint", "."], "tip: `stockade scan` checks the current folder"),
        (&["Dockerfile"], "tip: `stockade scan Dockerfile` checks a file or folder"),
        (&["."], "tip: `stockade scan .` checks"),
        (&["fix"], "tip: `stockade scan --fix` applies fixes"),
        (&["version"], "tip: `stockade --version`"),
        (&["scan", "-"], "Standard input is checked with `--stdin-path PATH`"),
        (&["scan", "--format", "codeclimate"], "Code Climate's format is called `gitlab`"),
        (&["scan", "--format", "jsno"], "did you mean `json`?"),
        (&["scan", "--format", "tty"], "`pretty` is for terminals"),
        (&["scan", "--peers", "eslint"], "are known (buildkit, checkov, hadolint"),
        (&["scan", "--threads", "many"], "`many` is no number of threads"),
        (&["scan", "--threads", "100000"], "at most 256 are started; 0 stands for one per processor"),
        (&["scan", "--select", "dockerfile"], "Did you mean `dockerfile/*`?"),
        (&["scan", "--select", "dokerfile/image-tag-latest"], "mean `dockerfile/image-tag-latest`?"),
        (&["explain", "dockerfile"], "`stockade rules 'dockerfile/*'` lists rules"),
        (&["explain", "dockerfile/image-tag-lates"], "Perhaps `dockerfile/image-tag-latest` is meant"),
        (&["test", "acme/*"], "named by `pack \"FOLDER\"` in `stockade.kdl`"),
        (&["scan", "--stdin-path", "/"], "it names no file"),
    ] {
        let text = place.refused(arguments);
        assert!(text.contains(wanted), "{arguments:?}: {text}");
    }
    assert!(!place.refused(&["lint"]).contains("init"));
    assert!(!place.refused(&["plugin", "check-all"]).contains("stockade scan"));
    let (code, text) = place.run(&["explain", "AVD-DS-0002"], "");
    assert!(code == 0 && text.contains("dockerfile/user-root"), "{text}");
}

#[test]
fn a_list_of_some_rules_has_just_these_and_a_diff_of_nothing_says_so() {
    let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
    let (code, text) = place.run(&["rules", "cors/*", "dockerfile/user-root"], "");
    let ids: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert!(code == 0 && ids.len() > 10, "{text}");
    assert!(
        ids.iter().all(|id| id.starts_with("cors/") || id.starts_with("dockerfile/user-root ")),
        "{text}"
    );
    assert!(place.run(&["rules", "meta/*"], "").1.contains("meta/suppression-unused"));
    place.write("Dockerfile", b"FROM debian:12\n");
    let (code, text) = place.run(&["scan", "--diff", "--select", "dockerfile/user-missing"], "");
    assert!(
        code == 0 && text.contains("nothing to fix; `--unsafe-fixes` shows fixes of 1 finding"),
        "{text}"
    );
    let (code, text) = place.run(&["scan", "--diff", "--select", "cors/*"], "");
    assert!(code == 0 && text.contains("nothing to fix\n"), "{text}");
}

/// Whoever writes the help into a file should learn that the file does not hold it.
#[test]
#[cfg(target_os = "linux")]
fn help_that_cannot_be_written_is_a_failure() {
    for arguments in [&["help"][..], &["--version"], &["scan", "--help"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_stockade")).args(arguments).stdout(full).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains("no space left"), "{arguments:?}: {text}");
    }
}

#[test]
fn a_steering_file_that_cannot_be_read_is_never_passed_over() {
    for name in ["stockade.kdl", "stockade.lock", "stockade-baseline.json"] {
        let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
        if name == "stockade.lock" {
            place.write("stockade.kdl", b"plugin \"acme\"\n");
        }
        let file = place.path(name);
        std::os::unix::fs::symlink("../elsewhere", &file).unwrap();
        let text = place.refused(&["scan"]);
        assert!(text.contains("a link to a place outside the repository"), "{text}");
        assert!(!text.contains("token"), "{text}");
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("nothing", &file).unwrap();
        assert!(place.refused(&["scan"]).contains("a link to a file that is not there"));
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(place.refused(&["scan"]).contains("it is no file"));
    }
    // A link inside the repository is as good as the file.
    let place = Place::new(&[("Dockerfile", DOCKERFILE), ("policy.kdl", "ignore \"*\"\n")]);
    std::os::unix::fs::symlink("policy.kdl", place.path("stockade.kdl")).unwrap();
    assert_eq!(place.run(&["scan"], "").0, 0);
}

#[test]
fn a_configuration_may_be_in_the_utf_16_that_a_shell_writes() {
    let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
    let text = "\u{feff}ignore \"*\"\r\n";
    place.write("stockade.kdl", &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    assert_eq!(place.run(&["scan"], "").0, 0);
    place.write("stockade.kdl", b"ignore \"\xff\"\n");
    let text = place.refused(&["scan"]);
    assert!(text.contains("not UTF-8 at byte 8") && text.contains("Save it as UTF-8."), "{text}");
    place.write("stockade.kdl", "// \n".repeat(100_000).as_bytes());
    assert!(place.refused(&["scan"]).contains("it is larger than 256 KiB"));
}

#[test]
fn what_comes_from_standard_input_is_shown_with_its_fixes() {
    let place = Place::new(&[]);
    let (code, text) = place.run(&["scan", "--stdin-path", "app/Dockerfile", "--diff"], DOCKERFILE);
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with("--- a/app/Dockerfile\n+++ b/app/Dockerfile\n"), "{text}");
    assert!(text.contains("+LABEL org.opencontainers.image.authors"), "{text}");
    let good = "FROM debian:12\nUSER 10001\n";
    assert_eq!(place.run(&["scan", "--stdin-path", "app/Dockerfile", "--diff"], good).0, 0);
    assert!(!place.path("app").exists());
}

#[test]
fn arguments_that_would_do_nothing_are_refused() {
    let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
    for arguments in [
        ["--diff", "--format=json"],
        ["--diff", "--output=x"],
        ["--diff", "--report=json=x"],
        ["--explain-files", "--format=json"],
        ["--explain-files", "--output=x"],
        ["--explain-files", "--fix"],
    ] {
        let text = place.refused(&[&["scan"][..], &arguments[..]].concat());
        assert!(text.contains("cannot be used with"), "{text}");
    }
}

#[test]
fn explaining_files_is_no_judgement_and_shows_no_control_characters() {
    let place = Place::new(&[("a\u{1b}[31m\nb/Dockerfile", DOCKERFILE)]);
    let (code, text) = place.run(&["scan", "--explain-files"], "");
    assert_eq!((code, text.as_str()), (0, "a␛[31m␊b/Dockerfile: dockerfile (named Dockerfile)\n"));
    place.write("Dockerfile", b"FROM\0");
    assert_eq!(place.run(&["scan", "--explain-files"], "").0, 2);
}

#[test]
fn rules_without_code_can_be_started_inside_a_repository_that_has_a_configuration() {
    let place = Place::new(&[("stockade.kdl", "profile \"strict\"\n"), ("tools/x", "")]);
    let (code, text) = run(&place.path("tools"), &["plugin", "new", "acme", "--lang", "kdl"], "");
    assert_eq!(code, 0, "{text}");
    let line = "pack \"tools/acme/acme\"";
    assert!(text.contains(&format!("write `{line}` into")), "{text}");
    assert!(!place.path("tools/acme/stockade.kdl").exists());
    place.write("stockade.kdl", b"pack \"tools/acme\"");
    assert!(place.refused(&["scan"]).contains("`acme` in it is a pack of its own: name that folder"));
    place.write("stockade.kdl", line.as_bytes());
    let (code, text) = place.run(&["test", "acme/*"], "");
    assert_eq!((code, text.as_str()), (0, "1 rule, 2 examples: 0 rules failed\n"));
    for command in ["build", "check", "test", "pack"] {
        let text = place.refused(&["plugin", command, "tools/acme"]);
        assert!(text.contains("Rules without code need no plugin"), "{command}: {text}");
    }
    assert!(place.refused(&["test", "acme/*", "--bless", "nowhere"]).contains("holds the pack's folder"));
    // Rules that nobody would miss.
    let rule = std::fs::read(place.path("tools/acme/acme/foreign-registry.kdl")).unwrap();
    place.write("tools/acme/acme/rules/more.kdl", &rule);
    assert!(place.refused(&["scan"]).contains("`rules` in it is a folder with rules"));
    std::fs::remove_dir_all(place.path("tools/acme/acme/rules")).unwrap();
    std::os::unix::fs::symlink("pack.kdl", place.path("tools/acme/acme/more.kdl")).unwrap();
    assert!(place.refused(&["scan"]).contains("`more.kdl` in it is a link"));
}

/// The files that the book's page shows, as somebody would copy them.
#[test]
fn the_rule_of_ones_own_in_the_book_works_as_it_stands() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/authors/own-rules.md");
    let text = std::fs::read_to_string(page).unwrap();
    let place = Place::new(&[("stockade.kdl", "pack \"policy/acme\"\n")]);
    for name in ["pack.kdl", "foreign-registry.kdl", "foreign-registry.md"] {
        let path = format!("policy/acme/{name}");
        let shown = text.split(&format!("\n`{path}`")).nth(1).unwrap().split_once("```").unwrap().1;
        // The fence around a page has one mark more than those in it.
        let (body, end) = match shown.strip_prefix('`') {
            Some(page) => (page, "\n````"),
            None => (shown, "\n```"),
        };
        let body = body.split_once('\n').unwrap().1.split(end).next().unwrap();
        place.write(&path, format!("{body}\n").as_bytes());
    }
    let (code, text) = place.run(&["test", "acme/*"], "");
    assert_eq!((code, text.as_str()), (0, "1 rule, 2 examples: 0 rules failed\n"));
}

#[test]
fn a_bad_example_of_another_kind_says_so() {
    let place = Place::new(&[]);
    place.run(&["plugin", "new", "acme", "--lang", "kdl"], "");
    let file = "acme/acme/foreign-registry.md";
    let page = std::fs::read_to_string(place.path(file)).unwrap();
    place.write(file, page.replacen("apiVersion: v1", "version: v1", 1).as_bytes());
    let (code, text) = run(&place.path("acme"), &["test", "acme/*"], "");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is bad, but gives nothing: it is yaml, and the rule reads kubernetes"), "{text}");
    // One of the right kind, in which the path leads nowhere.
    place.write(file, page.replacen("image:", "picture:", 1).as_bytes());
    let (_, text) = run(&place.path("acme"), &["test", "acme/*"], "");
    assert!(text.contains("gives nothing; `stockade nodes FILE` shows the paths"), "{text}");
}

/// Each example of the reference, as somebody would copy it.
#[test]
fn examples_of_the_reference_are_accepted() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/reference/config.md");
    let text = std::fs::read_to_string(reference).unwrap();
    let mut tried = 0;
    for part in text.split("\n##").skip(1) {
        let title = part.lines().next().unwrap_or_default();
        let Some(example) = part.split("```kdl\n").nth(1).and_then(|rest| rest.split("```").next()) else {
            continue;
        };
        // These name other files.
        if ["`extends`", "`pack`", "`plugin`"].iter().any(|name| title.ends_with(name)) {
            continue;
        }
        let whole = match title {
            _ if title.contains("in `path`") => format!("path \"**\" {{\n{example}}}\n"),
            _ if title.contains("in `suppressions`") => format!("suppressions {{\n{example}}}\n"),
            _ => example.to_owned(),
        };
        let place = Place::new(&[("stockade.kdl", &whole)]);
        let (code, text) = place.run(&["config", "show"], "");
        assert_eq!(code, 0, "{whole}{text}");
        tried += 1;
    }
    assert!(tried >= 18, "{tried} examples");
}

#[test]
fn what_is_missing_or_damaged_is_answered_with_the_way_out() {
    let place = Place::new(&[("Dockerfile", DOCKERFILE)]);
    std::fs::remove_dir(place.path(".git")).unwrap();
    let text = place.refused(&["scan", "--since", "main"]);
    assert!(text.contains("git says: not a git repository"), "{text}");
    let made = std::process::Command::new("git")
        .args(["init", "-q", "--bare", "bare"])
        .current_dir(place.path(""))
        .status();
    assert!(made.unwrap().success());
    let (_, text) = run(&place.path("bare"), &["scan", "--staged"], "");
    assert!(text.contains("A bare repository has no files"), "{text}");
    assert!(place.refused(&["plugin", "remove", "acme"]).contains("Nothing is pinned. `stockade plugin add"));
    for command in ["fetch", "list", "update", "vendor"] {
        let (code, text) = place.run(&["plugin", command], "");
        assert_eq!((code, text.as_str()), (0, "stockade.lock pins no plugin\n"), "{command}");
    }
    assert!(!place.path("stockade.lock").exists(), "nothing was pinned");
    let text = place.refused(&["baseline", "update"]);
    assert!(text.contains("`stockade baseline write` writes one"), "{text}");
    place.write("stockade-baseline.json", b"<<<<<<< HEAD\n");
    assert!(place.refused(&["scan"]).contains("remove it and run `stockade baseline write`"));
    place.write("stockade.kdl", b"profile \"strict\"\n");
    assert!(place.refused(&["init"]).contains("it exists already"));
}

#[test]
fn ignore_files_of_a_stranger_hide_nothing_from_who_asks() {
    let place = Place::new(&[
        ("Dockerfile", DOCKERFILE),
        ("ignored/Dockerfile", DOCKERFILE),
        (".gitignore", "ignored\n"),
        (".stockadeignore", "Dockerfile\n"),
    ]);
    let seen = |arguments: &[&str]| {
        let (_, text) = place.run(&[&["scan", "--format", "concise"], arguments].concat(), "");
        text.lines().filter(|line| line.contains("maintainer-deprecated")).count()
    };
    assert_eq!(seen(&[]), 0);
    assert_eq!(seen(&["--no-ignore"]), 2);
    assert!(place.refused(&["scan", "--no-ignore", "--staged"]).contains("cannot be used with"));
}

#[test]
fn one_error_is_shown_without_a_heading_that_counts() {
    let place = Place::new(&[("stockade.kdl", "profle \"strict\"\n")]);
    assert!(place.refused(&["scan"]).starts_with("stockade::pack::unknown-node × `profle` means nothing"));
    place.write("stockade.kdl", b"profle \"strict\"\nignor \"x\"\n");
    assert!(place.refused(&["scan"]).contains("2 errors in the configuration"));
}

#[test]
fn a_link_that_is_asked_for_says_what_its_file_is() {
    let place = Place::new(&[("docker/production", DOCKERFILE)]);
    std::os::unix::fs::symlink("docker/production", place.path("Dockerfile")).unwrap();
    let (code, text) = place.run(&["scan", "--format", "concise", "Dockerfile"], "");
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("docker/production:2:1: info[dockerfile/maintainer-deprecated]"), "{text}");
}

#[test]
fn the_profile_that_is_in_force_is_shown_without_a_configuration() {
    let place = Place::new(&[]);
    let (_, text) = place.run(&["config", "show"], "");
    assert!(text.starts_with("profile \"default\"  // default\n"), "{text}");
    place.write("stockade.kdl", b"select \"dockerfile/*\"\n");
    assert!(!place.run(&["config", "show"], "").1.contains("profile"));
}

#[test]
fn a_first_configuration_below_another_one_loads() {
    let place = Place::new(&[("sub/Dockerfile", DOCKERFILE)]);
    let (code, _) = place.run(&["init"], "");
    assert_eq!(code, 0);
    let (code, text) = run(&place.path("sub"), &["init"], "");
    assert_eq!(code, 0, "{text}");
    let (code, text) = place.run(&["scan", "--format", "concise"], "");
    assert!(code < 2, "{text}");
}

#[test]
fn a_setting_of_the_whole_run_is_not_sent_to_a_folder_beside() {
    let files = [("a/stockade.kdl", "fail-on \"low\"\n"), ("b/stockade.kdl", "fail-on \"low\"\n")];
    let text = Place::new(&files).refused(&["scan"]);
    assert!(text.contains("in a folder above both this one and `a/stockade.kdl`"), "{text}");
}

#[test]
fn a_name_that_was_left_out_has_a_tip() {
    for (arguments, tip) in [
        (&["report"][..], "`stockade packs` lists the guides"),
        (&["explain"], "`stockade rules` lists the rules"),
        (&["plugin", "new", "x"], "languages are rust"),
        (&["baseline"], "`write`, `update` or `prune`"),
    ] {
        let text = Place::new(&[]).refused(arguments);
        assert!(text.contains(tip), "{text}");
    }
}
