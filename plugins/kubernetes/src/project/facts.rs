//! What is recorded of each file.

use super::record::{Known, Line};
use super::wanted::Fact;
use crate::checks::workload::has_replicas;
use crate::edit::remove;
use crate::view::{
    Answer, Labels, Manifests, Object, Pod, Role, Selector, ask, is_complete, known_text, labels_at, list,
    text_at, truth,
};
use stockade_sdk::{Kind, Node, Out, Source, Span};

/// Most facts and bytes of facts of one file: below what a host takes, which would otherwise drop the whole file.
const MAX_FACTS: usize = 9_000;
const MAX_BYTES: usize = 448 * 1024;
/// Most bytes of one of them: below what a host takes as well.
const MAX_LINE: usize = 60 * 1024;
/// Most bytes of the keys of a Secret or ConfigMap that are told.
const MAX_KEYS: usize = 16 * 1024;

/// Collects facts up to the limits.
pub(super) struct Sink<'o> {
    out: &'o mut Out,
    count: usize,
    bytes: usize,
    /// Facts that there was no room for.
    left_out: usize,
}

impl<'o> Sink<'o> {
    fn new(out: &'o mut Out) -> Self {
        Self { out, count: 0, bytes: 0, left_out: 0 }
    }

    pub(super) fn add(&mut self, key: &str, line: Line, span: Option<Span>) {
        let line = line.finish();
        let bytes = self.bytes + key.len() + line.len();
        // Once something is left out, so is what follows: what is kept depends on the order alone.
        let fits = line.len() <= MAX_LINE && bytes <= MAX_BYTES;
        if self.left_out > 0 || self.count >= MAX_FACTS || !fits {
            self.left_out += 1;
            return;
        }
        self.count += 1;
        self.bytes = bytes;
        self.out.fact(key, line, span);
    }

    /// Tells the rules that miss something, and the host, that not all is known.
    fn finish(self) {
        if self.left_out > 0 {
            self.out.fact("cut", "", None);
            self.out.left_out(self.left_out);
        }
    }
}

/// Records what the project checks need to know of a file.
pub(crate) fn record(view: &Manifests<'_>, out: &mut Out) {
    let mut sink = Sink::new(out);
    // First: each is a finding, unless another file settles it. The others tell what is there, and rules that miss something
    // say nothing where there was too much to tell.
    super::images::record(view, &mut sink);
    super::gateways::record(view, &mut sink);
    match view.source.kind() {
        "kustomization" => kustomization(view.source, &mut sink),
        "kubernetes" => {
            for object in &view.objects {
                workload(object, &mut sink);
                placement(object, &mut sink);
                references(object, &mut sink);
                other(object, &mut sink);
            }
        }
        _ => {}
    }
    // Last, so that what only some rules ask for takes no room from the rest.
    super::required::record(view, &mut sink);
    sink.finish();
}

/// A field for a selector.
fn selector(line: Line, selector: &Selector) -> Line {
    line.word(&selector.to_text())
}

fn names(object: &Object<'_>) -> Line {
    Line::default().known(&Known::at(object.node, "metadata.name")).answer(object.namespace())
}

fn workload(object: &Object<'_>, sink: &mut Sink<'_>) {
    if !(Fact::Workload.is_wanted() || Fact::Scalable.is_wanted()) {
        return;
    }
    let replicas = ask(object.node, "spec.replicas");
    let scales = has_replicas(object);
    if object.pod.is_none() && !scales {
        if Fact::Scalable.is_wanted() && !matches!(replicas, Answer::Missing) {
            sink.add("scalable", names(object).text(object.kind), None);
        }
        return;
    }
    let labels = match &object.pod {
        Some(pod) => Labels::of(pod.labels()),
        None if !ask(object.node, "spec.template.metadata.labels").is_missing() => {
            labels_at(object.node, "spec.template.metadata.labels")
        }
        // A workload without a template is no workload, but its selector says which pods it means.
        None => labels_at(object.node, "spec.selector.matchLabels"),
    };
    let line = names(object).text(object.kind).word(&labels.to_text());
    let line = line.flag(object.pod.as_ref().is_some_and(host_network)).answer(replicas).entry(replicas);
    let fixed = replicas.node().filter(|_| Fact::ReplicasFix.is_wanted());
    let line = line.edit(fixed.and_then(|node| remove(node, object.node)));
    sink.add("workload", account(line, object.pod.as_ref()), Some(object.place().span));
}

fn host_network(pod: &Pod<'_>) -> bool {
    match pod.ask("hostNetwork") {
        Answer::Missing => false,
        // Where nobody knows, the pod may be out of reach for policies.
        Answer::Unknown => true,
        Answer::Is(node) => truth(node) != Some(false),
    }
}

/// Which service account a pod has, and what it says about its token.
fn account(line: Line, pod: Option<&Pod<'_>>) -> Line {
    let Some(pod) = pod else { return line.word("?").word("-").word("?").word("-").word("-").flag(false) };
    let account = pod.ask("serviceAccountName").or_else(|| pod.ask("serviceAccount"));
    let automount = pod.ask("automountServiceAccountToken");
    let said = match automount {
        Answer::Is(node) => match truth(node) {
            Some(value) => Known::Is(value.to_string()),
            None => Known::Unknown,
        },
        other => Known::of(other),
    };
    let fix =
        Fact::AutomountFix.is_wanted().then(|| pod.spec.set(&["automountServiceAccountToken"], "false"));
    let name = match (account, pod.spec.mapping()) {
        (Answer::Unknown, Some(spec)) => {
            Known::at(spec, "serviceAccountName").or_else(|| Known::at(spec, "serviceAccount"))
        }
        _ => Known::of(account),
    };
    line.known(&name).entry(account).known(&said).entry(automount).edit(fix.flatten()).flag(true)
}

/// Kinds that live in a namespace and run or publish something.
fn is_placed(object: &Object<'_>) -> bool {
    object.pod.is_some() || object.is("", "Service") || object.kind == "Ingress"
}

/// A namespaced object in the default namespace, or in none.
fn placement(object: &Object<'_>, sink: &mut Sink<'_>) {
    // The Service of the API server itself has no other place.
    if !Fact::Placed.is_wanted()
        || !is_placed(object)
        || (object.kind == "Service" && object.name() == Some("kubernetes"))
    {
        return;
    }
    match object.namespace() {
        Answer::Missing if object.in_template => {}
        Answer::Missing if ask(object.node, "metadata.generateName").is_missing() => {
            sink.add("placed", names(object).text(object.kind), Some(object.place().span));
        }
        Answer::Missing => {}
        Answer::Is(node) if known_text(node) == Some("default") => {
            sink.add("placed", names(object).text(object.kind), Some(node.entry_place().span));
        }
        _ => {}
    }
}

/// What the containers of an object ask of Secrets and ConfigMaps.
fn references(object: &Object<'_>, sink: &mut Sink<'_>) {
    let Some(pod) = object.pod.as_ref().filter(|_| Fact::Reference.is_wanted()) else { return };
    let namespace = Known::of(object.namespace());
    let mut add = |container: &str, kind: &str, reference: Node<'_>, keyed: bool| {
        let optional = ask(reference, "optional");
        if !optional.is_missing() && optional.node().and_then(truth) != Some(false) {
            return;
        }
        let name = Known::at(reference, "name");
        let Some(place) = reference.get("name").filter(|_| !matches!(name, Known::Missing | Known::Unknown))
        else {
            return;
        };
        let key = if keyed { ask(reference, "key") } else { Answer::Missing };
        let line = Line::default().known(&name).known(&namespace).text(kind).answer(key);
        let span = place.place().span;
        let line = line.span(key.node().map(|key| key.place().span)).text(container);
        sink.add("reference", line, Some(span));
    };
    for container in pod.containers.iter().filter(|c| c.role != Role::Ephemeral) {
        for entry in container.list("env") {
            for (field, kind) in [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")] {
                if let Answer::Is(node) = ask(entry, "valueFrom").then_key(field) {
                    add(container.name(), kind, node, true);
                }
            }
        }
        for entry in container.list("envFrom") {
            for (field, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
                if let Some(node) = ask(entry, field).node() {
                    add(container.name(), kind, node, false);
                }
            }
        }
    }
}

fn other(object: &Object<'_>, sink: &mut Sink<'_>) {
    let place = Some(object.place().span);
    match object.kind {
        "Service" if object.group().is_empty() && Fact::Service.is_wanted() => service(object, sink),
        "Ingress" if Fact::Backend.is_wanted() => backends(object, sink),
        "NetworkPolicy"
        | "CiliumNetworkPolicy"
        | "CiliumClusterwideNetworkPolicy"
        | "GlobalNetworkPolicy" => policy(object, sink),
        "HorizontalPodAutoscaler" if Fact::Scaler.is_wanted() => {
            let kind = ask(object.node, "spec.scaleTargetRef.kind");
            let target = ask(object.node, "spec.scaleTargetRef.name");
            let name = Known::at(object.node, "spec.scaleTargetRef.name");
            let line = names(object).answer(kind).known(&name).answer(ask(object.node, "spec.minReplicas"));
            sink.add("scaler", line.text(object.kind), target.node().map(|n| n.place().span).or(place));
        }
        "ScaledObject" if Fact::Scaler.is_wanted() => {
            let target = Known::at(object.node, "spec.scaleTargetRef.name");
            let kind = ask(object.node, "spec.scaleTargetRef.kind");
            let kind = if kind.is_missing() { Known::Is("Deployment".to_owned()) } else { Known::of(kind) };
            let line =
                names(object).known(&kind).known(&target).answer(ask(object.node, "spec.minReplicaCount"));
            sink.add("scaler", line.text(object.kind), place);
        }
        "StatefulSet" if object.group() == "apps" && object.pod.is_some() && Fact::Stateful.is_wanted() => {
            let service = ask(object.node, "spec.serviceName");
            let named = service.node().map(|node| node.entry_place().span);
            sink.add("stateful", names(object).answer(service), named.or(place));
        }
        "PodDisruptionBudget" if Fact::Budget.is_wanted() => {
            let (least, most) =
                (ask(object.node, "spec.minAvailable"), ask(object.node, "spec.maxUnavailable"));
            let line = selector(names(object), &Selector::of(ask(object.node, "spec.selector")));
            let line = line.answer(least).entry(least).answer(most).entry(most);
            sink.add("budget", line, place);
        }
        "ServiceAccount" if object.group().is_empty() && Fact::Account.is_wanted() => {
            let automount = ask(object.node, "automountServiceAccountToken");
            let said = match automount.node().map(|node| (node, truth(node))) {
                Some((_, Some(value))) => Known::Is(value.to_string()),
                Some((_, None)) => Known::Unknown,
                None => Known::of(automount),
            };
            sink.add("account", names(object).known(&said), place);
        }
        "ServiceMonitor" if Fact::Monitor.is_wanted() => {
            let all = ask(object.node, "spec.namespaceSelector");
            let node = ask(object.node, "spec.selector");
            let line = selector(names(object), &Selector::of(node)).flag(!all.is_missing());
            sink.add("monitor", line, node.node().map(|n| n.key_place().span).or(place));
        }
        "Role" | "ClusterRole" if Fact::StatusRole.is_wanted() => status_role(object, sink),
        "RoleBinding" | "ClusterRoleBinding" if Fact::Binding.is_wanted() => {
            let strong = list(object.node, "subjects").any(|subject| {
                let name = text_at(subject, "name").unwrap_or_default();
                text_at(subject, "kind") == Some("ServiceAccount") || name.starts_with("system:node")
            });
            if strong {
                let (kind, role) = (ask(object.node, "roleRef.kind"), Known::at(object.node, "roleRef.name"));
                sink.add("binding", names(object).answer(kind).known(&role), place);
            }
        }
        "Application" | "ApplicationSet" if object.group() == "argoproj.io" => delivery(sink),
        "Kustomization" | "HelmRelease" if object.group().ends_with("fluxcd.io") => delivery(sink),
        _ => providers(object, sink),
    }
    if matches!(object.kind, "Secret" | "ConfigMap") {
        providers(object, sink);
    }
}

fn service(object: &Object<'_>, sink: &mut Sink<'_>) {
    let external = text_at(object.node, "spec.type") == Some("ExternalName");
    let answer = ask(object.node, "spec.selector");
    let line = names(object).flag(external).word(&Selector::plain(answer).to_text());
    let line = line.word(&labels_at(object.node, "metadata.labels").to_text());
    let mut line = line.answer(ask(object.node, "spec.clusterIP"));
    let ports = ask(object.node, "spec.ports");
    line = line.flag(ports.node().is_some_and(is_complete));
    for port in list(object.node, "spec.ports") {
        line = line.answer(ask(port, "port")).answer(ask(port, "name"));
    }
    sink.add("service", line, answer.node().map(|n| n.key_place().span));
}

/// The Services that an Ingress sends requests to.
fn backends(object: &Object<'_>, sink: &mut Sink<'_>) {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    for path in ["spec.defaultBackend", "spec.backend"] {
        nodes.extend(ask(object.node, path).node());
    }
    for rule in list(object.node, "spec.rules") {
        nodes.extend(list(rule, "http.paths").filter_map(|path| ask(path, "backend").node()));
    }
    for backend in nodes {
        let (name, port) = match ask(backend, "service").node() {
            Some(service) => {
                let port = ask(service, "port.number").or_else(|| ask(service, "port.name"));
                (ask(service, "name"), port)
            }
            None => (ask(backend, "serviceName"), ask(backend, "servicePort")),
        };
        let Some(node) = name.node() else { continue };
        let line = Line::default().answer(name).answer(object.namespace()).answer(port);
        let line = line.span(port.node().map(|p| p.place().span)).text(object.title());
        sink.add("backend", line, Some(node.place().span));
    }
}

/// Whether a direction of a policy is in force: listed in its types or, where none are, by what the API fills in.
fn covers(object: &Object<'_>, direction: &str) -> bool {
    let types = ask(object.node, "spec.policyTypes");
    match types {
        Answer::Is(types) => {
            !is_complete(types) || types.children().any(|n| known_text(n) == Some(direction))
        }
        Answer::Unknown => true,
        Answer::Missing => direction == "Ingress" || !ask(object.node, "spec.egress").is_missing(),
    }
}

fn policy(object: &Object<'_>, sink: &mut Sink<'_>) {
    if !(Fact::Policy.is_wanted() || Fact::Peer.is_wanted()) {
        return;
    }
    let kubernetes = matches!(object.group(), "networking.k8s.io" | "extensions" | "");
    let pods = match object.group() {
        "cilium.io" => Selector::of(ask(object.node, "spec.endpointSelector")),
        _ if kubernetes => Selector::of(ask(object.node, "spec.podSelector")),
        // Calico's selectors are a language of their own.
        _ => Selector::of(Answer::Unknown),
    };
    let clusterwide = matches!(object.kind, "CiliumClusterwideNetworkPolicy" | "GlobalNetworkPolicy");
    let namespace = if clusterwide { Known::Missing } else { Known::of(object.namespace()) };
    let rules = |path: &str| match ask(object.node, path) {
        Answer::Missing => false,
        Answer::Unknown => true,
        Answer::Is(node) => node.children().next().is_some() || !is_complete(node),
    };
    let denies = pods.is_empty() && !rules("spec.ingress") && !rules("spec.egress");
    let (ingress, egress) =
        if kubernetes { (covers(object, "Ingress"), covers(object, "Egress")) } else { (true, true) };
    let line = Line::default().answer(ask(object.node, "metadata.name")).known(&namespace);
    let line = selector(line, &pods).flag(ingress).flag(egress).flag(denies).flag(kubernetes);
    let types = ask(object.node, "spec.policyTypes").node().map(|n| n.key_place().span);
    let selector_place = ask(object.node, "spec.podSelector").node().map(|n| n.key_place().span);
    let line = line.span(types).span(selector_place);
    sink.add("policy", line, Some(object.place().span));
    if !kubernetes || !Fact::Peer.is_wanted() {
        return;
    }
    for (path, key) in [("spec.ingress", "from"), ("spec.egress", "to")] {
        for peer in list(object.node, path).flat_map(|rule| list(rule, key).collect::<Vec<_>>()) {
            let own = ask(peer, "podSelector");
            let Some(node) = own.node().filter(|_| ask(peer, "namespaceSelector").is_missing()) else {
                continue;
            };
            let line = selector(names(object), &Selector::of(own));
            sink.add("peer", line, Some(node.key_place().span));
        }
    }
}

/// A role that may write the status of Services.
fn status_role(object: &Object<'_>, sink: &mut Sink<'_>) {
    for rule in list(object.node, "rules") {
        let verb = |node: &Node<'_>| matches!(known_text(*node), Some("update" | "patch" | "*"));
        let Some(verb) = list(rule, "verbs").find(verb) else { continue };
        let resource = list(rule, "resources").find(|node| known_text(*node) == Some("services/status"));
        if let Some(resource) = resource {
            let line = names(object).text(object.kind).text(known_text(verb).unwrap_or_default());
            sink.add("status-role", line, Some(resource.place().span));
            return;
        }
    }
}

/// Something that hands folders over to a tool that fills in more.
fn delivery(sink: &mut Sink<'_>) {
    if Fact::Delivery.is_wanted() {
        sink.add("delivery", Line::default(), None);
    }
}

/// The Secrets and ConfigMaps that an object is or brings about.
fn providers(object: &Object<'_>, sink: &mut Sink<'_>) {
    if !Fact::Provider.is_wanted() {
        return;
    }
    let at = |path: &str| Known::at(object.node, path);
    let own = || at("metadata.name");
    let keys = |paths: &[&str]| -> Option<Vec<String>> {
        let mut keys = Vec::new();
        for path in paths {
            match ask(object.node, path) {
                Answer::Is(map) if is_complete(map) && map.children().all(|n| n.kind() != Kind::Merge) => {
                    keys.extend(map.children().map(|n| n.name().to_owned()));
                }
                Answer::Missing => {}
                Answer::Is(_) | Answer::Unknown => return None,
            }
        }
        Some(keys)
    };
    // Nobody asks for a key among thousands by hand: as good as unknown.
    let keys = |paths: &[&str]| {
        keys(paths).filter(|keys| keys.iter().map(|key| key.len() + 1).sum::<usize>() <= MAX_KEYS)
    };
    let (kind, name, keys) = match (object.group(), object.kind) {
        ("", "Secret") => ("Secret", own(), keys(&["data", "stringData"])),
        ("", "ConfigMap") => ("ConfigMap", own(), keys(&["data", "binaryData"])),
        ("bitnami.com", "SealedSecret") => {
            let name = at("spec.template.metadata.name").or_else(own);
            ("Secret", name, keys(&["spec.encryptedData"]))
        }
        ("external-secrets.io" | "kubernetes-client.io", _) => {
            ("Secret", at("spec.target.name").or_else(own), None)
        }
        ("cert-manager.io", "Certificate") => ("Secret", at("spec.secretName"), None),
        ("secrets.hashicorp.com", _) => ("Secret", at("spec.destination.name"), None),
        ("onepassword.com", _) | ("isindir.github.com", _) => ("Secret", own(), None),
        _ => return,
    };
    let mut line = Line::default().known(&name).answer(object.namespace()).text(kind);
    line = line.flag(keys.is_some());
    for key in keys.unwrap_or_default() {
        line = line.text(&key);
    }
    sink.add("provider", line, Some(object.place().span));
}

/// A kustomization: what it generates. Its folder is known from the path.
fn kustomization(source: &Source, sink: &mut Sink<'_>) {
    delivery(sink);
    if !Fact::Provider.is_wanted() {
        return;
    }
    for root in source.root().children() {
        let namespace = ask(root, "namespace");
        for (field, kind) in [("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")] {
            for generator in list(root, field) {
                let namespace = ask(generator, "namespace").or_else(|| namespace);
                let line =
                    Line::default().answer(ask(generator, "name")).answer(namespace).text(kind).flag(false);
                sink.add("provider", line, None);
            }
        }
    }
}
