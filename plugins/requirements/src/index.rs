//! Indexes in the settings of pip, Pipenv, Poetry, PDM and uv.

use stockade_sdk::{Node, Place, Source, Span};

/// An address that packages come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    /// The node that holds it, maybe with others.
    pub(crate) node: Node<'a>,
    pub(crate) text: &'a str,
    /// Where it begins, where the file has it as it is.
    pub(crate) start: Option<u32>,
}

impl<'a> Address<'a> {
    /// The addresses in a value: one, or several with blanks between them.
    pub(crate) fn all_of(node: Node<'a>) -> impl Iterator<Item = Self> {
        let (text, raw) = (node.text(), node.source().slice(node.span()));
        let mut from = 0;
        text.split_ascii_whitespace().map(move |address| {
            let found = raw.get(from..).and_then(|rest| rest.find(address)).map(|at| from + at);
            from = found.map_or(from, |at| at + address.len());
            Self { node, text: address, start: found.map(|at| node.span().start + at as u32) }
        })
    }

    pub(crate) fn place(&self) -> Place {
        match self.start {
            Some(start) if self.text.len() < self.node.text().len() => Place {
                span: Span { start, end: start + self.text.len() as u32 },
                node: Some(self.node.id()),
            },
            _ => self.node.place(),
        }
    }
}

/// Where a kind of file names addresses, sources whose certificates may go unchecked, and hosts that are trusted without.
struct Keys {
    addresses: &'static [&'static str],
    verified: &'static [&'static str],
    trusted: &'static [&'static str],
}

const PIPFILE: Keys =
    Keys { addresses: &["source[*].url"], verified: &["source[*].verify_ssl"], trusted: &[] };
const PYPROJECT: Keys = Keys {
    addresses: &[
        "tool.poetry.source[*].url",
        "tool.pdm.source[*].url",
        "tool.uv.index[*].url",
        "tool.uv.index-url",
        "tool.uv.extra-index-url[*]",
        "tool.uv.find-links[*]",
        "tool.uv.pip.index-url",
        "tool.uv.pip.extra-index-url[*]",
        "tool.uv.pip.find-links[*]",
    ],
    verified: &["tool.pdm.source[*].verify_ssl"],
    trusted: &["tool.uv.allow-insecure-host[*]"],
};
const UV: Keys = Keys {
    addresses: &[
        "index[*].url",
        "index-url",
        "extra-index-url[*]",
        "find-links[*]",
        "pip.index-url",
        "pip.extra-index-url[*]",
        "pip.find-links[*]",
    ],
    verified: &[],
    trusted: &["allow-insecure-host[*]"],
};
/// Below each section: pip has one for every command.
const PIP: Keys = Keys {
    addresses: &["index-url", "extra-index-url", "find-links", "index_url", "extra_index_url", "find_links"],
    verified: &[],
    trusted: &["trusted-host", "trusted_host"],
};

/// What a file of settings says about indexes.
#[derive(Debug, Default)]
pub(crate) struct Indexes<'a> {
    /// The values that hold addresses.
    pub(crate) addresses: Vec<Node<'a>>,
    /// Switches that say whether certificates are checked.
    pub(crate) verified: Vec<Node<'a>>,
    /// Hosts whose certificates are not.
    pub(crate) trusted: Vec<Node<'a>>,
}

impl<'a> Indexes<'a> {
    /// Reads them; a file of another kind has none.
    pub(crate) fn of(source: &'a Source) -> Self {
        let keys = match (source.kind(), source.file_name()) {
            ("pipfile", _) => PIPFILE,
            ("pyproject", _) => PYPROJECT,
            ("toml", "uv.toml") => UV,
            ("ini", "pip.conf" | "pip.ini") => PIP,
            _ => return Self::default(),
        };
        let mut tables: Vec<Node<'a>> = source.root().children().collect();
        if source.kind() == "ini" {
            tables = tables.into_iter().flat_map(Node::children).collect();
        }
        let at = |paths: &[&str]| -> Vec<Node<'a>> {
            let nodes = tables.iter().flat_map(|table| paths.iter().flat_map(|path| table.at(path)));
            nodes.filter(|node| node.is_scalar() && !node.is_unknown()).collect()
        };
        Self { addresses: at(keys.addresses), verified: at(keys.verified), trusted: at(keys.trusted) }
    }
}
