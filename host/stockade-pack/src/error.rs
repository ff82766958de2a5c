//! Everything that can be wrong with packs, plugin descriptions, pages and configuration.
//!
//! Each variant says whose fault it is. All of them belong to the author of the text they point into, except
//! where the comment says otherwise.

use crate::advice::{
    list, partner_advice, path_example, path_wanted, property_advice, rule_advice, suggest, suggest_or,
};
use crate::source::Place;
use miette::{Diagnostic, LabeledSpan, Severity, SourceCode, SourceSpan};
use std::fmt::{self, Display};
use thiserror::Error as ThisError;

/// What is wrong. Messages are lower case without a final period; the help is a sentence.
#[derive(Clone, Debug, PartialEq, Eq, ThisError, Diagnostic)]
#[expect(missing_docs, reason = "the fields are what the message shows")]
pub enum ErrorKind {
    // --- any KDL file ---
    /// The text is not KDL 2.
    #[error("{problem}")]
    #[diagnostic(code("stockade::pack::syntax"), help("{advice}"))]
    Syntax { problem: String, advice: String },
    /// The file is larger than any honest one.
    #[error("the file is larger than {limit}")]
    #[diagnostic(code("stockade::pack::too-large"), help("Split it into several files."))]
    TooLarge { limit: String },
    /// A text that is shown holds what commands a terminal, hides or reorders text.
    #[error("the invisible character U+{character:04X} may not stand in a text that is shown")]
    #[diagnostic(
        code("stockade::pack::invisible"),
        help("Leave it out, or name it by its number, as this message does.")
    )]
    Invisible { character: u32 },
    /// A node that means nothing here.
    #[error("`{name}` means nothing {within}")]
    #[diagnostic(code("stockade::pack::unknown-node"), help("{}", suggest(near, known)))]
    UnknownNode { name: String, within: String, near: Option<String>, known: Vec<String> },
    /// A property that means nothing here.
    #[error("`{node}` has no property `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-property"), help("{}", property_advice(name, near, known)))]
    UnknownProperty { node: String, name: String, near: Option<String>, known: Vec<String> },
    /// A node that may be written once is there twice.
    #[error("`{name}` is given twice")]
    #[diagnostic(code("stockade::pack::duplicate-node"), help("Keep one of the two."))]
    DuplicateNode { name: String },
    /// A node that must be there is not.
    #[error("`{name}` is missing {within}")]
    #[diagnostic(code("stockade::pack::missing-node"), help("Add a line such as `{example}`."))]
    MissingNode { name: String, within: String, example: String },
    /// A property that must be there is not.
    #[error("`{node}` needs the property `{name}`")]
    #[diagnostic(code("stockade::pack::missing-property"), help("Write it as in `{example}`."))]
    MissingProperty { node: String, name: String, example: String },
    /// Too many or too few arguments.
    #[error("`{node}` takes {expected}, not {found}")]
    #[diagnostic(code("stockade::pack::argument-count"), help("Write it as in `{example}`."))]
    ArgumentCount { node: String, expected: String, found: usize, example: String },
    /// An argument of the wrong type or out of range.
    #[error("`{node}` takes {expected}, not {found}")]
    #[diagnostic(code("stockade::pack::value"), help("Write it as in `{example}`."))]
    Value { node: String, expected: String, found: String, example: String },
    /// A word outside a closed list.
    #[error("`{value}` is no {what}")]
    #[diagnostic(code("stockade::pack::unknown-word"), help("{}", suggest(near, known)))]
    UnknownWord { what: String, value: String, near: Option<String>, known: Vec<String> },
    /// A node that takes no block has one.
    #[error("`{node}` takes no block")]
    #[diagnostic(code("stockade::pack::block"), help("Remove the `{{ ... }}`."))]
    Block { node: String },

    // --- packs, plugins, rules ---
    /// A folder that should be a pack lacks `pack.kdl`, or a plugin its `plugin.kdl`.
    #[error("`{folder}` has no `{file}`")]
    #[diagnostic(code("stockade::pack::missing-file"), help("Write one that starts with `{example}`."))]
    MissingFile { folder: String, file: String, example: String },
    /// A file in a pack that is neither a rule nor a page.
    #[error("`{file}` is no part of a pack")]
    #[diagnostic(
        code("stockade::pack::unexpected-file"),
        help(
            "A pack holds `pack.kdl`, for each rule `<rule>.kdl` and `<rule>.md`, and perhaps a `guide.kdl`."
        )
    )]
    UnexpectedFile { file: String },
    /// An item of a guide contradicts itself.
    #[error("this item {problem}")]
    #[diagnostic(
        code("stockade::pack::guide-item"),
        help(
            "Name the rules that enforce it, or write `checkable=\"no\"` and a `note` that says why no file shows it."
        )
    )]
    GuideItem { problem: &'static str },
    /// A page without a rule, or a rule without a page.
    #[error("`{file}` has no `{partner}` beside it")]
    #[diagnostic(code("stockade::pack::no-partner"), help("{}", partner_advice(partner)))]
    NoPartner { file: String, partner: String },
    /// A name differs from that of the file or folder.
    #[error("the {what} is named `{found}`, but its {place} is named `{expected}`")]
    #[diagnostic(code("stockade::pack::name-mismatch"), help("Rename one of the two."))]
    NameMismatch { what: &'static str, place: &'static str, found: String, expected: String },
    /// A text that must have a certain form has another.
    #[error("`{value}` is no {what}")]
    #[diagnostic(code("stockade::pack::format"), help("It looks like `{example}`."))]
    Format { what: &'static str, value: String, example: &'static str },
    /// A name that the host keeps for itself.
    #[error("the {what} `{name}` is reserved")]
    #[diagnostic(code("stockade::pack::reserved"), help("{advice}"))]
    Reserved { what: &'static str, name: String, advice: &'static str },
    /// The pack or plugin needs a newer stockade. Nobody's fault.
    #[error("interface {requires} is required, and this stockade offers {offered}")]
    #[diagnostic(code("stockade::pack::too-old"), help("Update stockade."))]
    TooOld { requires: String, offered: String },
    /// Two things of one name.
    #[error("the {what} `{name}` exists already in {other}")]
    #[diagnostic(code("stockade::pack::duplicate"), help("Rename one of the two."))]
    Duplicate { what: &'static str, name: String, other: String },
    /// A check of a plugin that is not there.
    #[error("there is no plugin `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-plugin"), help("{}", suggest(near, known)))]
    UnknownPlugin { name: String, near: Option<String>, known: Vec<String> },
    /// A check that the plugin does not have.
    #[error("plugin `{plugin}` has no check `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-check"), help("{}", suggest(near, known)))]
    UnknownCheck { plugin: String, name: String, near: Option<String>, known: Vec<String> },
    /// A parameter that the check does not have.
    #[error("check `{check}` has no parameter `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-parameter"), help("{}", suggest(near, known)))]
    UnknownParameter { check: String, name: String, near: Option<String>, known: Vec<String> },
    /// A parameter that the check needs.
    #[error("check `{check}` needs the parameter `{name}`")]
    #[diagnostic(code("stockade::pack::missing-parameter"), help("`{name}`: {doc}."))]
    MissingParameter { check: String, name: String, doc: String },
    /// A parameter's value does not fit its type.
    #[error("parameter `{name}` takes {expected}, not {found}")]
    #[diagnostic(code("stockade::pack::parameter"), help("`{name}`: {doc}."))]
    Parameter { name: String, expected: String, found: String, doc: String },
    /// Two parameters that cannot both be given.
    #[error("parameter `{name}` cannot stand beside `{other}`")]
    #[diagnostic(code("stockade::pack::exclusive"), help("Remove one of the two."))]
    Exclusive { name: String, other: String },
    /// A condition, path or message of a rule without code means nothing.
    #[error("{problem}")]
    #[diagnostic(code("stockade::pack::condition"), help("{advice}"))]
    Condition { problem: String, advice: String },
    /// A file kind that the host does not know.
    #[error("there is no file kind `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-kind"), help("{}", suggest(near, known)))]
    UnknownKind { name: String, near: Option<String>, known: Vec<String> },
    /// A rule applies to a kind that its check cannot read.
    #[error("check `{check}` does not read files of kind `{kind}`")]
    #[diagnostic(
        code("stockade::pack::kind-of-check"),
        help("`applies-to` may only narrow: {}.", list(known))
    )]
    KindOfCheck { check: String, kind: String, known: Vec<String> },
    /// A mark for rules across files, where it says nothing.
    #[error("`single-files` says nothing for `{check}`")]
    #[diagnostic(
        code("stockade::pack::single-files"),
        help("It is for checks with `project` and without `repository`: take it away.")
    )]
    SingleFiles { check: String },
    /// Two rules claim one id of another tool.
    #[error("`{alias}` is already an alias of `{rule}`")]
    #[diagnostic(
        code("stockade::pack::shared-alias"),
        help(
            "If that tool's rule really falls on several of ours, write `shared=#true` on the `aliases` of each."
        )
    )]
    SharedAlias { alias: String, rule: String },
    /// A text for people does not follow the rules for such texts.
    #[error("the {what} {problem}")]
    #[diagnostic(code("stockade::pack::wording"), help("{advice}"))]
    Wording { what: &'static str, problem: String, advice: &'static str },
    /// The number and the word disagree about how bad it is.
    #[error("security-severity {number} does not lie in the band of severity {severity}")]
    #[diagnostic(
        code("stockade::pack::severity-band"),
        help(
            "Code scanning shows the number: info and low 0.1-3.9, medium 4.0-6.9, high 7.0-8.9, critical 9.0-10.0."
        )
    )]
    SeverityBand { number: String, severity: String },
    /// A rule names a severity as another one that it already has.
    #[error("severity {severity} is already one of this rule's")]
    #[diagnostic(
        code("stockade::pack::severity-twice"),
        help("`also-severity` lists the severities beside that in `severity`, each once.")
    )]
    SeverityTwice { severity: String },
    /// `since` names a version that the pack has not reached.
    #[error("since {since} is later than the pack's version {version}")]
    #[diagnostic(code("stockade::pack::since"), help("Raise the version in `pack.kdl`, or lower `since`."))]
    Since { since: String, version: String },

    // --- pages ---
    /// The page does not start with its title.
    #[error("the page does not start with a title")]
    #[diagnostic(code("stockade::pack::page-title"), help("Make its first line `# {expected}`."))]
    PageTitle { expected: String },
    /// The page's title is another than the rule's.
    #[error("the page's title is `{found}`, the rule's is `{expected}`")]
    #[diagnostic(code("stockade::pack::page-title-differs"), help("Make them equal."))]
    PageTitleDiffers { found: String, expected: String },
    /// Something that every page has is missing.
    #[error("the page has no {what}")]
    #[diagnostic(code("stockade::pack::page-incomplete"), help("{advice}"))]
    PageIncomplete { what: &'static str, advice: &'static str },
    /// A code fence is not closed.
    #[error("this code fence is never closed")]
    #[diagnostic(code("stockade::pack::page-fence"), help("Close it with a line of the same characters."))]
    PageFence,
    /// A fence stands where it means nothing.
    #[error("{problem}")]
    #[diagnostic(code("stockade::pack::page-stray"), help("{advice}"))]
    PageStray { problem: &'static str, advice: &'static str },
    /// The info string of a fence says something unknown.
    #[error("an example has no attribute `{name}`")]
    #[diagnostic(code("stockade::pack::page-attribute"), help("{}", suggest(near, known)))]
    PageAttribute { name: String, near: Option<String>, known: Vec<String> },
    /// No path is given, and the fence's language has no usual one.
    #[error("{}", path_wanted(language))]
    #[diagnostic(code("stockade::pack::page-path"), help("{}", path_example(language)))]
    PagePath { language: String },
    /// Two files of one example have the same path, or a path leads out of the example.
    #[error("`{path}` cannot be the path of this file: {why}")]
    #[diagnostic(
        code("stockade::pack::page-path-bad"),
        help("Give each file of an example a relative path of its own.")
    )]
    PagePathBad { path: String, why: &'static str },

    // --- configuration and selection ---
    /// A selector that matches no rule. `shown` is how it was written.
    #[error("`{shown}` matches no rule")]
    #[diagnostic(code("stockade::pack::unknown-rule"), help("{}", suggest_or(near, || rule_advice(shown))))]
    UnknownRule { shown: String, near: Option<String> },
    /// A profile that no rule names.
    #[error("there is no profile `{name}`")]
    #[diagnostic(code("stockade::pack::unknown-profile"), help("{}", suggest(near, known)))]
    UnknownProfile { name: String, near: Option<String>, known: Vec<String> },
    /// Something tries to switch off or weaken a locked rule.
    #[error("`{rule}` is locked by {by}")]
    #[diagnostic(
        code("stockade::pack::locked"),
        help("Mend the findings, or ask the owner of that file to unlock it.")
    )]
    Locked { rule: String, by: String },
    /// A pattern that is no glob.
    #[error("`{glob}` is no valid pattern: {why}")]
    #[diagnostic(
        code("stockade::pack::glob"),
        help("`*` stands for anything in a name, `**` for any folders, `{{a,b}}` for either.")
    )]
    Glob { glob: String, why: String },
    /// A plugin that the configuration asks for is not in the lock file. Nothing unpinned runs.
    #[error("plugin `{name}` is not pinned in `stockade.lock`")]
    #[diagnostic(
        code("stockade::pack::not-locked"),
        help(
            "Run `stockade plugin add SOURCE` for it, look at what that shows, and keep `stockade.lock` with `stockade.kdl`."
        )
    )]
    NotLocked { name: String },
    /// The bytes are others than those that were pinned. Perhaps somebody changed them on the way.
    #[error("`{target}` has the digest {found}, not the pinned one")]
    #[diagnostic(code("stockade::pack::digest"), help("Review what changed, then pin the new digest."))]
    Digest { target: String, found: String },
    /// A setting of the whole run in a file that governs only a folder.
    #[error("`{name}` can only be set in the outermost configuration file")]
    #[diagnostic(code("stockade::pack::not-nested"), help("Move it to {outermost}."))]
    NotNested { name: String, outermost: String },
    /// The file named by `extends` cannot be had. Perhaps the system's fault.
    #[error("`{target}` cannot be extended: {why}")]
    #[diagnostic(
        code("stockade::pack::extends"),
        help("Name a file of this repository; the path is relative to this file.")
    )]
    Extends { target: String, why: String },
    /// The policy demands a reason, and there is none.
    #[error("`{node}` gives no reason, and {by} demands one")]
    #[diagnostic(code("stockade::pack::no-reason"), help("Add reason=\"...\"."))]
    NoReason { node: String, by: String },
    /// The policy caps how long a suppression may last. `until` is missing or too late.
    #[error("`{node}` must end within {days} days, as {by} demands")]
    #[diagnostic(code("stockade::pack::no-end"), help("Add until=\"YYYY-MM-DD\" with an earlier day."))]
    NoEnd { node: String, days: u32, by: String },

    // --- the bundle ---
    /// The compiled table cannot be read: it is damaged or from another version. Stockade's fault.
    #[error("the compiled rule table is unreadable: {why}")]
    #[diagnostic(code("stockade::pack::bundle"), help("Rebuild or reinstall stockade."))]
    Bundle { why: String },
}

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    place: Option<Place>,
    /// A second place in the same text, with what stands there.
    other: Option<(Place, &'static str)>,
}

impl Error {
    /// An error about the text at `place`.
    #[must_use]
    pub fn at(kind: ErrorKind, place: Place) -> Self {
        Self(Box::new(Inner { kind, place: Some(place), other: None }))
    }

    /// An error that is about no text, such as one in a command-line argument.
    #[must_use]
    pub fn nowhere(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, place: None, other: None }))
    }

    /// The same error with a second place of the same text labelled.
    pub(crate) fn with(mut self, place: Place, label: &'static str) -> Self {
        self.0.other = Some((place, label));
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where, if it is about a text.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Order for output: by file, then by position.
    pub(crate) fn sort_key(&self) -> (&str, u32) {
        self.place().map_or(("", 0), |p| (p.source.name(), p.span.start))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Some(place) => write!(f, "{place}: {self}"),
            None => write!(f, "{self}"),
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

fn miette_span(place: &Place) -> SourceSpan {
    (place.span.start as usize..place.span.end as usize).into()
}

impl Diagnostic for Error {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.kind.code()
    }

    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.kind.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.place.as_ref().map(|p| p.source.shown() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.as_ref()?;
        let first = LabeledSpan::new_primary_with_span(None, miette_span(place));
        let other = self.0.other.as_ref().filter(|(other, _)| other.source == place.source);
        let other =
            other.map(|(p, label)| LabeledSpan::new_with_span(Some((*label).to_owned()), miette_span(p)));
        Some(Box::new(std::iter::once(first).chain(other)))
    }
}
