//! What kind of file something is: by its path where that is enough, by its content where it is not.
//!
//! Two steps, because the first runs on every file of a repository and must not read any of them:
//! [`classify_path`] looks at the path alone; [`classify`] also looks at the text. Every answer carries the
//! reason, for `--explain-files`. Paths are relative to the repository, separated by `/`; letter case does
//! not count.

mod conf;
mod flow;
mod marks;
mod path;
mod pipeline;
mod structured;
#[cfg(test)]
mod tests;
mod translations;

use crate::FileKind;

pub use marks::{MARKS, marks};

/// Texts longer than this many bytes are left out. The largest files people write by hand or generate for
/// review (bundles of custom resource definitions) stay below 6 MB; what is larger is data.
pub const MAX_TEXT: usize = 16 << 20;

/// A text is taken for minified when its longest line has more bytes than this ...
pub const MINIFIED_LINE: usize = 20_000;

/// ... and its lines have more bytes than this on average: one long line (an embedded certificate) in an
/// otherwise ordinary file is no reason to skip it.
pub const MINIFIED_AVERAGE: usize = 2_000;

/// What a file is, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classified {
    /// The kind, or `None` for a file that is left out.
    pub kind: Option<FileKind>,
    /// Why: a few words, lower case, no final period.
    pub reason: &'static str,
}

/// Which content tests a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// YAML: Kubernetes, Compose, workflows and the like are told apart by their top-level keys.
    Yaml,
    /// JSON, with or without comments.
    Json,
    /// `.conf`, `.cfg`, `.config`: nginx, Apache httpd, INI, systemd or none of them.
    Conf,
    /// Named like a Dockerfile, but with the ending of another language.
    Dockerfile,
    /// Only a `#!` line can tell.
    Script,
}

/// What the path alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathClass {
    /// Surely this kind; [`classify`] may still leave it out as binary or huge.
    Known(FileKind, &'static str),
    /// The content decides, among the kinds of a family.
    Content {
        /// Which tests to make.
        family: Family,
        /// The kind if the tests find nothing more special; `None`: the file is left out then.
        fallback: Option<FileKind>,
        /// The reason that goes with `fallback`.
        reason: &'static str,
    },
    /// Never of interest: the file need not be read.
    Nothing(&'static str),
}

/// Classifies by path alone. Costs one pass over the path, at most one small allocation.
#[must_use]
pub fn classify_path(path: &str) -> PathClass {
    path::classify(path)
}

/// Classifies by path and content. `head` is the file's text or its beginning, UTF-8; the more of it there
/// is, the surer the answer (a Kubernetes object may be the last document of a stream).
#[must_use]
pub fn classify(path: &str, head: &str) -> Classified {
    let (kind, reason) = match classify_path(path) {
        PathClass::Nothing(reason) => (None, reason),
        PathClass::Known(kind, reason) => (Some(kind), reason),
        PathClass::Content { family, fallback, reason } => {
            let text = head.strip_prefix('\u{feff}').unwrap_or(head);
            let found = match family {
                Family::Yaml => structured::yaml(path, text, fallback),
                Family::Json => structured::json(text),
                // Beside the files of a server without an ending lie scripts without one.
                Family::Conf if conf::has_shell_shebang(text) && !path.ends_with(".conf") => {
                    Some((FileKind::Shell, "starts with a shell's #! line"))
                }
                Family::Conf => conf::classify(path, text),
                Family::Dockerfile => {
                    conf::is_dockerfile(text).then_some((FileKind::Dockerfile, "content starts with FROM"))
                }
                Family::Script => conf::has_shell_shebang(text)
                    .then_some((FileKind::Shell, "starts with a shell's #! line")),
            };
            match found {
                Some((FileKind::Shell, _)) if conf::hands_itself_over(text) => {
                    (None, "a shell that hands the file over to another language")
                }
                Some((kind, reason)) => (Some(kind), reason),
                // A script of another language behind a shell's file ending.
                None if fallback == Some(FileKind::Shell) && text.starts_with("#!") => {
                    (None, "its #! line names no shell")
                }
                None => (fallback, reason),
            }
        }
    };
    let Some(kind) = kind else { return Classified { kind: None, reason } };
    match unfit(kind, head) {
        Some(reason) => Classified { kind: None, reason },
        None => Classified { kind: Some(kind), reason },
    }
}

/// Why a text is left out whatever its kind, if it is.
#[must_use]
pub fn unfit(kind: FileKind, text: &str) -> Option<&'static str> {
    if text.len() > MAX_TEXT {
        return Some("larger than 16 MiB");
    }
    // UTF-16 is decoded before it gets here, so a NUL is never part of configuration. The first pages tell.
    if memchr::memchr(0, text.as_bytes().get(..8192).unwrap_or(text.as_bytes())).is_some() {
        return Some("binary: contains NUL");
    }
    if kind == FileKind::Requirements && is_conda_list(text) {
        return Some("a list of conda's packages, with a build behind each version");
    }
    // Only formats that tools write minified: a long line of a script or Dockerfile is somebody's own.
    let writable = matches!(
        kind,
        FileKind::Json
            | FileKind::Yaml
            | FileKind::Toml
            | FileKind::PackageJson
            | FileKind::Nginx
            | FileKind::Source
    );
    if writable && is_minified(text) {
        return Some("minified: lines of thousands of characters");
    }
    None
}

/// Whether a whole text has these words; several times as fast as [`str::contains`].
fn contains(text: &str, words: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some()
}

/// Lines without comments that are looked at for what only conda writes.
const CONDA_LINES: usize = 20;

/// Whether a text is what `conda list --export` writes: `numpy=1.21.2=py38h20f2e39_0` on each line, or addresses behind `@EXPLICIT`.
fn is_conda_list(text: &str) -> bool {
    let pins = |line: &str| {
        let mut parts = line.split('=');
        let named = parts.by_ref().take(3).filter(|part| !part.is_empty() && !part.contains(' ')).count();
        named == 3 && parts.next().is_none()
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut all, mut of_conda) = (0_usize, 0_usize);
    for line in lines.take(CONDA_LINES) {
        if line == "@EXPLICIT" {
            return true;
        }
        all += 1;
        of_conda += usize::from(pins(line));
    }
    // A stray one is a slip in a list for pip.
    of_conda > 0 && of_conda * 2 >= all
}

fn is_minified(text: &str) -> bool {
    if text.len() <= MINIFIED_LINE {
        return false;
    }
    let (mut lines, mut longest, mut start) = (0_usize, 0_usize, 0_usize);
    for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len())) {
        lines += 1;
        longest = longest.max(end - start);
        start = end + 1;
    }
    longest > MINIFIED_LINE && text.len() / lines > MINIFIED_AVERAGE
}
