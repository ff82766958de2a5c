//! Every error as a user sees it, in one golden file, each brought about by a real mistake.

use crate::golden::compare;
use crate::support::{
    PAGE, PLUGIN, REGISTRY_PAGE, VOCABULARY, changed, compiled, pack_files, pack_of, plugin_of,
};
use miette::{Diagnostic as _, GraphicalReportHandler, GraphicalTheme};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use stockade_pack::config::{Config, Date, Fetched, Settings, Surroundings};
use stockade_pack::{Choice, Error, ErrorKind, Lock, PackSource, Page, RuleStore, Source, compile};

/// Lists the variants twice over: a new one does not compile until it is here, and fails until a case shows it.
macro_rules! variants {
    ($($name:ident)*) => {
        const VARIANTS: &[&str] = &[$(stringify!($name)),*];

        fn variant(kind: &ErrorKind) -> &'static str {
            match kind { $(ErrorKind::$name { .. } => stringify!($name),)* }
        }
    };
}

variants! {
    Syntax TooLarge Invisible UnknownNode UnknownProperty DuplicateNode MissingNode MissingProperty ArgumentCount Value
    UnknownWord Block MissingFile UnexpectedFile GuideItem NoPartner NameMismatch Format Reserved TooOld Duplicate
    UnknownPlugin UnknownCheck UnknownParameter MissingParameter Parameter Exclusive Condition UnknownKind KindOfCheck SingleFiles SharedAlias
    Wording SeverityBand SeverityTwice Since PageTitle PageTitleDiffers PageIncomplete PageFence PageStray PageAttribute PagePath
    PagePathBad UnknownRule UnknownProfile Locked Glob NotLocked Digest NotNested Extends NoReason NoEnd Bundle
}

type Case = (&'static str, Vec<Error>);

fn failed<T>(result: Result<T, Vec<Error>>) -> Vec<Error> {
    result.err().expect("the case is a mistake")
}

/// One change of the small pack.
fn pack(what: &'static str, file: &str, from: &str, to: &str) -> Case {
    (what, failed(changed(file, from, to)))
}

fn packs(what: &'static str, packs: &[PackSource]) -> Case {
    (what, failed(compile(packs, &[plugin_of(PLUGIN)], &VOCABULARY)))
}

fn page(what: &'static str, text: &str) -> Case {
    (what, failed(Page::parse(&Source::new("rules/dockerfile/image-tag-latest.md", text))))
}

fn fetch(pinned: &stockade_pack::config::Pinned) -> Result<Fetched, String> {
    match pinned.target.value.as_str() {
        "base.kdl" => {
            Ok(Fetched { source: Source::new("base.kdl", "locked \"DL3007\"\n"), folder: String::new() })
        }
        _ => Err("there is no such file".to_owned()),
    }
}

/// One configuration file against the small pack.
fn config(what: &'static str, text: &str) -> Case {
    let compiled = compiled();
    let surroundings =
        Surroundings { plugins: &compiled.plugins, vocabulary: &VOCABULARY, today: Date::new(2026, 6, 1) };
    let source = Source::new("stockade.kdl", text);
    let settings = Config::load(&source, "", None, &mut fetch).and_then(|config| {
        Settings::new(compiled.table(), config, Vec::new(), &Choice::default(), &surroundings)
    });
    (what, failed(settings))
}

fn not_locked() -> Vec<Error> {
    let config = Config::read(&Source::new("stockade.kdl", "plugin \"acme\"\n"), "", None).unwrap();
    Lock::default().pinned(&config.plugins).expect_err("nothing is pinned")
}

/// What the language of conditions does not know.
fn condition_cases() -> Vec<Case> {
    let rule = "image-tag-latest.kdl";
    let when = |conditions: &str| format!("when {{ {conditions} }}");
    let with = |what, conditions: &str| pack(what, rule, "forbid \"latest\"", &when(conditions));
    vec![
        with("a condition is misspelt", "equal \"x\""),
        with("a condition has no text", "starts-with"),
        with("a condition has a property", "equals \"x\" case=#false"),
        with("a condition has a block", "empty { equals \"x\" }"),
        with("a group is empty", "any"),
        with("a number is a text", "less-than \"three\""),
        with("an expression is broken", "not { matches \"^(a\" }"),
        with("an expression is read by KDL first", "matches \"^tag\\b\""),
        with("a path inside is broken", "has \"spec..replicas\""),
        with("a path is a JSON Pointer", "has \"/spec/replicas\""),
        with("a path is a JSONPath", "has \"$.spec.replicas\""),
        with("a path has a filter", "has \"spec.containers[name=web]\""),
        with("a number of nodes is left open", "count \"spec.containers[*]\""),
        with("a time has no unit", "longer-than 90"),
        with("a size is none", "larger-than \"much\""),
        with("a version has a letter", "older-than \"v3\""),
        with("a version is a number", "older-than 3.10"),
        pack("a block of conditions is empty", rule, "forbid \"latest\"", "when"),
        pack("a path is broken", rule, "forbid \"latest\"", "at \"spec[*]x\""),
        pack("a message is broken", rule, "forbid \"latest\"", "say \"tag {value is bad\""),
        pack("two parameters exclude each other", rule, "forbid \"latest\"", "mode \"lax\"; say \"x\""),
    ]
}

fn kdl_cases() -> Vec<Case> {
    vec![
        pack("a quote is not closed", "pack.kdl", "\"Dockerfiles\"", "\"Dockerfiles"),
        pack("a number is none", "image-tag-latest.kdl", "5.0", "5.0.1"),
        config("a file is enormous", &"// filler\n".repeat(30_000)),
        pack("a title holds an escape sequence", "pack.kdl", "\"Dockerfiles\"", r#""Docker\u{1b}[31mfiles""#),
        pack("a file holds one as it is", "pack.kdl", "\"Dockerfiles\"", "\"Docker\u{1b}[31mfiles\""),
        pack("a name is misspelt", "image-tag-latest.kdl", "severity", "severty"),
        pack("a name is something else", "image-tag-latest.kdl", "title", "headline"),
        pack("a property is misspelt", "plugin.kdl", "required=#true", "require=#true"),
        pack(
            "a line is there twice",
            "image-tag-latest.kdl",
            "fixable \"no\"",
            "fixable \"no\"\n    fixable \"safe\"",
        ),
        pack(
            "a line is missing",
            "image-tag-latest.kdl",
            "    help \"Pin the image to a version tag or a digest.\"\n",
            "",
        ),
        pack("a property is missing", "plugin.kdl", " doc=\"tags that are refused\"", ""),
        pack(
            "a list has two values where one is meant",
            "image-tag-latest.kdl",
            "\"medium\"",
            "\"medium\" \"high\"",
        ),
        pack("a number is out of range", "image-tag-latest.kdl", "5.0", "50"),
        pack("a word is misspelt", "image-tag-latest.kdl", "very-high", "veryhigh"),
        pack("a profile is misspelt", "image-tag-latest.kdl", "\"default\"", "\"defualt\""),
        pack(
            "a block is where none belongs",
            "image-tag-latest.kdl",
            "fixable \"no\"",
            "fixable \"no\" {\n    }",
        ),
    ]
}

fn pack_cases() -> Vec<Case> {
    let mut extra = pack_files();
    extra.push(("notes.txt", "x".to_owned()));
    let mut lonely = pack_files();
    lonely.retain(|(name, _)| *name != "registry-allowed.md");
    let mut claims = pack_files();
    claims[3].1 = claims[3].1.replace("    check", "    aliases \"hadolint:DL3007\"\n    check");
    let mut reserved = pack_files();
    reserved[0].1 = reserved[0].1.replace("\"dockerfile\"", "\"syntax\"");
    let rule = "image-tag-latest.kdl";
    let guide = |text: &str| {
        let mut files = pack_files();
        files.push((
            "guide.kdl",
            format!("guide \"Ours\" {{ source \"g.md\"; section \"S\" {{\n{text}\n}} }}\n"),
        ));
        pack_of("dockerfile", &files)
    };
    vec![
        packs("an item names no rule", &[guide("item \"Pinned\" checkable=\"yes\"")]),
        packs(
            "an item names a rule that does not exist",
            &[guide("item \"Pinned\" checkable=\"yes\" { rules \"dockerfile/image-tag-latst\" }")],
        ),
        packs(
            "an item says too little",
            &[guide("item \"Pinned\" checkable=\"partly\" { rules \"dockerfile/image-tag-latest\" }")],
        ),
        packs("a pack has no description", &[pack_of("acme", &[])]),
        packs("a file does not belong", &[pack_of("dockerfile", &extra)]),
        packs("a rule has no page", &[pack_of("dockerfile", &lonely)]),
        packs("a pack takes a reserved name", &[pack_of("syntax", &reserved)]),
        packs(
            "two packs have one name",
            &[pack_of("dockerfile", &pack_files()[..1]), pack_of("dockerfile", &pack_files()[..1])],
        ),
        pack(
            "a mark for rules across files",
            rule,
            "fixable \"no\"",
            "fixable \"no\"\n    single-files #true",
        ),
        packs("two rules claim one alias", &[pack_of("dockerfile", &claims)]),
        pack(
            "a rule has another name than its file",
            rule,
            "rule \"image-tag-latest\"",
            "rule \"image-tag\"",
        ),
        pack("a version is none", "pack.kdl", "0.2.0", "0.2"),
        pack("a weakness is none", rule, "CWE-1104", "1104"),
        pack("a pack is newer than the program", "pack.kdl", "requires \"0.1\"", "requires \"0.9\""),
        pack("a plugin is misspelt", rule, "dockerfile:image-tag", "dokerfile:image-tag"),
        pack("a check is misspelt", rule, "dockerfile:image-tag", "dockerfile:image-tags"),
        pack("a parameter is misspelt", rule, "forbid \"latest\"", "forbids \"latest\""),
        pack(
            "a parameter is missing",
            "registry-allowed.kdl",
            "allow {\n            core \"ghcr.io\" \"docker.io\"\n        }",
            "",
        ),
        pack("a parameter has the wrong type", rule, "forbid \"latest\"", "forbid-missing \"yes\""),
        pack("a parameter's word is misspelt", rule, "forbid \"latest\"", "mode \"strct\""),
        pack("a file kind is misspelt", "plugin.kdl", "\"compose\"", "\"compsoe\""),
        pack("a rule widens its check", rule, "applies-to \"dockerfile\"", "applies-to \"kubernetes\""),
        pack("a title is a sentence", rule, "tagged latest\"", "tagged latest.\""),
        pack("a help is none", rule, "Pin the image to a version tag or a digest.", "pin it"),
        pack("the number and the word disagree", rule, "security-severity 5.0", "security-severity 9.1"),
        pack("a severity is named twice", rule, "security-severity 5.0", "also-severity \"low\" \"medium\""),
        pack("a rule comes from the future", rule, "since \"0.1.0\"", "since \"1.0.0\""),
        pack("a profile is the one that has all", rule, "\"strict\"", "\"all\""),
        pack(
            "a replacement does not exist",
            rule,
            "    help",
            "    deprecated \"covered elsewhere\" replaced-by=\"dockerfile/registry-alowed\"\n    help",
        ),
        pack(
            "a rule yields to one that does not exist",
            rule,
            "    help",
            "    yields-to \"dockerfile/registry-alowed\"\n    help",
        ),
    ]
}

fn page_cases() -> Vec<Case> {
    vec![
        page("a page turns the direction of writing", &PAGE.replacen(" ", " \u{202e}", 2)),
        page("a page has no title", &PAGE.replace("# Base", "Base")),
        pack("a page's title differs", "image-tag-latest.md", "# Base image is", "# An image is"),
        page("a page shows nothing bad", &PAGE.replace("## Bad", "## Example")),
        page("a fence is not closed", &PAGE.replace("12.5\n```", "12.5\n")),
        page(
            "a fence says nothing",
            &PAGE.replace("```dockerfile\nFROM debian:12.5", "```\nFROM debian:12.5"),
        ),
        page("an output is where none belongs", &PAGE.replace("## Good\n", "## Good\n\n```text\n```\n")),
        page("an attribute is misspelt", &REGISTRY_PAGE.replace("kind=kubernetes", "knid=kubernetes")),
        page(
            "an example's file has no usual name",
            &PAGE.replace("```dockerfile\nFROM debian:l", "```hcl\nFROM debian:l"),
        ),
        page("an example's path leads away", &REGISTRY_PAGE.replace("path=a.yaml", "path=../a.yaml")),
    ]
}

fn config_cases() -> Vec<Case> {
    let zeros = "0".repeat(64);
    let nested = Config::read(
        &Source::new("app/stockade.kdl", "max-file-size \"1GB\"\n"),
        "app",
        Some("stockade.kdl"),
    );
    vec![
        config("a setting is misspelt", "ingore \"DL3007\"\n"),
        config("a rule is misspelt", "ignore \"dockerfile/image-tag-lates\"\n"),
        config("a selector matches nothing", "ignore \"tag:nothing-of-the-kind\"\n"),
        config("a selector is another tool's", "ignore \"SC2086\"\n"),
        config("a selector names a pack that is not there", "ignore \"acme/*\"\n"),
        config("a list is in brackets", "ignore [\"DL3007\"]\n"),
        config("a value is assigned", "profile = \"strict\"\n"),
        config("a profile is misspelt", "profile \"strickt\"\n"),
        config("a file ignores what it locks", "locked \"dockerfile/*\"\nignore \"DL3007\"\n"),
        config("a reason that belongs into a comment", "ignore \"DL3007\" reason=\"by hand\"\n"),
        config("a locked rule is ignored", "extends \"base.kdl\"\nignore \"dockerfile/image-tag-latest\"\n"),
        config("a pattern is none", "exclude \"vendor/[a\"\n"),
        ("a plugin is not pinned", not_locked()),
        config("a digest is none", "extends \"base.kdl\" digest=\"sha256:beef\"\n"),
        config("a base has changed", &format!("extends \"base.kdl\" digest=\"sha256:{zeros}\"\n")),
        config("a base is gone", "extends \"../gone.kdl\"\n"),
        ("a nested file sets what is the run's", failed(nested)),
        config("a size is none", "max-file-size \"2 mugs\"\n"),
        config("a reason is demanded", "suppressions {\n    require-reason #true\n}\nexclude \"vendor\"\n"),
        config(
            "an end is demanded",
            "suppressions {\n    max-days 90\n}\nsuppress \"DL3007\" path=\"legacy/**\" until=\"2027-01-01\"\n",
        ),
        config("a day does not exist", "suppress \"DL3007\" path=\"legacy/**\" until=\"2027-02-29\"\n"),
    ]
}

#[test]
fn every_error_is_shown_as_it_should_be() {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::none()).with_width(100).with_links(false);
    let mut shown = BTreeSet::new();
    let mut text = String::new();
    let damaged = RuleStore::open(b"something else").expect_err("damaged");
    let cases = [
        kdl_cases(),
        pack_cases(),
        condition_cases(),
        page_cases(),
        config_cases(),
        vec![("the bundle is damaged", vec![damaged])],
    ];
    for (what, errors) in cases.into_iter().flatten() {
        let _ = writeln!(text, "## {what}\n");
        for error in errors {
            shown.insert(variant(error.kind()));
            let code = error.code().map(|code| code.to_string()).unwrap_or_default();
            assert!(code.starts_with("stockade::pack::"), "{code}");
            let help = error.help().map(|help| help.to_string()).unwrap_or_default();
            assert!(help.ends_with(['.', '?']), "the help of {code} is no sentence: {help}");
            let message = error.to_string();
            assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase), "{message}");
            handler.render_report(&mut text, &error).expect("writing to a string");
            text.push('\n');
        }
    }
    let missing: Vec<_> = VARIANTS.iter().filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    compare("testdata/errors/pack.txt", &text);
}
