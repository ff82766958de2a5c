//! Rules as authors write them, on files as the host parses them.

use crate::Declare;
use stockade_sdk::{Param, Report, Rule, Runner};
use stockade_testkit::source;

/// Parameters from lines: indentation by two is depth, words behind the name are arguments (quoted where they hold
/// blanks), `times=2` among them properties.
fn params(text: &str) -> Vec<Param> {
    let one = |line: &str| {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let (name, mut rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let mut args = Vec::new();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('\'') {
                Some(quoted) => quoted.split_once('\'').unwrap(),
                None => rest.split_once(' ').unwrap_or((rest, "")),
            };
            args.push(word.to_owned());
            rest = after.trim_start();
        }
        let property = |word: &String| {
            let (name, value) = word.split_once('=').filter(|(name, _)| matches!(*name, "times" | "by"))?;
            Some((name.to_owned(), value.to_owned()))
        };
        let props: Vec<_> = args.iter().filter_map(property).collect();
        args.retain(|word| property(word).is_none());
        Param { depth: depth as u32, name: name.to_owned(), args, props }
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(one).collect()
}

fn run(check: &str, text: &str, kind: &str, path: &str, file: &str) -> Result<Report, String> {
    let mut runner = Runner::<Declare>::new();
    let rule = Rule { index: 7, id: "own/rule".to_owned(), check: check.to_owned(), params: params(text) };
    runner.configure(vec![rule])?;
    runner.check(source(kind, path, file), &[7])
}

fn messages(check: &str, text: &str, kind: &str, file: &str) -> Vec<String> {
    let report = run(check, text, kind, "deploy/web.yaml", file).unwrap();
    report.findings.into_iter().map(|finding| finding.message).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: a\n      \
                   image: docker.io/nginx:1\n    - name: b\n      image: registry.acme.example/app:2\n      \
                   securityContext:\n        privileged: true\n";

#[test]
fn nodes_at_a_path_are_judged_by_conditions() {
    let rule = "at spec.containers[*].image\nwhen\n  has kind\n    equals Pod\nreport-if\n  not\n    starts-with registry.acme.example/\nmessage 'image {value} of container {^.name} in {file}'";
    assert_eq!(
        messages("node", rule, "kubernetes", POD),
        ["image docker.io/nginx:1 of container a in deploy/web.yaml"]
    );
    let other = rule.replace("equals Pod", "equals Job");
    assert!(messages("node", &other, "kubernetes", POD).is_empty());
}

#[test]
fn keys_that_are_there_or_missing_count() {
    let missing = "at spec.containers[*]\nreport-if\n  lacks securityContext.privileged\nmessage m";
    assert_eq!(messages("node", missing, "kubernetes", POD).len(), 1);
    let there = "at spec.containers[*]\nreport-if\n  has securityContext.privileged\n    equals true\nmessage 'container {..name}'";
    assert!(run("node", there, "kubernetes", "a.yaml", POD).is_err(), "`..name` has an empty step");
    let key = there.replace("{..name}", "{name}");
    assert_eq!(messages("node", &key, "kubernetes", POD), ["container "]);
    let child = there.replace("{..name}", "{.name}");
    assert_eq!(messages("node", &child, "kubernetes", POD), ["container b"]);
}

#[test]
fn any_all_not_numbers_and_expressions() {
    let file = "replicas: 1\nname: x9\nempty: \"\"\n";
    for (condition, expected) in [
        ("less-than 2", true),
        ("less-than 1", false),
        ("greater-than 0.5", true),
        ("any\n    equals 3\n    matches ^[0-9]$", true),
        ("all\n    equals 1\n    equals 2", false),
        ("not\n    equals 1", false),
        ("contains 2 1", true),
        ("ends-with 2", false),
        ("empty", false),
    ] {
        let rule = format!("at replicas\nreport-if\n  {condition}\nmessage m");
        assert_eq!(messages("node", &rule, "yaml", file).len(), usize::from(expected), "{condition}");
    }
    assert_eq!(messages("node", "at empty\nreport-if\n  empty\nmessage m", "yaml", file), ["m"]);
}

#[test]
fn what_a_template_fills_in_is_never_reported() {
    let file = "image: {{ .Values.image }}\nsecurity:\n{{ toYaml .Values.security | indent 2 }}\n";
    let path = "chart/templates/x.yaml";
    for rule in [
        "at image\nreport-if\n  equals x\nmessage m",
        "at image\nreport-if\n  not\n    equals x\nmessage m",
        "at security\nreport-if\n  lacks readOnly\nmessage m",
    ] {
        let report = run("node", rule, "kubernetes", path, file).unwrap();
        assert!(report.findings.is_empty(), "{rule}");
    }
}

#[test]
fn instructions_settings_and_variables() {
    let dockerfile = "FROM debian:12\nENV APP_DEBUG=true\nEXPOSE 22\n";
    let expose = "at stage.EXPOSE.*\nreport-if\n  equals 22\nmessage 'port {value}'";
    assert_eq!(messages("node", expose, "dockerfile", dockerfile), ["port 22"]);
    let variable =
        "name *_DEBUG\nreport-if\n  equals true\nmessage '{name} is {value}'\nfix false\nfix-is safe";
    let report = run("variable", variable, "dockerfile", "Dockerfile", dockerfile).unwrap();
    assert_eq!(report.findings[0].message, "APP_DEBUG is true");
    assert_eq!(report.findings[0].fixes[0].edits[0].replacement, "false");
    let setting = "name server_debug\nreport-if\n  equals true\nmessage '{name}'";
    assert_eq!(messages("setting", setting, "toml", "[server]\ndebug = true\n"), ["server_debug"]);
}

#[test]
fn paths_choose_files() {
    let rule = |extra: &str| format!("at kind\nmessage m\n{extra}");
    for (extra, count) in [
        ("path deploy/**", 1),
        ("path **/*.yaml", 1),
        ("path *.yaml", 1),
        ("path *.yml", 0),
        ("path deploy", 0),
        ("unless-path deploy/*", 0),
    ] {
        assert_eq!(messages("node", &rule(extra), "yaml", "kind: x\n").len(), count, "{extra}");
    }
}

#[test]
fn fixes_keep_quotes_and_remove_whole_entries() {
    let file = "a: \"old\"\nb: 1\n";
    let rule = "at a\nmessage m\nfix new";
    let report = run("node", rule, "yaml", "x.yaml", file).unwrap();
    let edit = &report.findings[0].fixes[0].edits[0];
    assert_eq!((edit.span.start, edit.span.end, edit.replacement.as_str()), (4, 7, "new"));
    let report = run("node", "at b\nmessage m\nfix-remove true", "yaml", "x.yaml", file).unwrap();
    let edit = &report.findings[0].fixes[0].edits[0];
    assert_eq!((edit.span.start, edit.span.end, edit.replacement.as_str()), (9, 14, ""));
    let spaced = "at a\nmessage m\nfix 'new one'";
    let fixes = |file: &str| run("node", spaced, "yaml", "x.yaml", file).unwrap().findings[0].fixes.clone();
    assert_eq!(fixes("a: 'old'\n")[0].edits[0].replacement, "new one");
    assert!(fixes("a: old\n").is_empty());
    // A value that is spelled otherwise than it reads is left alone.
    let report = run("node", rule, "yaml", "x.yaml", "a: \"o\\x6cd\"\n").unwrap();
    assert!(report.findings[0].fixes.is_empty());
}

#[test]
fn mistakes_are_named() {
    for (rule, words) in [
        ("at a..b\nmessage m", "the path `a..b` has an empty step"),
        ("at **.a.**\nmessage m", "more than one `**`"),
        ("at a\nmessage 'x {value'", "a `{` without `}`"),
        ("at a\nmessage m\nreport-if\n  equal x", "there is no condition `equal`"),
        ("at a\nmessage m\nreport-if\n  matches (", "the expression `(`"),
        ("at a\nmessage m\nreport-if\n  less-than few", "`less-than` takes a number"),
        ("at a\nmessage m\nreport-if", "`report-if` needs a block"),
        ("at a\nmessage m\nfix x\nfix-remove true", "exclude each other"),
    ] {
        let error = run("node", rule, "yaml", "x.yaml", "a: 1\n").unwrap_err();
        assert!(error.contains(words) && error.contains("in the rule with the message"), "{error}");
    }
    let deep: String = (0..40).map(|n| format!("{}not\n", "  ".repeat(n + 1))).collect();
    let rule = format!("at a\nmessage m\nreport-if\n{deep}");
    assert!(run("node", &rule, "yaml", "x.yaml", "a: 1\n").unwrap_err().contains("nested deeper"));
}

/// How many findings a rule about nodes has in a file.
fn count(rule: &str, kind: &str, file: &str) -> usize {
    run("node", rule, kind, "deploy/web.yaml", file).unwrap().findings.len()
}

#[test]
fn a_file_without_a_key_is_reported_as_a_whole() {
    let rule = "at .\nreport-if\n  lacks ignore-scripts\nmessage m";
    let report = run("node", rule, "properties", ".npmrc", "fund=false\n").unwrap();
    assert_eq!(report.findings[0].span.map(|span| (span.start, span.end)), Some((0, 4)));
    assert_eq!(count(rule, "properties", "ignore-scripts=true\n"), 0);
    // In a stream each document is one.
    assert_eq!(count("at .\nreport-if\n  lacks a\nmessage m", "yaml", "a: 1\n---\nb: 1\n---\nc: 1\n"), 2);
}

#[test]
fn times_sizes_and_versions_are_compared_in_their_units() {
    let file =
        "t: 90s\nbare: 90\nnever: off\nm: 512Mi\ncpu: 500m\ntag: 3.9-slim\nopen: '3'\nlatest: latest\n";
    for (at, condition, expected) in [
        ("t", "longer-than 1m", 1),
        ("t", "longer-than 1m30s", 0),
        ("t", "shorter-than 2m", 1),
        // Without its unit nothing is known of it, the contrary neither.
        ("bare", "longer-than 1m", 0),
        ("bare", "not\n    longer-than 1m", 0),
        ("never", "longer-than 1m", 0),
        ("never", "not\n    longer-than 1m", 1),
        ("m", "larger-than 0.4Gi", 1),
        ("m", "smaller-than 1G", 1),
        ("cpu", "smaller-than 1", 1),
        ("never", "smaller-than 1", 0),
        ("tag", "older-than 3.11", 1),
        ("tag", "newer-than 3.8", 1),
        ("open", "older-than 3.11", 0),
        ("open", "not\n    older-than 3.11", 0),
        ("latest", "older-than 3.11", 0),
        ("latest", "not\n    older-than 3.11", 1),
    ] {
        let rule = format!("at {at}\nreport-if\n  {condition}\nmessage m");
        assert_eq!(count(&rule, "kubernetes", file), expected, "{at} {condition}");
    }
    // Elsewhere `m` is a megabyte, and a setting has the unit of its name.
    assert_eq!(count("at cpu\nreport-if\n  smaller-than 1\nmessage m", "yaml", file), 0);
    let setting = "name *\nreport-if\n  longer-than 1m\nmessage '{name}'";
    let settings = "read_timeout_ms: 90000\nwait_ms: 10\nsize: 100MB\nidle: 5min\n";
    assert_eq!(messages("setting", setting, "yaml", settings), ["read_timeout_ms", "idle"]);
}

#[test]
fn names_numbers_of_nodes_and_other_values_are_judged() {
    let file = "labels:\n  app: web\n  acme/team: shop\nlimits: {memory: 1Gi}\nrequests: {memory: 1Gi, cpu: 1}\nports: [80, 443]\n";
    for (at, condition, expected) in [
        ("labels.*", "name\n    starts-with acme/", 1),
        ("labels.*", "not\n    name\n      starts-with acme/", 1),
        (".", "has labels.*\n    name\n      equals acme/team", 1),
        (".", "count ports[*]\n    greater-than 1", 1),
        (".", "count ports[*]\n    equals 3", 0),
        (".", "count missing\n    equals 0", 1),
        ("limits.memory", "same-as ^.^.requests.memory", 1),
        ("requests.cpu", "same-as ^.^.limits.cpu", 0),
        ("requests", "same-as ^.limits", 0),
        ("ports[0]", "equals 80", 1),
        ("ports[-1]", "equals 443", 1),
        ("ports[-3]", "equals 80", 0),
        ("[0].app", "equals web", 1),
    ] {
        let rule = format!("at {at}\nreport-if\n  {condition}\nmessage m");
        assert_eq!(count(&rule, "yaml", file), expected, "{at} {condition}");
    }
    // What is about a name is said of the key.
    let named = "at ports\nreport-if\n  any\n    name\n      equals ports\nmessage m";
    let report = run("node", named, "yaml", "x.yaml", "ports: 1\n").unwrap();
    assert_eq!(report.findings[0].span.map(|span| span.start), Some(0));
    let lower = "name *\nreport-if\n  name\n    matches ^[a-z]\nmessage '{name}'";
    let report = run("variable", lower, "dotenv", ".env", "FOO=1\nbar=2\n").unwrap();
    assert_eq!(report.findings[0].span.map(|span| (span.start, span.end)), Some((6, 9)));
    // The name of a setting is judged as it is folded.
    let setting = "name *\nreport-if\n  name\n    ends-with _memory\nmessage '{name}'";
    assert_eq!(messages("setting", setting, "yaml", file), ["limits_memory", "requests_memory"]);
    assert_eq!(messages("node", "at labels.app\nmessage 'in {^}'", "yaml", file), ["in labels"]);
}

#[test]
fn values_are_compared_with_those_of_other_nodes() {
    let file = "limits: {memory: 2Gi, cpu: 500m, none: many}\nrequests: {memory: 900Mi, cpu: '0.5'}\nmin: 3\nmax: 2\n\
                wait: 90s\nidle: 1m\nserver: 3.9\nclient: v3.11\n";
    for (at, condition, expected) in [
        ("limits.memory", "larger-than ^.^.requests.memory times=2", 1),
        ("limits.memory", "larger-than ^.^.requests.memory times=2.5", 0),
        ("limits.cpu", "larger-than ^.^.requests.cpu", 0),
        ("limits.cpu", "smaller-than ^.^.requests.cpu times=1.1", 1),
        ("limits.*", "larger-than ^.^.requests.missing", 0),
        ("limits.none", "larger-than ^.^.requests.cpu", 0),
        (".", "has min\n    greater-than ^.max", 1),
        (".", "has max\n    greater-than ^.min", 0),
        ("limits", "less-than .cpu", 0),
        ("wait", "longer-than ^.idle", 1),
        ("server", "older-than ^.client", 1),
        ("server", "newer-than ^.wait", 0),
    ] {
        let rule = format!("at {at}\nreport-if\n  {condition}\nmessage m");
        assert_eq!(count(&rule, "kubernetes", file), expected, "{at} {condition}");
    }
    let unknown = "at limits\nreport-if\n  larger-than ^.requests\nmessage m";
    let template = "limits: 2Gi\nrequests: {{ .Values.requests }}\n";
    let report = run("node", unknown, "kubernetes", "chart/templates/x.yaml", template).unwrap();
    assert!(report.findings.is_empty());
    for wrong in
        ["larger-than ^.a times=0", "larger-than ^.a by=2", "older-than ^.a times=2", "larger-than a"]
    {
        let rule = format!("at a\nreport-if\n  {wrong}\nmessage m");
        assert!(run("node", &rule, "yaml", "x.yaml", "a: 1\n").is_err(), "{wrong}");
    }
}

#[test]
fn a_list_that_a_template_adds_to_has_no_number_and_no_last_entry() {
    let file = "ports:\n  - 80\n{{ toYaml .Values.ports | indent 2 }}\n";
    let path = "chart/templates/x.yaml";
    for rule in [
        "at .\nreport-if\n  count ports[*]\n    equals 1\nmessage m",
        "at ports[-1]\nmessage m",
        "at .\nreport-if\n  lacks ports[-1]\nmessage m",
    ] {
        assert!(run("node", rule, "kubernetes", path, file).unwrap().findings.is_empty(), "{rule}");
    }
}

#[test]
fn fixes_write_below_a_node_and_rename() {
    let fixed = |rule: &str, kind: &str, file: &str| {
        let report = run("node", rule, kind, "x", file).unwrap();
        let mut text = file.to_owned();
        let mut edits = report.findings[0].fixes.first().map(|fix| fix.edits.clone()).unwrap_or_default();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        }
        text
    };
    let add = "at .\nmessage m\nfix shop\nfix-at metadata.team";
    assert_eq!(fixed(add, "yaml", "metadata:\n  name: x\n"), "metadata:\n  name: x\n  team: shop\n");
    assert_eq!(fixed(add, "yaml", "metadata:\n  team: old\n"), "metadata:\n  team: shop\n");
    assert_eq!(fixed(add, "json", "{\"a\": 1}"), "{\"metadata\": {\"team\": \"shop\"}, \"a\": 1}");
    let switch = add.replace("shop", "false");
    assert_eq!(fixed(&switch, "json", "{\"a\": 1}"), "{\"metadata\": {\"team\": false}, \"a\": 1}");
    // In formats of lines the section must be there.
    assert_eq!(fixed(add, "toml", "a = 1\n"), "a = 1\n");
    assert_eq!(
        fixed(add, "toml", "a = 1\n[metadata]\nb = 2 # c\n[metadata.x]\ny = 1\n"),
        "a = 1\n[metadata]\nb = 2 # c\nteam = \"shop\"\n[metadata.x]\ny = 1\n"
    );
    assert_eq!(fixed(add, "toml", "metadata.b = 2\n"), "metadata.b = 2\n");
    assert_eq!(fixed(add, "toml", "metadata = {b = 2}\n"), "metadata = {b = 2}\n");
    let line = "at .\nmessage m\nfix true\nfix-at ignore-scripts";
    assert_eq!(fixed(line, "ini", "fund=false\r\n"), "fund=false\r\nignore-scripts=true\r\n");
    assert_eq!(fixed(line, "ini", "ignore-scripts=false"), "ignore-scripts=true");
    assert_eq!(fixed(line, "properties", "# x\na: 1"), "# x\na: 1\nignore-scripts: true");
    assert_eq!(fixed(line, "ini", "[a]\nb=1\n"), "[a]\nb=1\n");
    let rename = "at old\nmessage m\nfix-key new";
    assert_eq!(fixed(rename, "yaml", "old: 1\n"), "new: 1\n");
    assert_eq!(fixed(rename, "toml", "old = 1\n"), "new = 1\n");
    assert_eq!(fixed(rename, "json", "{\"old\": 1}"), "{\"new\": 1}");
    for (rule, words) in [
        ("at a\nmessage m\nfix-at b", "no `fix` says what"),
        ("at a\nmessage m\nfix x\nfix-at b c", "one path"),
        ("at a\nmessage m\nfix x\nfix-at b[*]", "keys with dots between them"),
    ] {
        let error = run("node", rule, "yaml", "x.yaml", "a: 1\n").unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_file_of_many_nodes_is_gone_through_once() {
    // Each node and each setting against each other would take minutes.
    let list: String = (0..100_000).map(|n| format!("- a{n}\n")).collect();
    assert_eq!(count("at **\nreport-if\n  equals a99999\nmessage m", "yaml", &list), 1);
    let documents: String = (0..20_000).map(|n| format!("---\nname: a{n}\n")).collect();
    let setting = "name name\nwhen\n  has name\n    ends-with 9999\nmessage '{value}'";
    assert_eq!(messages("setting", setting, "yaml", &documents), ["a9999", "a19999"]);
}
