//! Findings about services. What several of them take over from one place is told once.

use crate::view::{Compose, Service};
use std::collections::HashMap;
use stockade_sdk::{Applicability, Edit, FindingBuilder, Kind, Node, Out, Place};

/// Most services that a message names besides the first one.
const NAMED: usize = 3;

/// How a finding is mended.
#[derive(Debug)]
pub(crate) struct Mend {
    applicability: Applicability,
    title: String,
    edits: Vec<Edit>,
}

impl Mend {
    /// A mend for `--fix`; `None` without edits.
    pub(crate) fn safe(title: impl Into<String>, edits: Option<Vec<Edit>>) -> Option<Self> {
        Some(Self { applicability: Applicability::Safe, title: title.into(), edits: edits? })
    }

    /// A mend for `--unsafe-fixes`; `None` without edits.
    pub(crate) fn unsafe_one(title: impl Into<String>, edits: Option<Vec<Edit>>) -> Option<Self> {
        Some(Self { applicability: Applicability::Unsafe, title: title.into(), edits: edits? })
    }
}

/// A finding that further services may turn out to share.
#[derive(Debug)]
struct Saying<'a> {
    place: Place,
    what: String,
    first: Service<'a>,
    others: Vec<Service<'a>>,
    mend: Option<Mend>,
    label: Option<(Place, &'static str)>,
}

/// Takes the findings of a check. Services that merge or name one anchor have settings at the same place: the finding then
/// names them all.
#[derive(Debug)]
pub(crate) struct Telling<'a, 'o> {
    out: &'o mut Out,
    /// Whether anything in the file may be shared; if not, findings need not wait for others.
    shares: bool,
    sayings: Vec<Saying<'a>>,
    known: HashMap<(u32, String), usize>,
}

impl<'a, 'o> Telling<'a, 'o> {
    pub(crate) fn new(view: &Compose<'a>, out: &'o mut Out) -> Self {
        Self { out, shares: view.shares, sayings: Vec::new(), known: HashMap::new() }
    }

    /// Says `what` of a service (`sets privileged to true`). The mend is made for the first service of a place; it has to
    /// be right for all that share the place.
    pub(crate) fn say(
        &mut self,
        service: &Service<'a>,
        place: Place,
        what: impl Into<String>,
        mend: impl FnOnce() -> Option<Mend>,
    ) {
        self.say_with(service, place, what.into(), None, mend);
    }

    /// As [`Telling::say`], with a further place.
    pub(crate) fn say_with(
        &mut self,
        service: &Service<'a>,
        place: Place,
        what: String,
        label: Option<(Place, &'static str)>,
        mend: impl FnOnce() -> Option<Mend>,
    ) {
        let key = (place.span.start, what);
        if let Some(saying) = self.known.get(&key).and_then(|at| self.sayings.get_mut(*at)) {
            saying.others.push(*service);
            return;
        }
        let mend = if self.out.keeps(place) { mend() } else { None };
        let what = key.1.clone();
        let saying = Saying { place, what, first: *service, others: Vec::new(), mend, label };
        if self.shares {
            self.known.insert(key, self.sayings.len());
            self.sayings.push(saying);
        } else {
            tell(self.out, saying);
        }
    }
}

impl Drop for Telling<'_, '_> {
    fn drop(&mut self) {
        for saying in self.sayings.drain(..) {
            tell(self.out, saying);
        }
    }
}

fn tell(out: &mut Out, saying: Saying<'_>) {
    let Saying { place, what, first, others, mend, label } = saying;
    let names = others.iter().map(Service::name);
    let message = format!("service {} {what}{}", first.name(), same_for(names));
    let mut finding = out.finding(place, message);
    if let Some((place, text)) = label {
        finding = finding.label(place, text);
    }
    if !others.is_empty() {
        finding = std::iter::once(&first).chain(&others).fold(finding, taken_over);
    }
    if let Some(mend) = mend {
        finding.fix(mend.title, mend.applicability, mend.edits);
    }
}

fn taken_over<'f>(finding: FindingBuilder<'f>, service: &Service<'_>) -> FindingBuilder<'f> {
    finding.label(service.place(), "this service has it from there")
}

/// The end of a message that names the further services it holds for; empty where there are none.
pub(crate) fn same_for<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let all = names.len();
    let mut shown: Vec<String> = names.take(NAMED).map(str::to_owned).collect();
    if all > shown.len() {
        shown.push(format!("{} more", all - shown.len()));
    }
    match shown.split_last() {
        None => String::new(),
        Some((last, [])) => format!("; the same for {last}"),
        Some((last, front)) => format!("; the same for {} and {last}", front.join(", ")),
    }
}

/// Where a setting is written that a finding is about as a whole: an alias says nothing itself.
pub(crate) fn written_at(node: Node<'_>) -> Place {
    if node.kind() == Kind::Alias { node.resolve().key_place() } else { node.key_place() }
}

#[cfg(test)]
mod tests {
    use super::same_for;

    #[test]
    fn few_services_are_named_and_many_counted() {
        let end = |names: &[&str]| same_for(names.iter().copied());
        assert_eq!(end(&[]), "");
        assert_eq!(end(&["b"]), "; the same for b");
        assert_eq!(end(&["b", "c", "d"]), "; the same for b, c and d");
        assert_eq!(end(&["b", "c", "d", "e", "f"]), "; the same for b, c, d and 2 more");
    }
}
