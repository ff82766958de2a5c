//! Replicas, autoscalers and disruption budgets.

use super::externals::Externals;
use super::model::{Project, Scaler, Workload};
use super::record::Known;
use super::title;
use std::collections::HashMap;
use stockade_sdk::{Applicability, Params, ProjectOut};

/// Autoscalers by their target.
struct Scalers<'p, 'a> {
    /// By the name of the target, or by its symbol.
    by_target: HashMap<&'p str, Vec<&'p Scaler<'a>>>,
    /// Those whose target nobody knows.
    open: Vec<&'p Scaler<'a>>,
}

impl<'p, 'a> Scalers<'p, 'a> {
    fn of(project: &'p Project<'a>) -> Self {
        let mut this = Self { by_target: HashMap::new(), open: Vec::new() };
        for scaler in &project.scalers {
            if let Known::Is(target) | Known::Open(target) = &scaler.target {
                this.by_target.entry(target).or_default().push(scaler);
            }
            if scaler.target.text().is_none() {
                this.open.push(scaler);
            }
        }
        this
    }

    /// The autoscaler that certainly targets a workload.
    fn target(&self, workload: &Workload<'_>) -> Option<&'p Scaler<'a>> {
        let (Known::Is(name) | Known::Open(name)) = &workload.name else { return None };
        let named = self.by_target.get(name.as_str())?;
        // An expression means the same within a chart.
        let same_name = |s: &Scaler<'_>| workload.name.text().is_some() || s.at.is_together(workload.at);
        let fits = |s: &Scaler<'_>| same_name(s) && s.at.is_with(workload.at);
        named.iter().copied().find(|s| fits(s) && targets(s, workload))
    }

    /// Whether some autoscaler may target a workload.
    fn may_target(&self, workload: &Workload<'_>) -> bool {
        self.target(workload).is_some()
            || self.open.iter().any(|s| s.at.may_concern(workload.at))
            || workload
                .name
                .text()
                .and_then(|name| self.by_target.get(name))
                .is_some_and(|named| named.iter().any(|s| targets(s, workload)))
            || (workload.name.text().is_none()
                && self.by_target.values().flatten().any(|s| workload.at.may_concern(s.at)))
    }
}

fn targets(scaler: &Scaler<'_>, workload: &Workload<'_>) -> bool {
    let kind = scaler.target_kind.text().is_none_or(|kind| kind == workload.kind);
    kind && scaler.namespace.may_equal(&workload.namespace)
}

fn is_replicated(workload: &Workload<'_>) -> bool {
    matches!(workload.kind.as_str(), "Deployment" | "StatefulSet" | "DeploymentConfig" | "Rollout")
}

/// The number of replicas that a workload has without an autoscaler; `None` where nobody knows.
fn replicas(workload: &Workload<'_>) -> Option<i64> {
    match &workload.replicas {
        Known::Missing => Some(1),
        known => known.number(),
    }
}

/// `minimum-replicas`: a workload without autoscaler runs fewer replicas than `at-least`.
pub(crate) fn minimum_replicas(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let least = params.int_or("at-least", 3);
    let scalers = Scalers::of(project);
    for workload in project.workloads.iter().filter(|w| is_replicated(w)) {
        let Some(count) = replicas(workload).filter(|count| *count < least) else { continue };
        if !scalers.may_target(workload) {
            // Scaled to zero is switched off, not too few.
            if count == 0 {
                continue;
            }
            let noun = if count == 1 { "replica" } else { "replicas" };
            let message = format!("{} runs {count} {noun}", title(&workload.kind, &workload.name));
            out.finding(workload.at.file, workload.replicas_span.or(workload.at.span), message);
        }
    }
}

/// `hpa-dangling`: an autoscaler's target is not in the repository.
pub(crate) fn scaler_dangling(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    if project.cut {
        return;
    }
    for scaler in project.scalers.iter().filter(|s| s.kind == "HorizontalPodAutoscaler") {
        let (Some(target), Some(kind)) = (scaler.target.text(), scaler.target_kind.text()) else { continue };
        let fits = |name: &Known, namespace: &Known, of: &str, at: super::model::At<'_>| {
            let named = name.text().map_or_else(|| at.may_concern(scaler.at), |name| name == target);
            named && of == kind && namespace.may_equal(&scaler.namespace)
        };
        let known = project.workloads.iter().any(|w| fits(&w.name, &w.namespace, &w.kind, w.at))
            || project
                .scalables
                .iter()
                .any(|o| fits(&o.name, &o.namespace, o.word.text().unwrap_or_default(), o.at));
        if !known && !externals.has(kind, target, &scaler.namespace) {
            let name = title(&scaler.kind, &scaler.name);
            let message = format!("{name} scales {kind} {target}, which is not in the repository");
            out.finding(scaler.at.file, scaler.at.span, message);
        }
    }
}

/// `hpa-fixed-replicas`: a workload has a fixed number of replicas and an autoscaler.
pub(crate) fn fixed_replicas(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    let scalers = Scalers::of(project);
    for workload in &project.workloads {
        let Some(scaler) = scalers.target(workload).filter(|_| workload.replicas != Known::Missing) else {
            continue;
        };
        let name = title(&workload.kind, &workload.name);
        let message =
            format!("{name} sets replicas although {} scales it", title(&scaler.kind, &scaler.name));
        let mut finding = out.finding(workload.at.file, workload.replicas_span.or(workload.at.span), message);
        if let Some(span) = scaler.at.span {
            finding = finding.label_in(scaler.at.path, span, "the autoscaler");
        }
        if let Some(edit) = &workload.without_replicas {
            finding.fix("remove replicas", Applicability::Unsafe, vec![edit.clone()]);
        }
    }
}

/// A number of pods, or a share of them in percent.
fn amount(known: &Known) -> Option<(i64, bool)> {
    let text = known.text()?;
    match text.strip_suffix('%') {
        Some(share) => share.parse().ok().map(|n| (n, true)),
        None => text.parse().ok().map(|n| (n, false)),
    }
}

/// `pdb-blocks-eviction`: a budget leaves no pod that may be evicted.
pub(crate) fn budget_blocks(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    let scalers = Scalers::of(project);
    for budget in &project.budgets {
        let name = title("PodDisruptionBudget", &budget.name);
        if let Some((0, percent)) = amount(&budget.most) {
            let sign = if percent { "%" } else { "" };
            let message = format!("{name} forbids every eviction: maxUnavailable is 0{sign}");
            out.finding(budget.at.file, budget.most_span.or(budget.at.span), message);
        }
        let place = budget.least_span.or(budget.at.span);
        match amount(&budget.least) {
            Some((100.., true)) => {
                let message = format!("{name} forbids every eviction: minAvailable is 100%");
                out.finding(budget.at.file, place, message);
            }
            Some((least @ 1.., false)) => {
                let selected = project.selected(&budget.selector, &budget.namespace, budget.at);
                let workloads =
                    selected.filter(|(_, sure)| *sure).filter_map(|(i, _)| project.workloads.get(i));
                for workload in workloads.filter(|w| w.kind != "DaemonSet" && w.kind != "Pod") {
                    let count = match scalers.target(workload) {
                        Some(scaler) if scaler.least == Known::Missing => Some(1),
                        Some(scaler) => scaler.least.number(),
                        None if scalers.may_target(workload) => None,
                        None => replicas(workload),
                    };
                    let Some(count) = count.filter(|count| least >= *count && *count > 0) else { continue };
                    let workload = title(&workload.kind, &workload.name);
                    let message = format!(
                        "{name} forbids every eviction: minAvailable is {least}, and {workload} runs {count}"
                    );
                    out.finding(budget.at.file, place, message);
                    break;
                }
            }
            _ => {}
        }
    }
}

/// `pdb-missing`: no budget selects a workload with two or more replicas.
pub(crate) fn budget_missing(project: &Project<'_>, params: &Params, out: &mut ProjectOut) {
    let externals = Externals::of(params);
    if project.cut {
        return;
    }
    let mut selected = vec![false; project.workloads.len()];
    for budget in &project.budgets {
        for (index, _) in project.selected(&budget.selector, &budget.namespace, budget.at) {
            if let Some(flag) = selected.get_mut(index) {
                *flag = true;
            }
        }
    }
    for (workload, selected) in project.workloads.iter().zip(selected) {
        let Some(count) = workload.replicas.number().filter(|count| *count >= 2) else { continue };
        if is_replicated(workload) && !selected && !externals.has_budget(&workload.namespace) {
            let name = title(&workload.kind, &workload.name);
            let message = format!("{name} runs {count} replicas and is selected by no PodDisruptionBudget");
            out.finding(workload.at.file, workload.replicas_span.or(workload.at.span), message);
        }
    }
}
