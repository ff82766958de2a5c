//! Published ports of a service, in the short and the long form.

use crate::interpolate::{UNKNOWN, interpolate};
use crate::view::{Service, ask, text};
use stockade_sdk::{Kind, Node};

/// A range of ports, both ends in it.
pub(crate) type Range = (u32, u32);

/// A published port.
#[derive(Debug)]
pub(crate) struct Port<'a> {
    pub(crate) node: Node<'a>,
    /// `None`: not given; may hold [`UNKNOWN`].
    pub(crate) address: Option<String>,
    /// `None`: not given, or not known.
    pub(crate) published: Option<Range>,
    pub(crate) target: Option<Range>,
    /// As written.
    pub(crate) text: String,
    pub(crate) long: bool,
}

impl Port<'_> {
    /// Whether it is reachable from other machines, as far as the file tells.
    pub(crate) fn is_open(&self) -> bool {
        match self.address.as_deref() {
            None | Some("") => true,
            Some(address) => {
                !address.contains(UNKNOWN)
                    && !address.starts_with("127.")
                    && !matches!(address.trim_matches(['[', ']']), "::1" | "localhost")
            }
        }
    }

    /// Whether it listens on every interface.
    pub(crate) fn is_everywhere(&self) -> bool {
        matches!(
            self.address.as_deref().map(|a| a.trim_matches(['[', ']'])),
            None | Some("" | "0.0.0.0" | "::")
        )
    }
}

/// The entries of `ports`.
pub(crate) fn ports<'a>(service: &Service<'a>) -> Vec<Port<'a>> {
    service.list("ports").into_iter().filter_map(port).collect()
}

fn port(node: Node<'_>) -> Option<Port<'_>> {
    if node.resolve().kind() == Kind::Mapping {
        let get = |key: &str| ask(node, key).node().and_then(text);
        let target = get("target")?;
        // Without a published port the engine chooses one, on every interface all the same.
        let published = get("published");
        return Some(Port {
            node,
            address: get("host_ip"),
            published: published.as_deref().and_then(range),
            target: range(&target),
            text: published.map_or_else(|| target.clone(), |p| format!("{p}:{target}")),
            long: true,
        });
    }
    if !node.is_scalar() || node.is_null() || node.text().trim().is_empty() {
        return None;
    }
    let whole = interpolate(node.text());
    if whole.trim_matches(UNKNOWN).is_empty() {
        return None;
    }
    let body = whole.split('/').next().unwrap_or_default();
    let (front, target) = body.rsplit_once(':').map_or((None, body), |(front, target)| (Some(front), target));
    let (address, published) = match front {
        None => (None, None),
        Some(front) => match front.rsplit_once(':') {
            Some((address, published)) => (Some(address.to_owned()), range(published)),
            // A lone variable in front may hold an address as well.
            None if front.contains(UNKNOWN) && target.contains(UNKNOWN) => (Some(front.to_owned()), None),
            None => (None, range(front)),
        },
    };
    Some(Port { node, address, published, target: range(target), text: node.text().to_owned(), long: false })
}

fn range(text: &str) -> Option<Range> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}
