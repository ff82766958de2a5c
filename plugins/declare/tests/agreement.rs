//! The host checks conditions, paths and messages where they are written; the plugin reads them again when it runs. Both
//! must say yes and no to the same.

use stockade_pack::{PackSource, PluginSource, Source, Vocabulary, compile};
use stockade_plugin_declare::rule::Rule;
use stockade_sdk::{Param, Params};

const PLUGIN: &str = include_str!("../plugin.kdl");
const PACK: &str = "pack \"own\" {\n version \"0.1.0\"\n title \"Own\"\n requires \"0.1\"\n}\n";
const PAGE: &str =
    "# Own\n\nWhy.\n\n## Bad\n\n```yaml\na: 1\n```\n\n```text\n1:1 x\n```\n\n## Good\n\n```yaml\nb: 1\n```\n";

/// A rule with these parameters, as far as the host takes it.
fn host(plugin: &str, params: &str) -> Option<Vec<stockade_model::Param>> {
    host_check(plugin, &format!("check \"declare:node\" {{\n{params}\n }}"))
}

/// The same for a whole `check`.
fn host_check(plugin: &str, check: &str) -> Option<Vec<stockade_model::Param>> {
    let rule = format!(
        "rule \"own\" {{\n title \"Own\"\n severity \"low\"\n security-severity 2.0\n precision \"high\"\n since \
         \"0.1.0\"\n profiles \"default\"\n fixable \"no\"\n {check}\n help \"Do it.\"\n}}\n"
    );
    let file = |name: &str, text: &str| Source::new(format!("own/{name}"), text);
    let files = vec![file("pack.kdl", PACK), file("own.kdl", &rule), file("own.md", PAGE)];
    let plugins = [PluginSource {
        folder: "declare".to_owned(),
        file: Some(Source::new("declare/plugin.kdl", plugin)),
    }];
    let vocabulary = Vocabulary { kinds: &["yaml"], interface: "0.1" };
    let compiled = compile(&[PackSource { folder: "own".to_owned(), files }], &plugins, &vocabulary).ok()?;
    Some(compiled.rules.iter().find(|rule| rule.id == "own/own")?.params.to_vec())
}

/// Whether the plugin takes the parameters.
fn plugin(params: Vec<stockade_model::Param>) -> Result<(), String> {
    let param =
        |p: stockade_model::Param| Param { depth: p.depth, name: p.name, args: p.args, props: p.props };
    Rule::new("node", &Params::new(params.into_iter().map(param).collect())).map(drop)
}

#[test]
fn host_and_plugin_take_the_same() {
    // What the plugin gets where the host checks nothing.
    let loose = ["conditions", "paths", "template"]
        .iter()
        .fold(PLUGIN.to_owned(), |text, kind| text.replace(&format!("type=\"{kind}\""), "type=\"any\""))
        .lines()
        .filter(|line| !line.contains("not-with"))
        .collect::<Vec<_>>()
        .join("\n");
    let deep = |n: usize| format!("report-if {{ {} equals \"x\" {} }}", "not { ".repeat(n), " }".repeat(n));
    let good = deep(20);
    let cases: Vec<(&str, bool)> = vec![
        ("", true),
        ("report-if { equals \"x\" \"y\"; not { empty }; less-than 3; greater-than -1.5 }", true),
        (
            "report-if { any { matches \"^a+$\"; starts-with \"b\" }; has \"a.b[*].**\" { contains \"c\" } }",
            true,
        ),
        ("when { lacks \"x[\\\"a.b\\\"].^\"; ends-with \"z\"; all { equals 1 #true } }", true),
        (&good, true),
        (
            "report-if { name { starts-with \"x\" }; same-as \"^.^.b\"; count \"a[*]\" { greater-than 3 } }",
            true,
        ),
        ("report-if { has \"a[0].b[-1]\"; has \"[-2]\"; has \".\" }", true),
        ("report-if { longer-than \"90s\"; shorter-than \"1h30m\"; longer-than \"1.5d\" }", true),
        (
            "report-if { larger-than 1024; smaller-than \"512Mi\"; larger-than \"500m\"; larger-than \"1.5GB\" }",
            true,
        ),
        (
            "report-if { larger-than \"10b\"; larger-than \"2k\"; larger-than \"2KiB\"; larger-than \"2Pi\" }",
            true,
        ),
        ("report-if { older-than \"3.11\"; newer-than 3 }", true),
        ("report-if { larger-than \"^.b\" times=1.5; less-than \".c\"; older-than \"^.^.d\" }", true),
        ("report-if { has \".b\" { longer-than \"^.c\" times=2 } }", true),
        ("report-if { larger-than \"^.b\" times=0 }", false),
        ("report-if { larger-than \"^.b\" times=\"x\" }", false),
        ("report-if { larger-than \"^.b\" by=2 }", false),
        ("report-if { larger-than \"1Gi\" times=2 }", false),
        ("report-if { older-than \"^.b\" times=2 }", false),
        ("report-if { larger-than \"^.b\" { empty } }", false),
        ("report-if { larger-than \"^..b\" }", false),
        ("report-if { larger-than \"b\" }", false),
        ("report-if { larger-than \"^.b\" \"^.c\" }", false),
        ("report-if { equals \"^.b\" times=2 }", false),
        ("report-if { name }", false),
        ("report-if { name \"x\" { empty } }", false),
        ("report-if { same-as }", false),
        ("report-if { same-as \"a\" { empty } }", false),
        ("report-if { count \"a\" }", false),
        ("report-if { count { empty } }", false),
        ("report-if { longer-than 90 }", false),
        ("report-if { longer-than \"0\" }", false),
        ("report-if { longer-than \"90 s\" }", false),
        ("report-if { longer-than \"5min\" }", false),
        ("report-if { longer-than \"5\u{b5}s\" }", false),
        ("report-if { longer-than \"s\" }", false),
        ("report-if { longer-than \".5s\" }", false),
        ("report-if { larger-than \".5\" }", false),
        ("report-if { longer-than \"\" }", false),
        ("report-if { longer-than \"1..5s\" }", false),
        ("report-if { longer-than \"5s\" \"6s\" }", false),
        ("report-if { larger-than \"much\" }", false),
        ("report-if { larger-than \"-1\" }", false),
        ("report-if { larger-than \"1e3\" }", false),
        ("report-if { larger-than \"1 Gi\" }", false),
        ("report-if { larger-than \"1i\" }", false),
        ("report-if { larger-than \"1bB\" }", false),
        ("report-if { older-than \"v3\" }", false),
        ("report-if { older-than \"3.\" }", false),
        ("report-if { older-than \"3..1\" }", false),
        ("report-if { older-than \".3\" }", false),
        ("report-if { older-than \"\" }", false),
        ("report-if { has \"a[-0]\" }", false),
        ("report-if { has \"a[x]\" }", false),
        ("report-if { has \"a[]\" }", false),
        ("report-if { has \"a[0]b\" }", false),
        ("report-if { has \"a[12345]\" }", false),
        ("report-if { has \"..\" }", false),
        ("fix \"x\"; fix-at \"a.b\"", true),
        ("fix-key \"x\"", true),
        ("fix-key \"x\"; fix \"y\"", false),
        ("fix-key \"x\"; fix-remove #true", false),
        ("report-if", false),
        ("report-if { equal \"x\" }", false),
        ("report-if { equals }", false),
        ("report-if { equals \"x\" case=#false }", false),
        ("report-if { equals \"x\" { empty } }", false),
        ("report-if { any }", false),
        ("report-if { any \"x\" { empty } }", false),
        ("report-if { empty \"x\" }", false),
        ("report-if { less-than }", false),
        ("report-if { less-than 1 2 }", false),
        ("report-if { less-than \"three\" }", false),
        ("report-if { matches \"(\" }", false),
        ("report-if { has }", false),
        ("report-if { has \"a\" \"b\" }", false),
        ("report-if { has \"a..b\" }", false),
        ("report-if { has \"a.\" }", false),
        ("report-if { has \"\" }", false),
        ("report-if { has \"[*]a\" }", false),
        ("report-if { has \"[\\\"a\" }", false),
        ("report-if { has \"**.**\" }", false),
        ("fix \"x\"; fix-remove #true", false),
    ];
    let messages = [
        ("plain", true),
        ("{.name}", true),
        ("{..name}", false),
        ("{value} {{x} {a.b}", true),
        ("{value", false),
        ("{a..b}", false),
    ];
    let paths = [("a.b", true), ("a..b", false)];
    let all = cases
        .into_iter()
        .map(|(params, fits)| (format!("at \"a\"\nmessage \"m\"\n{params}"), fits))
        .chain(messages.iter().map(|(m, fits)| (format!("at \"a\"\nmessage \"{m}\""), *fits)))
        .chain(paths.iter().map(|(p, fits)| (format!("at \"a\" \"{p}\"\nmessage \"m\""), *fits)));
    for (params, fits) in all {
        assert_eq!(host(PLUGIN, &params).is_some(), fits, "the host: {params}");
        let loose = host(&loose, &params).unwrap();
        assert_eq!(plugin(loose).is_ok(), fits, "the plugin: {params}");
    }
}

/// The rules that the book has for copying.
#[test]
fn the_checks_in_the_book_are_taken() {
    let page = include_str!("../../../book/src/authors/own-rules.md");
    let many = page.split("## Rules that many want").nth(1).unwrap();
    let block = many.split("```kdl\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let checks: Vec<&str> = block.split("\n}\n").filter(|check| !check.is_empty()).collect();
    assert!(checks.len() > 5);
    for check in checks {
        let check = format!("{check}\n}}");
        // The shared part of the rule says that there is no fix.
        let rule = check.replace("\n    fix", "\n    //");
        let params = host_check(PLUGIN, &rule).unwrap_or_else(|| panic!("{check}"));
        assert_eq!(plugin(params), Ok(()), "{check}");
    }
}
