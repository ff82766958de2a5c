//! Images, variables, and what stands beside the services.

use crate::image::Image;
use crate::interpolate::{interpolate, is_known};
use crate::view::{Compose, Service, text};
use stockade_sdk::secrecy::{is_secret_name, may_be_secret};
use stockade_sdk::{Kind, Node, Out, Params, Variable, remove_entry, row_flag};

/// The image that a service pulls: one that it builds itself has the tag that the build gives it.
fn pulled<'a>(service: &Service<'a>) -> Option<(Node<'a>, Image)> {
    let node = service.ask("image").node().filter(|_| service.ask("build").node().is_none())?;
    (node.is_scalar() && !node.text().is_empty()).then(|| (node, Image::parse(node.text())))
}

/// `image-tag`: an image has no tag, or a forbidden one.
pub(crate) fn image_tag(view: &Compose<'_>, params: &Params, out: &mut Out) {
    for service in &view.services {
        let Some((node, image)) = pulled(service) else { continue };
        if image.digest.is_some() {
            continue;
        }
        let message = match image.tag.as_deref() {
            None if !is_known(&image.repository) || matches!(image.base(), "scratch" | "") => continue,
            None => format!("image {} has no tag", image.repository),
            Some(tag) if params.strings("forbid").any(|f| f == tag) => {
                format!("image {} is tagged {tag}", shown(&image.repository))
            }
            Some(_) => continue,
        };
        out.finding(node.place(), message);
    }
}

/// A value with its unknown parts made readable.
fn shown(text: &str) -> String {
    text.replace(crate::interpolate::UNKNOWN, "…")
}

/// `image-digest-missing`: what an image is may change under its tag.
pub(crate) fn image_digest(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for service in &view.services {
        let Some((node, image)) = pulled(service) else { continue };
        if image.digest.is_none() && !image.open {
            out.finding(node.place(), format!("image {} is not pinned by digest", node.text()));
        }
    }
}

/// Environment variables and build arguments of Compose files in the table of variables.
const ENVIRONMENT: u32 = 2;
const BUILD_ARGUMENT: u32 = 3;

fn secret_variable(variable: Variable<'_>, origin: u32) -> bool {
    variable.origin() == origin && is_secret_name(variable.name())
}

/// `env-secret-literal`: a variable with the name of a secret has its value in the file.
pub(crate) fn env_secret(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for variable in view.source.variables().filter(|v| secret_variable(*v, ENVIRONMENT)) {
        let value = variable.value();
        let default = variable.has(row_flag::DEFAULT);
        if variable.has(row_flag::INHERITED | row_flag::SECRET_REFERENCE)
            || (variable.has(row_flag::UNKNOWN) && !default)
            || !is_known(&interpolate(value))
            || !may_be_secret(value)
        {
            continue;
        }
        let service =
            view.service_of(variable.node()).map_or_else(String::new, |s| format!("service {s} has "));
        let what = if default { "the default of" } else { "the value of" };
        out.finding(variable.place(), format!("{service}{what} {} in the file", variable.name()));
    }
}

/// `build-arg-secret`: a secret is handed to a build, where it stays in the image.
pub(crate) fn build_arg_secret(view: &Compose<'_>, _: &Params, out: &mut Out) {
    for variable in view.source.variables().filter(|v| secret_variable(*v, BUILD_ARGUMENT)) {
        let span = variable.name_span();
        let place = stockade_sdk::Place { span, node: Some(variable.node().id()) };
        out.finding(place, format!("build argument {} carries a secret", variable.name()));
    }
}

/// `inline-content`: the content of a secret or configuration stands in the file.
pub(crate) fn inline_content(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let Some(root) = view.root else { return };
    for (section, what) in [("secrets", "secret"), ("configs", "config")] {
        for entry in root.get(section).into_iter().flat_map(Node::children) {
            let Some(content) = entry.get("content").filter(|n| n.is_scalar()) else { continue };
            let value = interpolate(content.text());
            if is_known(&value) && !value.trim().is_empty() {
                out.finding(
                    content.key_place(),
                    format!("{what} {} has its content in the file", entry.name()),
                );
            }
        }
    }
}

/// `version-obsolete`: Compose ignores the key and warns about it.
pub(crate) fn version_obsolete(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let version = view.root.filter(|r| r.kind() == Kind::Mapping).and_then(|root| root.get("version"));
    let Some((node, value)) = version.and_then(|node| Some((node, text(node)?))) else { return };
    let finding = out.finding(node.entry_place(), format!("the key version ({value}) has no effect"));
    if node.parent().is_some_and(|root| root.style() != 5) && !view.services.is_empty() {
        finding.safe_fix("remove version", vec![remove_entry(node)]);
    }
}
