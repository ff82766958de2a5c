//! Environment variables, wherever a file sets them.

use super::{ENVIRONMENT_STRIDE, MAX_ROWS, Piece, row_flag, value};
use crate::FileKind;
use crate::formats::lines::expression_flags;
use std::collections::HashSet;
use std::ops::Range;
use stockade_model::{Document, NodeId, NodeKind, Span, flag};

/// Where a variable is set. The numbers are part of the table's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Origin {
    /// `ENV` of a Dockerfile.
    DockerfileEnv = 0,
    /// `ARG` of a Dockerfile.
    DockerfileArg = 1,
    /// `environment` of a Compose service.
    Compose = 2,
    /// `args` of a Compose build.
    ComposeArg = 3,
    /// `env` of a container.
    Kubernetes = 4,
    /// `data` of a ConfigMap, `literals` of a kustomization.
    ConfigMap = 5,
    /// `stringData` of a Secret.
    Secret = 6,
    /// `env` of a workflow, `variables` of a pipeline.
    Ci = 7,
    /// A line of an env file.
    Dotenv = 8,
    /// `export` in a script.
    Export = 9,
    /// An assignment in a script without `export`.
    Shell = 10,
    /// `Environment=` of a systemd unit.
    Systemd = 11,
    /// `env` or `environment` of any other YAML or JSON.
    Other = 12,
}

/// A variable that is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable {
    /// The node of its value.
    pub(super) node: NodeId,
    /// The node of the whole entry, where that is another one.
    pub(super) entry: NodeId,
    pub(super) name: Piece,
    pub(super) value: Piece,
    pub(super) origin: Origin,
    pub(super) flags: u32,
}

impl Variable {
    pub(super) fn cells(&self) -> [u32; ENVIRONMENT_STRIDE as usize] {
        let (name, value) = (self.name, self.value);
        [
            self.node,
            name.data.start,
            name.data.end,
            value.data.start,
            value.data.end,
            self.origin as u32,
            self.flags,
            name.at.start,
            name.at.end,
            value.at.start,
            value.at.end,
        ]
    }
}

/// All variables of a document, in the order of its nodes.
pub(super) fn collect(kind: FileKind, document: &Document) -> Vec<Variable> {
    let mut collector = Collector { document, found: Vec::new(), shared: HashSet::new() };
    for node in 0..document.len() as NodeId {
        if collector.found.len() >= MAX_ROWS {
            break;
        }
        match kind {
            FileKind::Dockerfile | FileKind::Shell => collector.element(node),
            FileKind::Dotenv => collector.line(node),
            FileKind::Systemd => collector.unit(node),
            _ => collector.entry(kind, node),
        }
    }
    if kind == FileKind::Shell {
        give(document, &mut collector.found);
    }
    collector.found
}

/// Marks what a script sets for itself and gives to others all the same.
fn give(document: &Document, found: &mut [Variable]) {
    if found.iter().all(|variable| variable.origin != Origin::Shell) {
        return;
    }
    let mut exported = HashSet::new();
    let (mut all, mut replaced) = (false, false);
    for node in 0..document.len() as NodeId {
        if document.kind(node) != NodeKind::Element || document.name(node) != "command" {
            continue;
        }
        let mut words = document
            .children(node)
            .filter(|word| document.kind(*word) == NodeKind::Scalar && document.key_span(*word).is_none())
            .map(|word| document.value(word));
        match words.next() {
            Some("export") => exported.extend(words.filter(|word| is_name(word))),
            Some("set") => all |= words.any(|word| matches!(word, "-a" | "allexport")),
            // Redirections are no words.
            Some("exec") => replaced |= words.next().is_some(),
            _ => {}
        }
    }
    for variable in found.iter_mut().filter(|variable| variable.origin == Origin::Shell) {
        let name = variable.name.text(document);
        if all || exported.contains(name) || replaced && is_own_default(document, *variable) {
            variable.flags |= row_flag::GIVEN;
        }
    }
}

/// Whether a variable gets what it has where nobody has set it: `X="${X:-1}"`.
fn is_own_default(document: &Document, variable: Variable) -> bool {
    let written = document.span(variable.node).slice(document.text()).unwrap_or_default();
    let inner = written.trim_start_matches(['"', '\'']).strip_prefix("${");
    let rest = inner.and_then(|inner| inner.strip_prefix(variable.name.text(document)));
    variable.flags & row_flag::DEFAULT != 0
        && rest.is_some_and(|rest| rest.starts_with(":-") || rest.starts_with('-'))
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved {
    /// The part that is the value where a default is written, else the whole.
    pub(super) value: Piece,
    /// Flags of a row.
    pub(super) flags: u32,
    /// Nothing of it is known.
    pub(super) whole: bool,
}

/// Looks through interpolations: by the flags that the parser gave the node, and by the text, for YAML and
/// JSON know nothing of the `${X}` that Compose, Spring and others read in them.
pub(super) fn resolve(document: &Document, piece: Piece, node_flags: u8) -> Resolved {
    let mut value = piece;
    let mut flags = 0;
    // `${A:-${B:-x}}` comes down to `x`; deeper nesting is not worth more.
    for _ in 0..4 {
        let Some((start, end)) = default_of(value.text(document)) else { break };
        value = value.part(document, start, end);
        flags |= row_flag::DEFAULT;
    }
    let text = value.text(document);
    let written = expression_flags(text, false) | variable_flags(text);
    // What the parser says is about the whole; behind a default only the default's own text counts.
    let known = if flags & row_flag::DEFAULT != 0 { written } else { written | node_flags };
    if node_flags & flag::DEFAULTED != 0 {
        flags |= row_flag::DEFAULT;
    }
    if known & (flag::UNKNOWN | flag::PARTIAL) != 0 && (written != 0 || flags & row_flag::DEFAULT == 0) {
        flags |= row_flag::UNKNOWN;
    }
    if value::is_reference(text) {
        flags |= row_flag::SECRET_REFERENCE;
    }
    Resolved { value, flags, whole: flags & row_flag::UNKNOWN != 0 && known & flag::UNKNOWN != 0 }
}

/// The flags of `$NAME` (Compose and scripts) and `$(NAME)` (containers).
fn variable_flags(text: &str) -> u8 {
    let name = |text: &str| text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let inner = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    let bare =
        text.strip_prefix('$').filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_'));
    if inner.or(bare).is_some_and(|rest| !rest.is_empty() && name(rest) == rest.len()) {
        return flag::UNKNOWN;
    }
    // The text may be a whole file.
    let inside = memchr::memmem::find_iter(text.as_bytes(), "$(").any(|at| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let len = name(rest);
        len > 0 && rest.as_bytes().get(len) == Some(&b')')
    });
    if inside { flag::PARTIAL } else { 0 }
}

/// The range of the default in a value that is nothing but `${X:-y}`, `${X-y}` or Spring's `${X:y}`.
fn default_of(text: &str) -> Option<(usize, usize)> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))?;
    let behind = inner.get(name..)?;
    let skipped = match behind.as_bytes() {
        [b':', b'-', ..] => 2,
        [b':', b'?' | b'+', ..] => return None,
        [b':' | b'-', ..] => 1,
        _ => return None,
    };
    let start = 2 + name + skipped;
    // Two expressions in a row: `${A:-x}${B}`. The first brace that closes must be the last one.
    let mut depth = 1_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at < inner.len() {
            return None;
        }
    }
    Some((start, text.len() - 1))
}

struct Collector<'d> {
    document: &'d Document,
    found: Vec<Variable>,
    /// Mappings reached by aliases and merges, which are listed once.
    shared: HashSet<NodeId>,
}

impl Collector<'_> {
    fn add(&mut self, node: NodeId, entry: NodeId, name: Piece, value: Piece, origin: Origin) {
        let Resolved { value, mut flags, .. } = resolve(self.document, value, self.document.flags(node));
        flags |= row_flag::VARIABLE;
        if self.document.flags(node) & flag::IMPLICIT != 0 {
            flags |= row_flag::INHERITED;
        }
        self.found.push(Variable { node, entry, name, value, origin, flags });
    }

    /// A keyed scalar.
    fn keyed(&mut self, node: NodeId, origin: Origin) {
        let (name, value) = (Piece::name(self.document, node), Piece::value(self.document, node));
        self.add(node, node, name, value, origin);
    }

    /// A scalar of the form `NAME=value` or `NAME`.
    fn assignment(&mut self, node: NodeId, origin: Origin, lone: bool) {
        let whole = Piece::value(self.document, node);
        let text = whole.text(self.document);
        let name_len = text.find('=').unwrap_or(text.len());
        if !is_name(text.get(..name_len).unwrap_or_default()) || name_len == text.len() && !lone {
            return;
        }
        let mut name = whole.part(self.document, 0, name_len);
        let value_at = (name_len + 1).min(text.len());
        let mut value = whole.part(self.document, value_at, text.len());
        // Of `export A="b"` the word stands elsewhere without its quotes; where it begins as it is written, so do its parts.
        let written = whole.at.slice(&self.document.data).unwrap_or_default();
        if name.at == whole.at && text.get(..value_at).is_some_and(|head| written.starts_with(head)) {
            name.at.end = whole.at.start + name_len as u32;
            value.at.start = whole.at.start + value_at as u32;
        }
        self.add(node, node, name, value, origin);
        if name_len == text.len()
            && let Some(last) = self.found.last_mut()
        {
            last.flags |= row_flag::INHERITED;
        }
    }

    /// Instructions of a Dockerfile and commands of a script.
    fn element(&mut self, node: NodeId) {
        let document = self.document;
        if document.kind(node) != NodeKind::Element {
            return;
        }
        let origin = match document.name(node) {
            "ENV" => Origin::DockerfileEnv,
            "ARG" => Origin::DockerfileArg,
            "command" => return self.command(node),
            _ => return,
        };
        for child in document.children(node).filter(|child| document.kind(*child) == NodeKind::Scalar) {
            self.keyed(child, origin);
        }
    }

    fn command(&mut self, node: NodeId) {
        let document = self.document;
        let mut exports = None;
        let mut is_env = false;
        for child in document.children(node) {
            match document.kind(child) {
                // `env -i A=b program`: up to the program every word that is no option is an assignment.
                NodeKind::Scalar if is_env => match document.value(child) {
                    word if word.starts_with('-') => {}
                    word if word.contains('=') => self.assignment(child, Origin::Shell, false),
                    _ => return,
                },
                NodeKind::Mapping if document.name(child) == "env" => {
                    for assignment in document.children(child) {
                        self.keyed(assignment, Origin::Shell);
                    }
                }
                NodeKind::Scalar => match exports {
                    None => {
                        let program = document.value(child);
                        exports = Some(matches!(program, "export" | "declare" | "typeset" | "readonly"));
                        is_env = matches!(program, "env" | "/usr/bin/env");
                    }
                    Some(true) => self.assignment(child, Origin::Export, false),
                    Some(false) => return,
                },
                _ => {}
            }
        }
    }

    /// A line of an env file: an entry of the mapping that is the document.
    fn line(&mut self, node: NodeId) {
        if self.document.kind(node) == NodeKind::Scalar && self.document.key_span(node).is_some() {
            self.keyed(node, Origin::Dotenv);
        }
    }

    /// `Environment="A=1" B=2`.
    fn unit(&mut self, node: NodeId) {
        let document = self.document;
        if document.kind(node) != NodeKind::Scalar || document.name(node) != "Environment" {
            return;
        }
        let whole = Piece::value(document, node);
        let text = whole.text(document);
        let mut at = 0;
        while let Some(rest) = text.get(at..) {
            let start = at + (rest.len() - rest.trim_start().len());
            let word = text.get(start..).unwrap_or_default();
            let Some(first) = word.chars().next() else { return };
            let quote = matches!(first, '"' | '\'').then_some(first);
            let inner_at = start + usize::from(quote.is_some());
            let inner = text.get(inner_at..).unwrap_or_default();
            let len = inner
                .find(|c: char| quote.map_or(c.is_whitespace(), |quote| c == quote))
                .unwrap_or(inner.len());
            at = inner_at + len + usize::from(quote.is_some());
            let assignment = inner.get(..len).unwrap_or_default();
            if let Some((name, _)) = assignment.split_once('=').filter(|(name, _)| is_name(name)) {
                let value_at = inner_at + name.len() + 1;
                let name = whole.part(document, inner_at, inner_at + name.len());
                let value = whole.part(document, value_at, inner_at + len);
                self.add(node, node, name, value, Origin::Systemd);
            }
            if at >= text.len() {
                return;
            }
        }
    }

    /// A node of YAML or JSON that may hold variables.
    fn entry(&mut self, kind: FileKind, node: NodeId) {
        if let Some(origin) = self.origin(kind, node) {
            self.holder(node, origin);
        } else if kind == FileKind::Yaml
            && matches!(self.document.name(node), "variables" | "envVars" | "envs")
            && self.document.kind(node) == NodeKind::Sequence
        {
            self.pairs(node);
        } else if kind == FileKind::Ini
            && matches!(self.document.name(node), "environment" | "env")
            && self.document.kind(node) == NodeKind::Scalar
        {
            // What supervisord and uWSGI give to a program.
            self.line_of_assignments(node, Origin::Other, true);
        }
    }

    /// A list of names with their values: `variables` of Azure's pipelines, `envVars` and `envs` of hosters, where the
    /// name may be called `key`. Other lists of that name have other entries.
    fn pairs(&mut self, node: NodeId) {
        let document = self.document;
        for entry in document.children(node) {
            let name = document.get(entry, "name").or_else(|| document.get(entry, "key"));
            let (Some(name), Some(value)) = (name, document.get(entry, "value")) else { continue };
            if [name, value].iter().all(|node| document.kind(*node) == NodeKind::Scalar) {
                let (name, piece) = (Piece::value(document, name), Piece::value(document, value));
                self.add(value, entry, name, piece, Origin::Other);
            }
        }
    }

    /// Whether a node of a workflow belongs to one of the `services` beside a job.
    fn is_of_service(&self, node: NodeId) -> bool {
        let service = self.document.parent(node);
        let services = service.and_then(|service| self.document.parent(service));
        services.is_some_and(|services| self.document.name(services) == "services")
    }

    fn origin(&self, kind: FileKind, node: NodeId) -> Option<Origin> {
        let document = self.document;
        let name = document.name(node);
        let kind_is = |wanted: &str| {
            document
                .parent(node)
                .and_then(|parent| document.get(parent, "kind"))
                .is_some_and(|kind| document.value(kind) == wanted)
        };
        match (kind, name) {
            (FileKind::Compose, "environment") => Some(Origin::Compose),
            (FileKind::Compose, "args") => {
                let parent = document.parent(node)?;
                (document.name(parent) == "build").then_some(Origin::ComposeArg)
            }
            // A container that lives as long as the job, and that nobody else reaches.
            (FileKind::GithubWorkflow, "env") if self.is_of_service(node) => None,
            (FileKind::GithubWorkflow, "env") | (FileKind::GitlabCi, "variables") => Some(Origin::Ci),
            (FileKind::Kustomization, "literals") => Some(Origin::ConfigMap),
            (FileKind::Kubernetes | FileKind::KustomizePatch, "data" | "binaryData")
                if kind_is("ConfigMap") =>
            {
                Some(Origin::ConfigMap)
            }
            (FileKind::Kubernetes | FileKind::KustomizePatch, "stringData") if kind_is("Secret") => {
                Some(Origin::Secret)
            }
            (
                FileKind::Kubernetes | FileKind::KustomizePatch | FileKind::HelmValues,
                "env" | "extraEnv" | "extraEnvVars",
            ) => Some(Origin::Kubernetes),
            (FileKind::Yaml | FileKind::Json, "env" | "environment") => Some(Origin::Other),
            _ => None,
        }
    }

    /// The entries of a mapping or sequence of variables.
    fn holder(&mut self, node: NodeId, origin: Origin) {
        let document = self.document;
        match document.kind(node) {
            NodeKind::Mapping => {
                for child in document.children(node) {
                    self.value_of(child, origin);
                }
            }
            NodeKind::Sequence => self.list(node, origin),
            NodeKind::Scalar if origin == Origin::Other => {
                self.line_of_assignments(node, origin, false);
            }
            NodeKind::Alias => self.shared(node, origin),
            _ => {}
        }
    }

    /// The elements of a sequence of variables.
    fn list(&mut self, node: NodeId, origin: Origin) {
        let document = self.document;
        for child in document.children(node) {
            match document.kind(child) {
                NodeKind::Scalar
                    if origin == Origin::Other && self.line_of_assignments(child, origin, false) => {}
                NodeKind::Scalar => self.assignment(child, origin, true),
                NodeKind::Mapping => self.named(child, origin),
                _ => {}
            }
        }
    }

    /// A text that sets several variables, at Travis CI `A=1 B="2 3"`, at supervisord with commas between. Whether it is one;
    /// other texts set at most one.
    fn line_of_assignments(&mut self, node: NodeId, origin: Origin, commas: bool) -> bool {
        let whole = Piece::value(self.document, node);
        let assignments = assignments(whole.text(self.document), commas);
        for (name, value) in &assignments {
            let name = whole.part(self.document, name.start, name.end);
            let value = whole.part(self.document, value.start, value.end);
            self.add(node, node, name, value, origin);
        }
        !assignments.is_empty()
    }

    /// What an alias or merge points at, once, and only if its own name does not make it a holder.
    fn shared(&mut self, node: NodeId, origin: Origin) {
        let Some(target) = self.document.target(node) else { return };
        let own = matches!(self.document.name(target), "env" | "environment" | "variables" | "args");
        if !own && self.shared.insert(target) && self.shared.len() < MAX_ROWS {
            self.holder(target, origin);
        }
    }

    /// `NAME: value`, or GitLab's `NAME: {value: …}`.
    fn value_of(&mut self, node: NodeId, origin: Origin) {
        let document = self.document;
        match document.kind(node) {
            NodeKind::Scalar => self.keyed(node, origin),
            NodeKind::Alias => {
                let Some(target) =
                    document.target(node).filter(|target| document.kind(*target) == NodeKind::Scalar)
                else {
                    return;
                };
                let value = Piece { at: document.span(node), ..Piece::value(document, target) };
                self.add(node, node, Piece::name(document, node), value, origin);
            }
            NodeKind::Mapping => {
                if let Some(value) = document.get(node, "value") {
                    self.add(value, node, Piece::name(document, node), Piece::value(document, value), origin);
                }
            }
            NodeKind::Merge => self.shared(node, origin),
            // Travis CI has lists of them for all jobs and for each.
            NodeKind::Sequence
                if origin == Origin::Other && matches!(document.name(node), "global" | "matrix" | "jobs") =>
            {
                self.list(node, origin);
            }
            _ => {}
        }
    }

    /// `{name: NAME, value: …}` or `{name: NAME, valueFrom: …}`.
    fn named(&mut self, entry: NodeId, origin: Origin) {
        let document = self.document;
        let Some(name) = document.get(entry, "name").map(|node| Piece::value(document, node)) else { return };
        if let Some(value) = document.get(entry, "value") {
            let target = if document.kind(value) == NodeKind::Alias {
                document.target(value).unwrap_or(value)
            } else {
                value
            };
            self.add(value, entry, name, Piece::value(document, target), origin);
            return;
        }
        let from = document.get(entry, "valueFrom");
        let node = from.unwrap_or(entry);
        let at = document.span(node);
        let value = Piece { data: Span::new(at.start, at.start), at };
        let secret = from.is_some_and(|from| document.get(from, "secretKeyRef").is_some());
        self.add(node, entry, name, value, origin);
        if let Some(last) = self.found.last_mut() {
            last.flags |= if from.is_some() { row_flag::UNKNOWN } else { 0 };
            last.flags |= if secret { row_flag::SECRET_REFERENCE } else { 0 };
        }
    }
}

/// The names and values, without their quotes, of a text that is nothing but assignments of variables. With `commas`,
/// these stand between them as well as blanks.
fn assignments(text: &str, commas: bool) -> Vec<(Range<usize>, Range<usize>)> {
    let is_between = |c: char| c.is_whitespace() || commas && c == ',';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.trim_start_matches(is_between).is_empty()) {
        let start = at + (rest.len() - rest.trim_start_matches(is_between).len());
        let word = text.get(start..).unwrap_or_default();
        let name_len = word.find('=').filter(|len| word.get(..*len).is_some_and(is_variable_name));
        let Some(name_len) = name_len else { return Vec::new() };
        let value_at = start + name_len + 1;
        let value = text.get(value_at..).unwrap_or_default();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let inner_at = value_at + usize::from(quote.is_some());
        let inner = text.get(inner_at..).unwrap_or_default();
        let len = inner.find(|c: char| quote.map_or(is_between(c), |quote| c == quote));
        let len = len.unwrap_or(inner.len());
        found.push((start..start + name_len, inner_at..inner_at + len));
        at = (inner_at + len + usize::from(quote.is_some())).min(text.len());
    }
    found
}

/// Whether a name is one that shells give to variables for other programs: `DB_PASSWORD`.
fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
