//! Checkov's `.checkov.yaml`.

use super::output::{Output, SEVERITIES, quote};
use super::yaml::Yaml;

/// Arguments that only say where to look and to write; here they are arguments too.
const ARGUMENTS: [&str; 4] = ["directory", "file", "output", "output-file-path"];
/// What says how much is printed; here the format does.
const PRINTED: [&str; 3] = ["compact", "quiet", "no-guide"];

pub(super) fn import(file: &Yaml, output: &mut Output<'_>) {
    for key in file.keys() {
        let values = file.texts(file.at(&[&key]));
        match key.as_str() {
            "check" if !values.is_empty() => {
                output.section("check: these and no others");
                chosen("select", &values, true, output);
            }
            "skip-check" => {
                output.section("skip-check");
                chosen("ignore", &values, false, output);
            }
            "skip-path" => {
                output.section("skip-path");
                for path in values {
                    skip(&path, output);
                }
            }
            "soft-fail-on" => {
                output.section("soft-fail-on: reported, but no reason to fail, which starts at `low`");
                for id in values {
                    match level(&id) {
                        Some(_) => {
                            output.note(&format!("{id}: a severity; `fail-on` says where failing starts"))
                        }
                        None => output.severity(&id, "info"),
                    }
                }
            }
            "hard-fail-on" => hard_fail(&values, output),
            "soft-fail" if file.is_on(&["soft-fail"]) => {
                output.section("soft-fail");
                // `hard-fail-on` with a severity says it better; only one may stand.
                let hard = file.texts(file.at(&["hard-fail-on"]));
                if hard.iter().any(|id| level(id).is_some()) {
                    output.note("soft-fail: but for hard-fail-on");
                } else {
                    output.setting("fail-on \"never\"", "soft-fail");
                }
            }
            "baseline" => {
                output.section("baseline");
                output.note("baseline: fingerprints of Checkov mean nothing here; write a baseline anew");
            }
            "external-checks-dir" | "external-checks-git" => {
                output.section(&key);
                output.note(&format!("{key}: checks in Python; write them as rules of your own (`pack`)"));
            }
            "framework" | "skip-framework" => {
                output.section(&key);
                let named = values.join(", ");
                output.note(&format!(
                    "{key} {named}: files are known by name and content here; `ignore` takes packs"
                ));
            }
            "soft-fail" | "check" => {}
            name if ARGUMENTS.contains(&name) => {
                output.section(name);
                output.note(&format!("{name}: an argument here, see `stockade scan --help`"));
            }
            name if PRINTED.contains(&name) => {
                output.section(name);
                output.note(&format!(
                    "{name}: only findings are printed; `--format concise` gives a line to each"
                ));
            }
            other => {
                output.section(other);
                output.note(&format!("{other}: has no counterpart here"));
            }
        }
    }
}

/// Ids, patterns of ids, and severities: from one on upwards where rules are chosen, downwards where they are left out.
fn chosen(node: &str, values: &[String], upwards: bool, output: &mut Output<'_>) {
    for value in values {
        let Some(at) = level(value) else {
            output.selectors(node, std::slice::from_ref(value));
            continue;
        };
        let levels: Vec<String> = SEVERITIES
            .iter()
            .enumerate()
            .filter(|(index, _)| if upwards { *index >= at } else { *index <= at })
            .map(|(_, name)| quote(&format!("severity:{name}")))
            .collect();
        output.setting(&format!("{node} {}", levels.join(" ")), value);
    }
}

fn hard_fail(values: &[String], output: &mut Output<'_>) {
    output.section("hard-fail-on");
    let least = values.iter().filter_map(|value| level(value)).min();
    if let Some(name) = least.and_then(|at| SEVERITIES.get(at)) {
        output.setting(&format!("fail-on \"{name}\""), "hard-fail-on");
    }
    for id in values.iter().filter(|value| level(value).is_none()) {
        output.severity(id, "high");
    }
}

/// The number of a severity, from the mildest.
fn level(word: &str) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    SEVERITIES.iter().position(|name| *name == word)
}

/// Checkov searches paths for regular expressions. The plain ones are patterns too.
fn skip(path: &str, output: &mut Output<'_>) {
    let starts = path.strip_prefix('^');
    let mut body = starts.unwrap_or(path).trim_start_matches("./");
    for end in ["$", ".*", "/*", "/"] {
        body = body.strip_suffix(end).unwrap_or(body);
    }
    let body = body.replace("\\.", ".").replace("\\-", "-").replace("\\/", "/");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ' | '@');
    if body.is_empty() || !body.chars().all(plain) {
        output.note(&format!(
            "{path}: a regular expression; write it as a pattern, such as exclude \"**/generated/*.yaml\""
        ));
        return;
    }
    let anywhere = starts.is_none() && body.contains('/') && !body.starts_with('/');
    let pattern = match (starts, anywhere) {
        (Some(_), _) => format!("/{}", body.trim_start_matches('/')),
        (None, true) => format!("**/{body}"),
        (None, false) => body.trim_matches('/').to_owned(),
    };
    output.setting(&format!("exclude {}", quote(&pattern)), path);
}
