//! Checks that hold a service against the Dockerfile it is built from.

use crate::interpolate::is_known;
use crate::telling::same_for;
use crate::view::{Answer, Compose, Service, text};
use std::collections::HashMap;
use stockade_sdk::tree_edit::set;
use stockade_sdk::{Edit, FileFacts, Node, Out, Params, ProjectOut, Source, Span};

/// Between the fields of a fact.
const FIELD: char = '\u{1f}';
/// A stage of a Dockerfile: its name, the name or number of the stage it is built on, its last user, whether it has a
/// health check, its base image.
const STAGE: &str = "stage";
/// A service whose user matters: its name, its user, Dockerfile, stage, and the edit that sets a user.
const USER: &str = "user";
/// A service without a health check: its name, Dockerfile and stage.
const HEALTH: &str = "health";
/// What the fix writes: the first ids that distributions give to people, which are nobody in most images.
const FIX: &str = "1000:1000";

/// Records the stages of a Dockerfile or the services of a Compose file.
pub(crate) fn record(view: &Compose<'_>, out: &mut Out) {
    let jobs = view.jobs();
    if view.source.kind() == "dockerfile" {
        stages(view.source, out);
    }
    for service in &view.services {
        let built = dockerfile(view.source, service);
        let (file, stage) = built.clone().unwrap_or_default();
        match service.ask("user") {
            Answer::Is(node) => {
                if let Some(user) = text(node).filter(|u| is_known(u)) {
                    let edits = (!node.has(stockade_sdk::flag::ANCHOR))
                        .then(|| vec![Edit::replace_value(node, format!("\"{FIX}\""))]);
                    fact(
                        out,
                        USER,
                        &[service.name(), &user, "", "", &encode(edits)],
                        node.entry_place().span,
                    );
                }
            }
            Answer::Missing if built.is_some() && !service.partial => {
                let edits = set(service.node, &["user"], &format!("\"{FIX}\""));
                fact(out, USER, &[service.name(), "", &file, &stage, &encode(edits)], service.place().span);
            }
            _ => {}
        }
        let unbuilt = matches!(service.ask("build"), Answer::Missing);
        // What others wait for until it has ended is no service that answers.
        let is_job = jobs.contains(service.name());
        if !is_job && service.lacks("healthcheck") && (built.is_some() || unbuilt) {
            fact(out, HEALTH, &[service.name(), &file, &stage], service.place().span);
        }
    }
}

fn fact(out: &mut Out, key: &str, fields: &[&str], span: Span) {
    out.fact(key, fields.join(&FIELD.to_string()), Some(span));
}

/// One edit as a field; empty for none or several.
fn encode(edits: Option<Vec<Edit>>) -> String {
    match edits.as_deref() {
        Some([edit]) => format!("{} {} {}", edit.span.start, edit.span.end, edit.replacement),
        _ => String::new(),
    }
}

fn decode(field: &str) -> Option<Edit> {
    let mut parts = field.splitn(3, ' ');
    let (start, end) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Edit::replace(Span { start, end }, parts.next()?))
}

/// Path of the Dockerfile that a service is built from, and its target stage.
fn dockerfile(source: &Source, service: &Service<'_>) -> Option<(String, String)> {
    let build = service.ask("build").node()?;
    let field = |key: &str| match crate::view::ask(build, key) {
        Answer::Is(node) => text(node).map(Some),
        Answer::Missing => Some(None),
        Answer::Unknown => None,
    };
    let (context, file, target) = if build.is_scalar() {
        (text(build)?, None, None)
    } else {
        if crate::view::ask(build, "dockerfile_inline").node().is_some() {
            return None;
        }
        (field("context")?.unwrap_or_else(|| ".".to_owned()), field("dockerfile")?, field("target")?)
    };
    if context.contains("://") || context.starts_with("git@") || !is_known(&context) {
        return None;
    }
    let folder = source.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let file = file.unwrap_or_else(|| "Dockerfile".to_owned());
    Some((join(folder, &[&context, &file])?, target.unwrap_or_default()))
}

/// Puts paths together; `None` for one outside the repository.
fn join(folder: &str, more: &[&str]) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for path in more {
        if path.starts_with('/') || !is_known(path) {
            return None;
        }
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                _ => parts.push(part),
            }
        }
    }
    Some(parts.join("/"))
}

fn stages(source: &Source, out: &mut Out) {
    for stage in source.root().elements("stage") {
        let (mut user, mut health, mut parent, mut base) = ("", "", "", "");
        for instruction in stage.children() {
            match instruction.name() {
                "FROM" => {
                    parent = instruction.get("parent").map_or("", Node::text);
                    base = instruction.get("image").map_or("", Node::text);
                }
                "USER" => {
                    user = instruction
                        .children()
                        .next()
                        .map_or("", |n| if n.is_known() { n.text() } else { "?" })
                }
                "HEALTHCHECK" => {
                    let none = instruction.children().any(|n| n.is_scalar() && n.text() == "NONE");
                    health = if none { "" } else { "yes" };
                }
                _ => {}
            }
        }
        fact(out, STAGE, &[stage.text(), parent, user, health, base], stage.place().span);
    }
}

#[derive(Debug)]
struct Stage<'a> {
    name: &'a str,
    parent: Option<usize>,
    user: &'a str,
    health: bool,
    base: &'a str,
}

/// The Dockerfiles and services of a scan.
#[derive(Debug)]
pub struct Project<'a> {
    files: &'a [FileFacts],
    dockerfiles: HashMap<&'a str, Vec<Stage<'a>>>,
}

impl<'a> Project<'a> {
    /// Collects the facts.
    pub(crate) fn new(files: &'a [FileFacts]) -> Self {
        let mut dockerfiles = HashMap::new();
        for file in files.iter().filter(|f| f.kind == "dockerfile") {
            let stages = file.facts.iter().filter(|f| f.key == STAGE).filter_map(|fact| {
                let mut fields = fact.value.split(FIELD);
                Some(Stage {
                    name: fields.next()?,
                    parent: fields.next()?.parse().ok(),
                    user: fields.next()?,
                    health: fields.next()? == "yes",
                    base: fields.next()?,
                })
            });
            dockerfiles.insert(file.path.as_str(), stages.collect());
        }
        Self { files, dockerfiles }
    }

    /// The stage that a build ends in and the ones it is built on, outermost last.
    fn line(&self, dockerfile: &str, target: &str) -> Option<Vec<&Stage<'a>>> {
        let stages = self.dockerfiles.get(dockerfile)?;
        let named = stages.iter().position(|s| s.name.eq_ignore_ascii_case(target) && !target.is_empty());
        let mut at = named.or_else(|| stages.len().checked_sub(1).filter(|_| target.is_empty()));
        let mut line = Vec::new();
        while let Some(stage) = at.and_then(|at| stages.get(at)) {
            line.push(stage);
            // A stage is built on an earlier one; anything else is no Dockerfile that builds.
            at = stage.parent.filter(|parent| Some(*parent) < at);
        }
        (!line.is_empty()).then_some(line)
    }

    fn services(&self, key: &'static str) -> impl Iterator<Item = (usize, Option<Span>, Vec<&'a str>)> {
        self.files.iter().enumerate().flat_map(move |(at, file)| {
            let facts = file.facts.iter().filter(move |f| f.key == key);
            facts.map(move |fact| (at, fact.span, fact.value.split(FIELD).collect()))
        })
    }
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("root" | "0"))
}

/// `user-root`: a service runs as root, by itself or by its Dockerfile.
pub(crate) fn user_root(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    // What several services take over from one place is told once, with their names.
    let mut sharing: HashMap<(usize, Option<u32>), Vec<&str>> = HashMap::new();
    for (file, span, fields) in project.services(USER) {
        if let [name, user, ..] = fields[..]
            && is_root(user)
        {
            sharing.entry((file, span.map(|s| s.start))).or_default().push(name);
        }
    }
    for (file, span, fields) in project.services(USER) {
        let [name, user, dockerfile, target, edit] = fields[..] else { continue };
        let message = if user.is_empty() {
            let Some(line) = project.line(dockerfile, target) else { continue };
            let last = line.iter().map(|s| s.user).find(|user| !user.is_empty());
            let base = line.last().map_or("", |s| s.base).to_ascii_lowercase();
            let plain = !["nonroot", "rootless", "unprivileged"].iter().any(|word| base.contains(word));
            if !last.map_or(plain, is_root) {
                continue;
            }
            format!("service {name} runs as root: neither it nor {dockerfile} sets another user")
        } else if is_root(user) {
            let Some(names) = sharing.remove(&(file, span.map(|s| s.start))) else { continue };
            let others = names.get(1..).unwrap_or_default();
            format!("service {name} runs as {user}{}", same_for(others.iter().copied()))
        } else {
            continue;
        };
        let finding = out.finding(file, span, message).key(format!("service={name}"));
        if let Some(edit) = decode(edit) {
            finding.unsafe_fix(format!("run as {FIX}"), vec![edit]);
        }
    }
}

/// `healthcheck-missing`: nothing tells whether a service works.
pub(crate) fn healthcheck_missing(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    for (file, span, fields) in project.services(HEALTH) {
        let [name, dockerfile, target] = fields[..] else { continue };
        let message = if dockerfile.is_empty() {
            format!("service {name} has no health check")
        } else {
            match project.line(dockerfile, target) {
                Some(line) if line.iter().any(|s| s.health) => continue,
                Some(_) => format!("service {name} has no health check, nor has {dockerfile}"),
                // A Dockerfile that the scan does not see may have one.
                None => continue,
            }
        };
        out.finding(file, span, message).key(format!("service={name}"));
    }
}
