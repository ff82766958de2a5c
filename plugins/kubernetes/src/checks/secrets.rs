//! Secrets in manifests: in environment variables, Secrets and ConfigMaps, and who may read their files.

pub(super) mod encryption;
mod generators;
mod references;

use crate::checks::describe;
use crate::secrecy::{base64, is_secret_name, may_be_secret, may_end_a_secret_name};
use crate::view::{Answer, Manifests, Object, ask, known_text, list};
use references::{harmless_keys, has_placeholder, is_reference};
use stockade_sdk::{Edit, Kind, Node, Out, Params, Place, Span};

/// Places of values in one finding, fewer than an answer may have labels.
const MOST_PLACES: usize = 24;

/// `env-secret-literal`: a variable with the name of a secret has a literal value, or a parameter of a Template of
/// OpenShift or of a chart, from which variables and Secrets get theirs.
pub(crate) fn env_literal(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    let charts = view.objects.iter().flat_map(references::chart_parameters);
    for parameter in view.parameters().chain(charts) {
        let (Some(name), Some(value)) = (ask(parameter, "name").node(), ask(parameter, "value").node())
        else {
            continue;
        };
        let (Some(name), Some(text)) = (known_text(name), known_text(value)) else { continue };
        if is_secret_name(name) && may_be_secret(text) && !is_reference(name, text) {
            out.finding(value.place(), format!("the parameter {name} has its value in the manifest"));
        }
    }
    for (_, container) in view.containers() {
        for entry in container.list("env") {
            let (Some(name), Some(value)) = (ask(entry, "name").node(), ask(entry, "value").node()) else {
                continue;
            };
            let (Some(name), Some(text)) = (known_text(name), known_text(value)) else { continue };
            if is_secret_name(name) && may_be_secret(text) && !is_reference(name, text) {
                let message =
                    format!("container {} has the value of {name} in the manifest", container.name());
                out.finding(value.place(), message);
            }
        }
    }
}

/// `secret-in-env`: a container gets a Secret as environment.
pub(crate) fn secret_in_env(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        for entry in container.list("env") {
            if let Some(node) = ask(entry, "valueFrom.secretKeyRef").node() {
                let name = ask(entry, "name").node().and_then(known_text).unwrap_or("a variable");
                let message = format!("container {} reads {name} from a Secret", container.name());
                out.finding(node.key_place(), message);
            }
        }
        for entry in container.list("envFrom") {
            if let Some(node) = ask(entry, "secretRef").node() {
                let name = ask(node, "name").node().and_then(known_text).unwrap_or("without a known name");
                let message = format!("container {} reads all of the Secret {name}", container.name());
                out.finding(node.key_place(), message);
            }
        }
    }
}

/// Whether a key or value of a Secret is public by nature: a certificate or a public key.
fn is_public(key: &str, value: &str) -> bool {
    [".crt", ".cer", ".pub", "ca.pem"].iter().any(|end| key.ends_with(end))
        || value.starts_with("-----BEGIN CERTIFICATE")
        || value.starts_with("ssh-")
}

/// `secret-literal-data`: a Secret has its values in the repository, or the keys that encrypt all Secrets are there.
pub(crate) fn secret_data(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    generators::secrets(view, out);
    encryption::keys(view, out);
    for object in view.objects.iter().filter(|o| o.is("", "Secret")) {
        // SOPS encrypts values in place and adds its own block.
        if object.node.get("sops").is_some() {
            continue;
        }
        let harmless = harmless_keys(object);
        let mut found: Vec<Node<'_>> = Vec::new();
        for (field, encoded) in [("data", true), ("stringData", false)] {
            let entries = ask(object.node, field).node().into_iter().flat_map(Node::children);
            for node in entries {
                let Some(text) = known_text(node).filter(|_| !harmless.contains(&node.name())) else {
                    continue;
                };
                let plain = if encoded && may_be_secret(text) { base64(text) } else { Some(text.to_owned()) };
                // What is no base64 is no data either: the API server refuses it.
                let Some(plain) = plain else { continue };
                if may_be_secret(&plain) && !is_public(node.name(), &plain) && !has_placeholder(&plain) {
                    found.push(node);
                }
            }
        }
        let Some(first) = found.first() else { continue };
        let mut keys: Vec<&str> = found.iter().map(|n| n.name()).take(4).collect();
        if found.len() > keys.len() {
            keys.push("and more");
        }
        let message = format!("{} has values in the repository: {}", describe(object), keys.join(", "));
        let mut finding = out.finding(first.key_place(), message);
        for place in hidden(&found) {
            finding = finding.label(place, "");
        }
    }
}

/// Places that no report may show: the values, and from the last that an answer has room for to the end all of them.
fn hidden(values: &[Node<'_>]) -> Vec<Place> {
    let mut places: Vec<Place> = values.iter().take(MOST_PLACES).map(|value| value.place()).collect();
    let rest = values.get(MOST_PLACES..).unwrap_or_default();
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        places.push(Place { span: Span { start: first.span().start, end: last.span().end }, node: None });
    }
    places
}

/// `config-map-secret`: a ConfigMap holds a secret under a key of its own, or on a line of a value.
pub(crate) fn config_map(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    generators::config_maps(view, out);
    for object in view.objects.iter().filter(|o| o.is("", "ConfigMap")) {
        for node in ask(object.node, "data").node().into_iter().flat_map(Node::children) {
            let Some(text) = known_or_partial(node) else { continue };
            if !text.contains('\n') && is_secret_name(node.name()) {
                if may_be_secret(text) && !is_reference(node.name(), text) {
                    let message = format!("{} holds the value of {}", describe(object), node.name());
                    out.finding(node.place(), message);
                }
                continue;
            }
            lines(object, node, text, out);
        }
    }
}

/// Text that may hold template expressions; [`may_be_secret`] knows them.
fn known_or_partial(node: Node<'_>) -> Option<&str> {
    (node.is_scalar() && !node.is_unknown() && !node.is_null()).then(|| node.text())
}

/// Reports the lines `key=value` and `key: value` of a value.
fn lines(object: &Object<'_>, node: Node<'_>, text: &str, out: &mut Out) {
    let target = node.resolve();
    let span = target.span();
    let is_code = CODE.iter().any(|ending| node.name().ends_with(ending));
    // The lines of a literal block are those of the source behind its header; other styles fold or escape them.
    let literal = target.style() == 3;
    let mut raw = node.source().slice(span).split_inclusive('\n');
    let mut start = span.start + raw.next().map_or(0, str::len) as u32;
    let mut passed = 0;
    for (number, line) in candidates(text) {
        let trimmed = line.trim();
        let Some((key, rest)) = key_and_rest(trimmed).filter(|(key, _)| is_secret_name(key)) else {
            continue;
        };
        let value = assigned(rest, is_code).filter(|value| may_be_secret(value) && !is_reference(key, value));
        let Some(value) = value else { continue };
        start += raw.by_ref().take(number - passed).map(|line| line.len() as u32).sum::<u32>();
        let source_line = raw.next().unwrap_or_default();
        passed = number + 1;
        let indent = source_line.len() - source_line.trim_start().len();
        let before = value.as_ptr().addr().saturating_sub(trimmed.as_ptr().addr());
        let at = start + (indent + before) as u32;
        let place = Span { start: at, end: at + value.len() as u32 };
        start += source_line.len() as u32;
        let exact = literal && node.source().slice(place) == value;
        // Without the node, so that only the value is hidden and not all of the file in which it stands.
        let place = if exact { Place { span: place, node: None } } else { node.place() };
        let whose = describe(object);
        out.finding(place, format!("{whose} holds the value of {key} in {}", node.name()))
            .key(format!("{whose} {} {key}", node.name()));
    }
}

/// The lines, with their numbers from 0, whose first `=` or `:` stands behind letters that may end the name of a secret.
/// One look at each byte: a ConfigMap may hold a megabyte of dashboards.
fn candidates(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        while start < bytes.len() {
            let rest = &bytes[start..];
            let first = memchr::memchr3(b'=', b':', b'\n', rest).unwrap_or(rest.len());
            let len = match rest.get(first) {
                Some(b'=' | b':') => {
                    memchr::memchr(b'\n', &rest[first..]).map_or(rest.len(), |at| first + at)
                }
                _ => first,
            };
            let (line, here) = (start..start + len, number);
            (start, number) = (line.end + 1, number + 1);
            if first < len && may_end_a_secret_name(text.get(line.start..line.start + first)?) {
                let line = text.get(line)?;
                return Some((here, line.strip_suffix('\r').unwrap_or(line)));
            }
        }
        None
    })
}

/// Key of a line without quotes, and what follows it from the `=` or `:`; `None` for comments and anything that is
/// no assignment.
fn key_and_rest(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', ';', '/', '<', '{', '*', '!']) {
        return None;
    }
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start_matches("- ");
    let at = line.bytes().position(|b| matches!(b, b'=' | b':'))?;
    let (key, rest) = line.split_at_checked(at)?;
    let key = key.trim().trim_matches(['"', '\'']);
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/[]".contains(&b));
    plain.then_some((key, rest))
}

/// Endings of programs: what is not quoted there is an expression.
const CODE: [&str; 12] =
    [".js", ".mjs", ".cjs", ".ts", ".py", ".go", ".rb", ".php", ".lua", ".groovy", ".java", ".rs"];

/// The value that a line assigns, without quotes; `rest` begins with the `=` or `:`. `None` where it is code: a call, a
/// list, a condition, and in a program whatever is not quoted.
fn assigned(rest: &str, is_code: bool) -> Option<&str> {
    let value = rest.get(1..)?;
    // `==`, `:=` and `://` are no assignments of a setting.
    if value.starts_with(['=', '/', ':']) || (rest.starts_with(':') && !value.starts_with([' ', '"', '\''])) {
        return None;
    }
    let value = value.trim().trim_end_matches([',', ';']);
    let value = value.split_once(" #").map_or(value, |(value, _)| value.trim_end());
    let quoted = value.starts_with(['"', '\'']);
    let value = value.trim_matches(['"', '\'']);
    if is_code && !quoted {
        return None;
    }
    (!value.is_empty() && (quoted || !value.contains(['(', ' ', '[', '{']))).then_some(value)
}

/// `secret-volume-mode`: the files of a Secret are open to others than their owner and the pod's group.
pub(crate) fn volume_mode(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, pod) in view.pods() {
        let group = !pod.ask("securityContext.fsGroup").is_missing();
        for volume in pod.volumes() {
            let name = ask(volume, "name").node().and_then(known_text).unwrap_or("without a known name");
            for owner in secret_sources(volume) {
                let items = list(owner, "items").filter_map(|item| ask(item, "mode").node());
                for node in ask(owner, "defaultMode").node().into_iter().chain(items) {
                    // The API server writes 420 where nothing is said: nobody chose it.
                    if node.text() == "420" && node.has_name("defaultMode") {
                        continue;
                    }
                    let Some(mode) = file_mode(node) else { continue };
                    let whom = match (mode & 0o007 != 0, mode & 0o070 != 0 && !group) {
                        (true, _) => "everyone",
                        (_, true) => "root's group",
                        _ => continue,
                    };
                    let message =
                        format!("files of the secret volume {name} are open to {whom}: mode {mode:04o}");
                    let finding = out.finding(node.entry_place(), message);
                    if node.kind() == Kind::Scalar {
                        let text = right_mode(node, group);
                        finding.unsafe_fix(
                            format!("use the mode {text}"),
                            vec![Edit::replace_value(node, text)],
                        );
                    }
                }
            }
        }
    }
}

/// The mappings of a volume that set modes for files of a Secret.
fn secret_sources(volume: Node<'_>) -> Vec<Node<'_>> {
    let mut found: Vec<Node<'_>> = ask(volume, "secret").node().into_iter().collect();
    if let Some(projected) = ask(volume, "projected").node() {
        let secrets: Vec<Node<'_>> =
            list(projected, "sources").filter_map(|source| ask(source, "secret").node()).collect();
        if !secrets.is_empty() {
            found.push(projected);
            found.extend(secrets);
        }
    }
    found
}

/// A mode as kubectl reads it: a leading zero makes it octal, as in YAML 1.1.
pub(super) fn file_mode(node: Node<'_>) -> Option<u32> {
    let text = known_text(node)?;
    let octal = text.strip_prefix("0o").or_else(|| text.strip_prefix('0').filter(|rest| !rest.is_empty()));
    match octal {
        Some(digits) => u32::from_str_radix(digits, 8).ok(),
        None => text.parse().ok(),
    }
}

/// Read for the owner, and for the group where the pod has one of its own; in the notation of the value.
fn right_mode(node: Node<'_>, group: bool) -> String {
    let mode = if group { 0o440 } else { 0o400 };
    let text = node.text();
    if text.starts_with("0o") {
        format!("0o{mode:o}")
    } else if text.starts_with('0') {
        format!("0{mode:o}")
    } else {
        mode.to_string()
    }
}

/// `env-name`: a container sets one of the variables `names`, to whatever value.
pub(crate) fn env_name(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        for entry in container.list("env") {
            let Answer::Is(node) = ask(entry, "name") else { continue };
            if let Some(name) = known_text(node).filter(|name| params.strings("names").any(|n| n == *name)) {
                out.finding(node.place(), format!("container {} sets {name}", container.name()));
            }
        }
    }
}
