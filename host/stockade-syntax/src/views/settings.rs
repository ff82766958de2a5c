//! Everything that has a name and a value, under one spelling of the name.

use super::data::{is_data, is_description, is_sample};
use super::environment::{Resolved, Variable, resolve};
use super::fold::{fold, fold_into};
use super::options::{self, Setting};
use super::value::{Typed, ValueKind, typed};
use super::{MAX_ROWS, Piece, SETTINGS_STRIDE, dsn, row_flag};
use crate::FileKind;
use std::collections::HashMap;
use std::ops::Range;
use stockade_model::{Document, NodeId, NodeKind, ScalarType, Span, Style, flag};

/// What an option says that stands alone.
const ON: &str = "true";
/// Longer names keep their end, which is what patterns look at.
const MAX_NAME: usize = 256;

/// The cells of the table and the names to append to the document's data.
pub(super) fn collect(kind: FileKind, document: &Document, variables: &[Variable]) -> (Vec<u32>, String) {
    let mut by_entry: HashMap<NodeId, Vec<Variable>> = HashMap::new();
    for variable in variables {
        by_entry.entry(variable.entry).or_default().push(*variable);
    }
    let mut rows = Rows {
        document,
        by_entry,
        cells: Vec::new(),
        names: String::new(),
        base: document.data.len(),
        last: (0, 0),
        prefix: String::new(),
        depth: 0,
        urls_only: false,
        is_manifest: false,
        is_description: false,
    };
    match kind {
        // The tree of a manifest or pipeline is the platform's language; what a program is told stands in variables.
        FileKind::Dockerfile
        | FileKind::Shell
        | FileKind::Dotenv
        | FileKind::Kubernetes
        | FileKind::KustomizePatch
        | FileKind::Kustomization
        | FileKind::Compose
        | FileKind::GithubWorkflow
        | FileKind::GitlabCi => {
            for variable in variables {
                rows.variable(variable);
            }
            if matches!(kind, FileKind::Kubernetes | FileKind::KustomizePatch) {
                rows.annotations();
            }
            if kind == FileKind::Compose {
                rows.labels();
            }
        }
        FileKind::Nginx | FileKind::Apache | FileKind::Sshd => rows.directives(0),
        FileKind::Requirements
        | FileKind::Dockerignore
        | FileKind::Gitignore
        | FileKind::HelmHelpers
        | FileKind::KubernetesCrd => {}
        FileKind::Json | FileKind::Yaml if is_data(document) => {}
        _ => {
            rows.is_manifest = is_manifest(kind, document);
            rows.is_description = is_description(document);
            rows.urls_only = rows.is_description;
            rows.node(0);
        }
    }
    for option in options::collect(kind, document) {
        rows.option(option);
    }
    (rows.cells, rows.names)
}

/// Whether the document is a package's manifest: Cargo, npm, Poetry, pub.
fn is_manifest(kind: FileKind, document: &Document) -> bool {
    if matches!(kind, FileKind::PackageJson | FileKind::Pyproject | FileKind::Pipfile) {
        return true;
    }
    let (mut is_package, mut depends, mut speaks_of_itself) = (false, false, false);
    for node in document.children(0).next().into_iter().flat_map(|root| document.children(root)) {
        let name = document.name(node);
        is_package |= matches!(name, "package" | "workspace");
        depends |= DEPENDENCIES.contains(&name);
        speaks_of_itself |=
            matches!(name, "project" | "tool" | "version" | "private" | "scripts" | "environment");
    }
    is_package || depends && speaks_of_itself
}

/// Keys of a manifest below which names are those of packages and values their versions: `scoped-tls = "1.0"` sets nothing.
const DEPENDENCIES: [&str; 11] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "devDependencies",
    "build-dependencies",
    "peerDependencies",
    "optionalDependencies",
    "optional-dependencies",
    "dependency-groups",
    "resolutions",
    "overrides",
];
/// Those of a Pipfile, which are too common elsewhere to tell a manifest by.
const PACKAGES: [&str; 2] = ["packages", "dev-packages"];

/// A value before it is typed.
struct Entry {
    node: NodeId,
    key: Span,
    value: Piece,
    flags: u32,
    node_flags: u8,
}

struct Rows<'d> {
    document: &'d Document,
    by_entry: HashMap<NodeId, Vec<Variable>>,
    cells: Vec<u32>,
    names: String,
    /// Where the names will start in the document's data.
    base: usize,
    /// The last name in `names`: list elements and neighbours share it.
    last: (usize, usize),
    /// The folded path to the current node.
    prefix: String,
    /// Keys on the path, dotted ones counted by their parts.
    depth: u32,
    /// Whether the document is the manifest of a package.
    is_manifest: bool,
    /// Whether the document describes an interface.
    is_description: bool,
    /// Whether only addresses are taken, for names are those of packages here, or of what others send.
    urls_only: bool,
}

impl Rows<'_> {
    fn full(&self) -> bool {
        self.cells.len() >= MAX_ROWS * SETTINGS_STRIDE as usize
    }

    /// Runs `inside` with a key added to the path.
    fn under(&mut self, key: &str, inside: impl FnOnce(&mut Self)) {
        let (len, depth) = (self.prefix.len(), self.depth);
        fold_into(&mut self.prefix, key);
        self.depth += key.split('.').count() as u32;
        inside(self);
        self.prefix.truncate(len);
        self.depth = depth;
    }

    /// The tree below a node of a data format. The parsers bound its depth.
    fn node(&mut self, node: NodeId) {
        let document = self.document;
        if self.full() {
            return;
        }
        if let Some(variables) = self.by_entry.remove(&node) {
            for variable in &variables {
                self.variable(variable);
            }
            return;
        }
        match document.kind(node) {
            NodeKind::Stream => {
                for child in document.children(node) {
                    self.node(child);
                }
            }
            NodeKind::Mapping if let Some((name, value)) = header_pair(document, node) => {
                self.under(name, |rows| rows.node(value));
            }
            NodeKind::Mapping => {
                let mut empty = true;
                for child in document.children(node) {
                    empty = false;
                    let name = document.name(child);
                    if self.is_description && is_sample(name) {
                        continue;
                    }
                    // Names of parts of a package, each with the parts and packages that it brings.
                    if self.is_manifest && self.depth == 0 && name == "features" {
                        continue;
                    }
                    let outer = self.urls_only;
                    self.urls_only |=
                        self.is_manifest && (DEPENDENCIES.contains(&name) || PACKAGES.contains(&name));
                    self.under(name, |rows| rows.node(child));
                    self.urls_only = outer;
                }
                if empty && document.flags(node) & flag::PARTIAL == 0 {
                    self.collection(node, 0);
                }
            }
            NodeKind::Sequence => self.sequence(node),
            NodeKind::Scalar => self.scalar(node, node, 0),
            NodeKind::Alias => {
                if let Some(target) =
                    document.target(node).filter(|target| document.kind(*target) == NodeKind::Scalar)
                {
                    self.scalar(node, target, 0);
                }
            }
            NodeKind::Element | NodeKind::Error | NodeKind::Merge => {}
        }
    }

    fn sequence(&mut self, node: NodeId) {
        let document = self.document;
        self.collection(node, document.children(node).count());
        for child in document.children(node) {
            match document.kind(child) {
                NodeKind::Scalar if !self.by_entry.contains_key(&child) => {
                    self.scalar(child, child, row_flag::ELEMENT)
                }
                _ => self.node(child),
            }
        }
    }

    /// The row of a sequence or empty mapping as a whole.
    fn collection(&mut self, node: NodeId, count: usize) {
        if self.urls_only {
            return;
        }
        let unknown = self.document.flags(node) & (flag::PARTIAL | flag::UNKNOWN) != 0;
        let kind = if count == 0 && !unknown { ValueKind::Empty } else { ValueKind::List };
        let number = i64::try_from(count).unwrap_or(i64::MAX);
        let typed = Typed { kind, number, flags: if unknown { row_flag::UNKNOWN } else { 0 } };
        let at = self.document.span(node);
        let value = Piece { data: Span::new(at.start, at.start), at };
        let key = self.document.key_span(node).unwrap_or(Span::new(at.start, at.start));
        self.push(node, key, value, typed, "");
    }

    fn scalar(&mut self, node: NodeId, source: NodeId, flags: u32) {
        let at = self.document.span(node);
        let value = Piece { at, ..Piece::value(self.document, source) };
        let key = self.document.key_span(node).unwrap_or(Span::new(at.start, at.start));
        let node_flags = self.document.flags(source);
        self.entry(Entry { node, key, value, flags, node_flags });
        // HAProxy's lines are flat: what one does stands in its value.
        if self.depth == 1
            && self.document.name(node) == "http-response"
            && let Some((name, range)) = header_of_rule(value.text(self.document))
        {
            let value = value.part(self.document, range.start, range.end);
            self.under(name, |rows| rows.entry(Entry { node, key, value, flags, node_flags }));
        }
    }

    /// Annotations by which an object tells a web server what to answer with: for other origins, or in its own language.
    fn annotations(&mut self) {
        let document = self.document;
        for object in document.children(0) {
            let metadata = document.get(object, "metadata");
            let Some(annotations) = metadata.and_then(|node| document.get(node, "annotations")) else {
                continue;
            };
            for child in document.children(annotations) {
                let name = document.name(child);
                let is_meant = name.contains("cors-")
                    || name.ends_with("-snippet")
                    || name.ends_with("nginx.ingress.kubernetes.io/proxy-ssl-verify");
                if is_meant && document.kind(child) == NodeKind::Scalar {
                    self.under(name, |rows| rows.scalar(child, child, 0));
                }
            }
        }
    }

    /// Labels by which services tell Traefik what to do with their requests.
    fn labels(&mut self) {
        let document = self.document;
        let root = document.children(0).next();
        let services = root.and_then(|root| document.get(root, "services"));
        for service in services.into_iter().flat_map(|services| document.children(services)) {
            let deployed = document.get(service, "deploy").and_then(|deploy| document.get(deploy, "labels"));
            for labels in document.get(service, "labels").into_iter().chain(deployed) {
                document.children(labels).for_each(|label| self.label(label));
            }
        }
    }

    /// A label, which is a pair of its own in a mapping, and `NAME=value` in a list.
    fn label(&mut self, label: NodeId) {
        const ROUTER: &str = "traefik.";
        let document = self.document;
        if document.kind(label) != NodeKind::Scalar || self.full() {
            return;
        }
        let (name, text) = (document.name(label), document.value(label));
        if name.starts_with(ROUTER) {
            self.under(spelled(name).as_str(), |rows| rows.scalar(label, label, 0));
        } else if let Some((name, _)) = text.split_once('=').filter(|(name, _)| name.starts_with(ROUTER)) {
            let whole = Piece::value(document, label);
            let value = whole.part(document, name.len() + 1, text.len());
            let key = whole.part(document, 0, name.len()).at;
            let node_flags = document.flags(label);
            self.under(spelled(name).as_str(), |rows| {
                rows.entry(Entry { node: label, key, value, flags: 0, node_flags });
            });
        }
    }

    /// An option has its own name as a variable has.
    fn option(&mut self, Setting { node, name, key, value }: Setting) {
        let (prefix, depth) = (std::mem::take(&mut self.prefix), std::mem::replace(&mut self.depth, 1));
        self.prefix.push_str(name);
        match value {
            Some(value) => {
                let node_flags = self.document.flags(node) & !flag::IMPLICIT;
                let flags = row_flag::VARIABLE;
                self.entry(Entry { node, key: key.at, value, flags, node_flags });
            }
            None => {
                // What it says is not written there.
                let start = self.base + self.names.len();
                self.names.push_str(ON);
                let data = Span::new(start as u32, (start + ON.len()) as u32);
                let mut typed = typed(name, ON);
                typed.flags |= row_flag::VARIABLE;
                self.push(node, key.at, Piece { data, at: key.at }, typed, "");
            }
        }
        self.prefix = prefix;
        self.depth = depth;
    }

    /// A variable has its own name, wherever it is set.
    fn variable(&mut self, variable: &Variable) {
        let (prefix, depth) = (std::mem::take(&mut self.prefix), std::mem::replace(&mut self.depth, 1));
        fold_into(&mut self.prefix, variable.name.text(self.document));
        let mut node_flags = self.document.flags(variable.node) & !flag::IMPLICIT;
        // The value is the default alone by now: what else was written says nothing of it.
        if variable.flags & row_flag::DEFAULT != 0 {
            node_flags &= !(flag::UNKNOWN | flag::PARTIAL);
        }
        if variable.flags & (row_flag::UNKNOWN | row_flag::SECRET_REFERENCE) != 0
            && variable.value.data.is_empty()
        {
            node_flags |= flag::UNKNOWN;
        }
        self.entry(Entry {
            node: variable.node,
            key: variable.name.at,
            value: variable.value,
            flags: variable.flags,
            node_flags,
        });
        self.prefix = prefix;
        self.depth = depth;
    }

    /// Types a value and adds its row, and rows for the parts of an address.
    fn entry(&mut self, entry: Entry) {
        if self.urls_only && !entry.value.text(self.document).contains("://") {
            return;
        }
        let Resolved { value, mut flags, whole } = resolve(self.document, entry.value, entry.node_flags);
        flags |= entry.flags;
        let text = value.text(self.document);
        let mut typed = if flags & row_flag::SECRET_REFERENCE != 0 {
            Typed::of(ValueKind::Reference)
        } else if whole {
            Typed::of(ValueKind::Template)
        } else if entry.node_flags & flag::UNKNOWN == 0 && is_null(self.document, entry.node) {
            Typed::of(ValueKind::Empty)
        } else {
            typed(&self.prefix, text)
        };
        typed.flags |= flags;
        self.push(entry.node, entry.key, value, typed, "");
        if matches!(typed.kind, ValueKind::Url | ValueKind::Dsn) {
            for (name, range) in dsn::parts(text) {
                let part = value.part(self.document, range.start, range.end);
                let text = part.text(self.document);
                let unknown = flags & row_flag::UNKNOWN != 0 && text.contains(['$', '{']);
                let mut typed =
                    if unknown { Typed::of(ValueKind::Template) } else { super::value::typed(&name, text) };
                typed.flags |=
                    flags & !row_flag::UNKNOWN | row_flag::PART | if unknown { row_flag::UNKNOWN } else { 0 };
                self.push(entry.node, entry.key, part, typed, &fold(&name));
            }
        }
    }

    fn push(&mut self, node: NodeId, key: Span, value: Piece, typed: Typed, part: &str) {
        if self.prefix.is_empty() || self.full() {
            return;
        }
        let (start, end) = self.name(part);
        let number = typed.number as u64;
        self.cells.extend_from_slice(&[
            node,
            start,
            end,
            typed.kind as u32,
            number as u32,
            (number >> 32) as u32,
            typed.flags,
            value.data.start,
            value.data.end,
            key.start,
            key.end,
            value.at.start,
            value.at.end,
            self.depth,
        ]);
    }

    /// The place of the current name, with the name of a part behind it, in the future data.
    fn name(&mut self, part: &str) -> (u32, u32) {
        let mut cut = self.prefix.len().saturating_sub(MAX_NAME);
        while !self.prefix.is_char_boundary(cut) {
            cut += 1;
        }
        let name = self.prefix.get(cut..).unwrap_or_default();
        let separator = if part.is_empty() { "" } else { "_" };
        let same = self.names.get(self.last.0..self.last.1).is_some_and(|last| {
            last.len() == name.len() + separator.len() + part.len()
                && last.starts_with(name)
                && last.ends_with(part)
        });
        if !same || !part.is_empty() {
            let start = self.names.len();
            for piece in [name, separator, part] {
                self.names.push_str(piece);
            }
            self.last = (start, self.names.len());
        }
        ((self.base + self.last.0) as u32, (self.base + self.last.1) as u32)
    }

    /// Directives of nginx, Apache httpd and sshd below a node.
    fn directives(&mut self, node: NodeId) {
        let document = self.document;
        for child in document.children(node).filter(|child| document.kind(*child) == NodeKind::Element) {
            if self.full() {
                return;
            }
            let name = document.name(child);
            let block = document.style(child) == Style::Flow as u8;
            // The entries of these blocks are data, not settings.
            if block && matches!(name, "map" | "types" | "geo" | "split_clients")
                || name.ends_with("_by_lua_block")
            {
                continue;
            }
            self.under(name, |rows| if block { rows.directives(child) } else { rows.directive(child) });
        }
    }

    fn directive(&mut self, node: NodeId) {
        let document = self.document;
        let arguments: Vec<NodeId> =
            document.children(node).filter(|child| document.kind(*child) == NodeKind::Scalar).collect();
        if document.name(node) == "more_set_headers" {
            return self.header_lines(node, &arguments);
        }
        let skipped = named_by(document.name(node), &arguments, document);
        let (names, mut values) = arguments.split_at(skipped.min(arguments.len()));
        // `always`, and Apache's `env=NAME` and `expr=...`, say when a header is sent, not what it holds.
        let is_condition = |text: &str| {
            text == "always"
                || matches!(document.name(node), "header" | "requestheader")
                    && (text.starts_with("env=") || text.starts_with("expr="))
        };
        if skipped > 0
            && let [rest @ .., last] = values
            && is_condition(document.value(*last))
        {
            values = rest;
        }
        // `add_header X-Y z`: the header's name belongs to the setting's.
        match names.last() {
            Some(name) => self.under(document.value(*name), |rows| rows.arguments(node, values)),
            None => self.arguments(node, values),
        }
    }

    /// `more_set_headers -s 404 'X-Frame-Options: DENY' ...`: each argument is a header with its value, but for those that
    /// belong to an option.
    fn header_lines(&mut self, node: NodeId, arguments: &[NodeId]) {
        let document = self.document;
        let key = document.key_span(node).unwrap_or_default();
        let mut before = "";
        for argument in arguments {
            let text = document.value(*argument);
            let of_option = matches!(std::mem::replace(&mut before, text), "-s" | "-t");
            let Some((name, start)) = header_line(text).filter(|_| !of_option) else { continue };
            let value = Piece::value(document, *argument);
            let value = value.part(document, start, text.len());
            let node_flags = document.flags(*argument);
            self.under(name, |rows| rows.entry(Entry { node: *argument, key, value, flags: 0, node_flags }));
        }
    }

    fn arguments(&mut self, node: NodeId, values: &[NodeId]) {
        let key = self.document.key_span(node).unwrap_or_default();
        let entry = |rows: &Self, value: NodeId, flags| Entry {
            node: value,
            key,
            value: Piece::value(rows.document, value),
            flags,
            node_flags: rows.document.flags(value),
        };
        match values {
            [] => {
                let at = Span::new(key.end, key.end);
                self.push(node, key, Piece { data: at, at }, Typed::of(ValueKind::Empty), "");
            }
            [only] => self.entry(entry(self, *only, 0)),
            [first, .., last] => {
                let at = Span::new(self.document.span(*first).start, self.document.span(*last).end);
                let number = i64::try_from(values.len()).unwrap_or(i64::MAX);
                let value = Piece { at, ..Piece::value(self.document, node) };
                self.push(node, key, value, Typed { kind: ValueKind::List, number, flags: 0 }, "");
                for value in values {
                    self.entry(entry(self, *value, row_flag::ELEMENT));
                }
            }
        }
    }
}

/// A label's name with the words of its end told apart, which Traefik takes in any case.
fn spelled(name: &str) -> String {
    const ENDS: [&str; 10] = [
        "accessControlAllowOriginList",
        "accessControlAllowOriginListRegex",
        "accessControlAllowCredentials",
        "accessControlAllowMethods",
        "accessControlAllowHeaders",
        "accessControlMaxAge",
        "insecureSkipVerify",
        "stsSeconds",
        "frameDeny",
        "contentTypeNosniff",
    ];
    let (front, end) = name.rsplit_once('.').unwrap_or(("", name));
    let known = ENDS.iter().find(|known| known.eq_ignore_ascii_case(end));
    format!("{front}.{}", known.unwrap_or(&end))
}

/// Name and value of a header in a text such as `X-Frame-Options: DENY`, each by its place in it.
fn header_line(text: &str) -> Option<(&str, usize)> {
    let (name, value) = text.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| (name, text.len() - value.trim_start().len()))
}

/// The header that a rule of HAProxy adds to answers, `set-header NAME value if ...`: its name, and where its value is.
fn header_of_rule(text: &str) -> Option<(&str, Range<usize>)> {
    let rest = ["set-header", "add-header"].iter().find_map(|verb| text.trim_start().strip_prefix(verb))?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (name, value) = rest.split_once([' ', '\t'])?;
    let value = value.trim_start();
    let start = text.len() - value.len();
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = value.get(1..)?;
        return Some((name, start + 1..start + 1 + inner.find(quote)?));
    }
    // A blank of the value's own has a stroke in front, as in a list of methods; the condition stands behind it.
    let end = [" if ", " unless "].iter().filter_map(|word| value.find(word)).min().unwrap_or(value.len());
    let value = value.get(..end)?.trim_end();
    (!value.is_empty()).then(|| (name, start..start + value.len()))
}

/// Name and value of a header that hosts of sites take as two settings: `headers: [{key: X-Frame-Options, value: DENY}]`.
fn header_pair(document: &Document, node: NodeId) -> Option<(&str, NodeId)> {
    let list = document.parent(node)?;
    if document.kind(list) != NodeKind::Sequence || document.name(list) != "headers" {
        return None;
    }
    let (key, value) = (document.get(node, "key")?, document.get(node, "value")?);
    let is_scalar = |node| document.kind(node) == NodeKind::Scalar;
    (is_scalar(key) && is_scalar(value) && document.children(node).count() == 2)
        .then(|| (document.value(key), value))
}

/// How many arguments of a directive belong to its name; the last of them names what is set.
fn named_by(directive: &str, arguments: &[NodeId], document: &Document) -> usize {
    match directive {
        "add_header" | "proxy_set_header" | "fastcgi_param" | "uwsgi_param" | "set" | "setenv"
        | "proxy_hide_header" | "sslopensslconfcmd" | "php_flag" | "php_value" | "php_admin_flag"
        | "php_admin_value" => 1,
        "header" | "requestheader" => {
            // `Header always set NAME value`.
            let condition = arguments
                .first()
                .is_some_and(|first| matches!(document.value(*first), "always" | "onsuccess"));
            2 + usize::from(condition)
        }
        _ => 0,
    }
}

/// Whether a node is null in its format: `~`, `null`.
fn is_null(document: &Document, node: NodeId) -> bool {
    document.kind(node) == NodeKind::Scalar && document.scalar_type(node) == ScalarType::Null as u8
}
