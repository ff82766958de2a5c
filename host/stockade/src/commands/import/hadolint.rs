//! hadolint's `.hadolint.yaml`.

use super::output::Output;
use super::yaml::Yaml;

/// hadolint's severities, and the ones here that are reported at the same level in SARIF.
const LEVELS: [(&str, &str); 4] =
    [("error", "high"), ("warning", "medium"), ("info", "low"), ("style", "info")];

/// The types of labels, and the rule of hadolint that checks labels of the type.
const LABEL_TYPES: [(&str, &str); 8] = [
    ("text", "DL3051"),
    ("url", "DL3052"),
    ("rfc3339", "DL3053"),
    ("spdx", "DL3054"),
    ("hash", "DL3055"),
    ("semver", "DL3056"),
    ("email", "DL3058"),
    ("rawText", "DL3051"),
];

pub(super) fn import(file: &Yaml, output: &mut Output<'_>) {
    for key in file.keys() {
        match key.as_str() {
            "ignored" => {
                output.section("ignored");
                output.selectors("ignore", &file.texts(file.at(&["ignored"])));
            }
            "override" => overrides(file, output),
            "failure-threshold" => threshold(file, output),
            "no-fail" if file.is_on(&["no-fail"]) => {
                output.section("no-fail");
                output.setting("fail-on \"never\"", "no-fail");
            }
            "trustedRegistries" => {
                let registries = file.texts(file.at(&["trustedRegistries"]));
                if !registries.is_empty() {
                    output.section("trustedRegistries");
                    output.parameter("DL3026", "allow", &registries);
                }
            }
            "label-schema" => labels(file, output),
            "strict-labels" if file.is_on(&["strict-labels"]) && file.at(&["label-schema"]).is_none() => {
                output.section("strict-labels");
                output.note("strict-labels: without a label-schema there is nothing to be strict about");
            }
            "disable-ignore-pragma" if file.is_on(&["disable-ignore-pragma"]) => {
                output.section("disable-ignore-pragma");
                output.note("disable-ignore-pragma: `# hadolint ignore=` counts only where `suppressions` has `peers \"hadolint\"`");
            }
            "no-fail" | "strict-labels" | "disable-ignore-pragma" => {}
            "format" | "no-color" => {
                output.section(&key);
                output.note(&format!("{key}: an argument here, `stockade scan --format` and `--color`"));
            }
            other => {
                output.section(other);
                output.note(&format!("{other}: not a setting that is known of hadolint"));
            }
        }
    }
}

fn overrides(file: &Yaml, output: &mut Output<'_>) {
    output.section("override: error is high here, warning medium, info low, style info");
    for (level, severity) in LEVELS {
        for id in file.texts(file.at(&["override", level])) {
            output.severity(&id, severity);
        }
    }
}

fn threshold(file: &Yaml, output: &mut Output<'_>) {
    let Some(level) = file.text_at(&["failure-threshold"]) else { return };
    output.section("failure-threshold");
    if file.is_on(&["no-fail"]) {
        output.note(&format!("failure-threshold {level}: with no-fail nothing fails"));
        return;
    }
    let severity = LEVELS.iter().find(|(name, _)| *name == level).map(|(_, severity)| *severity);
    let severity = severity.or((level == "ignore" || level == "none").then_some("never"));
    match severity {
        Some(severity) => {
            output.note("The severities of the rules here are their own; `severity` sets single ones.");
            output.setting(&format!("fail-on \"{severity}\""), &format!("failure-threshold {level}"));
        }
        None => output.note(&format!("failure-threshold: `{level}` is no severity of hadolint")),
    }
}

fn labels(file: &Yaml, output: &mut Output<'_>) {
    let schema = file.at(&["label-schema"]);
    let names = file.names(schema);
    if names.is_empty() {
        return;
    }
    output.section("label-schema");
    output.parameter("DL3049", "labels", &names);
    let mut by_rule: Vec<(&str, Vec<String>)> = Vec::new();
    for name in &names {
        let kind = file.text_at(&["label-schema", name]).unwrap_or_default();
        match LABEL_TYPES.iter().find(|(known, _)| *known == kind) {
            Some((_, id)) => match by_rule.iter_mut().find(|(other, _)| other == id) {
                Some((_, labels)) => labels.push(name.clone()),
                None => by_rule.push((id, vec![name.clone()])),
            },
            None => output
                .note(&format!("label-schema: `{name}` has the type `{kind}`, which no rule here checks")),
        }
    }
    for (id, labels) in by_rule {
        output.parameter(id, "labels", &labels);
    }
    if file.is_on(&["strict-labels"]) {
        output.parameter("DL3050", "labels", &names);
    }
}
