//! Packs to rules.

use crate::support::{PLUGIN, VOCABULARY, changed, compiled, pack_files, pack_of, plugin_of};
use stockade_model::{Param, Precision, Severity};
use stockade_pack::{PageStore, RuleStore, compile, compile_onto};

#[test]
fn a_rule_has_all_that_its_files_say() {
    let compiled = compiled();
    let rule = &compiled.rules[0];
    assert_eq!(rule.id, "dockerfile/image-tag-latest");
    assert_eq!((rule.severity, rule.precision), (Severity::Medium, Precision::VeryHigh));
    assert_eq!(rule.about.security_severity.as_deref(), Some("5.0"));
    assert_eq!((&*rule.plugin, &*rule.check, rule.project), ("dockerfile", "image-tag", false));
    assert_eq!(*rule.kinds, ["dockerfile"]);
    assert_eq!(*rule.any_literal, ["from", "AKIA"]);
    let also: Vec<_> =
        rule.also_literals.iter().map(|also| (also.literals.as_slice(), also.kinds.as_slice())).collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        also,
        [(&*words(&[":", "image"]), &*words(&[])), (&*words(&["services"]), &*words(&["compose"]))]
    );
    assert_eq!(rule.literal_param.as_deref(), Some("forbid"));
    assert_eq!(rule.profiles, ["default", "strict"]);
    assert_eq!(rule.about.aliases, ["hadolint:DL3007", "trivy:DS-0001"]);
    assert_eq!(
        rule.about.description,
        "The tag latest moves, so two builds of the same file can give different images."
    );
    assert_eq!(
        *rule.params,
        [Param { name: "forbid".into(), args: vec!["latest".into()], ..Param::default() }]
    );
    assert!(compiled.pages[rule.page as usize].starts_with("# Base image is tagged latest"));
    let registry = &compiled.rules[1];
    assert_eq!(*registry.kinds, ["compose", "dockerfile", "kubernetes", "yaml"]);
    assert!(registry.project);
    assert_eq!(
        registry.params.iter().map(|p| (p.depth, &*p.name)).collect::<Vec<_>>(),
        [(0, "allow"), (1, "core")]
    );
    assert_eq!(compiled.plugins[0].checks.len(), 2);
    assert_eq!(compiled.table().rules.len(), 2 + stockade_model::reserved_rules().len());
}

#[test]
fn all_errors_of_all_files_are_collected_in_their_order() {
    let mut files = pack_files();
    files[1].1 = files[1].1.replace("forbid", "forbit").replace("\"medium\"", "\"midium\"");
    files[2].1 = files[2].1.replace("# Base", "# A base");
    files[3].1 = files[3].1.replace("dockerfile:registry", "dockerfile:registri");
    let errors = compile(&[pack_of("dockerfile", &files)], &[plugin_of(PLUGIN)], &VOCABULARY).unwrap_err();
    let shown: Vec<String> = errors.iter().map(|error| format!("{error:?}")).collect();
    assert_eq!(
        shown,
        [
            "rules/dockerfile/image-tag-latest.kdl:3: `midium` is no severity",
            "rules/dockerfile/image-tag-latest.kdl:15: check `dockerfile:image-tag` has no parameter `forbit`",
            "rules/dockerfile/image-tag-latest.md:1: the page's title is `A base image is tagged latest`, the rule's is `Base image is tagged latest`",
            "rules/dockerfile/registry-allowed.kdl:6: plugin `dockerfile` has no check `registri`",
        ]
    );
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let mut files = pack_files();
    files.reverse();
    let reversed = compile(&[pack_of("dockerfile", &files)], &[plugin_of(PLUGIN)], &VOCABULARY).unwrap();
    assert_eq!(reversed, compiled());
}

#[test]
fn aliases_may_be_shared_only_by_consent() {
    let alias = "    cwe \"CWE-1\"\n    aliases \"hadolint:dl3007\" shared=#true\n";
    let mut files = pack_files();
    files[3].1 = files[3].1.replace("    since", &format!("{alias}    since"));
    let of = |files: &[(&str, String)]| {
        compile(&[pack_of("dockerfile", files)], &[plugin_of(PLUGIN)], &VOCABULARY)
    };
    let errors = of(&files).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "`hadolint:dl3007` is already an alias of `dockerfile/image-tag-latest`"
    );
    files[1].1 = files[1].1.replace("\"trivy:DS-0001\"", "\"trivy:DS-0001\" shared=#true");
    assert_eq!(of(&files).unwrap().table().lookup("DL3007").len(), 2);
}

#[test]
fn a_users_pack_stands_on_the_built_in_ones() {
    let base = compiled();
    let mut files = pack_files();
    files[0].1 = files[0].1.replace("\"dockerfile\"", "\"acme\"");
    let own = compile_onto(&base, &[pack_of("acme", &files)], &[], &VOCABULARY).unwrap();
    assert_eq!(own.rules[0].id, "acme/image-tag-latest");
    assert!(own.plugins.is_empty());
    let errors = compile_onto(&base, &[pack_of("dockerfile", &pack_files())], &[], &VOCABULARY).unwrap_err();
    assert_eq!(errors[0].to_string(), "the pack `dockerfile` exists already in the built-in packs");
}

#[test]
fn properties_and_nested_parameters_keep_their_shape() {
    let from = "        forbid \"latest\"\n";
    let compiled =
        changed("registry-allowed.kdl", "allow {", "extra b=2 a=1 a=#null 1.5 { x { y #true; } }\n allow {");
    let params = &compiled.unwrap().rules[1].params;
    let shown: Vec<String> =
        params.iter().map(|p| format!("{}{}{:?}{:?}", p.depth, p.name, p.args, p.props)).collect();
    assert_eq!(shown[0], r#"0extra["1.5"][("a", "null"), ("b", "2")]"#);
    assert_eq!(shown[1..3], ["1x[][]", r#"2y["true"][]"#]);
    assert!(changed("image-tag-latest.kdl", from, "").is_ok(), "no parameter of this check is required");
}

#[test]
fn compiled_packs_survive_the_bundle() {
    let compiled = compiled();
    let [table, pages, _] = RuleStore::pack(&compiled).unwrap();
    let store = RuleStore::open(&table).unwrap();
    assert_eq!((store.rules, store.packs, store.plugins), (compiled.rules, compiled.packs, compiled.plugins));
    let pages = PageStore::open(&pages).unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages.get(1).as_ref(), Some(&compiled.pages[1]));
    assert_eq!(pages.all(), compiled.pages);
    assert_eq!(pages.get(2), None);
}

#[test]
fn damaged_bundles_are_refused_or_read_without_a_panic() {
    let pages: Vec<String> =
        (0..40).map(|n| format!("# Page {n}\n{}", "text ".repeat(400 * (n % 7)))).collect();
    let bytes = PageStore::pack(&pages).unwrap();
    assert_eq!(PageStore::open(&bytes).unwrap().all(), pages);
    let [table, ..] = RuleStore::pack(&compiled()).unwrap();
    assert!(RuleStore::open(b"stockad0").is_err());
    for at in 0..table.len() {
        let mut damaged = table.clone();
        damaged[at] ^= 0x55;
        let _ = RuleStore::open(&damaged);
        assert!(RuleStore::open(&table[..at]).is_err());
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        if let Ok(store) = PageStore::open(&damaged) {
            let _ = (store.all(), store.get(0));
        }
    }
}

#[test]
fn a_missing_description_is_an_error_of_its_folder() {
    let errors = compile(
        &[pack_of("empty", &[])],
        &[stockade_pack::PluginSource { folder: "none".into(), file: None }],
        &VOCABULARY,
    )
    .unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["`empty` has no `pack.kdl`", "`none` has no `plugin.kdl`"]);
}

#[test]
fn guides_are_read_and_their_rules_know_of_them() {
    let mut files = pack_files();
    let text = "guide \"Ours\" {\n source \"g.md\"\n section \"S\" {\n item \"Pinned\" checkable=\"yes\" { \
                rules \"dockerfile/image-tag-latest\"\n }\n item \"Trained\" checkable=\"no\" { note \"No file shows it.\"\n }\n }\n}\n";
    files.push(("guide.kdl", text.to_owned()));
    let compiled = compile(&[pack_of("dockerfile", &files)], &[plugin_of(PLUGIN)], &VOCABULARY).unwrap();
    let [_, _, bytes] = RuleStore::pack(&compiled).unwrap();
    let guides = stockade_pack::guides_from_bytes(&bytes).unwrap();
    assert_eq!(guides, compiled.guides);
    let titles: Vec<&str> = guides[0].items().map(|(_, item)| item.title.as_str()).collect();
    assert_eq!(titles, ["Pinned", "Trained"]);
    let named = |rule: &str| compiled.table().find(rule).unwrap().1.about.guides.clone();
    assert_eq!(named("dockerfile/image-tag-latest"), ["dockerfile"]);
    assert!(named("dockerfile/registry-allowed").is_empty());
    assert!(stockade_pack::guides_from_bytes(&bytes[..bytes.len() - 3]).is_err());
}
