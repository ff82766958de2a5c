//! One configuration file to [`Config`].

use super::glob::Glob;
use super::shapes::{CONFIG_FILE, MAX_FILE_SIZE};
use super::{
    Config, Date, Exclude, External, Layer, PathBlock, Pinned, RuleParams, Suppress, SuppressionPolicy,
};
use crate::error::{Error, ErrorKind};
use crate::names::kebab;
use crate::selection::{Choice, SeverityOverride};
use crate::source::{Placed, Source};
use crate::view::{View, check, nodes, size};

impl Config {
    /// Reads one file that governs `folder` (relative to the root, `/`-separated, empty for the root). `outermost`
    /// is the name of the file that governs the run, or `None` where this is it. What it extends is only noted:
    /// see [`Config::load`].
    ///
    /// # Errors
    /// Everything in the file that means nothing.
    pub fn read(source: &Source, folder: &str, outermost: Option<&str>) -> Result<Self, Vec<Error>> {
        let document = source.parse()?;
        let mut errors = Vec::new();
        check(nodes(&document, source), CONFIG_FILE, "in a configuration file", &source.start(), &mut errors);
        let mut reader = Reader { folder, config: Self::default(), errors };
        let mut layer = Layer { folder: folder.to_owned(), choice: Choice::default(), paths: Vec::new() };
        for node in nodes(&document, source) {
            if let Some(outermost) = outermost.filter(|_| is_outermost(node.name())) {
                let (name, outermost) = (node.name().to_owned(), target(outermost, folder));
                reader.errors.push(node.place().error(ErrorKind::NotNested { name, outermost }));
                continue;
            }
            match node.name() {
                "profile" => layer.choice.profile = node.text(),
                "select" => layer.choice.select.extend(node.texts()),
                "locked" => layer.choice.locked.extend(node.texts()),
                "path" => layer.paths.extend(reader.path_block(node)),
                name => {
                    if !read_choice(node, &mut layer.choice) {
                        reader.setting(name, node);
                    }
                }
            }
        }
        let Reader { mut config, errors, .. } = reader;
        config.layers.push(layer);
        config.sources.push(source.clone());
        if errors.is_empty() { Ok(config) } else { Err(errors) }
    }
}

/// Where a setting of the whole run belongs that stands in a file of this folder: in the file that governs the run, unless
/// that lies beside the folder and is only read first.
fn target(outermost: &str, folder: &str) -> String {
    let above = outermost.rsplit_once('/').map_or("", |(above, _)| above);
    let is_below =
        |name: &str| folder == name || folder.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    if above.is_empty() || above.starts_with(['.', '/']) || is_below(above) {
        return format!("`{outermost}`");
    }
    format!("a `stockade.kdl` in a folder above both this one and `{outermost}`")
}

fn is_outermost(name: &str) -> bool {
    CONFIG_FILE.iter().any(|shape| shape.name == name && shape.outermost)
}

/// Reads what a file and a `path` block may both say about rules; says whether it was that.
fn read_choice(node: View<'_>, choice: &mut Choice) -> bool {
    match node.name() {
        "extend-select" => choice.extend_select.extend(node.texts()),
        "ignore" => choice.ignore.extend(node.texts()),
        "severity" => {
            let severity = node.prop_text("to").and_then(|to| to.value.parse().ok());
            if let Some(severity) = severity {
                let over = |rules| SeverityOverride { rules, severity };
                choice.severity.extend(node.texts().into_iter().map(over));
            }
        }
        _ => return false,
    }
    true
}

/// `key=value`, separated by commas.
fn is_labels(text: &str) -> bool {
    text.split(',').all(|pair| pair.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty()))
}

struct Reader<'a> {
    folder: &'a str,
    config: Config,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn globs(&mut self, patterns: Vec<Placed<String>>) -> Vec<Glob> {
        let mut globs = Vec::new();
        for pattern in patterns {
            match Glob::new(pattern, self.folder) {
                Ok(glob) => globs.push(glob),
                Err(error) => self.errors.push(error),
            }
        }
        globs
    }

    fn path_block(&mut self, node: View<'_>) -> Option<PathBlock> {
        let globs = self.globs(node.texts());
        let mut choice = Choice::default();
        for child in node.children() {
            read_choice(child, &mut choice);
        }
        (!globs.is_empty()).then(|| PathBlock { globs, choice, kind: node.child_text("kind") })
    }

    fn setting(&mut self, name: &str, node: View<'_>) {
        match name {
            "exclude" => {
                let reason = node.prop_text("reason").map(|reason| reason.value);
                for glob in self.globs(node.texts()) {
                    self.config.excludes.push(Exclude { glob, reason: reason.clone() });
                }
            }
            "suppress" => self.suppress(node),
            "rule" => {
                if let Some(rule) = node.text() {
                    let (node, source) = (node.node.clone(), node.source.clone());
                    self.config.params.push(RuleParams { rule, node, source });
                }
            }
            "fail-on" => {
                if let Some(level) = node.text() {
                    // `never` is no severity; anything else was reported before.
                    let severity = level.value.parse().ok();
                    self.config.fail_on = Some(Placed::new(severity, level.place));
                }
            }
            "max-file-size" => self.max_file_size(node),
            "suppressions" => self.config.suppressions = policy(node),
            "pack" => {
                for target in node.texts() {
                    self.config.packs.push(Pinned { target, folder: self.folder.to_owned(), digest: None });
                }
            }
            "plugin" => {
                if let Some(name) = node.text() {
                    kebab("plugin's name", &name, &mut self.errors);
                    self.config.plugins.push(name);
                }
            }
            "extends" => {
                let pinned = self.pinned(node);
                self.config.extends.extend(pinned);
            }
            "external" => {
                if let (Some(kind), Some(name)) = (node.text(), node.prop_text("name")) {
                    let text = |name: &str| node.prop_text(name).map(|text| text.value);
                    let (namespace, labels) = (text("namespace"), node.prop_text("labels"));
                    if let Some(labels) = labels.as_ref().filter(|labels| !is_labels(&labels.value)) {
                        let (value, example) = (labels.value.clone(), "app=web,tier=front");
                        let kind = ErrorKind::Format { what: "list of labels", value, example };
                        self.errors.push(labels.place.error(kind));
                    }
                    let labels = labels.map(|labels| labels.value);
                    self.config.externals.push(External { kind, name: name.value, namespace, labels });
                }
            }
            // Reported by `check` already.
            _ => {}
        }
    }

    fn suppress(&mut self, node: View<'_>) {
        let until = node.prop_text("until").and_then(|until| match until.value.parse::<Date>() {
            Ok(date) => Some(date),
            Err(_) => {
                let kind = ErrorKind::Format { what: "day", value: until.value, example: "2027-03-31" };
                self.errors.push(until.place.error(kind));
                None
            }
        });
        let globs = self.globs(node.prop_text("path").into_iter().collect());
        for glob in globs {
            self.config.suppress.push(Suppress {
                rules: node.texts(),
                glob,
                node: node.prop_text("node").map(|text| text.value),
                reason: node.prop_text("reason").map(|text| text.value),
                until,
                place: node.whole(),
            });
        }
    }

    fn max_file_size(&mut self, node: View<'_>) {
        let Some(entry) = node.args().next() else { return };
        let Some(bytes) = size(entry.value()) else { return };
        let place = node.entry_place(entry);
        if (1..=MAX_FILE_SIZE).contains(&bytes) {
            self.config.max_file_size = Some(Placed::new(bytes, place));
        } else {
            let found = format!("{bytes} bytes");
            let (node, example) = ("max-file-size".to_owned(), "max-file-size \"2MiB\"".to_owned());
            let expected = "a size from 1 byte to 16MiB".to_owned();
            self.errors.push(place.error(ErrorKind::Value { node, expected, found, example }));
        }
    }

    fn pinned(&mut self, node: View<'_>) -> Option<Pinned> {
        let target = node.text()?;
        let digest = node.prop_text("digest").and_then(|digest| {
            let hex = digest.value.strip_prefix("sha256:").map(str::to_ascii_lowercase);
            let hex = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
            if hex.is_none() {
                let example = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
                let kind = ErrorKind::Format { what: "digest", value: digest.value, example };
                self.errors.push(digest.place.error(kind));
            }
            hex
        });
        Some(Pinned { target, folder: self.folder.to_owned(), digest })
    }
}

fn policy(node: View<'_>) -> SuppressionPolicy {
    let switch = |name: &str| node.child(name).map(|child| Placed::new(child.switch(), child.place()));
    let days = node.child("max-days").and_then(|child| {
        let number = child.args().next()?.value().as_integer()?;
        Some(Placed::new(u32::try_from(number).ok()?, child.place()))
    });
    SuppressionPolicy {
        require_reason: switch("require-reason"),
        max_days: days,
        forbid_inline: switch("forbid-inline"),
        peers: node.child_texts("peers"),
    }
}
