//! Plugins from outside, through the built program: packing, looking, pinning, running, and what is refused.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn relic() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/plugins-old/0.1.0").canonicalize().unwrap()
}

/// A repository of its own, and a home that nobody else uses.
struct Place {
    repository: TempDir,
    home: TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self { repository: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.path(".git")).unwrap();
        for (path, text) in files {
            place.write(path, text.as_bytes());
        }
        place
    }

    /// One that runs the old plugin, which lies in it as `relic.wasm`.
    fn with_relic() -> Self {
        let place = Self::new(&[("a.yaml", "mode: whitelist\n")]);
        std::fs::copy(relic().join("relic.wasm"), place.path("relic.wasm")).unwrap();
        place.good(&["plugin", "add", "relic.wasm"]);
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.repository.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.path(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_stockade"))
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("STOCKADE_HOME", self.home.path())
            .output()
            .unwrap()
    }

    /// Runs what must work, and gives what it prints.
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs what must not work, and gives what it says on one line.
    fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stdout)
        );
        text.replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a scan finds of the plugin's rules.
    fn found(&self) -> String {
        let output = self.run(&["scan", "--select", "relic/*", "--format", "concise"]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn packing_is_deterministic_and_inspecting_shows_it_all() {
    let place = Place::new(&[]);
    let (source, wasm) = (relic().join("source"), relic().join("relic.wasm"));
    let pack =
        ["plugin", "pack", source.to_str().unwrap(), "--component", wasm.to_str().unwrap(), "-o", "out.wasm"];
    place.good(&pack);
    assert!(std::fs::read(place.path("out.wasm")).unwrap() == std::fs::read(&wasm).unwrap(), "other bytes");
    let json: Value =
        serde_json::from_str(&place.good(&["plugin", "inspect", "out.wasm", "--format", "json"])).unwrap();
    assert_eq!(json["name"], "relic");
    assert_eq!(json["interface"], "0.1.0");
    assert_eq!(json["sha256"], std::fs::read_to_string(relic().join("digest.txt")).unwrap().trim());
    assert_eq!(json["imports"], Value::Array(vec![]));
    assert_eq!(json["checks"][0]["params"][0]["name"], "forbid");
    let ids: Vec<&str> =
        json["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["relic/name-twice", "relic/word"]);
    let text = place.good(&["plugin", "inspect", "out.wasm"]);
    assert!(text.contains("relic/word        medium    Word that is not wanted"), "{text}");
}

#[test]
fn what_is_no_plugin_is_said_in_its_own_words() {
    let place = Place::new(&[("text.wasm", "hello")]);
    place.write("module.wasm", &wat::parse_str("(module)").unwrap());
    place.write("bare.wasm", &wat::parse_str("(component)").unwrap());
    let exports = |version: &str| {
        let text =
            format!("(component (instance $i) (export \"stockade:plugin/rules@{version}\" (instance $i)))");
        wat::parse_str(text).unwrap()
    };
    place.write("new.wasm", &exports("0.9.0"));
    place.write("old.wasm", &exports("0.0.1"));
    place.write("unpacked.wasm", &exports("0.1.0"));
    let mut cut = std::fs::read(relic().join("relic.wasm")).unwrap();
    cut.truncate(cut.len() / 2);
    place.write("cut.wasm", &cut);
    for (file, words) in [
        ("text.wasm", "is a file of another kind, not a WebAssembly component"),
        ("module.wasm", "`stockade plugin pack FOLDER` makes one"),
        ("bare.wasm", "exports no `stockade:plugin/rules`"),
        ("new.wasm", "this stockade knows 0.1: update stockade"),
        ("old.wasm", "(this stockade knows 0.1): rebuild the plugin"),
        ("unpacked.wasm", "has no section `stockade:pack`"),
        ("cut.wasm", "is no valid component"),
        ("missing.wasm", "there is no such file help: Name the file of a plugin"),
        ("dist/missing.wasm", "there is no such file help: Name the file of a plugin"),
        ("../dist/missing.wasm", "there is no such file help: Name the file of a plugin"),
        (
            "registry.example/acme/rules:1",
            "help: From a server or a registry `stockade plugin add` gets a plugin",
        ),
        (".", "it is a folder help: Name the file of a plugin: `stockade plugin build` writes"),
    ] {
        for command in
            [&["plugin", "inspect", file][..], &["plugin", "add", file], &["scan", "--plugin", file]]
        {
            let text = place.bad(command);
            assert!(text.contains(words), "{command:?}: {text}");
        }
    }
    // The lock file would refuse it.
    std::fs::copy(relic().join("relic.wasm"), place.path("a\u{202e}msaw.wasm")).unwrap();
    let text = place.bad(&["plugin", "add", "a\u{202e}msaw.wasm"]);
    assert!(text.contains("cannot be pinned") && text.contains("help: Rename the file"), "{text}");
    assert!(!place.path("stockade.lock").exists(), "nothing of it was pinned");
}

#[test]
fn a_packs_mistakes_are_shown_in_the_pack() {
    let place = Place::new(&[]);
    for file in ["plugin.kdl", "pack.kdl", "rules/word.kdl", "rules/word.md"] {
        place.write(&format!("p/{file}"), &std::fs::read(relic().join("source").join(file)).unwrap());
    }
    std::fs::copy(relic().join("relic.wasm"), place.path("p/relic.wasm")).unwrap();
    let broken = |file: &str, from: &str, to: &str| {
        let good = place.read(file);
        place.write(file, good.replacen(from, to, 1).as_bytes());
        let text = place.bad(&["plugin", "pack", "p"]);
        place.write(file, good.as_bytes());
        text
    };
    let text = broken("p/rules/word.kdl", "forbid", "forbit");
    assert!(text.contains("has no parameter `forbit`") && text.contains("p/rules/word.kdl:10"), "{text}");
    let text = broken("p/pack.kdl", "\"relic\"", "\"dockerfile\"");
    assert!(text.contains("the pack is named `dockerfile`, but its plugin is named `relic`"), "{text}");
    let text = broken("p/plugin.kdl", "requires \"0.1\"", "requires \"0.7\"");
    assert!(text.contains("interface 0.7 is required"), "{text}");
    let text = broken("p/rules/word.kdl", "Use another word", "Use \\u{202e}another word");
    assert!(text.contains("the invisible character U+202E"), "{text}");
    // Nobody can take the place of a built-in pack.
    for file in ["p/pack.kdl", "p/plugin.kdl", "p/rules/word.kdl"] {
        place.write(file, place.read(file).replace("relic", "dockerfile").as_bytes());
    }
    let text = place.bad(&["plugin", "pack", "p"]);
    assert!(text.contains("the plugin `dockerfile` exists already in the built-in plugins"), "{text}");
    assert!(text.contains("the pack `dockerfile` exists already in the built-in packs"), "{text}");
}

#[test]
fn a_configuration_alone_makes_nothing_run() {
    let place = Place::new(&[("a.yaml", "mode: whitelist\n"), ("stockade.kdl", "plugin \"relic\"\n")]);
    std::fs::create_dir_all(place.path(".stockade/plugins")).unwrap();
    std::fs::copy(relic().join("relic.wasm"), place.path(".stockade/plugins/relic.wasm")).unwrap();
    let text = place.bad(&["scan"]);
    assert!(text.contains("plugin `relic` is not pinned in `stockade.lock`"), "{text}");
    assert!(text.contains("stockade plugin add SOURCE"), "{text}");
    // Without the configuration nothing asks for it.
    assert_eq!(place.run(&["scan", "--no-config", "a.yaml"]).status.code(), Some(0));
}

#[test]
fn what_is_pinned_runs_and_nothing_else() {
    let place = Place::with_relic();
    assert_eq!(place.read("stockade.kdl"), "plugin \"relic\"\n");
    assert!(place.found().contains("a.yaml:1:7: medium[relic/word] the word whitelist is not wanted"));
    assert!(place.good(&["rules", "relic/*"]).contains("relic/word"));
    assert!(place.good(&["explain", "relic/word"]).contains("Some words are refused"));
    assert!(place.good(&["test", "relic/*"]).contains("0 rules failed"));
    assert_eq!(place.good(&["plugin", "list"]), "relic 1.0.0 (there)  relic.wasm\n");

    let lock = place.read("stockade.lock");
    let wasm = std::fs::read(place.path("relic.wasm")).unwrap();
    let mut changed = wasm.clone();
    let at = changed.len() - 10;
    changed[at] ^= 1;
    place.write("relic.wasm", &changed);
    let text = place.bad(&["scan"]);
    assert!(text.contains("is not the plugin `relic` that `stockade.lock` pins"), "{text}");
    place.write("relic.wasm", &wasm);

    for (from, to, words) in [
        ("version \"1.0.0\"", "version \"1.0.1\"", "says that the version of plugin `relic` is `1.0.1`"),
        ("interface \"0.1.0\"", "interface \"0.1.1\"", "says that the contract of plugin"),
        ("    interface", "    imports \"wasi:cli/exit@0.2.3\"\n    interface", "says that the imports"),
        ("digest \"sha256:f", "digest \"sha256:0", "is not the plugin `relic` that"),
        ("digest \"sha256:f", "digest \"sha256:", "is no digest"),
        ("lock 1", "lock 2", "takes a whole number from 1 to 1"),
        ("source \"relic.wasm\"", "source \"../relic.wasm\"", "pinned, but not on this machine"),
    ] {
        assert!(lock.contains(from), "{lock}");
        place.write("stockade.lock", lock.replacen(from, to, 1).as_bytes());
        let text = place.bad(&["scan"]);
        assert!(text.contains(words), "{to}: {text}");
    }
    place.write("stockade.lock", lock.as_bytes());
    place.found();

    place.good(&["plugin", "remove", "relic"]);
    assert_eq!(place.read("stockade.kdl"), "");
    assert!(!place.read("stockade.lock").contains("relic"));
    assert!(place.bad(&["scan", "--select", "relic/*"]).contains("relic"));
}

#[test]
fn locked_refuses_any_difference() {
    let place = Place::with_relic();
    place.write("a.yaml", b"mode: open\n");
    assert_eq!(place.run(&["scan", "--locked", "a.yaml"]).status.code(), Some(0));
    place.good(&["plugin", "fetch", "--locked"]);
    place.write("stockade.kdl", b"");
    let text = place.bad(&["scan", "--locked"]);
    assert!(text.contains("pins the plugin `relic`, which the configuration does not ask for"), "{text}");
    assert!(place.bad(&["plugin", "fetch", "--locked"]).contains("does not ask for"));
    assert!(place.bad(&["scan", "--locked", "--plugin", "relic.wasm"]).contains("cannot be used with"));
}

#[test]
fn a_file_from_elsewhere_is_copied_into_the_repository() {
    let place = Place::new(&[("a.yaml", "mode: whitelist\n")]);
    let wasm = relic().join("relic.wasm");
    let text = place.good(&["plugin", "add", wasm.to_str().unwrap()]);
    assert!(text.contains("+ relic/word (medium) Word that is not wanted"), "{text}");
    assert!(place.read("stockade.lock").contains("source \".stockade/plugins/relic.wasm\""));
    place.found();
    assert!(place.good(&["plugin", "vendor"]).contains("lies in the repository already"));
    assert!(place.good(&["plugin", "update"]).contains("up to date"));
}

#[cfg(unix)]
#[test]
fn links_of_a_strangers_repository_are_not_written_through() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("profile");
    std::fs::write(&victim, "mine").unwrap();
    for link in ["stockade.lock", "stockade.kdl", ".stockade"] {
        let place = Place::new(&[]);
        let target = if link == ".stockade" { outside.path() } else { victim.as_path() };
        std::os::unix::fs::symlink(target, place.path(link)).unwrap();
        let wasm = relic().join("relic.wasm");
        place.bad(&["plugin", "add", wasm.to_str().unwrap()]);
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn an_update_shows_what_changes() {
    let place = Place::with_relic();
    for file in ["plugin.kdl", "pack.kdl", "rules/word.kdl", "rules/word.md"] {
        place.write(&format!("p/{file}"), &std::fs::read(relic().join("source").join(file)).unwrap());
    }
    let newer = |file: &str, from: &str, to: &str| {
        let text = place.read(file).replacen(from, to, 1);
        place.write(file, text.as_bytes());
    };
    newer("p/plugin.kdl", "version \"1.0.0\"", "version \"1.1.0\"");
    newer(
        "p/rules/word.kdl",
        "severity \"medium\"\n    security-severity 5.0",
        "severity \"high\"\n    security-severity 7.5",
    );
    // The old one stays where scans of other branches find it.
    std::fs::copy(place.path("relic.wasm"), place.path(".stockade-old.wasm")).unwrap();
    let old = place.path(".stockade-old.wasm");
    place.good(&["plugin", "pack", "p", "--component", old.to_str().unwrap(), "-o", "next.wasm"]);
    let text = place.good(&["plugin", "add", "next.wasm"]);
    for line in [
        "plugin relic: 1.0.0 -> 1.1.0",
        "source    relic.wasm -> next.wasm",
        "~ relic/word: severity medium -> high",
        "- relic/name-twice (low) Name that two files have",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(place.found().contains("high[relic/word]"));
}

#[test]
fn a_plugin_that_misbehaves_costs_nothing_but_its_own_answers() {
    // Packs the description of the old plugin around code that never ends.
    let place = Place::new(&[("a.yaml", "mode: whitelist\n"), ("Dockerfile", "FROM debian:latest\n")]);
    let rules = "stockade:plugin/rules@0.1.0";
    let module = format!(
        r#"(module (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
            (func (export "{rules}#configure") (param i32 i32) (result i32) i32.const 16)
            (func (export "{rules}#check")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (loop br 0) i32.const 16)
            (func (export "{rules}#check-project") (param i32 i32 i32 i32) (result i32) i32.const 16))"#
    );
    place.write("loop.wasm", &wat::parse_str(module).unwrap());
    let source = relic().join("source");
    place.good(&["plugin", "pack", source.to_str().unwrap(), "--component", "loop.wasm", "-o", "relic.wasm"]);
    let scan = ["scan", "--plugin", "relic.wasm", "--format", "concise", "--extend-select", "relic/*"];
    let output = place.run(&scan);
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("Dockerfile:1:") && text.contains("used up its budget"), "{text}");
    // To its author it is one failure for each example, with what to do; no page is blessed with what was not found.
    let rules =
        ["word.kdl", "word.md", "name-twice.kdl", "name-twice.md"].map(|name| format!("rules/{name}"));
    for file in ["plugin.kdl", "pack.kdl"].into_iter().chain(rules.iter().map(String::as_str)) {
        place.write(&format!("author/{file}"), &std::fs::read(source.join(file)).unwrap());
    }
    std::fs::create_dir(place.path("author/dist")).unwrap();
    std::fs::copy(place.path("relic.wasm"), place.path("author/dist/relic.wasm")).unwrap();
    let page = place.read("author/rules/word.md");
    let output = place.run(&["plugin", "test", "author", "--bless"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("  a loop without an end, or too much work for a file of this size"), "{text}");
    assert!(!text.contains("gives nothing") && !text.contains("differs"), "{text}");
    assert_eq!(place.read("author/rules/word.md"), page);
    // Whoever runs stockade may set another limit, and nobody else.
    let output =
        place.run(&[&scan[..], &["--limit", "call_fuel=1000", "--limit", "fuel_per_byte=1"]].concat());
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("`relic` on `a.yaml`: used up its budget of 10"), "{text}");
    assert!(place.bad(&["scan", "--limit", "log_bytes=9"]).contains("there is no limit `log_bytes` to set"));
    place.write("stockade.kdl", b"limit \"call_fuel=9\"\n");
    assert!(place.bad(&["scan"]).contains("`limit` means nothing"));
}

#[test]
fn a_new_project_of_rules_without_code_works_at_once() {
    let place = Place::new(&[]);
    place.good(&["plugin", "new", "acme", "--lang", "kdl"]);
    std::fs::create_dir(place.path("acme/.git")).unwrap();
    let output = place.run_in("acme", &["test", "acme/*"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1 rule, 2 examples: 0 rules failed\n");
    for name in ["acme", "dockerfile", "Acme", "../acme", "a--b", "stockade"] {
        assert!(
            place.bad(&["plugin", "new", name, "--lang", "c"]).contains("cannot make a project"),
            "{name}"
        );
    }
}

#[test]
fn a_project_is_checked_tested_and_timed() {
    let place = Place::new(&[("Dockerfile", "FROM debian\n")]);
    place.good(&["plugin", "new", "acme", "--lang", "rust"]);
    assert!(place.bad(&["plugin", "test", "acme"]).contains("is not built"));
    // From here on with code that is built already: a registry of crates is not at hand in a test, and
    // `cargo xtask examples` builds real ones.
    let source = relic().join("source");
    place.write("acme/plugin.kdl", &std::fs::read(source.join("plugin.kdl")).unwrap());
    place.write("acme/pack.kdl", &std::fs::read(source.join("pack.kdl")).unwrap());
    for file in ["base-image-untagged.kdl", "base-image-untagged.md"] {
        std::fs::remove_file(place.path("acme/rules").join(file)).unwrap();
    }
    for file in ["word.kdl", "word.md", "name-twice.kdl", "name-twice.md"] {
        place.write(&format!("acme/rules/{file}"), &std::fs::read(source.join("rules").join(file)).unwrap());
    }
    std::fs::create_dir(place.path("acme/dist")).unwrap();
    std::fs::copy(relic().join("relic.wasm"), place.path("acme/dist/relic.wasm")).unwrap();
    assert!(place.good(&["plugin", "check", "acme"]).contains("its 2 rules and their pages are right"));
    assert_eq!(place.good(&["plugin", "test", "acme"]), "2 rules, 5 examples: 0 rules failed\n");
    // A page that expects something else is shown as a difference.
    let right = place.read("acme/rules/word.md");
    let page = right.replace("1:7 the word blacklist", "1:7 the word greylist");
    place.write("acme/rules/word.md", page.replace("mode: \"a list", "mode: \"the list").as_bytes());
    let output = place.run(&["plugin", "test", "acme"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for lines in [
        "  - 1:7 the word greylist is not wanted\n  + 1:7 the word blacklist is not wanted\n    2:7 the word",
        "  - mode: \"the list\"\n  + mode: \"a list\"\n",
    ] {
        assert!(text.contains(lines), "{text}");
    }
    // An example that the check is never asked about says so.
    let twice = place.read("acme/rules/name-twice.md");
    place.write("acme/rules/name-twice.md", twice.replace("name:", "title:").as_bytes());
    let text = String::from_utf8(place.run(&["plugin", "test", "acme"]).stdout).unwrap();
    assert!(
        text.contains("gives nothing: the check is asked only about files with `name` in them"),
        "{text}"
    );
    place.write("acme/rules/name-twice.md", twice.as_bytes());
    // Blessing writes what comes out, and nothing where that is there already.
    let text = place.good(&["plugin", "test", "--bless", "acme"]);
    assert!(text.starts_with("wrote acme/rules/word.md\n"), "{text}");
    assert_eq!(place.read("acme/rules/word.md"), right);
    assert_eq!(place.good(&["plugin", "test", "--bless", "acme"]), "2 rules, 5 examples: 0 rules failed\n");
    let bench = place.good(&["plugin", "bench", "acme/dist/relic.wasm", "acme"]);
    assert!(bench.contains("us per call") && bench.contains("relic"), "{bench}");
}

#[test]
fn a_plugins_guide_is_shown_scanned_with_and_reported() {
    let place = Place::new(&[("a.yaml", "mode: whitelist\n"), ("Dockerfile", "FROM debian:latest\n")]);
    for file in ["plugin.kdl", "pack.kdl", "rules/word.kdl", "rules/word.md"] {
        place.write(&format!("p/{file}"), &std::fs::read(relic().join("source").join(file)).unwrap());
    }
    // Rules of its own and of the built-in packs.
    let guide = r#"guide "How we write" {
        source "style.md"
        section "Words" {
            item "some words are not used" checkable="yes" { rules "relic/word" }
            item "images have a version" checkable="yes" { rules "dockerfile/image-tag-latest" }
            item "people are asked" checkable="no" { note "Nobody writes down whether they were." }
        }
    }"#;
    place.write("p/guide.kdl", guide.as_bytes());
    let wasm = relic().join("relic.wasm");
    let pack = ["plugin", "pack", "p", "--component", wasm.to_str().unwrap(), "-o", "relic.wasm"];
    place.good(&pack);
    let text = place.good(&["plugin", "inspect", "relic.wasm"]);
    for line in [
        "guide How we write (style.md)",
        "  Words: some words are not used (relic/word)",
        "  Words: people are asked (no rule)",
    ] {
        assert!(text.lines().any(|l| l == line), "{text}");
    }
    let json: Value =
        serde_json::from_str(&place.good(&["plugin", "inspect", "relic.wasm", "--format", "json"])).unwrap();
    assert_eq!(json["guide"]["items"][1]["rules"][0], "dockerfile/image-tag-latest");

    place.good(&["plugin", "add", "relic.wasm"]);
    let scan = place.run(&["scan", "--pack", "relic", "--format", "concise"]);
    let text = String::from_utf8(scan.stdout).unwrap();
    assert!(text.contains("[relic/word]") && text.contains("[dockerfile/image-tag-latest]"), "{text}");
    assert!(!text.contains("[dockerfile/user"), "{text}");
    let report = place.run(&["report", "--pack", "relic", "--format", "markdown"]);
    let text = String::from_utf8(report.stdout).unwrap();
    assert!(text.contains("How we write") && text.contains("people are asked"), "{text}");

    // A guide that names a rule that is nowhere, or stands among the rules.
    place.write("p/guide.kdl", guide.replace("relic/word", "relic/wort").as_bytes());
    assert!(place.bad(&pack).contains("relic/wort"));
    place.write("p/guide.kdl", guide.as_bytes());
    place.write("p/rules/guide.kdl", guide.as_bytes());
    assert!(place.bad(&pack).contains("`rules/guide.kdl`, which has no place there"));
}
