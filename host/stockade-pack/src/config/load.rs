//! A configuration file together with all that it extends.

use super::{Config, Pinned};
use crate::error::{Error, ErrorKind};
use crate::source::Source;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Most files that one configuration may extend, directly or through others.
pub const MAX_EXTENDS: usize = 16;

/// What the caller found for an `extends`.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The file; its name must tell it from other files, for that is how a circle is noticed.
    pub source: Source,
    /// Its folder, relative to the root, for what it says about paths of files to load.
    pub folder: String,
}

impl Config {
    /// Reads a file as [`Config::read`] does, and what it extends by asking `fetch`, which gets the target and
    /// gives the file or a reason why not. What a base says about paths counts for `folder`, the folder of the
    /// file that extends it.
    ///
    /// # Errors
    /// As [`Config::read`] for all the files; bases that cannot be had, have another digest, or extend themselves.
    pub fn load(
        source: &Source,
        folder: &str,
        outermost: Option<&str>,
        fetch: &mut dyn FnMut(&Pinned) -> Result<Fetched, String>,
    ) -> Result<Self, Vec<Error>> {
        let mut loader = Loader { folder, outermost, fetch, open: Vec::new(), count: 0 };
        loader.load(source, folder)
    }
}

struct Loader<'a> {
    folder: &'a str,
    outermost: Option<&'a str>,
    fetch: &'a mut dyn FnMut(&Pinned) -> Result<Fetched, String>,
    /// Names of the files that are being loaded, to notice a circle.
    open: Vec<String>,
    count: usize,
}

impl Loader<'_> {
    /// The depth is bounded by [`MAX_EXTENDS`].
    fn load(&mut self, source: &Source, own_folder: &str) -> Result<Config, Vec<Error>> {
        let mut own = Config::read(source, self.folder, self.outermost)?;
        for pinned in own.packs.iter_mut().chain(&mut own.extends) {
            own_folder.clone_into(&mut pinned.folder);
        }
        self.open.push(source.name().to_owned());
        let mut base = Config::default();
        let mut errors = Vec::new();
        for pinned in std::mem::take(&mut own.extends) {
            match self.load_base(&pinned) {
                Ok(config) => base = base.merge(config),
                Err(found) => errors.extend(found),
            }
        }
        self.open.pop();
        if errors.is_empty() { Ok(base.merge(own)) } else { Err(errors) }
    }

    fn load_base(&mut self, pinned: &Pinned) -> Result<Config, Vec<Error>> {
        let error = |why: String| {
            let target = pinned.target.value.clone();
            vec![pinned.target.place.error(ErrorKind::Extends { target, why })]
        };
        self.count += 1;
        if self.count > MAX_EXTENDS {
            return Err(error(format!("more than {MAX_EXTENDS} files are extended")));
        }
        let fetched = (self.fetch)(pinned).map_err(error)?;
        if self.open.iter().any(|name| name == fetched.source.name()) {
            return Err(error("it extends itself".to_owned()));
        }
        if let Some(wanted) = &pinned.digest {
            let found = sha256(fetched.source.text().as_bytes());
            if found != *wanted {
                let target = pinned.target.value.clone();
                let found = format!("sha256:{found}");
                return Err(vec![pinned.target.place.error(ErrorKind::Digest { target, found })]);
            }
        }
        self.load(&fetched.source, &fetched.folder)
    }
}

/// SHA-256 in lower-case hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
