//! What a repository lacks as a whole: jobs for services that give metrics, alerts on what attackers do.

use crate::is_exempt;
use crate::rules::{is_object, rules};
use stockade_sdk::{FileFacts, Node, Out, Params, ProjectOut, Source, Span};

/// A configuration of Prometheus; its value says whether it has jobs.
const CONFIG: &str = "config";
/// Text of a job: its name and targets.
const JOB: &str = "job";
/// Jobs may come from elsewhere: service discovery, files, other objects.
const DISCOVERY: &str = "discovery";
/// A service of a Compose file that gives metrics: its names, separated by spaces.
const EXPORTER: &str = "exporter";
/// A Service with a port for metrics: its name, then its labels.
const SERVICE: &str = "service";
/// The labels of pods that ask to be scraped by an annotation.
const ANNOTATED: &str = "annotated";
/// The labels that a ServiceMonitor or PodMonitor selects by.
const MONITOR: &str = "monitor";
/// The first alert of a file.
const ALERT: &str = "alert";
/// Names and expressions of a file's alerts, in lower case.
const ALERTS: &str = "alerts";
/// Bytes of them that are kept: as much as one fact may have, and some room.
const KEPT: usize = 60_000;

/// Keys of a configuration of Prometheus. Agents for logs and traces have others.
const CONFIG_KEYS: [&str; 12] = [
    "global",
    "runtime",
    "rule_files",
    "scrape_config_files",
    "scrape_configs",
    "alerting",
    "remote_write",
    "remote_read",
    "storage",
    "tracing",
    "otlp",
    "",
];

/// Records what the checks need to know of a file.
pub(crate) fn record(source: &Source, out: &mut Out) {
    if source.is_empty() || is_exempt(source) {
        return;
    }
    for document in source.root().children() {
        match source.kind() {
            "yaml" => config(document, out),
            "compose" => services(document, out),
            "kubernetes" => object(document, out),
            _ => {}
        }
    }
    alerts(source, out);
}

fn config(document: Node<'_>, out: &mut Out) {
    let known = document.children().all(|entry| CONFIG_KEYS.contains(&entry.name()));
    let interval = |key| document.find(&format!("global.{key}")).is_some();
    let telling = interval("scrape_interval")
        || interval("evaluation_interval")
        || document.get("rule_files").is_some()
        || document.get("alerting").is_some();
    if !known || !telling || document.may_have_more() {
        return;
    }
    let jobs = document.get("scrape_configs").filter(|node| !node.is_null());
    let listed = jobs.is_some_and(|jobs| jobs.children().next().is_some() || !jobs.is_known());
    // Metrics may be listed in other files, or sent to it without being asked for.
    let elsewhere = ["scrape_config_files", "otlp"].iter().any(|key| document.get(key).is_some());
    let first = document.children().next().and_then(Node::key_span);
    let place = document.get("scrape_configs").and_then(Node::key_span).or(first);
    out.fact(CONFIG, if listed || elsewhere { "jobs" } else { "none" }, place);
    if elsewhere || jobs.is_some_and(|jobs| !jobs.is_known()) {
        out.fact(DISCOVERY, "", None);
    }
    for job in jobs.into_iter().flat_map(Node::children) {
        let mut text = String::new();
        for node in job.descendants() {
            if node.name().ends_with("_sd_configs") {
                out.fact(DISCOVERY, node.name(), None);
            }
            if node.is_scalar() && text.len() < KEPT {
                text.push_str(node.text());
                text.push(' ');
            }
        }
        out.fact(JOB, text, None);
    }
}

/// Parts of the names of images that do nothing but give metrics.
const EXPORTERS: [&str; 3] = ["exporter", "cadvisor", "pushgateway"];

fn services(document: Node<'_>, out: &mut Out) {
    let Some(services) = document.get("services") else { return };
    for service in services.children() {
        let image = service.get("image").map_or("", Node::text);
        let last = image.rsplit('/').next().unwrap_or_default();
        let repository = last.split([':', '@']).next().unwrap_or_default();
        let given = EXPORTERS.iter().any(|name| repository.contains(name));
        // One that is started only on demand is not always there to be asked.
        if !given || service.get("profiles").is_some() {
            continue;
        }
        let mut names = service.name().to_owned();
        for key in ["container_name", "hostname"] {
            if let Some(node) = service.get(key).filter(|node| node.is_scalar()) {
                names.push(' ');
                names.push_str(node.text());
            }
        }
        for alias in service.descendants().filter(|n| n.parent().is_some_and(|p| p.name() == "aliases")) {
            names.push(' ');
            names.push_str(alias.text());
        }
        out.fact(EXPORTER, names, service.key_span());
    }
}

fn object(document: Node<'_>, out: &mut Out) {
    if is_object(document, "Service") {
        let annotated = document.find("metadata.annotations").is_some_and(|annotations| {
            annotations.may_have_more() || annotations.children().any(|n| n.name().contains("scrape"))
        });
        let port = document.at("spec.ports[*].name").into_iter().find(|name| name.text().contains("metrics"));
        let name = document.find("metadata.name").filter(|name| name.is_known());
        let (Some(port), Some(name), false) = (port, name, annotated) else { return };
        let labels = document.find("metadata.labels");
        let selector = document.find("spec.selector");
        if [labels, selector].into_iter().flatten().any(Node::may_have_more) {
            return;
        }
        let mut text = name.text().to_owned();
        for (mark, label) in [("", labels), (SELECTED, selector)]
            .into_iter()
            .flat_map(|(mark, node)| node.into_iter().flat_map(Node::children).map(move |n| (mark, n)))
        {
            text.push_str(&format!(" {mark}{}={}", label.name(), label.text()));
        }
        out.fact(SERVICE, text, Some(port.place().span));
    } else if is_object(document, "ServiceMonitor") || is_object(document, "PodMonitor") {
        let selector = document.find("spec.selector");
        let labels = document.find("spec.selector.matchLabels");
        let plain = selector.is_some_and(|s| s.get("matchExpressions").is_none() && !s.may_have_more());
        match labels.filter(|labels| plain && !labels.may_have_more()) {
            Some(labels) => out.fact(MONITOR, pairs(labels), None),
            None => out.fact(DISCOVERY, "", None),
        }
    } else if is_object(document, "ConfigMap") {
        config_map(document, out);
    } else if let Some(pod) = pod_metadata(document) {
        let asks = pod.get("annotations").is_some_and(|annotations| {
            annotations.may_have_more() || annotations.children().any(|n| n.name().contains("scrape"))
        });
        if asks {
            match pod.get("labels").filter(|labels| !labels.may_have_more()) {
                Some(labels) => out.fact(ANNOTATED, pairs(labels), None),
                None => out.fact(DISCOVERY, "", None),
            }
        }
    } else if ["ScrapeConfig", "Probe", "VMServiceScrape", "VMPodScrape", "VMAgent"]
        .iter()
        .any(|kind| is_object(document, kind))
        || document.find("spec.additionalScrapeConfigs").is_some()
    {
        out.fact(DISCOVERY, "", None);
    }
}

/// What stands in front of a label by which a Service selects its pods.
const SELECTED: &str = "@";

/// `a=b c=d` of a mapping.
fn pairs(labels: Node<'_>) -> String {
    let pairs: Vec<_> = labels.children().map(|l| format!("{}={}", l.name(), l.text())).collect();
    pairs.join(" ")
}

/// The metadata of the pods that an object runs.
fn pod_metadata(document: Node<'_>) -> Option<Node<'_>> {
    if is_object(document, "Pod") {
        return document.get("metadata");
    }
    let runs = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
    runs.iter()
        .any(|kind| is_object(document, kind))
        .then(|| document.find("spec.template.metadata"))
        .flatten()
}

/// Configurations and rules of Prometheus in the data of a ConfigMap. They are documents of their own to the other
/// checks; facts are kept of whole files only, so here their text is enough.
fn config_map(document: Node<'_>, out: &mut Out) {
    let kept = |text: &str| text.get(..text.floor_char_boundary(KEPT)).unwrap_or_default().to_owned();
    for entry in document.find("data").into_iter().flat_map(Node::children).filter(|node| node.is_scalar()) {
        let text = entry.text();
        if text.contains("scrape_configs") {
            let elsewhere =
                ["_sd_configs", "scrape_config_files", "otlp:"].iter().any(|word| text.contains(word));
            if elsewhere || !entry.is_known() || text.len() > KEPT {
                out.fact(DISCOVERY, "", None);
            } else {
                out.fact(JOB, text, None);
            }
        }
        if text.contains("alert:") && text.contains("expr:") {
            out.fact(ALERT, "", entry.key_span());
            out.fact(ALERTS, kept(&text.to_ascii_lowercase()), None);
        }
    }
}

fn alerts(source: &Source, out: &mut Out) {
    let mut first: Option<Span> = None;
    let mut text = String::new();
    for rule in rules(source) {
        let Some(alert) = rule.get("alert").filter(|alert| alert.is_scalar()) else { continue };
        first.get_or_insert(alert.place().span);
        for node in [Some(alert), rule.get("expr")].into_iter().flatten() {
            if text.len() + node.text().len() < KEPT {
                text.push_str(&node.text().to_ascii_lowercase());
                text.push('\n');
            }
        }
    }
    if first.is_some() {
        out.fact(ALERT, "", first);
        out.fact(ALERTS, text, None);
    }
}

/// The facts of a kind, with the number of their file.
fn facts<'f>(
    files: &'f [FileFacts],
    key: &'f str,
) -> impl Iterator<Item = (usize, &'f FileFacts, &'f stockade_sdk::Fact)> {
    files.iter().enumerate().flat_map(move |(at, file)| {
        file.facts.iter().filter(move |fact| fact.key == key).map(move |fact| (at, file, fact))
    })
}

/// `scrape-missing`: a Prometheus has no job at all, or a service that gives metrics is in none.
pub(crate) fn scrape_missing(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    for (at, _, fact) in facts(files, CONFIG).filter(|(.., fact)| fact.value == "none") {
        out.finding(at, fact.span, "Prometheus has no job to scrape").key("jobs");
    }
    for (at, file, fact) in facts(files, EXPORTER) {
        let folder = file.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        // The configurations that lie with the Compose file or below it are those of its Prometheus.
        let own = |key| facts(files, key).filter(|(_, other, _)| other.path.starts_with(&folder));
        if own(CONFIG).next().is_none() || own(DISCOVERY).next().is_some() {
            continue;
        }
        let covered = own(JOB).any(|(.., job)| fact.value.split(' ').any(|name| has_word(&job.value, name)));
        if !covered {
            let name = fact.value.split(' ').next().unwrap_or_default();
            out.finding(at, fact.span, format!("no job of Prometheus scrapes the service {name}"))
                .key(format!("service={name}"));
        }
    }
    // Without any sign of a Prometheus nobody knows who is to scrape; with discovery, what it finds.
    let watched = [MONITOR, JOB, CONFIG].iter().any(|key| facts(files, key).next().is_some());
    if facts(files, DISCOVERY).next().is_some() || !watched {
        return;
    }
    let monitors: Vec<&str> = facts(files, MONITOR).map(|(.., fact)| fact.value.as_str()).collect();
    for (at, _, fact) in facts(files, SERVICE) {
        let mut words = fact.value.split(' ');
        let name = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        let labels: Vec<&str> = words.iter().map(|word| word.trim_start_matches(SELECTED)).collect();
        let selected: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix(SELECTED)).collect();
        let by_monitor =
            monitors.iter().any(|monitor| monitor.split(' ').all(|label| labels.contains(&label)));
        let by_annotation = !selected.is_empty()
            && facts(files, ANNOTATED).any(|(.., pod)| {
                let own: Vec<&str> = pod.value.split(' ').collect();
                selected.iter().all(|label| own.contains(label))
            });
        let by_job = facts(files, JOB).any(|(.., job)| has_word(&job.value, name));
        if by_monitor || by_annotation || by_job {
            continue;
        }
        let message = if monitors.is_empty() {
            format!("no job of Prometheus scrapes the metrics of the Service {name}")
        } else {
            format!("no ServiceMonitor selects the metrics of the Service {name}")
        };
        out.finding(at, fact.span, message).key(format!("service={name}"));
    }
}

/// Whether a host stands in a text, not as a part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let behind = text.get(at + found.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(part) && !behind.is_some_and(part)
        })
}

/// `alert-missing`: there are alerts, and none is about what the parameter `words` speak of.
pub(crate) fn alert_missing(files: &&[FileFacts], params: &Params, out: &mut ProjectOut) {
    let Some((at, _, first)) = facts(files, ALERT).next() else { return };
    let named =
        facts(files, ALERTS).any(|(.., fact)| params.strings("words").any(|word| fact.value.contains(word)));
    if !named {
        let count = facts(files, ALERTS).count();
        let where_from = if count == 1 { "in this file".to_owned() } else { format!("in {count} files") };
        out.finding(
            at,
            first.span,
            format!("none of the alerts {where_from} is about failed logins, denials or audits"),
        )
        .key("security-alert");
    }
}
