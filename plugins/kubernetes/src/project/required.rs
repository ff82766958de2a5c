//! Labels and annotations that every workload has to have, by itself or by what delivers it.
//!
//! Which ones only the rules know, and to record all labels of all objects would cost every scan. So the rules are kept
//! as they are configured, and a file records what it lacks of theirs.

use super::facts::Sink;
use super::model::At;
use super::record::{Fields, Line};
use crate::checks::describe;
use crate::checks::workload::has_replicas;
use crate::view::{Answer, Manifests, Object, ask, ask_key, known_text, list};
use std::cell::RefCell;
use std::collections::HashSet;
use stockade_sdk::wildcard::fits;
use stockade_sdk::{Node, Params, ProjectOut};

/// The check's name.
pub(crate) const CHECK: &str = "required-metadata";
/// Longest value that is held against patterns; no label and no annotation that names somebody is longer.
const MAX_VALUE: usize = 1024;

/// What a rule asks for.
struct Wanted {
    rule: u32,
    /// `labels` or `annotations`.
    field: String,
    names: Vec<String>,
    values: Vec<String>,
}

thread_local! {
    static WANTED: RefCell<Vec<Wanted>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what the rules that are switched on ask for.
pub(super) fn configure(rules: &[(u32, &'static str, &Params)]) {
    let strings = |params: &Params, name: &str| params.strings(name).map(str::to_owned).collect();
    let wanted = rules.iter().filter(|(_, check, _)| *check == CHECK).map(|(rule, _, params)| Wanted {
        rule: *rule,
        field: params.string("field").unwrap_or("labels").to_owned(),
        names: strings(params, "names"),
        values: strings(params, "values"),
    });
    WANTED.set(wanted.collect());
}

/// Something that a workload lacks.
pub(crate) struct Lack<'a> {
    at: At<'a>,
    rule: u32,
    label: String,
    object: String,
    message: String,
}

/// Something that a kustomization or a patch adds to workloads.
pub(crate) struct Supply {
    rule: u32,
    label: String,
    /// The name of the only object that gets it; empty where all do.
    object: String,
}

impl<'a> Lack<'a> {
    pub(super) fn read(at: At<'a>, mut f: Fields<'_>) -> Self {
        let rule = f.word().parse().unwrap_or(u32::MAX);
        Self { at, rule, label: f.text(), object: f.text(), message: f.text() }
    }
}

impl Supply {
    pub(super) fn read(mut f: Fields<'_>) -> Self {
        let rule = f.word().parse().unwrap_or(u32::MAX);
        Self { rule, label: f.text(), object: f.text() }
    }
}

/// Records what the workloads of a file lack of what the rules ask for, and what the file adds to others.
pub(super) fn record(view: &Manifests<'_>, sink: &mut Sink<'_>) {
    WANTED.with_borrow(|all| {
        for wanted in all {
            for label in &wanted.names {
                match view.source.kind() {
                    "kubernetes" => view.objects.iter().for_each(|o| lack(o, wanted, label, sink)),
                    "kustomization" => view.source.root().children().for_each(|root| {
                        if kustomization_adds(root, &wanted.field, label) {
                            supply(wanted, label, "", sink);
                        }
                    }),
                    _ => patch(view, wanted, label, sink),
                }
            }
        }
    });
}

fn supply(wanted: &Wanted, label: &str, object: &str, sink: &mut Sink<'_>) {
    sink.add("supply", Line::default().word(&wanted.rule.to_string()).text(label).text(object), None);
}

fn is_workload(object: &Object<'_>) -> bool {
    object.pod.is_some()
        || has_replicas(object)
        || matches!(
            (object.group(), object.kind),
            ("apps" | "extensions", "DaemonSet") | ("batch", "Job" | "CronJob")
        )
}

fn lack(object: &Object<'_>, wanted: &Wanted, label: &str, sink: &mut Sink<'_>) {
    let field = &wanted.field;
    if delivery_adds(object, field, label) {
        supply(wanted, label, "", sink);
    }
    if !is_workload(object) {
        return;
    }
    let noun = field.strip_suffix('s').unwrap_or(field);
    let (place, fault) = match ask(object.node, &format!("metadata.{field}")).then_key(label) {
        Answer::Unknown => return,
        Answer::Missing => {
            let map = object.node.find(&format!("metadata.{field}"));
            (map.map_or_else(|| object.place(), Node::key_place), format!("has no {noun} {label}"))
        }
        Answer::Is(node) => {
            let Some(value) = known_text(node).filter(|v| v.len() <= MAX_VALUE) else { return };
            if wanted.values.is_empty() || wanted.values.iter().any(|pattern| fits(pattern, value)) {
                return;
            }
            let patterns = wanted.values.join(" or ");
            (node.entry_place(), format!("has the {noun} {label}, but its value does not fit {patterns}"))
        }
    };
    let line = Line::default().word(&wanted.rule.to_string()).text(label);
    let line = line.text(object.name().unwrap_or_default());
    sink.add("lack", line.text(&format!("{} {fault}", describe(object))), Some(place.span));
}

/// Whether a mapping has the key, or a template may put it there.
fn may_have(map: Answer<'_>, label: &str) -> bool {
    map.node().is_some_and(|map| !ask_key(map, label).is_missing())
}

/// Whether a kustomization puts the label on everything, or some patch inside of it names it.
fn kustomization_adds(root: Node<'_>, field: &str, label: &str) -> bool {
    let common = if field == "labels" { "commonLabels" } else { "commonAnnotations" };
    let pairs = || list(root, "labels").any(|entry| may_have(ask(entry, "pairs"), label));
    let names = |node: Node<'_>| node.is_scalar() && node.text().contains(label);
    let patched = || {
        list(root, "patchesStrategicMerge").any(names)
            || ["patches", "patchesJson6902"]
                .iter()
                .any(|key| list(root, key).any(|patch| patch.get("patch").is_some_and(names)))
    };
    may_have(ask(root, common), label) || (field == "labels" && pairs()) || patched()
}

/// Whether an object tells Flux or Argo CD to put the label on all that they deliver.
fn delivery_adds(object: &Object<'_>, field: &str, label: &str) -> bool {
    let path = match (object.group(), object.kind) {
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => format!("spec.commonMetadata.{field}"),
        ("argoproj.io", "Application") if field == "labels" => {
            "spec.source.kustomize.commonLabels".to_owned()
        }
        ("argoproj.io", "Application") => "spec.source.kustomize.commonAnnotations".to_owned(),
        _ => return false,
    };
    may_have(ask(object.node, &path), label)
}

/// What a patch adds: to the object of its name, or, where it is a list of operations, to whatever it is for.
fn patch(view: &Manifests<'_>, wanted: &Wanted, label: &str, sink: &mut Sink<'_>) {
    let path = format!("metadata.{}", wanted.field);
    for object in &view.objects {
        if object.node.find(&path).is_some_and(|map| map.get(label).is_some()) {
            supply(wanted, label, object.name().unwrap_or_default(), sink);
        }
    }
    // In a path of JSON a slash is `~1`.
    if view.objects.is_empty() && view.source.text().contains(&label.replace('/', "~1")) {
        supply(wanted, label, "", sink);
    }
}

/// `required-metadata`: a workload lacks a label or annotation, or has it with another value.
pub(crate) fn required_metadata(project: &super::Project<'_>, _: &Params, out: &mut ProjectOut) {
    let rule = out.rule();
    let supplies = project.supplies.iter().filter(|s| s.rule == rule);
    let supplied: HashSet<(&str, &str)> = supplies.map(|s| (s.label.as_str(), s.object.as_str())).collect();
    for lack in project.lacks.iter().filter(|lack| lack.rule == rule) {
        let label = lack.label.as_str();
        let added = supplied.contains(&(label, "")) || supplied.contains(&(label, lack.object.as_str()));
        let kustomized = || project.kustomized.iter().any(|folder| lack.at.path.starts_with(folder));
        if !(added && (kustomized() || project.delivered)) {
            out.finding(lack.at.file, lack.at.span, lack.message.clone());
        }
    }
}
