//! What is known of files from earlier runs, so that a file that did not change is not looked at again.
//!
//! A cache is one piece of bytes that the caller keeps somewhere, private to the user. It is valid as a whole or not at
//! all: it begins with a keyed hash over everything behind it, so damage anywhere, another version or another user's
//! cache is the same as none. Each entry stands under a keyed hash over all that the result of its file depends on
//! ([`Cache::key`]); nothing that a repository says about itself (times, names of commits) is taken for its content.
//!
//! What is kept of a file is in [`stored`], and is admitted again when it is read.

mod identity;
mod stored;

pub use identity::Identity;

use crate::analyse::Analysed;
use crate::dispatch::Plan;
use crate::load::Loaded;
use crate::named::Named;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use stockade_syntax::FileKind;

pub(crate) use stored::Surroundings;

/// The first bytes of a cache; the number goes up with every change of the layout.
const MAGIC: &[u8; 16] = b"stockade-cache1\n";
/// Most bytes of one cache, 128 MiB: some hundred thousand files. What was used longest ago is left out beyond that.
pub const MAX_CACHE_BYTES: usize = 128 << 20;
/// Times that a cache is written with an entry that no run needed before the entry is dropped. Files that are gone
/// leave in this way, and those of another branch are still there after a short stay on this one.
const MAX_AGE: u8 = 8;
/// Bytes of the key that seals caches.
pub const CACHE_KEY_BYTES: usize = blake3::KEY_LEN;

const HASH: usize = blake3::OUT_LEN;
/// Magic, keyed hash, identity, number of entries.
const HEAD: usize = MAGIC.len() + HASH + HASH + 4;
/// Key, age, and where the entry begins and ends in what follows the index.
const ROW: usize = HASH + 1 + 4 + 4;

/// What a keyed hash is made for; the same bytes give another one for each.
#[derive(Clone, Copy)]
enum Purpose {
    Seal = 0,
    File = 1,
}

/// The name of an entry.
pub(crate) type Key = [u8; HASH];

/// What is known from earlier runs, and what this one adds. Used from any number of threads.
pub struct Cache {
    secret: [u8; CACHE_KEY_BYTES],
    identity: Identity,
    /// As it was read; empty for a new one.
    old: Vec<u8>,
    count: usize,
    /// For each entry of the index: whether this run needed it.
    used: Vec<AtomicBool>,
    fresh: Mutex<HashMap<Key, Arc<[u8]>>>,
    hits: AtomicUsize,
}

impl Cache {
    /// A cache that knows nothing yet. `secret` seals it: whoever has it can make caches that are believed.
    #[must_use]
    pub fn new(secret: [u8; CACHE_KEY_BYTES], identity: Identity) -> Self {
        let (old, used) = (Vec::new(), Vec::new());
        Self { secret, identity, old, count: 0, used, fresh: Mutex::default(), hits: AtomicUsize::new(0) }
    }

    /// The cache that [`Cache::to_bytes`] made.
    ///
    /// # Errors
    /// In a few words why it cannot be used: it is damaged, sealed with another key, or of other rules or another
    /// version. None of that is anybody's mistake.
    pub fn open(
        secret: [u8; CACHE_KEY_BYTES],
        identity: Identity,
        bytes: Vec<u8>,
    ) -> Result<Self, &'static str> {
        let damaged = "it is damaged, or was not written by this user's stockade";
        let rest = bytes.strip_prefix(MAGIC).ok_or("it has another layout")?;
        let (seal, body) = rest.split_first_chunk::<HASH>().ok_or(damaged)?;
        let mut hasher = hasher(&secret, Purpose::Seal);
        hasher.update(body);
        // Comparing two `Hash` values takes the same time wherever they differ.
        if hasher.finalize() != blake3::Hash::from_bytes(*seal) {
            return Err(damaged);
        }
        let (found, body) = body.split_first_chunk::<HASH>().ok_or(damaged)?;
        if *found != identity.0 {
            return Err("it belongs to other rules, plugins or settings");
        }
        let count = number(body, 0).ok_or(damaged)?;
        if count.checked_mul(ROW).is_none_or(|index| body.len() - 4 < index) {
            return Err(damaged);
        }
        let used = (0..count).map(|_| AtomicBool::new(false)).collect();
        Ok(Self { old: bytes, count, used, ..Self::new(secret, identity) })
    }

    /// How many files were known so far in this run.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::Relaxed)
    }

    /// How many files were not known and are now.
    #[must_use]
    pub fn added(&self) -> usize {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many entries the cache came with.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.count
    }

    /// The name of what is known of a file: a hash over all that its result depends on and that can be known without
    /// parsing it. The rest is in the cache's identity, the same for all files, or in the entry (what a chart's values
    /// fill in). `None` for files of which nothing is kept: those that are no text.
    pub(crate) fn key(
        &self,
        path: &str,
        loaded: &Loaded,
        told: Option<FileKind>,
        named: Option<&Named>,
        plan: &Plan,
    ) -> Option<Key> {
        if loaded.binary.is_some() {
            return None;
        }
        let mut hasher = hasher(&self.secret, Purpose::File);
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(path.as_bytes());
        part(loaded.decoded.text.as_bytes());
        part(&loaded.bytes.to_le_bytes());
        part(&[u8::from(loaded.executable)]);
        part(told.map_or("", FileKind::as_str).as_bytes());
        // The number of marks keeps a file that nobody names apart from one that is named and gets no mark.
        let marks = named.map_or(0, |named| named.marks.len() + 1);
        part(&(marks as u64).to_le_bytes());
        if let Some(Named { kind, reason, marks }) = named {
            part(kind.as_str().as_bytes());
            part(reason.as_bytes());
            marks.iter().for_each(|mark| part(mark.as_bytes()));
        }
        let Plan { enabled, severity, rated } = plan;
        for flags in [enabled, rated] {
            part(&flags.iter().map(|on| u8::from(*on)).collect::<Vec<u8>>());
        }
        part(&severity.iter().map(|severity| *severity as u8).collect::<Vec<u8>>());
        Some(*hasher.finalize().as_bytes())
    }

    /// What is known under this name, if it still holds for this file.
    pub(crate) fn find(&self, key: &Key, file: &Surroundings<'_>) -> Option<Analysed> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let found = match fresh {
            Some(bytes) => stored::read(&bytes, file)?,
            None => {
                let at = self.position(key)?;
                let analysed = stored::read(self.old.get(self.row(at)?.1)?, file)?;
                if let Some(used) = self.used.get(at) {
                    used.store(true, Ordering::Relaxed);
                }
                analysed
            }
        };
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(found)
    }

    /// Remembers a file, unless something about it may not be kept: see [`stored::write`].
    pub(crate) fn keep(&self, key: Key, analysed: &Analysed, file: &Surroundings<'_>) {
        if let Some(bytes) = stored::write(analysed, file) {
            self.fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bytes.into());
        }
    }

    /// The whole cache with what this run added, if it added something.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.is_empty() {
            return None;
        }
        let mut rows: Vec<(u8, &[u8], &[u8])> =
            fresh.iter().map(|(key, bytes)| (0, &key[..], &**bytes)).collect();
        for at in 0..self.count {
            let Some((row, range)) = self.row(at) else { continue };
            let Some((key, entry)) = row.get(..HASH).zip(self.old.get(range)) else { continue };
            let is_used = self.used.get(at).is_some_and(|used| used.load(Ordering::Relaxed));
            let age = if is_used { 0 } else { row.get(HASH).map_or(MAX_AGE, |age| age.saturating_add(1)) };
            let is_replaced = <&Key>::try_from(key).is_ok_and(|key| fresh.contains_key(key));
            if age <= MAX_AGE && !is_replaced {
                rows.push((age, key, entry));
            }
        }
        // The youngest first, as far as there is room; the order among them has to be some order.
        rows.sort_unstable();
        let mut size = HEAD;
        let fits = rows.iter().take_while(|(.., entry)| {
            size = size.saturating_add(ROW + entry.len());
            size <= MAX_CACHE_BYTES
        });
        let fits = fits.count();
        rows.truncate(fits);
        rows.sort_unstable_by_key(|(_, key, _)| *key);

        let mut bytes = Vec::with_capacity(size.min(MAX_CACHE_BYTES));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[0; HASH]);
        bytes.extend_from_slice(&self.identity.0);
        bytes.extend_from_slice(&(rows.len() as u32).to_le_bytes());
        let mut start = 0_u32;
        for (age, key, entry) in &rows {
            bytes.extend_from_slice(key);
            bytes.push(*age);
            bytes.extend_from_slice(&start.to_le_bytes());
            start += entry.len() as u32;
            bytes.extend_from_slice(&start.to_le_bytes());
        }
        rows.iter().for_each(|(.., entry)| bytes.extend_from_slice(entry));
        let mut hasher = hasher(&self.secret, Purpose::Seal);
        hasher.update(bytes.get(MAGIC.len() + HASH..).unwrap_or_default());
        if let Some(seal) = bytes.get_mut(MAGIC.len()..MAGIC.len() + HASH) {
            seal.copy_from_slice(hasher.finalize().as_bytes());
        }
        Some(bytes)
    }

    /// The index's row of this number, and where its entry stands in the old bytes.
    fn row(&self, at: usize) -> Option<(&[u8], Range<usize>)> {
        let start = HEAD + at * ROW;
        let row = self.old.get(start..start + ROW)?;
        let base = HEAD + self.count * ROW;
        Some((row, base + number(row, HASH + 1)?..base + number(row, HASH + 5)?))
    }

    /// The number of the row with this key.
    fn position(&self, key: &Key) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.row(middle)?.0.get(..HASH)?.cmp(&key[..]) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

fn hasher(secret: &[u8; CACHE_KEY_BYTES], purpose: Purpose) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(&[purpose as u8]);
    hasher
}

/// The little-endian number at `at`.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}
