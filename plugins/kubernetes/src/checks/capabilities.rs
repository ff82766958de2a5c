//! Linux capabilities that a container adds and drops.

use crate::edit::push_front;
use crate::view::{Answer, Container, Manifests, is_complete, known_text};
use stockade_sdk::{Kind, Node, Out, Params};

const DROP: &str = "securityContext.capabilities.drop";
const ADD: &str = "securityContext.capabilities.add";

/// The name without `CAP_`, in upper case, as the kernel's header and the API write it.
fn plain(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}

/// What is known of a container's drop list.
enum Dropped<'a> {
    /// These names are dropped, and no others.
    Exactly(Option<Node<'a>>, Vec<String>),
    /// Nobody can know, except that these are dropped.
    AtLeast(Vec<String>),
}

impl Dropped<'_> {
    fn has(&self, name: &str) -> bool {
        let (Self::Exactly(_, names) | Self::AtLeast(names)) = self;
        names.iter().any(|n| n == name)
    }
}

fn dropped<'a>(container: &Container<'a>) -> Dropped<'a> {
    match container.ask(DROP) {
        Answer::Missing => Dropped::Exactly(None, Vec::new()),
        Answer::Unknown => Dropped::AtLeast(Vec::new()),
        Answer::Is(list) => {
            let names = list.children().filter_map(known_text).map(plain).collect();
            let sure = list.resolve().kind() == Kind::Sequence && is_complete(list);
            if sure { Dropped::Exactly(Some(list), names) } else { Dropped::AtLeast(names) }
        }
    }
}

/// The edits that make a container drop `name` as well.
fn drop_too(
    container: &Container<'_>,
    list: Option<Node<'_>>,
    name: &str,
) -> Option<Vec<stockade_sdk::Edit>> {
    match list {
        Some(list) if list.children().next().is_some() || list.style() == 5 => push_front(list, name),
        _ => container.set(&["securityContext", "capabilities", "drop"], &format!("[\"{name}\"]")),
    }
}

/// `capability-dropped`: a container drops none of the names in `any`. With `only-empty` the list has to be empty;
/// with `or-added` a name in `any` that is added counts as well.
pub(crate) fn capability_dropped(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let only_empty = params.bool_or("only-empty", false);
    let Some(fix) = params.string("fix") else { return };
    for (pod, container) in view.containers() {
        // A privileged container has all capabilities, whatever it drops.
        if pod.windows || container.is_privileged() {
            continue;
        }
        if params.bool_or("or-added", false) && added(container, params, out) {
            continue;
        }
        let drops = dropped(container);
        let Dropped::Exactly(list, names) = &drops else { continue };
        let enough =
            if only_empty { !names.is_empty() } else { params.strings("any").any(|name| drops.has(name)) };
        if enough {
            continue;
        }
        let place = list.map_or_else(|| container.place_of_missing(DROP), Node::key_place);
        let name = container.name();
        let message = if names.is_empty() {
            format!("container {name} drops no capability")
        } else {
            format!("container {name} drops {} but not {fix}", names.join(", "))
        };
        let finding = out.finding(place, message);
        if let Some(edits) = drop_too(container, *list, fix) {
            finding.unsafe_fix(format!("drop {fix}"), edits);
        }
    }
}

/// Reports the forbidden names (`fix` of the drop check) that a container adds back.
fn added(container: &Container<'_>, params: &Params, out: &mut Out) -> bool {
    let Some(forbidden) = params.string("fix") else { return false };
    let mut any = false;
    for item in container.list(ADD) {
        let Some(text) = known_text(item).filter(|text| plain(text) == forbidden) else { continue };
        report(container, item, text, out);
        any = true;
    }
    any
}

fn report(container: &Container<'_>, item: Node<'_>, text: &str, out: &mut Out) {
    let finding =
        out.finding(item.place(), format!("container {} adds the capability {text}", container.name()));
    if let Some(edits) = container.part.remove(item) {
        finding.unsafe_fix(format!("do not add {text}"), edits);
    }
}

/// Reports an added capability that is written with `CAP_` or in small letters.
fn misspelt(container: &Container<'_>, item: Node<'_>, text: &str, name: &str, out: &mut Out) {
    let message = format!("container {} adds {text}, which Kubernetes calls {name}", container.name());
    let finding = out.finding(item.place(), message);
    if item.kind() == Kind::Scalar {
        let edit = stockade_sdk::Edit::replace_value(item, name);
        finding.unsafe_fix(format!("write {name}"), vec![edit]);
    }
}

/// `capability-added`: a container adds a capability that `forbid` names or, where `allow` is given, one that it does
/// not name. Those in `elsewhere` have a rule of their own. With `needs-drop-all` even an allowed one counts where ALL is
/// not dropped. An allowed one counts where it is not written as the API writes it.
pub(crate) fn capability_added(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let allow_list = params.has("allow");
    let needs_drop_all = params.bool_or("needs-drop-all", false);
    for (_, container) in view.containers() {
        for item in container.list(ADD) {
            let Some(text) = known_text(item) else { continue };
            let name = plain(text);
            if params.strings("elsewhere").any(|e| e == name) {
                continue;
            }
            let allowed = params.strings("allow").any(|a| a == name);
            // Admission and most runtimes know capabilities by the one spelling alone.
            if allowed && text != name {
                misspelt(container, item, text, &name, out);
                continue;
            }
            let bad = params.strings("forbid").any(|f| f == name) || (allow_list && !allowed);
            if bad {
                report(container, item, text, out);
            } else if needs_drop_all
                && matches!(dropped(container), d @ Dropped::Exactly(..) if !d.has("ALL"))
            {
                let message = format!("container {} adds {text} without dropping ALL", container.name());
                let finding = out.finding(item.place(), message);
                if let Dropped::Exactly(list, _) = dropped(container)
                    && let Some(edits) = drop_too(container, list, "ALL")
                {
                    finding.unsafe_fix("drop ALL", edits);
                }
            }
        }
    }
}
