//! Names that objects use for one another: service accounts, Secrets, ConfigMaps, roles, namespaces.

use super::externals::Externals;
use super::model::{Named, Project, Provider, Reference, Workload};
use super::record::Known;
use super::title;
use std::collections::HashMap;
use stockade_sdk::{Applicability, Params, ProjectOut};

/// The service accounts that may be meant by a workload's `account`: those of the name and, of charts, those without a
/// known one.
struct Accounts<'p, 'a> {
    by_name: HashMap<&'p str, Vec<&'p Named<'a>>>,
    nameless: Vec<&'p Named<'a>>,
}

impl<'p, 'a> Accounts<'p, 'a> {
    fn of(project: &'p Project<'a>) -> Self {
        let mut this = Self { by_name: HashMap::new(), nameless: Vec::new() };
        for account in &project.accounts {
            match account.name.text() {
                Some(name) => this.by_name.entry(name).or_default().push(account),
                None => this.nameless.push(account),
            }
        }
        this
    }

    /// Those that may be of this name, from where `workload` stands.
    fn named(&self, account: &str, workload: &Workload<'_>) -> impl Iterator<Item = &'p Named<'a>> {
        let named = self.by_name.get(account).map(Vec::as_slice).unwrap_or_default();
        let nameless = self.nameless.iter().filter(|a| a.at.may_concern(workload.at));
        named.iter().chain(nameless).copied().filter(|a| a.namespace.may_equal(&workload.namespace))
    }

    /// Those that the workload's chart names with the same expression as the workload does.
    fn same_symbol(&self, workload: &Workload<'_>) -> impl Iterator<Item = &'p Named<'a>> {
        let here = self.nameless.iter().copied().filter(|a| a.at.is_together(workload.at));
        here.filter(|a| a.name.is_same_symbol(&workload.account))
    }
}

/// `token-automount`: neither the pod nor its service account keeps the token out of the pod.
pub(crate) fn automount(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    let accounts = Accounts::of(project);
    let quiet = |a: &Named<'_>| a.word == Known::Unknown || a.word.text() == Some("false");
    for workload in &project.workloads {
        let name = title(&workload.kind, &workload.name);
        let (span, message) = match &workload.automount {
            Known::Open(_) | Known::Unknown => continue,
            Known::Is(value) if value == "false" => continue,
            Known::Is(_) => (workload.automount_span, format!("{name} mounts a token of the API")),
            Known::Missing => {
                let (account, switched_off) = match &workload.account {
                    Known::Is(name) => (Some(name.as_str()), accounts.named(name, workload).any(quiet)),
                    Known::Missing => (Some("default"), accounts.named("default", workload).any(quiet)),
                    Known::Open(_) => {
                        let mut meant = accounts.same_symbol(workload).peekable();
                        (None, meant.peek().is_none() || meant.any(quiet))
                    }
                    Known::Unknown => continue,
                };
                if switched_off || project.cut {
                    continue;
                }
                let account =
                    account.map_or("its service account".to_owned(), |a| format!("the service account {a}"));
                (workload.at.span, format!("{name} mounts the token of {account}"))
            }
        };
        let finding = out.finding(workload.at.file, span.or(workload.at.span), message);
        if let Some(edit) = &workload.automount_fix {
            finding.fix(
                "set automountServiceAccountToken to false",
                Applicability::Unsafe,
                vec![edit.clone()],
            );
        }
    }
}

/// `account-not-found`: a pod names a service account that is not there, while others are.
pub(crate) fn account_not_found(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    if project.accounts.is_empty() || project.cut {
        return;
    }
    let (accounts, externals) = (Accounts::of(project), Externals::of(params));
    for workload in &project.workloads {
        let Some(account) = workload.account.text().filter(|name| !matches!(*name, "default" | "")) else {
            continue;
        };
        let known = accounts.named(account, workload).next().is_some();
        if !known && !externals.has("ServiceAccount", account, &workload.namespace) {
            let name = title(&workload.kind, &workload.name);
            let message =
                format!("{name} names the service account {account}, which is not in the repository");
            out.finding(workload.at.file, workload.account_span.or(workload.at.span), message);
        }
    }
}

/// `env-reference`: a container asks for a Secret or ConfigMap, or for a key in one, that nothing provides.
pub(crate) fn env_reference(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    if project.cut {
        return;
    }
    for reference in &project.references {
        let Some(name) = reference.name.text() else {
            open_reference(project, reference, out);
            continue;
        };
        let nameless = |(kind, at): &(String, super::model::At<'_>)| {
            *kind == reference.kind && at.may_concern(reference.at)
        };
        if project.nameless_providers.iter().any(nameless) {
            continue;
        }
        if externals.has(&reference.kind, name, &reference.namespace) {
            continue;
        }
        let found = project.providers.get(&(reference.kind.clone(), name.to_owned()));
        let mut providers = found
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|p| p.namespace.may_equal(&reference.namespace));
        let what = if reference.kind == "Secret" { "Secret" } else { "ConfigMap" };
        let container = &reference.container;
        let Some(first) = providers.next() else {
            let message =
                format!("container {container} asks for the {what} {name}, which is not in the repository");
            out.finding(reference.at.file, reference.at.span, message);
            continue;
        };
        let providers: Vec<&Provider<'_>> = std::iter::once(first).chain(providers).collect();
        key_missing(reference, &format!("{what} {name}"), &providers, out);
    }
}

/// A Secret or ConfigMap that is named by an expression, as one of the same chart is.
fn open_reference(project: &Project<'_>, reference: &Reference<'_>, out: &mut ProjectOut) {
    let Known::Open(name) = &reference.name else { return };
    let found = project.open_providers.get(&(reference.kind.clone(), name.clone()));
    let found = found.map(Vec::as_slice).unwrap_or_default().iter();
    let fits =
        |p: &&Provider<'_>| p.at.is_together(reference.at) && p.namespace.may_equal(&reference.namespace);
    let providers: Vec<&Provider<'_>> = found.filter(fits).collect();
    key_missing(reference, &reference.kind, &providers, out);
}

/// Says that the key of a reference is in none of those that it may mean.
fn key_missing(reference: &Reference<'_>, what: &str, providers: &[&Provider<'_>], out: &mut ProjectOut) {
    let (Some(key), Some(first)) = (reference.key.text(), providers.first()) else { return };
    let has = |keys: &Option<Vec<String>>| keys.as_ref().is_none_or(|keys| keys.iter().any(|k| k == key));
    // One that is off by default is there for those who do not bring their own.
    if providers.iter().any(|p| has(&p.keys) || !p.at.is_with(reference.at)) {
        return;
    }
    let container = &reference.container;
    let message = format!("container {container} asks for the key {key}, which the {what} lacks");
    let finding = out.finding(reference.at.file, reference.key_span.or(reference.at.span), message);
    if let Some(span) = first.at.span {
        finding.label_in(first.at.path, span, format!("the {}", reference.kind));
    }
}

/// `namespace-default`: an object is in the default namespace, or in none and nothing puts it into one.
pub(crate) fn namespace_default(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    for object in &project.placed {
        let kind = object.word.text().unwrap_or_default();
        let name = title(kind, &object.name);
        if object.namespace.text() == Some("default") {
            out.finding(object.at.file, object.at.span, format!("{name} is in the namespace default"));
            continue;
        }
        let chart = object.at.path.contains("templates/");
        let kustomized = project.kustomized.iter().any(|folder| object.at.path.starts_with(folder));
        if !(chart || kustomized || project.delivered) {
            out.finding(object.at.file, object.at.span, format!("{name} names no namespace"));
        }
    }
}

/// `services-status`: a role that may write the status of Services is bound to a service account or node.
pub(crate) fn services_status(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    let mut bound: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, binding) in project.bindings.iter().enumerate() {
        if let Known::Is(role) | Known::Open(role) = &binding.other {
            bound.entry(role).or_default().push(index);
        }
    }
    for role in &project.status_roles {
        let (Known::Is(name) | Known::Open(name)) = &role.name else { continue };
        let kind = role.word.text().unwrap_or_default();
        let bindings = bound.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let fits = bindings.iter().filter_map(|i| project.bindings.get(*i)).any(|binding| {
            let same_kind = binding.word.text().is_none_or(|k| k == kind);
            // An expression means the same within a chart.
            let same_name = role.name.text().is_some() || role.at.is_together(binding.at);
            same_kind
                && same_name
                && role.at.is_with(binding.at)
                && (kind == "ClusterRole" || binding.namespace.may_equal(&role.namespace))
        });
        if fits {
            let verb = role.other.text().unwrap_or_default();
            let message = format!("{} allows {verb} on services/status", title(kind, &role.name));
            out.finding(role.at.file, role.at.span, message);
        }
    }
}
