//! `stockade.kdl` to settings.

use crate::support::{VOCABULARY, compiled};
use stockade_model::Severity;
use stockade_pack::config::{Config, Date, Fetched, Settings, Surroundings};
use stockade_pack::{Choice, Error, Source, argument};

fn today() -> Option<Date> {
    Date::new(2026, 6, 1)
}

fn read(folder: &str, text: &str) -> Config {
    let name = if folder.is_empty() { "stockade.kdl".to_owned() } else { format!("{folder}/stockade.kdl") };
    let outermost = (!folder.is_empty()).then_some("stockade.kdl");
    Config::read(&Source::new(name, text), folder, outermost).unwrap()
}

/// Settings from the files of these folders, the first one being the root's.
fn settings_with(files: &[(&str, &str)], command_line: &Choice) -> Result<Settings, Vec<Error>> {
    let compiled = compiled();
    let mut configs = files.iter().map(|(folder, text)| read(folder, text));
    let outermost = configs.next().unwrap_or_default();
    let surroundings = Surroundings { plugins: &compiled.plugins, vocabulary: &VOCABULARY, today: today() };
    Settings::new(compiled.table(), outermost, configs.collect(), command_line, &surroundings)
}

fn settings(files: &[(&str, &str)]) -> Settings {
    settings_with(files, &Choice::default()).unwrap()
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let errors = settings_with(files, &Choice::default()).unwrap_err();
    errors.iter().map(|error| format!("{error:?}")).collect()
}

/// Names of the pack's rules that are on for a path.
fn on(settings: &Settings, path: &str) -> Vec<String> {
    let selection = settings.selection(path);
    let rules = settings.table.rules.iter().zip(&selection.enabled);
    let rules = rules.filter(|(rule, on)| **on && rule.pack() == "dockerfile");
    rules.map(|(rule, _)| rule.id.trim_start_matches("dockerfile/").to_owned()).collect()
}

const TAG: &str = "image-tag-latest";
const REGISTRY: &str = "registry-allowed";

#[test]
fn nested_files_and_path_blocks_refine_in_order() {
    let settings = settings(&[
        (
            "",
            "profile \"strict\"\npath \"**/test/**\" {\n  ignore \"dockerfile/*\"\n}\nseverity \"DL3007\" to=\"low\"",
        ),
        ("app", "ignore \"dockerfile/registry-allowed\"\nseverity \"DL3007\" to=\"critical\""),
        ("app/test", "extend-select \"DL3007\""),
    ]);
    assert_eq!(on(&settings, "Dockerfile"), [TAG, REGISTRY]);
    assert_eq!(on(&settings, "x/test/Dockerfile"), [""; 0]);
    assert_eq!(on(&settings, "app/Dockerfile"), [TAG]);
    assert_eq!(on(&settings, "application/Dockerfile"), [TAG, REGISTRY]);
    assert_eq!(on(&settings, "app/test/Dockerfile"), [TAG]);
    let index = settings.table.find("dockerfile/image-tag-latest").unwrap().0;
    assert_eq!(settings.selection("Dockerfile").severity[index], Severity::Low);
    assert_eq!(settings.selection("app/Dockerfile").severity[index], Severity::Critical);
    assert!(settings.possible().iter().all(|may| *may));
}

#[test]
fn the_command_line_comes_last() {
    let choice = Choice { ignore: vec![argument("--ignore", "DL3007")], ..Choice::default() };
    let settings = settings_with(&[("", "profile \"strict\"")], &choice).unwrap();
    assert_eq!(on(&settings, "Dockerfile"), [REGISTRY]);
    let alone = Settings::without_files(compiled().table(), &choice).unwrap();
    assert_eq!(on(&alone, "Dockerfile"), [""; 0]);
    assert!(!alone.possible()[alone.table.find("dockerfile/registry-allowed").unwrap().0]);
}

/// What is set up for a run is what may be on in it, and not more.
#[test]
fn only_rules_that_may_be_on_somewhere_are_possible() {
    let possible = |files: &[(&str, &str)], choice: &Choice| {
        let settings = settings_with(files, choice).unwrap();
        let possible = settings.possible();
        for path in ["Dockerfile", "sub/Dockerfile", "sub/test/Dockerfile", "legacy/Dockerfile"] {
            let enabled = settings.selection(path).enabled.clone();
            assert!(enabled.iter().zip(&possible).all(|(on, may)| !on || *may), "{path}");
        }
        let rules = settings.table.rules.iter().zip(possible);
        let own = rules.filter(|(rule, may)| *may && rule.pack() == "dockerfile");
        own.map(|(rule, _)| rule.id.trim_start_matches("dockerfile/").to_owned()).collect::<Vec<_>>()
    };
    let none = Choice::default();
    let select = Choice { select: vec![argument("--select", "DL3007")], ..Choice::default() };
    let ignore = Choice { ignore: vec![argument("--ignore", "dockerfile/*")], ..Choice::default() };
    let strict = "profile \"strict\"";
    assert_eq!(possible(&[("", strict)], &none), [TAG, REGISTRY]);
    assert_eq!(possible(&[("", strict)], &select), [TAG]);
    assert_eq!(possible(&[("", strict)], &ignore), [""; 0]);
    assert_eq!(possible(&[("", "ignore \"DL3007\""), ("sub", "extend-select \"DL3007\"")], &none), [TAG]);
    let locked = "path \"sub/**\" {\n  extend-select \"dockerfile/registry-allowed\"\n}";
    assert_eq!(possible(&[("", locked)], &none), [TAG, REGISTRY]);
    assert_eq!(possible(&[("", ""), ("sub", "locked \"dockerfile/registry-allowed\"")], &ignore), [REGISTRY]);
}

#[test]
fn nothing_below_weakens_a_locked_rule() {
    let root = "locked \"dockerfile/registry-allowed\"\npath \"legacy/**\" {\n  ignore \"dockerfile/registry-allowed\"\n}";
    let nested = "select \"DL3007\"\nignore \"dockerfile/*\"\nseverity \"dockerfile/*\" to=\"info\"\nexclude \"hidden\"";
    let settings = settings(&[("", root), ("sub", nested)]);
    assert_eq!(on(&settings, "sub/Dockerfile"), [REGISTRY]);
    assert_eq!(on(&settings, "legacy/Dockerfile"), [TAG], "the locking file itself may make exceptions");
    let index = settings.table.find("dockerfile/registry-allowed").unwrap().0;
    assert_eq!(settings.selection("sub/Dockerfile").severity[index], Severity::High);
    assert!(settings.selection("sub/Dockerfile").is_locked(index));
    assert!(settings.excluded("sub/hidden/Dockerfile").is_none());
    let hidden = settings.selection("sub/hidden/Dockerfile");
    assert_eq!(hidden.enabled.iter().filter(|on| **on).count(), 1, "nothing but the locked rule runs there");

    let locked = "`dockerfile/registry-allowed` is locked by stockade.kdl:1";
    for (below, line) in [
        ("ignore \"dockerfile/registry-allowed\"", 1),
        ("path \"x\" {\n  ignore \"dockerfile/registry-allowed\"\n}", 2),
        ("severity \"dockerfile/registry-allowed\" to=\"low\"", 1),
        ("suppress \"dockerfile/registry-allowed\" path=\"x\"", 1),
    ] {
        assert_eq!(problems(&[("", root), ("sub", below)]), [format!("sub/stockade.kdl:{line}: {locked}")]);
    }
    let choice =
        Choice { ignore: vec![argument("--ignore", "dockerfile/registry-allowed")], ..Choice::default() };
    assert!(settings_with(&[("", root)], &choice).is_err());
}

#[test]
fn parameters_replace_those_of_the_rule_by_name() {
    let text = "rule \"DL3007\" {\n  forbid \"edge\" \"nightly\"\n  forbid-missing #true\n}";
    let settings = settings(&[("", text)]);
    let rule = settings.table.find("dockerfile/image-tag-latest").unwrap().1;
    let shown: Vec<_> = rule.params.iter().map(|p| format!("{} {}", p.name, p.args.join(" "))).collect();
    assert_eq!(shown, ["forbid edge nightly", "forbid-missing true"]);
    for (text, expected) in [
        (
            "rule \"DL3007\" {\n  forbit \"x\"\n}",
            "stockade.kdl:2: check `dockerfile:image-tag` has no parameter `forbit`",
        ),
        ("rule \"dockerfile/*\" {\n}", "stockade.kdl:1: `dockerfile/*` is no id of one rule"),
        (
            "rule \"syntax/invalid\" {\n  a 1\n}",
            "stockade.kdl:2: check `syntax/invalid` has no parameter `a`",
        ),
        ("rule \"dl9999\" {\n}", "stockade.kdl:1: `dl9999` matches no rule"),
    ] {
        assert_eq!(problems(&[("", text)]), [expected]);
    }
}

#[test]
fn kinds_and_exclusions_go_by_path() {
    let text = "exclude \"vendor\" reason=\"not ours\"\npath \"deploy/*.tpl\" {\n  kind \"kubernetes\"\n}";
    let settings = settings(&[("", text), ("deploy", "path \"c.tpl\" {\n  kind \"compose\"\n}")]);
    assert_eq!(settings.kind("deploy/a.tpl"), Some("kubernetes"));
    assert_eq!(settings.kind("deploy/c.tpl"), Some("compose"));
    assert_eq!(settings.kind("other/a.tpl"), None);
    assert_eq!(
        settings.excluded("a/vendor/x").and_then(|exclude| exclude.reason.as_deref()),
        Some("not ours")
    );
    assert!(settings.excluded("src/x").is_none());
    let wrong = "path \"x\" {\n  kind \"kubernets\"\n}";
    assert_eq!(problems(&[("", wrong)]), ["stockade.kdl:2: there is no file kind `kubernets`"]);
}

#[test]
fn suppressions_are_held_against_the_policy() {
    let policy = "suppressions {\n  require-reason\n  max-days 30\n}\n";
    let of = |line: &str| settings_with(&[("", &format!("{policy}{line}"))], &Choice::default());
    let fine = of("suppress \"DL3007\" path=\"a/**\" node=\"stage[0]\" reason=\"soon\" until=\"2026-06-30\"")
        .unwrap();
    let rule = fine.table.find("dockerfile/image-tag-latest").unwrap().0;
    let found: Vec<_> =
        fine.suppressions("a/Dockerfile", rule).map(|entry| entry.reason.as_deref()).collect();
    assert_eq!(found, [Some("soon")]);
    assert_eq!(fine.suppressions("b/Dockerfile", rule).count(), 0);
    let late = of("suppress \"DL3007\" path=\"a\" reason=\"soon\" until=\"2026-07-02\"").unwrap_err();
    assert_eq!(late[0].to_string(), "`suppress` must end within 30 days, as stockade.kdl:3 demands");
    let forever = of("suppress \"DL3007\" path=\"a\"").unwrap_err();
    assert_eq!(forever.len(), 2, "{forever:?}");
    assert_eq!(
        of("exclude \"x\"").unwrap_err()[0].to_string(),
        "`exclude` gives no reason, and stockade.kdl:2 demands one"
    );
}

#[test]
fn bases_come_first_and_their_policy_stays() {
    let base = "profile \"all\"\nfail-on \"high\"\nmax-file-size \"1MiB\"\nsuppressions {\n  require-reason #true\n  max-days 30\n  peers \"hadolint\" \"trivy\"\n}";
    let own = "extends \"../policy/stockade.kdl\"\nfail-on \"never\"\nsuppressions {\n  require-reason #false\n  max-days 60\n  peers \"trivy\" \"checkov\"\n}\npack \"p\"";
    let mut asked = Vec::new();
    let config = Config::load(&Source::new("stockade.kdl", own), "", None, &mut |pinned| {
        asked.push((pinned.folder.clone(), pinned.target.value.clone()));
        Ok(Fetched { source: Source::new("../policy/stockade.kdl", base), folder: "../policy".to_owned() })
    })
    .unwrap();
    assert_eq!(asked, [(String::new(), "../policy/stockade.kdl".to_owned())]);
    assert_eq!(config.fail_on.as_ref().map(|level| level.value), Some(None));
    assert_eq!(config.max_file_size.as_ref().map(|size| size.value), Some(1 << 20));
    let policy = &config.suppressions;
    assert_eq!(
        policy.require_reason.as_ref().map(|p| (p.value, p.place.to_string())),
        Some((true, "../policy/stockade.kdl:5".to_owned()))
    );
    assert_eq!(policy.max_days.as_ref().map(|p| p.value), Some(30));
    assert_eq!(policy.peers.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(), ["trivy"]);
    assert_eq!(config.layers.len(), 2);
    assert_eq!(config.sources.len(), 2);
}

#[test]
fn bases_are_checked_before_they_count() {
    let load = |text: &str, base: &str| {
        let mut fetch = |pinned: &stockade_pack::config::Pinned| match pinned.target.value.as_str() {
            "gone" => Err("there is no such file".to_owned()),
            name => Ok(Fetched { source: Source::new(name, base), folder: String::new() }),
        };
        let errors =
            Config::load(&Source::new("stockade.kdl", text), "", None, &mut fetch).map(|_| ()).unwrap_err();
        errors.iter().map(|error| format!("{error:?}")).collect::<Vec<_>>()
    };
    assert_eq!(
        load("extends \"gone\"", ""),
        ["stockade.kdl:1: `gone` cannot be extended: there is no such file"]
    );
    assert_eq!(load("extends \"b\"", "extends \"b\""), ["b:1: `b` cannot be extended: it extends itself"]);
    assert_eq!(
        load("extends \"b\"", "profil \"x\""),
        ["b:1: `profil` means nothing in a configuration file"]
    );
    let pinned = format!("extends \"b\" digest=\"sha256:{}\"", "0".repeat(64));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        load(&pinned, ""),
        [format!("stockade.kdl:1: `b` has the digest sha256:{empty}, not the pinned one")]
    );
    let many = "extends \"a\"\n".repeat(17);
    assert_eq!(load(&many, ""), ["stockade.kdl:17: `a` cannot be extended: more than 16 files are extended"]);
}

#[test]
fn plugins_are_named_and_only_by_the_outermost_file() {
    let config = read("", "plugin \"acme\"\nplugin \"other\"\nexternal \"Secret\" name=\"db\"");
    let names: Vec<&str> = config.plugins.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["acme", "other"]);
    let path = Config::read(&Source::new("stockade.kdl", "plugin \"../evil.wasm\""), "", None).unwrap_err();
    assert_eq!(path[0].to_string(), "`../evil.wasm` is no plugin's name");
    let nested = Config::read(&Source::new("a/stockade.kdl", "plugin \"acme\""), "a", Some("stockade.kdl"));
    assert_eq!(
        nested.unwrap_err()[0].to_string(),
        "`plugin` can only be set in the outermost configuration file"
    );
    assert_eq!(
        (config.externals[0].kind.value.as_str(), config.externals[0].name.as_str()),
        ("Secret", "db")
    );
    let errors = Config::read(&Source::new("a/stockade.kdl", "fail-on \"high\""), "a", Some("stockade.kdl"))
        .unwrap_err();
    assert_eq!(errors[0].to_string(), "`fail-on` can only be set in the outermost configuration file");
}

#[test]
fn every_value_knows_where_it_comes_from() {
    let settings = settings(&[
        (
            "",
            "profile \"strict\"\nlocked \"dockerfile/registry-allowed\"\nsuppressions {\n  require-reason\n}",
        ),
        ("app", "ignore \"DL3007\"\nseverity \"dockerfile/*\" to=\"critical\""),
    ]);
    let shown = settings.show(Severity::Low, 1000);
    let line = |name: &str| {
        let entry = shown.iter().find(|entry| entry.name == name).unwrap();
        format!(
            "{} {} {}",
            entry.name,
            entry.value,
            entry.place.as_ref().map_or("default".to_owned(), ToString::to_string)
        )
    };
    assert_eq!(line("profile"), "profile \"strict\" stockade.kdl:1");
    assert_eq!(line("require-reason"), "require-reason #true stockade.kdl:4");
    assert_eq!(line("fail-on"), "fail-on \"low\" default");
    assert_eq!(line("ignore"), "ignore \"DL3007\" app/stockade.kdl:1");
    let states = settings.rule_states("app/Dockerfile");
    let state = |id: &str| states[settings.table.find(id).unwrap().0].clone();
    let at = |place: Option<stockade_pack::Place>| place.map(|place| place.to_string()).unwrap_or_default();
    let tag = state("dockerfile/image-tag-latest");
    assert_eq!(
        (tag.enabled, at(tag.enabled_by), tag.severity),
        (false, "app/stockade.kdl:1".to_owned(), Severity::Critical)
    );
    let registry = state("dockerfile/registry-allowed");
    assert_eq!((registry.enabled, at(registry.enabled_by)), (true, "stockade.kdl:2".to_owned()));
    assert_eq!(
        (at(registry.severity_by), at(registry.locked_by)),
        ("app/stockade.kdl:2".to_owned(), "stockade.kdl:2".to_owned())
    );
}

#[test]
fn the_same_path_is_answered_from_memory() {
    let settings = settings(&[("", "profile \"strict\"\npath \"x/**\" {\n  ignore \"*/*\"\n}")]);
    let first = settings.selection("a/Dockerfile");
    assert!(std::sync::Arc::ptr_eq(&first, &settings.selection("b/c.yaml")));
    assert!(!std::sync::Arc::ptr_eq(&first, &settings.selection("x/c.yaml")));
}
