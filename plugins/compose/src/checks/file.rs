//! Images, variables, and what stands beside the services.

use crate::image::Image;
use crate::interpolate::{interpolate, is_known};
use crate::view::{Compose, Service, text};
use std::collections::HashSet;
use stockade_sdk::secrecy::{is_for_visitors, is_secret_name, may_be_secret};
use stockade_sdk::{Kind, Node, Out, Params, Variable, remove_entry, row_flag};

/// The images that services pull, each with the node that names it. One that a service of the file builds has the tag that
/// the build gives it, whoever else runs it.
fn pulled<'a>(view: &Compose<'a>) -> Vec<(Node<'a>, Image)> {
    let named = |service: &Service<'a>| {
        service.ask("image").node().filter(|node| node.is_scalar() && !node.text().is_empty())
    };
    let builds = |service: &&Service<'a>| service.ask("build").node().is_some();
    let built: HashSet<String> =
        view.services.iter().filter(builds).filter_map(named).map(|node| full_name(node.text())).collect();
    let others = view.services.iter().filter(|service| !builds(service)).filter_map(named);
    // Services that merge one block have their image from one place.
    let mut seen = HashSet::new();
    let pulled = others.filter(|node| !built.contains(&full_name(node.text())) && seen.insert(node.id()));
    pulled.map(|node| (node, Image::parse(node.text()))).collect()
}

/// A reference after interpolation, with the tag that it has without one.
fn full_name(text: &str) -> String {
    let name = interpolate(text);
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { name } else { format!("{name}:latest") }
}

/// `image-tag`: an image has no tag, or a forbidden one.
pub(crate) fn image_tag(view: &Compose<'_>, params: &Params, out: &mut Out) {
    for (node, image) in pulled(view) {
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
    for (node, image) in pulled(view) {
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

/// Words by which an author says that nothing needs this secret.
const UNUSED: [&str; 7] =
    ["invalid", "unused", "not-needed", "not-required", "notneeded", "no-key-", "none-needed"];

/// Whether the value only fills a place: for what asks nobody for a key, or for an emulator of AWS. The keys of AWS itself
/// have 20 and 40 characters.
fn is_stand_in(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let emulated = name.contains("AWS") && name.contains("ACCESS_KEY") && value.len() < 16;
    emulated || UNUSED.iter().any(|word| lower.contains(word))
}

/// Fewest characters of a key that a program has drawn: 18 bytes in base 64.
const DRAWN: usize = 24;

/// Whether a variable that only says `KEY` has a value that nobody made up: long, of letters of both cases and digits.
fn is_drawn_key(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let key = lower.ends_with("_key") || lower.ends_with("_keys");
    let open =
        ["public", "pub_", "site_", "publishable", "client_key", "anon"].iter().any(|w| lower.contains(w));
    let base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b);
    let has = |wanted: fn(&u8) -> bool| value.as_bytes().iter().filter(|b| wanted(b)).count() >= 3;
    key && !open
        && value.len() >= DRAWN
        && !value.starts_with('/')
        && value.bytes().all(base64)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

/// `env-secret-literal`: a variable with the name of a secret has its value in the file, or one for a key a value that is drawn
/// at random.
pub(crate) fn env_secret(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let told = |v: &Variable<'_>| {
        secret_variable(*v, ENVIRONMENT) || v.origin() == ENVIRONMENT && is_drawn_key(v.name(), v.value())
    };
    for variable in view.source.variables().filter(told) {
        let value = variable.value();
        let default = variable.has(row_flag::DEFAULT);
        if variable.has(row_flag::INHERITED | row_flag::SECRET_REFERENCE)
            || (variable.has(row_flag::UNKNOWN) && !default)
            || !is_known(&interpolate(value))
            || !may_be_secret(value)
            || is_stand_in(variable.name(), value)
            || is_for_visitors(variable.name())
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

/// `inline-content`: the content of a secret stands in the file, or a secret in the content of a configuration or in the
/// options of a volume.
pub(crate) fn inline_content(view: &Compose<'_>, _: &Params, out: &mut Out) {
    let Some(root) = view.root else { return };
    let contents = |section| {
        let entries = root.get(section).into_iter().flat_map(Node::children);
        entries.filter_map(|entry| Some((entry, entry.get("content").filter(|n| n.is_scalar())?)))
    };
    for (entry, content) in contents("secrets") {
        let value = interpolate(content.text());
        if is_known(&value) && !value.trim().is_empty() {
            out.finding(content.key_place(), format!("secret {} has its content in the file", entry.name()));
        }
    }
    for (entry, content) in contents("configs") {
        if let Some(name) = interpolate(content.text()).lines().find_map(secret_line) {
            let message = format!("config {} has the value of {name} in the file", entry.name());
            out.finding(content.key_place(), message);
        }
    }
    for volume in root.get("volumes").into_iter().flat_map(Node::children) {
        let options = volume.get("driver_opts").into_iter().flat_map(Node::children);
        for option in options.filter(|option| option.is_scalar()) {
            if let Some(name) = interpolate(option.text()).split(',').find_map(secret_line) {
                let message = format!("volume {} has the value of {name} in the file", volume.name());
                out.finding(option.key_place(), message);
            }
        }
    }
}

/// The name of a secret that a line of some configuration gives a value: `password: x`, `api_key = "x"`.
fn secret_line(line: &str) -> Option<&str> {
    let mark = |c: char| matches!(c, '"' | '\'' | ' ' | '\t' | ',' | ';' | '-');
    let (name, value) = line.split_once([':', '='])?;
    let (name, value) = (name.trim_matches(mark), value.trim_start_matches('>').trim_matches(mark));
    let told = is_secret_name(name) && is_known(value) && may_be_secret(value);
    (told && !value.starts_with('#')).then_some(name)
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
