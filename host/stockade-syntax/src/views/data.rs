//! Documents that look like settings and are none: they hold or describe what others say.

use stockade_model::{Document, NodeId, NodeKind};

/// Whether nothing in the document is a setting.
pub(super) fn is_data(document: &Document) -> bool {
    is_dashboard(document)
        || is_api_model(document)
        || is_inventory(document)
        || is_schema(document)
        || is_recording(document)
        || is_directory(document)
}

/// Whether the document says nothing but how AWS numbers what has a name: `"GitLabDuoWithAmazonQPermissionsPolicy"` there sets
/// nothing of permissions.
fn is_directory(document: &Document) -> bool {
    let Some(root) = document.children(0).next() else { return false };
    let mut entries = document.children(root).peekable();
    let is_name = |node| document.kind(node) == NodeKind::Scalar && document.value(node).starts_with("arn:");
    document.kind(root) == NodeKind::Mapping && entries.peek().is_some() && entries.all(is_name)
}

/// Whether the root of the document has such a key.
fn has(document: &Document, key: &str) -> bool {
    let root = document.children(0).next();
    root.is_some_and(|root| document.children(root).any(|node| document.name(node) == key))
}

/// Whether the document is a dashboard of Grafana: ten thousand names of axes and colours, none of them a setting.
fn is_dashboard(document: &Document) -> bool {
    has(document, "schemaVersion") && has(document, "panels")
}

/// Whether the document describes an interface in the language of AWS or Smithy: what `"authtype": "none"` says there is how
/// one operation of somebody's service is called.
fn is_api_model(document: &Document) -> bool {
    has(document, "shapes") && (has(document, "operations") || has(document, "smithy"))
}

/// Whether the document lists what a program is made of, as CycloneDX or SPDX has it: names, hashes and addresses of others.
fn is_inventory(document: &Document) -> bool {
    has(document, "bomFormat") || has(document, "spdxVersion") || has(document, "SPDXID")
}

/// Whether the document records what a browser and servers said to each other (HAR).
fn is_recording(document: &Document) -> bool {
    let log = document.children(0).next().and_then(|root| document.get(root, "log"));
    log.is_some_and(|log| document.get(log, "entries").is_some() && document.get(log, "creator").is_some())
}

/// Whether the document says what others have to look like, in JSON Schema: `"debug": true` there allows a name.
fn is_schema(document: &Document) -> bool {
    let Some(root) = document.children(0).next() else { return false };
    let is_mapping =
        |key: &str| document.get(root, key).is_some_and(|node| document.kind(node) == NodeKind::Mapping);
    let speaks_of_others = || {
        ["properties", "definitions", "$defs", "items", "oneOf", "anyOf", "allOf"]
            .iter()
            .any(|key| has(document, key))
    };
    match document.get(root, "$schema") {
        Some(dialect) => document.value(dialect).contains("json-schema.org/") && speaks_of_others(),
        // Registries of resource types leave it out, and parts of schemas do.
        None if is_mapping("properties") => {
            document.get(root, "type").is_some_and(|node| document.value(node) == "object")
                || has(document, "additionalProperties")
                || is_mapping("definitions")
                || is_mapping("$defs")
        }
        None => {
            is_condition(document, root)
                || ["allOf", "anyOf", "oneOf"].iter().any(|key| {
                    let first = document.get(root, key).and_then(|list| document.children(list).next());
                    first.is_some_and(|part| is_condition(document, part))
                })
        }
    }
}

/// Whether a node is what JSON Schema says under a condition.
fn is_condition(document: &Document, node: NodeId) -> bool {
    document.kind(node) == NodeKind::Mapping
        && ["if", "then"].iter().all(|key| {
            document.get(node, key).is_some_and(|part| {
                ["properties", "required", "not", "allOf", "anyOf", "oneOf", "$ref", "type"]
                    .iter()
                    .any(|key| document.get(part, key).is_some())
            })
        })
}

/// Whether the document describes an interface, in OpenAPI or AsyncAPI: of its own settings it has only addresses.
pub(super) fn is_description(document: &Document) -> bool {
    ["openapi", "swagger", "asyncapi"].iter().any(|key| has(document, key))
        && ["paths", "info", "components", "definitions", "channels"].iter().any(|key| has(document, key))
}

/// Whether what stands below such a key of a description is made up to show what is meant.
pub(super) fn is_sample(key: &str) -> bool {
    matches!(key, "example" | "examples" | "default" | "enum" | "x-example" | "x-examples")
}
