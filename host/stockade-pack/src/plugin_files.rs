//! What a plugin carries inside its `.wasm` file: its description, its pack and the pages, as one block of text.
//!
//! The block is the custom section [`SECTION`] of the component:
//!
//! ```text
//! stockade-pack 1
//! pack.kdl 61
//! <61 bytes>
//! plugin.kdl 140
//! <140 bytes>
//! rules/no-root.kdl 310
//! ...
//! ```
//!
//! Names are sorted and unique, so that equal files give equal bytes. It comes from strangers: everything is bounded
//! before it is looked at.

use crate::compile::{Compiled, PackSource, PluginSource, compile_onto};
use crate::error::{Error, ErrorKind};
use crate::guide;
use crate::names::is_kebab;
use crate::plugin::Vocabulary;
use crate::source::{MAX_KDL_BYTES, Source};
use crate::view::nodes;
use std::fmt::Write as _;
use thiserror::Error as ThisError;

/// Name of the custom section.
pub const SECTION: &str = "stockade:pack";
/// Most bytes of the section: the pages of all built-in packs together have two million.
pub const MAX_SECTION_BYTES: usize = 4 << 20;
/// Most files in it, two for each rule: the largest built-in pack has 134 rules.
pub const MAX_SECTION_FILES: usize = 2_002;

/// First line of the section.
const HEADER: &str = "stockade-pack 1\n";
const PLUGIN: &str = "plugin.kdl";
const PACK: &str = "pack.kdl";
/// The one file that may be missing.
const GUIDE: &str = guide::FILE;

/// The files that a plugin carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginFiles {
    /// Name (`plugin.kdl`, `pack.kdl`, `guide.kdl`, `rules/<rule>.kdl`, `rules/<rule>.md`) and text, sorted by name.
    files: Vec<(String, String)>,
}

/// Why a block of files is none. The plugin's fault, or that of whoever changed it on the way.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum SectionError {
    /// It is larger than [`MAX_SECTION_BYTES`] or holds more than [`MAX_SECTION_FILES`].
    #[error("its pack is larger than {MAX_SECTION_BYTES} bytes or {MAX_SECTION_FILES} files")]
    TooLarge,
    /// It was written by another version of `stockade plugin pack`.
    #[error("its pack starts with `{0}`, which this stockade cannot read")]
    Header(String),
    /// A file that has no place in it, or twice the same.
    #[error("its pack holds a file named `{0}`, which has no place there or is not in order")]
    Name(String),
    /// It ends early, or lengths do not fit.
    #[error("its pack is cut off or damaged at byte {0}")]
    Damaged(usize),
    /// `plugin.kdl` or `pack.kdl` is missing.
    #[error("its pack has no `{0}`")]
    Missing(&'static str),
}

impl PluginFiles {
    /// Puts files together; their order does not matter.
    ///
    /// # Errors
    /// A name that has no place there or is there twice, a missing description, or too much of everything.
    pub fn new(mut files: Vec<(String, String)>) -> Result<Self, SectionError> {
        files.sort();
        let bytes: usize = files.iter().map(|(name, text)| name.len() + text.len() + 16).sum();
        if bytes > MAX_SECTION_BYTES || files.len() > MAX_SECTION_FILES {
            return Err(SectionError::TooLarge);
        }
        let mut last = "";
        for (name, text) in &files {
            let too_long = name.ends_with(".kdl") && text.len() > MAX_KDL_BYTES;
            if !is_name(name) || name == last || too_long {
                return Err(SectionError::Name(shown(name)));
            }
            last = name;
        }
        for needed in [PLUGIN, PACK] {
            if !files.iter().any(|(name, _)| name == needed) {
                return Err(SectionError::Missing(needed));
            }
        }
        Ok(Self { files })
    }

    /// Reads a section's contents.
    ///
    /// # Errors
    /// Anything that [`PluginFiles::encode`] would not have written.
    pub fn decode(bytes: &[u8]) -> Result<Self, SectionError> {
        if bytes.len() > MAX_SECTION_BYTES {
            return Err(SectionError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|e| SectionError::Damaged(e.valid_up_to()))?;
        let Some(mut rest) = text.strip_prefix(HEADER) else {
            return Err(SectionError::Header(shown(text.lines().next().unwrap_or_default())));
        };
        let mut files: Vec<(String, String)> = Vec::new();
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let damaged = || SectionError::Damaged(at);
            let (line, after) = rest.split_once('\n').ok_or_else(damaged)?;
            let (name, length) = line.rsplit_once(' ').ok_or_else(damaged)?;
            let length: usize = length.parse().map_err(|_| damaged())?;
            let (file, after) = after.split_at_checked(length).ok_or_else(damaged)?;
            rest = after.strip_prefix('\n').ok_or_else(damaged)?;
            if files.last().is_some_and(|(last, _)| last.as_str() >= name) {
                return Err(SectionError::Name(shown(name)));
            }
            if files.len() == MAX_SECTION_FILES {
                return Err(SectionError::TooLarge);
            }
            files.push((name.to_owned(), file.to_owned()));
        }
        let files = Self::new(files)?;
        // One text, one meaning: a length written `+3` or `03` would be another file of the same contents.
        if files.encode() == bytes { Ok(files) } else { Err(SectionError::Damaged(0)) }
    }

    /// The section's contents: the same bytes for the same files.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::from(HEADER);
        for (name, file) in &self.files {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name} {}", file.len());
            text.push_str(file);
            text.push('\n');
        }
        text.into_bytes()
    }

    /// Names and texts, sorted by name.
    #[must_use]
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// Checks all files and puts them together, beside the plugins and packs of `base`, whose names they may not
    /// repeat and whose checks their rules may use. `origin` is what errors call the plugin. The plugin and its pack
    /// have the same name: what a plugin reports is always `<plugin>/...`.
    ///
    /// # Errors
    /// Everything that is wrong in the files, with its place.
    pub fn compile(
        &self,
        base: &Compiled,
        origin: &str,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<Compiled, Vec<Error>> {
        let source = |(name, text): &(String, String)| Source::new(format!("{origin}/{name}"), text.as_str());
        let find = |wanted: &str| self.files.iter().find(|(name, _)| name == wanted).map(source);
        let plugin = find(PLUGIN);
        let name = plugin.as_ref().and_then(|file| first_name(file, "plugin")).unwrap_or_default();
        if let Some(file) = find(PACK)
            && let Some(pack) = first_name(&file, "pack")
            && pack != name
        {
            let kind = ErrorKind::NameMismatch { what: "pack", place: "plugin", found: pack, expected: name };
            return Err(vec![file.start().error(kind)]);
        }
        let files = self.files.iter().filter(|(name, _)| name != PLUGIN).map(source).collect();
        let packs = [PackSource { folder: name.clone(), files }];
        let plugins = [PluginSource { folder: name, file: plugin }];
        compile_onto(base, &packs, &plugins, vocabulary)
    }
}

/// The argument of the first node of this name, if the file says one at all; what else is wrong shows later.
fn first_name(file: &Source, node: &str) -> Option<String> {
    let document = file.parse().ok()?;
    let found = nodes(&document, file).find(|view| view.name() == node)?.text()?;
    Some(found.value)
}

/// Whether a file of this name has a place in the section.
fn is_name(name: &str) -> bool {
    let is_rule = |rule: &str| rule.strip_suffix(".kdl").or(rule.strip_suffix(".md")).is_some_and(is_kebab);
    [PLUGIN, PACK, GUIDE].contains(&name)
        || name.strip_prefix("rules/").is_some_and(|rule| is_rule(rule) && rule != PACK && rule != GUIDE)
}

/// A stranger's text for a message: short, without control characters.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<(String, String)> {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        vec![
            file("rules/b.md", "# B ü\n"),
            file("plugin.kdl", "plugin \"x\"\n"),
            file("rules/b.kdl", ""),
            file("pack.kdl", "pack \"x\""),
        ]
    }

    #[test]
    fn the_same_files_give_the_same_bytes_in_any_order() {
        let mut reversed = sample();
        reversed.reverse();
        let files = PluginFiles::new(sample()).unwrap();
        assert_eq!(files.encode(), PluginFiles::new(reversed).unwrap().encode());
        assert_eq!(
            String::from_utf8(files.encode()).unwrap(),
            "stockade-pack 1\npack.kdl 8\npack \"x\"\nplugin.kdl 11\nplugin \"x\"\n\nrules/b.kdl 0\n\nrules/b.md 7\n# B ü\n\n"
        );
        assert_eq!(PluginFiles::decode(&files.encode()), Ok(files));
    }

    #[test]
    fn names_that_lead_elsewhere_have_no_place() {
        for name in [
            "rules/../x.kdl",
            "/etc/passwd",
            "rules/x/y.kdl",
            "rules/.kdl",
            "x.kdl",
            "rules/pack.kdl",
            "rules/guide.kdl",
            "",
        ] {
            let mut files = sample();
            files.push((name.to_owned(), String::new()));
            assert_eq!(PluginFiles::new(files), Err(SectionError::Name(name.to_owned())), "{name}");
        }
        let mut twice = sample();
        twice.push(("rules/b.md".to_owned(), "other".to_owned()));
        assert_eq!(PluginFiles::new(twice), Err(SectionError::Name("rules/b.md".to_owned())));
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_read_or_refused() {
        let good = PluginFiles::new(sample()).unwrap().encode();
        for end in 0..good.len() {
            // Cut between two files it is a shorter list of files; WebAssembly's own lengths guard against that.
            if let Ok(read) = PluginFiles::decode(&good[..end]) {
                assert_eq!(read.encode(), good[..end]);
            }
            let mut bad = good.clone();
            bad[end] = b'9';
            if let Ok(read) = PluginFiles::decode(&bad) {
                assert_eq!(read.encode(), bad);
            }
        }
    }

    #[test]
    fn hostile_sections_are_refused() {
        let start = |rest: &str| PluginFiles::decode(format!("stockade-pack 1\n{rest}").as_bytes());
        assert_eq!(start("pack.kdl 18446744073709551615\nx"), Err(SectionError::Damaged(16)));
        assert_eq!(start("pack.kdl 99999999999999999999999\nx"), Err(SectionError::Damaged(16)));
        assert_eq!(start("pack.kdl +0\n\nplugin.kdl 0\n\n"), Err(SectionError::Damaged(0)));
        assert_eq!(start("plugin.kdl 0\n\npack.kdl 0\n\n"), Err(SectionError::Name("pack.kdl".to_owned())));
        assert_eq!(start("pack.kdl 0\n\n"), Err(SectionError::Missing("plugin.kdl")));
        assert_eq!(start("pack.kdl 1\nü\n"), Err(SectionError::Damaged(16)));
        let huge = vec![b'x'; MAX_SECTION_BYTES + 1];
        assert_eq!(PluginFiles::decode(&huge), Err(SectionError::TooLarge));
        assert_eq!(
            PluginFiles::decode(b"stockade-pack 2\n\x1b[2J"),
            Err(SectionError::Header("stockade-pack 2".to_owned()))
        );
    }
}
