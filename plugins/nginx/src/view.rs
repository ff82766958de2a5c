//! The directives of a file, and which of them are in force in a block.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use stockade_sdk::{Edit, Kind, Node, Source};

/// Files that bring nothing but types and parameters for a backend.
const HARMLESS_INCLUDES: [&str; 8] = [
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "uwsgi_params",
    "scgi_params",
    "koi-utf",
    "koi-win",
    "win-utf",
];

/// What is known of a directive in a block.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// This one is in force.
    Set(Node<'a>),
    /// None is, as far as this file goes and all of it is here.
    Unset,
    /// An include, a template or the file that includes this one may set it.
    Unknown,
}

/// What stands directly in a block. Of a block with thousands of others in it, as generated files have, everything inside asks.
#[derive(Debug)]
pub struct Level<'a> {
    /// Whether directives may be in the block that are not in this file.
    pub brings: bool,
    /// The last directive of each name.
    last: HashMap<&'a str, Node<'a>>,
}

impl<'a> Level<'a> {
    fn new(block: Node<'a>) -> Self {
        let last = inside(block).map(|directive| (directive.name(), directive)).collect();
        Self { brings: may_bring(block), last }
    }

    /// The last directive of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        self.last.get(name).copied()
    }
}

/// A configuration file.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// All directives, in the order of the file, without those of `map`, `types`, `geo` and the like.
    pub directives: Vec<Node<'a>>,
    /// For development, tests or as an example.
    pub exempt: bool,
    /// Whether there may be directives outside of all blocks that are not in this file.
    open: bool,
    /// By the number of the block's node; filled when asked for.
    levels: RefCell<HashMap<u32, Rc<Level<'a>>>>,
    /// Whether something in a block decides about who gets in, by the number of the block's node.
    guards: RefCell<HashMap<u32, bool>>,
    /// Whether `rewrite` or `if` stands somewhere in a block, by the number of the block's node.
    renumbers: RefCell<HashMap<u32, bool>>,
    /// The directives `set`, by the variable.
    sets: OnceCell<HashMap<&'a str, Vec<Node<'a>>>>,
    /// The same by the number of the block's node that they stand in and the variable.
    sets_in: OnceCell<HashMap<(u32, &'a str), Vec<Node<'a>>>>,
    /// Whether a client decides what some `set` gives a variable, by the variable and how long the chain to it is.
    controlled: RefCell<HashMap<(&'a str, u8), bool>>,
}

impl<'a> View<'a> {
    /// Lists the directives.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        let data = ["map", "types", "geo", "split_clients", "charset_map"];
        let directives = source
            .root()
            .descendants()
            .filter(|node| node.kind() == Kind::Element)
            .filter(|node| !node.parent().is_some_and(|p| data.contains(&p.name())))
            .collect();
        let exempt = ["development", "test", "example"].iter().any(|mark| source.is_marked(mark));
        let open = source.root().may_have_more();
        Self {
            source,
            directives,
            exempt,
            open,
            levels: RefCell::default(),
            guards: RefCell::default(),
            renumbers: RefCell::default(),
            sets: OnceCell::new(),
            sets_in: OnceCell::new(),
            controlled: RefCell::default(),
        }
    }

    /// What stands directly in a block.
    #[must_use]
    pub fn level(&self, block: Node<'a>) -> Rc<Level<'a>> {
        let known = self.levels.borrow().get(&block.id()).cloned();
        known.unwrap_or_else(|| {
            let level = Rc::new(Level::new(block));
            self.levels.borrow_mut().insert(block.id(), Rc::clone(&level));
            level
        })
    }

    /// Whether something in a block decides about who gets in: what `ask` says, which is asked once for each block.
    pub fn guards(&self, block: Node<'a>, ask: impl FnOnce(Node<'a>) -> bool) -> bool {
        let known = self.guards.borrow().get(&block.id()).copied();
        known.unwrap_or_else(|| {
            let guards = ask(block);
            self.guards.borrow_mut().insert(block.id(), guards);
            guards
        })
    }

    /// Whether something in a block sets the numbered variables anew: `rewrite` and `if` do. Every directive of a block asks.
    pub fn renumbers(&self, block: Node<'a>) -> bool {
        let known = self.renumbers.borrow().get(&block.id()).copied();
        known.unwrap_or_else(|| {
            let renumbers = block.descendants().any(|d| d.is("rewrite") || d.is("if"));
            self.renumbers.borrow_mut().insert(block.id(), renumbers);
            renumbers
        })
    }

    /// The directives that set a variable, which is named without its `$`.
    pub fn sets(&self, variable: &str) -> &[Node<'a>] {
        let sets = self.sets.get_or_init(|| {
            let mut sets: HashMap<&str, Vec<Node<'a>>> = HashMap::new();
            for set in self.named(&["set"]) {
                sets.entry(variable_set(set)).or_default().push(set);
            }
            sets
        });
        sets.get(variable).map_or(&[], Vec::as_slice)
    }

    /// Those of them in the blocks around a directive, in the order of the file. Each of thousands of servers may have its own.
    pub fn sets_around(&self, directive: Node<'a>, variable: &str) -> Vec<Node<'a>> {
        let sets = self.sets_in.get_or_init(|| {
            let mut sets: HashMap<_, Vec<Node<'a>>> = HashMap::new();
            for set in self.named(&["set"]) {
                let Some(block) = set.parent() else { continue };
                sets.entry((block.id(), variable_set(set))).or_default().push(set);
            }
            sets
        });
        let around = levels(directive).filter_map(|block| sets.get(&(block.id(), variable)));
        let mut found: Vec<Node<'a>> = around.flatten().copied().collect();
        found.sort_unstable_by_key(|set| set.id());
        found
    }

    /// Whether a client decides what some `set` gives a variable: what `ask` says, which is asked once for each variable
    /// and length of the chain to it.
    pub fn controlled(&self, variable: &'a str, depth: u8, ask: impl FnOnce() -> bool) -> bool {
        let known = self.controlled.borrow().get(&(variable, depth)).copied();
        known.unwrap_or_else(|| {
            let controlled = ask();
            self.controlled.borrow_mut().insert((variable, depth), controlled);
            controlled
        })
    }

    /// The directives with one of these names.
    pub fn named(&self, names: &[&str]) -> impl Iterator<Item = Node<'a>> {
        self.directives.iter().copied().filter(move |d| names.contains(&d.name()))
    }

    /// The `server` blocks of HTTP: those of `stream`, `mail` and `rtmp` are another matter, those of `upstream` no blocks.
    pub fn servers(&self) -> impl Iterator<Item = Node<'a>> {
        self.named(&["server"])
            .filter(|s| is_block(*s))
            .filter(|s| !s.ancestors().any(|a| matches!(a.name(), "stream" | "mail" | "rtmp" | "upstream")))
            .filter(|s| !is_of_other_protocol(*s))
    }
}

/// The variable that a `set` sets, without its `$`.
fn variable_set(set: Node<'_>) -> &str {
    arg_text(set, 0).trim_start_matches('$')
}

/// Whether a `server` block has what only those of `stream`, `mail` and `rtmp` have: a file may be included into one of them.
fn is_of_other_protocol(server: Node<'_>) -> bool {
    inside(server).any(|d| {
        matches!(
            d.name(),
            "proxy_pass" | "ssl_preread" | "proxy_timeout" | "proxy_responses" | "protocol" | "application"
        )
    })
}

/// What a `location` is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The path, or the pattern.
    pub path: &'a str,
    /// How it is compared.
    pub by: Comparison,
}

/// How a `location` is compared with the path of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The path begins with it.
    Prefix,
    /// The path is it: `=`.
    Exact,
    /// The path matches it: `~` and `~*`.
    Pattern,
}

/// Reads the arguments of a `location`. nginx takes the modifier with and without a blank behind it.
#[must_use]
pub fn location(node: Node<'_>) -> Location<'_> {
    let modifiers = [
        ("~*", Comparison::Pattern),
        ("~", Comparison::Pattern),
        ("^~", Comparison::Prefix),
        ("=", Comparison::Exact),
    ];
    let first = arg_text(node, 0);
    for (modifier, by) in modifiers {
        if let Some(rest) = first.strip_prefix(modifier) {
            return Location { path: if rest.is_empty() { arg_text(node, 1) } else { rest }, by };
        }
    }
    Location { path: first, by: Comparison::Prefix }
}

/// Whether it is a block and not a simple directive.
#[must_use]
pub fn is_block(node: Node<'_>) -> bool {
    node.kind() == Kind::Element && node.style() == 5
}

/// The arguments of a directive.
pub fn args(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    node.children().filter(|c| c.kind() == Kind::Scalar)
}

/// An argument by its place, from 0.
#[must_use]
pub fn arg(node: Node<'_>, index: usize) -> Option<Node<'_>> {
    args(node).nth(index)
}

/// The text of an argument; empty where there is none.
#[must_use]
pub fn arg_text(node: Node<'_>, index: usize) -> &str {
    arg(node, index).map_or("", Node::text)
}

/// Directives inside a block.
pub fn inside(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    node.children().filter(|c| c.kind() == Kind::Element)
}

/// Whether directives may be in this block that are not in this file.
#[must_use]
pub fn may_bring(block: Node<'_>) -> bool {
    block.may_have_more()
        || inside(block).any(|d| {
            d.is("include") && {
                let file = arg_text(d, 0).rsplit('/').next().unwrap_or_default();
                !HARMLESS_INCLUDES.contains(&file) && !arg_text(d, 0).contains("sites-")
            }
        })
}

/// The blocks around a node and itself, innermost first, without the root.
pub fn levels(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::once(node).chain(node.ancestors()).filter(|n| is_block(*n))
}

/// Looks a directive up in a block and the blocks around it. `outer_counts`: a file without `http` is one that
/// another file includes, so what it does not set is unknown.
#[must_use]
pub fn in_force<'a>(view: &View<'a>, block: Node<'a>, name: &str, outer_counts: bool) -> Found<'a> {
    let mut unknown = false;
    let mut has_http = false;
    for block in levels(block) {
        let level = view.level(block);
        if let Some(found) = level.get(name) {
            // An include in a block further in may say otherwise.
            return if unknown { Found::Unknown } else { Found::Set(found) };
        }
        unknown |= level.brings;
        has_http |= block.is("http");
    }
    unknown |= view.open;
    if unknown || (outer_counts && !has_http) { Found::Unknown } else { Found::Unset }
}

/// The variables in a value, without `$` and braces, each with what follows it.
#[must_use]
pub fn variables(value: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (_, rest) in value.match_indices('$').filter_map(|(at, _)| value.split_at_checked(at + 1)) {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if let Some(name) = rest.get(..end).filter(|name| !name.is_empty()) {
            found.push(name);
        }
    }
    found
}

/// Whether the host of a URL is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[');
    host.starts_with("127.")
        || host.starts_with("localhost")
        || host.starts_with("::1")
        || host.starts_with("unix:")
}

/// Inserts a line with this text behind a directive, indented as it is; on the same line where more stands there.
#[must_use]
pub fn insert_after(node: Node<'_>, lines: &[&str]) -> Edit {
    let source = node.source();
    let start = node.key_span().map_or(node.span().start, |key| key.start);
    let line = source.line_at(start);
    let head = source.slice(stockade_sdk::Span { start: line.start, end: start });
    let end = node.span().end;
    let rest = source.slice(stockade_sdk::Span { start: end, end: line_end(source, end) });
    let alone = head.trim().is_empty() && (rest.trim().is_empty() || rest.trim_start().starts_with('#'));
    let (at, text): (u32, String) = if alone {
        // A comment behind the directive stays with it.
        (line_end(source, end), lines.iter().flat_map(|l| ["\n", head, l]).collect())
    } else {
        (end, lines.iter().flat_map(|l| [" ", l]).collect())
    };
    Edit::insert(at, text)
}

fn line_end(source: &Source, offset: u32) -> u32 {
    source.line_at(offset).end
}

/// Replaces the inside of an argument, keeping its quotes.
#[must_use]
pub fn replace_arg(node: Node<'_>, from: &str, to: &str) -> Option<Edit> {
    let written = node.source().slice(node.span());
    written.contains(from).then(|| Edit::replace(node.span(), written.replace(from, to)))
}
