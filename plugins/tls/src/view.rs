//! What the checks look at.

use stockade_sdk::{Params, Setting, Source};

/// One file.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// For development, tests or as an example.
    pub exempt: bool,
}

impl<'a> View<'a> {
    /// Takes the file.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        let exempt = ["development", "test", "example"].iter().any(|mark| source.is_marked(mark));
        Self { source, exempt }
    }

    /// The settings whose folded name ends in one of the words of a parameter.
    pub fn named<'p>(
        &self,
        params: &'p Params,
        list: &'p str,
    ) -> impl Iterator<Item = Setting<'a>> + use<'a, 'p> {
        let source = self.source;
        source.settings().filter(move |setting| is_named(setting.name(), params.strings(list)))
    }
}

/// Whether a folded name is one of `words` or ends in one: `nginx_ssl_ciphers` in `ciphers`.
pub fn is_named<'p>(name: &str, mut words: impl Iterator<Item = &'p str>) -> bool {
    words.any(|word| name.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with('_')))
}
