//! Fills what a Compose file's `.env` sets into its variables, as Compose does before it reads the file.
//!
//! Source: <https://docs.docker.com/reference/compose-file/interpolation/> and
//! <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>.

use super::values::Substitution;
use crate::limits;
use std::collections::HashMap;
use stockade_model::{Document, NodeId, NodeKind, STRIDE, ScalarType, column, flag};

/// Most variables of one value that are looked at.
const MAX_VARIABLES: usize = 64;

/// Keys of a service whose values say how its container runs, or what it is made of. Elsewhere a variable is how a secret
/// gets past the file, and what it holds is judged where it stands.
const FILLED_BELOW: [&str; 24] = [
    "build",
    "cap_add",
    "cgroup",
    "deploy",
    "devices",
    "extra_hosts",
    "group_add",
    "image",
    "ipc",
    "logging",
    "mem_limit",
    "network_mode",
    "pid",
    "pids_limit",
    "ports",
    "privileged",
    "read_only",
    "restart",
    "security_opt",
    "tmpfs",
    "user",
    "userns_mode",
    "uts",
    "volumes",
];
/// Keys below those whose values may hold anything.
const LEFT_OUT: [&str; 6] = ["annotations", "args", "driver_opts", "labels", "options", "secrets"];
/// Words of a variable's name that say that its value is nobody's business.
const SECRET: [&str; 13] = [
    "AUTH",
    "CREDENTIALS",
    "DSN",
    "KEY",
    "KEYS",
    "PASS",
    "PASSPHRASE",
    "PASSWD",
    "PRIVATE",
    "PW",
    "PWD",
    "SECRETS",
    "TOKENS",
];
/// What such words end in.
const SECRET_ENDS: [&str; 3] = ["PASSWORD", "SECRET", "TOKEN"];

/// Fills in the variables of a Compose file that `environment`, the `.env` beside it, sets to plain values. What it leaves
/// open stays as it is written, defaults included. Spans stay at the Compose file. Gives the scalars that changed, in order.
///
/// A variable of the shell counts more than the file's, so a value is what holds where nobody says otherwise: the node is
/// *filled in from a default*.
pub fn substitute_variables(document: &mut Document, environment: &Document) -> Vec<Substitution> {
    let root = environment.children(0).next().unwrap_or(0);
    // Of a name that is set twice, the last one counts.
    let known: HashMap<&str, NodeId> =
        environment.children(root).map(|node| (environment.name(node), node)).collect();
    let mut changed = Vec::new();
    if known.is_empty() {
        return changed;
    }
    let most = document.data.len() + limits::MAX_FILLED_BYTES;
    for node in 1..document.len() as NodeId {
        if document.kind(node) == NodeKind::Scalar
            && document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0
            && document.value(node).contains('$')
            && document.data.len() <= most
            && is_filled(document, node)
            && let Some((text, source)) = fill(document.value(node), environment, &known)
        {
            store(document, node, &text);
            changed.push(Substitution { node, source: Some(source), layer: 0 });
        }
    }
    changed
}

/// Whether variables are filled in where this node stands.
fn is_filled(document: &Document, node: NodeId) -> bool {
    let mut at = Some(node);
    let mut is_below = false;
    while let Some(node) = at.filter(|node| *node != 0) {
        let name = document.name(node);
        if LEFT_OUT.contains(&name) {
            return false;
        }
        is_below |= FILLED_BELOW.contains(&name);
        at = document.parent(node);
    }
    is_below
}

/// A value with all variables that are known, and where the last of them is set; `None` where none is.
fn fill(text: &str, environment: &Document, known: &HashMap<&str, NodeId>) -> Option<(String, NodeId)> {
    let mut filled = String::new();
    let mut last = None;
    let mut rest = text;
    for _ in 0..MAX_VARIABLES {
        let Some((before, behind)) = rest.split_once('$') else { break };
        filled.push_str(before);
        let (variable, length) = Variable::at(behind)?;
        let written = behind.get(..length)?;
        rest = behind.get(length..)?;
        match variable.and_then(|variable| variable.value(environment, known)) {
            Some((value, node)) => {
                filled.push_str(value);
                last = Some(node);
            }
            None => {
                filled.push('$');
                filled.push_str(written);
            }
        }
    }
    filled.push_str(rest);
    (filled.len() <= limits::MAX_FILLED_BYTES).then_some(())?;
    last.map(|node| (filled, node))
}

/// A variable as a value names it.
struct Variable<'t> {
    name: &'t str,
    /// Whether an empty value is as good as none: `${X:-y}`.
    nonempty: bool,
}

impl<'t> Variable<'t> {
    /// What stands behind a `$`, and how many bytes of it belong together. `None` for what Compose would refuse.
    fn at(behind: &'t str) -> Option<(Option<Self>, usize)> {
        let name_length =
            |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
        if behind.starts_with('$') {
            return Some((None, 1));
        }
        let Some(inner) = behind.strip_prefix('{') else {
            let length = name_length(behind);
            let name = behind.get(..length)?;
            return Some(((length > 0).then_some(Self { name, nonempty: false }), length));
        };
        let end = closing(inner)?;
        let (name, rest) = inner.get(..end)?.split_at_checked(name_length(inner.get(..end)?))?;
        // `${X:+y}` says something else where the variable is set.
        let is_plain = rest.is_empty()
            || rest.starts_with(['-', '?'])
            || rest.starts_with(":-")
            || rest.starts_with(":?");
        let variable = Self { name, nonempty: rest.starts_with(':') };
        Some(((is_plain && !name.is_empty()).then_some(variable), end + 2))
    }

    fn value<'e>(
        &self,
        environment: &'e Document,
        known: &HashMap<&str, NodeId>,
    ) -> Option<(&'e str, NodeId)> {
        let name = self.name.to_ascii_uppercase();
        let is_secret =
            |word: &str| SECRET.contains(&word) || SECRET_ENDS.iter().any(|end| word.ends_with(end));
        if name.split('_').any(is_secret) {
            return None;
        }
        let node = *known.get(self.name)?;
        let value = environment.value(node);
        let is_open = environment.flags(node) & (flag::UNKNOWN | flag::PARTIAL) != 0;
        // What takes in further variables, and what would look as if it did.
        let is_unusable = is_open || value.contains(['$', '\n', '\u{fffd}']);
        let is_none = self.nonempty && value.is_empty();
        (!is_unusable && !is_none).then_some((value, node))
    }
}

/// The offset of the brace that ends a variable.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    inner.bytes().position(|byte| match byte {
        b'{' => {
            depth += 1;
            false
        }
        b'}' if depth == 0 => true,
        b'}' => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

/// Gives a scalar the text that it has with its variables. Compose takes it for a text, and so do the plugins.
fn store(document: &mut Document, node: NodeId, text: &str) {
    let start = document.data.len() as u32;
    document.data.push_str(text);
    let end = document.data.len() as u32;
    let flags = document.flags(node) | flag::DEFAULTED;
    let head = document.cell(node, column::HEAD) & 0x00ff_00ff;
    let head = head | (ScalarType::String as u32) << 8 | u32::from(flags) << 24;
    for (column, value) in [(column::TEXT_START, start), (column::TEXT_END, end), (column::HEAD, head)] {
        if let Some(cell) = document.nodes.get_mut(node as usize * STRIDE + column) {
            *cell = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileKind, parse};

    /// The values of the services' `image` and `volumes` and of everything else, with what `.env` says filled in.
    fn filled(compose: &str, environment: &str) -> Vec<String> {
        let mut document = parse(FileKind::Compose, compose.to_owned());
        let environment = parse(FileKind::Dotenv, environment.to_owned());
        let changed = substitute_variables(&mut document, &environment);
        changed
            .iter()
            .map(|change| {
                assert_ne!(document.flags(change.node) & flag::DEFAULTED, 0);
                format!("{} < {}", document.value(change.node), environment.name(change.source.unwrap()))
            })
            .collect()
    }

    #[test]
    fn variables_have_the_values_of_the_environment() {
        let image = |image: &str| format!("services:\n  a:\n    image: \"{image}\"\n");
        let environment = "TAG=16\nNAME=postgres\nEMPTY=\nOTHER=${TAG}\nTWICE=a\nTWICE=b\nexport E='x y'\n";
        for (written, read) in [
            ("${NAME}:$TAG", "postgres:16 < TAG"),
            ("${NAME:-redis}:${TAG?missing}", "postgres:16 < TAG"),
            ("db:${TAG-1}-$$x", "db:16-$$x < TAG"),
            ("${UNSET:-${X}}:${TAG}", "${UNSET:-${X}}:16 < TAG"),
            ("a:${EMPTY-1}", "a: < EMPTY"),
            ("a:${TWICE}", "a:b < TWICE"),
            ("a:$E", "a:x y < E"),
        ] {
            assert_eq!(filled(&image(written), environment), [read], "{written}");
        }
        for open in ["a:${UNSET}", "a:${EMPTY:-1}", "a:${OTHER}", "a:${TAG:+1}", "a:$$TAG", "a:${TAG", "a:1$"]
        {
            assert_eq!(filled(&image(open), environment), [""; 0], "{open}");
        }
    }

    #[test]
    fn secrets_stay_behind_their_variables() {
        let compose = "services:\n  a:\n    image: ${DB_PASSWORD}\n    environment:\n      A: ${X}\n    \
                       labels: [\"${X}\"]\n    build:\n      args: {A: \"${X}\"}\n      context: ${X}\n    \
                       command: run ${X}\n    volumes:\n      - ${X}:/x\n";
        assert_eq!(filled(compose, "X=/\nDB_PASSWORD=a\n"), ["/ < X", "/:/x < X"]);
    }
}
