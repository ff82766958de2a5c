//! Flags and settings of the control plane's programs and of the kubelet: in the containers that run them, in what
//! kubeadm makes flags of, and in the kubelet's own file.

mod fix;
mod wish;

use crate::checks::describe;
use crate::checks::secrets::encryption;
use crate::view::{Answer, CommandLine, Component, Manifests, Object, ask, known_text, list, text_at, truth};
use stockade_sdk::{Kind, Node, Out, Params};
use wish::{Said, Wish};

/// `apiserver-flag`: what a container gives to `kube-apiserver`, and what its file about encryption says.
pub(crate) fn apiserver(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    flags(Component::Apiserver, view, &Wish::new(params), out);
    if params.bool_or("encryption-file", false) {
        encryption::written_as_they_are(view, out);
    }
}

/// `controller-manager-flag`: what a container gives to `kube-controller-manager`.
pub(crate) fn controller_manager(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    flags(Component::ControllerManager, view, &Wish::new(params), out);
}

/// `scheduler-flag`: what a container gives to `kube-scheduler`.
pub(crate) fn scheduler(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    flags(Component::Scheduler, view, &Wish::new(params), out);
}

/// `etcd-flag`: what a container gives to `etcd`.
pub(crate) fn etcd(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    flags(Component::Etcd, view, &Wish::new(params), out);
}

/// `kubelet-setting`: what a container gives to `kubelet`, and what a `KubeletConfiguration` says.
pub(crate) fn kubelet(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    flags(Component::Kubelet, view, &Wish::new(params), out);
    let Some(field) = params.string("field") else { return };
    let wish = Wish::of_field(params);
    for object in view.objects.iter().filter(|o| o.is("kubelet.config.k8s.io", "KubeletConfiguration")) {
        kubelet_file(view, object, field, &wish, out);
    }
}

/// Judges the flags of every container that runs the component, and those that kubeadm makes of entries.
fn flags(component: Component, view: &Manifests<'_>, wish: &Wish<'_>, out: &mut Out) {
    for started in view.started(component).iter().filter(|started| wish.is_for_version(started.image)) {
        judge(&started.line, &format!("container {}", started.name), wish, out);
    }
    // Which release kubeadm is going to install is not in the image's name.
    if wish.is_for_version(None) {
        for object in view.objects.iter().filter(|object| object.group() == "kubeadm.k8s.io") {
            if let Some(line) = kubeadm(object, component) {
                judge(&line, &describe(object), wish, out);
            }
        }
    }
}

/// The entries of a kubeadm object that become flags of the component. kubeadm adds others by itself.
fn kubeadm<'a>(object: &Object<'a>, component: Component) -> Option<CommandLine<'a>> {
    let path = match component {
        Component::Apiserver => "apiServer.extraArgs",
        Component::ControllerManager => "controllerManager.extraArgs",
        Component::Scheduler => "scheduler.extraArgs",
        Component::Etcd => "etcd.local.extraArgs",
        Component::Kubelet => "nodeRegistration.kubeletExtraArgs",
    };
    let all = ask(object.node, path).node()?;
    // Up to v1beta3 a mapping, from v1beta4 on a list of names and values.
    let entries = all.children().filter_map(|entry| match entry.resolve().kind() {
        Kind::Mapping => Some((text_at(entry, "name")?, entry.get("value")?)),
        Kind::Scalar if !entry.name().is_empty() => Some((entry.name(), entry)),
        _ => None,
    });
    Some(CommandLine::of_entries(all, entries))
}

/// Reports what is wrong with the flags of one command line.
fn judge(line: &CommandLine<'_>, who: &str, wish: &Wish<'_>, out: &mut Out) {
    let holds = |condition: &str| {
        let (name, value) = condition.split_once('=').map_or((condition, None), |(n, v)| (n, Some(v)));
        line.flags(name).any(|flag| match (value, flag.value) {
            (Some(value), Some(given)) => given.split(',').any(|part| part.trim() == value),
            // What is not known may be so.
            _ => true,
        })
    };
    if wish.overruled_by.iter().any(|condition| holds(condition)) || wish.is_loopback(line) {
        return;
    }
    let given = wish.names.iter().find(|name| line.flag(name).is_some());
    let lacking: Vec<&str> = wish.also.iter().copied().filter(|name| line.flag(name).is_none()).collect();
    let Some(name) = given.filter(|_| lacking.is_empty()) else {
        let may_stand_elsewhere = !line.is_complete() || wish.unless.iter().any(|condition| holds(condition));
        if wish.missing && !may_stand_elsewhere {
            let first = wish.names.first().filter(|_| given.is_none());
            let named: Vec<String> =
                first.into_iter().chain(&lacking).map(|name| format!("--{name}")).collect();
            let finding = out.finding(line.list.key_place(), format!("{who} {}", wish.missing_text(&named)));
            if let Some((title, edits)) = fix::add(line, wish) {
                finding.unsafe_fix(title, edits);
            }
        }
        return;
    };
    let flags: Vec<_> = line.flags(name).collect();
    let values: Vec<Option<&str>> = flags.iter().map(|flag| flag.value).collect();
    let Some(last) = flags.last() else { return };
    let Some(fault) = wish.fault(&last.shown, &Said::Flag(&values)) else { return };
    // Of a list given in several flags, the one that has the element.
    let flag = fault.element.and_then(|e| flags.iter().find(|f| has_element(f.value, e))).unwrap_or(last);
    let place = match flag.value_node {
        Some(value) if flag.node == value => value.entry_place(),
        _ => flag.node.place(),
    };
    let finding = out.finding(place, format!("{who} {}", fault.text));
    if let Some((title, edits)) = fix::change(line, flag, wish) {
        finding.unsafe_fix(title, edits);
    }
}

fn has_element(value: Option<&str>, element: &str) -> bool {
    value.is_some_and(|value| value.split(',').any(|part| part.trim() == element))
}

/// Reports what is wrong with a field of the kubelet's own file.
fn kubelet_file(view: &Manifests<'_>, object: &Object<'_>, field: &str, wish: &Wish<'_>, out: &mut Out) {
    const WHO: &str = "the KubeletConfiguration";
    if wish.unless.iter().any(|condition| field_holds(object.node, condition)) {
        return;
    }
    let mut lacking = Vec::new();
    for path in std::iter::once(field).chain(wish.also.iter().copied()) {
        match ask(object.node, path) {
            Answer::Unknown => return,
            Answer::Missing => lacking.push(path.to_owned()),
            Answer::Is(_) => {}
        }
    }
    if !lacking.is_empty() {
        // kubeadm fills in what is missing, a file of a folder `*.conf.d` is laid over another, and one that has no word
        // about who may call is completed by the flags of whoever installs the node.
        let partial = view.source.path().contains(".conf.d/")
            || view.objects.iter().any(|other| other.group() == "kubeadm.k8s.io")
            || ["authentication", "authorization"].iter().all(|key| object.node.get(key).is_none());
        if wish.missing && !partial {
            let finding = out.finding(object.place(), format!("{WHO} {}", wish.missing_text(&lacking)));
            if let Some((title, edits)) = fix::field(object.node, field, wish) {
                finding.unsafe_fix(title, edits);
            }
        }
        return;
    }
    let Some(node) = ask(object.node, field).node() else { return };
    let said = match node.resolve().kind() {
        Kind::Sequence => {
            Said::List(list(object.node, field).map(|n| known_text(n).map(str::to_owned)).collect())
        }
        Kind::Scalar => match truth(node) {
            Some(value) => Said::List(vec![Some(value.to_string())]),
            None => Said::List(vec![known_text(node).map(str::to_owned)]),
        },
        _ => return,
    };
    let Some(fault) = wish.fault(field, &said) else { return };
    let finding = out.finding(node.entry_place(), format!("{WHO} {}", fault.text));
    if let Some((title, edits)) = fix::field(object.node, field, wish) {
        finding.unsafe_fix(title, edits);
    }
}

/// Whether a field is there, or has the value behind `=`, or may.
fn field_holds(object: Node<'_>, condition: &str) -> bool {
    let (path, value) = condition.split_once('=').map_or((condition, None), |(p, v)| (p, Some(v)));
    match (ask(object, path), value) {
        (Answer::Missing, _) => false,
        (Answer::Unknown, _) | (Answer::Is(_), None) => true,
        (Answer::Is(node), Some(value)) => match truth(node) {
            Some(given) => given.to_string() == value,
            None => known_text(node).is_none_or(|given| given == value),
        },
    }
}
