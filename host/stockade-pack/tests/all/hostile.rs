//! Texts that nobody would write.

use crate::support::{PAGE, PLUGIN, RULE, VOCABULARY, compiled, pack_files, pack_of, plugin_of};
use proptest::prelude::*;
use stockade_pack::config::{Config, Settings, Surroundings};
use stockade_pack::{Choice, Outcome, Page, Source, argument, compile};

/// A valid text with a part of it replaced by another part or by junk.
pub fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let junk = prop_oneof![
        "\\PC{0,8}",
        Just("\n".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("\"".to_owned()),
        Just("```\n".to_owned()),
        Just("#true".to_owned()),
        Just("-1".to_owned()),
    ];
    (0..=text.len(), 0..40_usize, junk).prop_map(|(start, len, junk)| {
        let boundary = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(start), boundary((start + len).min(text.len())));
        format!("{}{junk}{}", &text[..start], &text[end.max(start)..])
    })
}

pub const CONFIG: &str = "extends \"base.kdl\"\nprofile \"strict\"\nselect \"dockerfile/*\"\nlocked \"DL3007\"\n\
    path \"a/**\" \"*.tpl\" {\n  ignore \"tag:x\"\n  severity \"DL3007\" to=\"low\"\n  kind \"yaml\"\n}\n\
    exclude \"vendor\" reason=\"r\"\nsuppress \"DL3007\" path=\"x\" until=\"2027-01-01\" reason=\"r\"\n\
    rule \"DL3007\" {\n  forbid \"a\"\n}\nfail-on \"high\"\nmax-file-size \"2MiB\"\n\
    suppressions {\n  require-reason\n  max-days 9\n}\nplugin \"p\"\n";

fn configure(text: &str) {
    let compiled = compiled();
    let Ok(config) = Config::read(&Source::new("stockade.kdl", text), "", None) else { return };
    let surroundings = Surroundings { plugins: &compiled.plugins, vocabulary: &VOCABULARY, today: None };
    if let Ok(settings) =
        Settings::new(compiled.table(), config, Vec::new(), &Choice::default(), &surroundings)
    {
        let _ = (
            settings.selection("a/b"),
            settings.kind("a/b"),
            settings.rule_states("a/b"),
            settings.excluded("vendor"),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_configuration_is_read_or_refused(text in mutated(CONFIG)) {
        configure(&text);
    }

    #[test]
    fn any_text_is_no_reason_to_panic(text in "\\PC*") {
        configure(&text);
        let _ = Page::parse(&Source::new("x.md", text.as_str()));
        let choice = Choice { select: vec![argument("--select", &text)], ..Choice::default() };
        let _ = Settings::without_files(compiled().table(), &choice);
    }

    #[test]
    fn any_rule_or_plugin_is_compiled_or_refused(rule in mutated(RULE), plugin in mutated(PLUGIN)) {
        let mut files = pack_files();
        files[1].1 = rule;
        let _ = compile(&[pack_of("dockerfile", &files)], &[plugin_of(PLUGIN)], &VOCABULARY);
        let _ = compile(&[pack_of("dockerfile", &files)], &[plugin_of(&plugin)], &VOCABULARY);
    }

    /// What blessing writes, it leaves alone the second time.
    #[test]
    fn any_page_is_parsed_or_refused_and_blessing_settles(text in mutated(PAGE), line in "[ -~]{0,20}") {
        let Ok(page) = Page::parse(&Source::new("x.md", text.as_str())) else { return Ok(()) };
        let outcomes = vec![Outcome { lines: vec![format!("1:1 {line}")], fixed: Vec::new() }; 3];
        let blessed = page.bless(&outcomes);
        let again = Page::parse(&Source::new("x.md", blessed.as_str()));
        prop_assert!(again.is_ok(), "{blessed}");
        prop_assert_eq!(again.map(|page| page.bless(&outcomes)).unwrap_or_default(), blessed);
    }
}
