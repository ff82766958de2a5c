//! What the checks look at.

use std::cell::RefCell;
use stockade_sdk::{Out, Params, Setting, Source};

/// One file.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// For development, tests or as an example.
    pub exempt: bool,
    /// The rules that had something to judge.
    subjects: RefCell<Vec<u32>>,
}

impl<'a> View<'a> {
    /// Takes the file.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        let exempt = ["development", "test", "example"].iter().any(|mark| source.is_marked(mark));
        Self { source, exempt, subjects: RefCell::default() }
    }

    /// Notes that what the rule that runs is about stands in the file, be it right or wrong.
    pub fn judges(&self, out: &Out) {
        let mut subjects = self.subjects.borrow_mut();
        // Rules run one after the other.
        if subjects.last() != Some(&out.rule()) {
            subjects.push(out.rule());
        }
    }

    /// The rules that had something to judge.
    #[must_use]
    pub fn subjects(&self) -> Vec<u32> {
        self.subjects.borrow().clone()
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

#[cfg(test)]
mod tests {
    use super::View;
    use stockade_sdk::Out;

    #[test]
    fn a_rule_has_a_subject_where_there_is_something_to_judge() {
        let subjects = |kind: &str, path: &str, text: &str| {
            let source = stockade_testkit::source(kind, path, text);
            let view = View::new(&source);
            crate::checks::section::pair(&view, &stockade_sdk::Params::default(), &mut Out::for_rule(7));
            crate::checks::section::trust_missing(
                &view,
                &stockade_sdk::Params::default(),
                &mut Out::for_rule(9),
            );
            view.subjects()
        };
        assert_eq!(subjects("yaml", "app.yaml", "name: shop\n"), []);
        assert_eq!(subjects("yaml", "app.yaml", "tls:\n  cert: /a.crt\n  key: /a.key\n"), [7]);
        let both = "tls:\n  cert: /a.crt\n  key: /a.key\nurl: https://shop.example/\n";
        assert_eq!(subjects("yaml", "app.yaml", both), [7, 9]);
        assert_eq!(subjects("yaml", "tests/app.yaml", both), [], "what nobody judges does not pass");
    }
}
