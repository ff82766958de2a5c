//! Compiled packs as bytes: a table that is read at every start, in which texts and parameters stay encoded, and pages of
//! which one is read when shown.

use crate::compile::Compiled;
use crate::error::{Error, ErrorKind};
use crate::pack::PackInfo;
use crate::plugin::{CheckDescription, PluginDescription};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use stockade_model::{Guide, Rule};

/// First bytes of both parts; the number changes with the layout.
const MAGIC: &[u8; 8] = b"stockad2";

/// Pages are compressed in groups of about this many bytes: one page alone repeats too little to shrink
/// well, and inflating a group takes a tenth of a millisecond.
const GROUP_BYTES: usize = 32 * 1024;
/// Largest group that is inflated: a group is full as soon as it has [`GROUP_BYTES`], and a page is at most 256 KiB.
const MAX_GROUP_BYTES: usize = GROUP_BYTES + 256 * 1024;
/// DEFLATE's best: packing happens once, in the build.
const LEVEL: u8 = 9;

fn damaged(why: impl Into<String>) -> Error {
    Error::nowhere(ErrorKind::Bundle { why: why.into() })
}

/// Everything of [`Compiled`] but the pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleStore {
    /// Rules, sorted by id; `page` counts in the [`PageStore`] made with it.
    pub rules: Vec<Rule>,
    /// Packs, sorted by name.
    pub packs: Vec<PackInfo>,
    /// Plugins, sorted by name.
    pub plugins: Vec<PluginDescription>,
}

impl RuleStore {
    /// Splits compiled packs into the bytes of the table, of the pages and of the guides.
    ///
    /// # Errors
    /// Only if the encoder fails, which is a bug.
    pub fn pack(compiled: &Compiled) -> Result<[Vec<u8>; 3], Error> {
        let mut rules = compiled.rules.clone();
        let checks = checks(&compiled.plugins);
        for rule in &mut rules {
            let check = checks.get(&(&*rule.plugin, &*rule.check));
            if check.is_some_and(|c| c.kinds == rule.kinds && c.any_literal == rule.any_literal) {
                (rule.kinds, rule.any_literal) = Default::default();
            }
        }
        let table = (rules, &compiled.packs, &compiled.plugins);
        let table =
            postcard::to_extend(&table, MAGIC.to_vec()).map_err(|error| damaged(error.to_string()))?;
        let guides = postcard::to_extend(&compiled.guides, MAGIC.to_vec());
        let guides = guides.map_err(|error| damaged(error.to_string()))?;
        Ok([table, PageStore::pack(&compiled.pages)?, guides])
    }

    /// Reads the table.
    ///
    /// # Errors
    /// [`ErrorKind::Bundle`] if it is damaged or of another version.
    pub fn open(bytes: &[u8]) -> Result<Self, Error> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it is of another version"))?;
        let (mut store, rest) =
            postcard::take_from_bytes::<Self>(body).map_err(|error| damaged(error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged("there is something behind its end"));
        }
        let checks = checks(&store.plugins);
        // No check is without kinds: a rule that has none has those of its check. These lists were a tenth of the table.
        for rule in store.rules.iter_mut().filter(|rule| rule.kinds.is_empty()) {
            if let Some(check) = checks.get(&(&*rule.plugin, &*rule.check)) {
                rule.kinds = Arc::clone(&check.kinds);
                rule.any_literal = Arc::clone(&check.any_literal);
            }
        }
        Ok(store)
    }
}

/// All checks, by the names of plugin and check.
fn checks<'p>(plugins: &'p [PluginDescription]) -> HashMap<(&'p str, &'p str), &'p CheckDescription> {
    let of_plugin = |plugin: &'p PluginDescription| {
        let PluginDescription { name, checks, .. } = plugin;
        checks.iter().map(|check| ((name.as_str(), check.name.as_str()), check))
    };
    plugins.iter().flat_map(of_plugin).collect()
}

/// Reads the guides that [`RuleStore::pack`] wrote: only few commands need them, so they are no part of the table.
///
/// # Errors
/// [`ErrorKind::Bundle`] if they are damaged or of another version.
pub fn guides_from_bytes(bytes: &[u8]) -> Result<Vec<Guide>, Error> {
    let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it is of another version"))?;
    postcard::from_bytes(body).map_err(|error| damaged(error.to_string()))
}

/// Pages, compressed in groups.
#[derive(Debug)]
pub struct PageStore<'a> {
    /// For each page: its group, and its bytes in the inflated group.
    index: Vec<(u32, u32, u32)>,
    /// For each group: its bytes in `data`.
    groups: Vec<(u32, u32)>,
    data: Cow<'a, [u8]>,
    /// The group that was inflated last: who shows many pages asks for them in their order.
    last: Mutex<Option<(u32, String)>>,
}

impl PageStore<'static> {
    /// A store of no pages.
    #[must_use]
    pub fn empty() -> Self {
        Self { index: Vec::new(), groups: Vec::new(), data: Cow::Borrowed(&[]), last: Mutex::default() }
    }
}

impl<'a> PageStore<'a> {
    /// Compresses pages; their order is their number.
    ///
    /// # Errors
    /// Only if the encoder fails, which is a bug.
    pub fn pack(pages: &[String]) -> Result<Vec<u8>, Error> {
        let small = |n: usize| u32::try_from(n).map_err(|_| damaged("the pages have more than 4 GiB"));
        let (mut index, mut groups, mut data): (Vec<_>, Vec<(u32, u32)>, Vec<u8>) = Default::default();
        let mut group = String::new();
        for (number, page) in pages.iter().enumerate() {
            let start = group.len();
            group.push_str(page);
            index.push((small(groups.len())?, small(start)?, small(group.len())?));
            if group.len() >= GROUP_BYTES || number + 1 == pages.len() {
                let from = data.len();
                data.extend(compress_to_vec(group.as_bytes(), LEVEL));
                groups.push((small(from)?, small(data.len())?));
                group.clear();
            }
        }
        let mut bytes = MAGIC.to_vec();
        bytes = postcard::to_extend(&(index, groups), bytes).map_err(|error| damaged(error.to_string()))?;
        bytes.extend(data);
        Ok(bytes)
    }

    /// Reads the index; no page is inflated.
    ///
    /// # Errors
    /// [`ErrorKind::Bundle`] if it is damaged or of another version.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it is of another version"))?;
        let ((index, groups), data) =
            postcard::take_from_bytes(body).map_err(|error| damaged(error.to_string()))?;
        Ok(Self { index, groups, data: Cow::Borrowed(data), last: Mutex::default() })
    }

    /// How many pages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The page of this number, or `None` where there is none or the data is damaged.
    #[must_use]
    pub fn get(&self, page: u32) -> Option<String> {
        let (group, start, end) = *self.index.get(page as usize)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(number, _)| *number != group) {
            *last = Some((group, self.inflate(group)?));
        }
        let (_, text) = last.as_ref()?;
        text.get(start as usize..end as usize).map(str::to_owned)
    }

    /// All pages in their order, each group inflated once; a damaged page is empty.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let mut last: Option<(u32, Option<String>)> = None;
        let mut pages = Vec::with_capacity(self.index.len());
        for (group, start, end) in &self.index {
            if last.as_ref().is_none_or(|(number, _)| number != group) {
                last = Some((*group, self.inflate(*group)));
            }
            let text =
                last.as_ref().and_then(|(_, text)| text.as_deref()?.get(*start as usize..*end as usize));
            pages.push(text.unwrap_or_default().to_owned());
        }
        pages
    }

    fn inflate(&self, group: u32) -> Option<String> {
        let (start, end) = *self.groups.get(group as usize)?;
        let bytes = self.data.get(start as usize..end as usize)?;
        String::from_utf8(decompress_to_vec_with_limit(bytes, MAX_GROUP_BYTES).ok()?).ok()
    }
}
