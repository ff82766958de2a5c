//! kube-linter's `.kube-linter.yaml`.

use super::output::{Output, quote};
use super::yaml::Yaml;

pub(super) fn import(file: &Yaml, output: &mut Output<'_>) {
    let include = file.texts(file.at(&["checks", "include"]));
    if file.is_on(&["checks", "addAllBuiltIn"]) {
        output.section("addAllBuiltIn: every rule that stands for one of kube-linter's");
        let ids = output.all_ids();
        output.selectors("extend-select", &ids);
    } else if file.is_on(&["checks", "doNotAutoAddDefaults"]) {
        output.section("doNotAutoAddDefaults: these rules and no others");
        if include.is_empty() {
            output.note("doNotAutoAddDefaults: nothing is included, which would leave no rule; the default profile stays");
        } else {
            output.selectors("select", &include);
            output.note(
                "Rules about other files are off too. To have them back: extend-select \"dockerfile/*\" ...",
            );
        }
    } else if !include.is_empty() {
        output.section("include");
        output.selectors("extend-select", &include);
    }
    let exclude = file.texts(file.at(&["checks", "exclude"]));
    if !exclude.is_empty() {
        output.section("exclude");
        output.selectors("ignore", &exclude);
    }
    for path in [&["checks", "ignorePaths"][..], &["ignorePaths"][..]] {
        let paths = file.texts(file.at(path));
        if paths.is_empty() {
            continue;
        }
        output.section("ignorePaths");
        output.note("kube-linter reads only manifests; `exclude` leaves these files out for all rules.");
        for path in paths {
            if path.starts_with('~') || path.starts_with('/') {
                output.note(&format!("{path}: lies outside the repository, where nothing is scanned"));
            } else {
                output.setting(&format!("exclude {}", quote(&path)), &path);
            }
        }
    }
    for check in file.at(&["customChecks"]).map(|node| file.items(node)).unwrap_or_default() {
        let text = |name: &str| file.child(check, name).and_then(|node| file.text(node)).unwrap_or_default();
        output.section("customChecks");
        let (name, template) = (text("name"), text("template"));
        output.note(&format!(
            "{name}: a check of your own from the template `{template}`; write it as a rule of your own (`pack`)"
        ));
    }
    for key in file.keys() {
        if !matches!(key.as_str(), "checks" | "customChecks" | "ignorePaths") {
            output.section(&key);
            output.note(&format!("{key}: not a setting that is known of kube-linter"));
        }
    }
}
