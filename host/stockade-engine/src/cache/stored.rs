//! What is kept of one file, and how it comes back.
//!
//! Texts from a fixed list (kinds, marks) are kept as texts and looked up again. What is read is admitted as an answer
//! of a plugin is: a span outside the file or a rule that is not on makes the entry none.

use crate::analyse::Analysed;
use crate::collect::Outcome;
use crate::dispatch::Plan;
use crate::named::Seen;
use crate::outside::Outside;
use crate::project::{Of, Recorded};
use crate::suppress::StoredDirectives;
use crate::walk::Found;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use stockade_model::{
    Fact, FileEntry, FileFacts, FileStatus, Finding, Fix, Label, Region, RuleTable, Severity, Span, State,
};
use stockade_syntax::{FileKind, MARKS, Reference};

/// Keys that name other files, likewise.
const KEYS: [&str; 7] = [
    "configMapGenerator",
    "env_file",
    "helmCharts",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "secretGenerator",
];
/// Bytes of a word of a secret that is looked for. Shorter ones stand in texts by chance.
const MIN_WORD: usize = 6;

/// Bytes that are looked through for the secrets of a file, a tenth of a second or so. What has more is looked at anew each time.
const SEARCHED: usize = 2 << 30;

/// What the result of a file is held against.
pub(crate) struct Surroundings<'a> {
    pub(crate) rules: &'a RuleTable,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    pub(crate) plan: &'a Plan,
    pub(crate) outside: &'a Outside<'a>,
    pub(crate) max_file_bytes: u64,
    pub(crate) path: &'a Arc<str>,
    pub(crate) found: &'a Found,
    pub(crate) text: &'a str,
}

impl Surroundings<'_> {
    /// What the values that may be filled into this file are, where the file is of this kind and has these marks.
    fn filled(&self, kind: FileKind, marks: &[&str]) -> Option<[u8; blake3::OUT_LEN]> {
        self.outside.digest(self.path, kind, marks, self.max_file_bytes)
    }

    fn holds(&self, span: Span) -> Option<Span> {
        span.slice(self.text).map(|_| span)
    }

    fn is_on(&self, rule: u32) -> Option<usize> {
        let rule = rule as usize;
        (rule < self.rules.rules.len() && *self.plan.enabled.get(rule)?).then_some(rule)
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Stored<'a> {
    /// Its content says that it is nothing that we know.
    NoKind(&'a str),
    #[serde(borrow)]
    Analysed(Box<StoredFile<'a>>),
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredFile<'a> {
    kind: &'a str,
    reason: &'a str,
    #[serde(borrow)]
    marks: Vec<&'a str>,
    filled: Option<[u8; blake3::OUT_LEN]>,
    #[serde(borrow)]
    references: Vec<StoredReference<'a>>,
    #[serde(borrow)]
    findings: Vec<StoredFinding<'a>>,
    #[serde(borrow)]
    directives: StoredDirectives<'a>,
    /// Places that no report may show.
    hidden: Cow<'a, [Span]>,
    /// By the number of the plugin, with what they are of.
    facts: Vec<(u32, Of, Cow<'a, [Fact]>)>,
    /// Rules that looked at the file, where the run counts that.
    looked: Vec<u32>,
    bytes: u64,
    keeps_text: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredReference<'a> {
    path: &'a str,
    kind: &'a str,
    key: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredFinding<'a> {
    rule: u32,
    severity: Severity,
    span: Span,
    region: Region,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(borrow)]
    labels: Vec<StoredLabel<'a>>,
    fixes: Cow<'a, [Fix]>,
    node_path: &'a str,
    #[serde(borrow)]
    data: Vec<(&'a str, &'a str)>,
    fingerprint: &'a str,
    line_hash: &'a str,
    secret: Cow<'a, [Span]>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredLabel<'a> {
    /// Another file, if it is one.
    path: Option<&'a str>,
    span: Span,
    region: Region,
    message: &'a str,
}

/// What may be kept of a file, as bytes. Nothing is kept
/// - of what went wrong (faults, gaps): it is tried again each time;
/// - where the bytes would hold a secret that was found in the file, be it in a fact or in the reason of a suppression.
pub(super) fn write(analysed: &Analysed, file: &Surroundings<'_>) -> Option<Vec<u8>> {
    let Analysed { outcome, facts, seen, looked } = analysed;
    let Outcome { entry, findings, hidden, faults, notes, directives, bytes, is_taker: _ } = outcome;
    let entry = entry.as_ref().filter(|_| faults.is_empty() && notes.is_empty())?;
    let stored = match &entry.status {
        FileStatus::NotAnalysed(_) => return None,
        FileStatus::NoKind(reason) => Stored::NoKind(reason),
        FileStatus::Analysed => {
            let is_known = |known: &[&str], text: &&str| known.contains(text);
            if !seen.marks.iter().all(|mark| is_known(&MARKS, mark))
                || !seen.references.iter().all(|reference| is_known(&KEYS, &reference.key))
            {
                return None;
            }
            let references = seen.references.iter();
            Stored::Analysed(Box::new(StoredFile {
                kind: seen.kind?.as_str(),
                reason: &entry.reason,
                marks: seen.marks.clone(),
                filled: file.filled(seen.kind?, &seen.marks),
                references: references
                    .map(|r| StoredReference { path: &r.path, kind: r.kind.as_str(), key: r.key })
                    .collect(),
                findings: findings.iter().map(StoredFinding::of).collect::<Option<_>>()?,
                directives: StoredDirectives::of(directives),
                hidden: hidden.into(),
                facts: facts
                    .iter()
                    .map(|(plugin, recorded)| {
                        let facts = (&recorded.facts.facts).into();
                        Some((u32::try_from(*plugin).ok()?, recorded.of, facts))
                    })
                    .collect::<Option<_>>()?,
                looked: looked.clone(),
                bytes: *bytes,
                keeps_text: entry.text.is_some(),
            }))
        }
    };
    let bytes = postcard::to_stdvec(&stored).ok()?;
    let secrets = findings.iter().flat_map(|finding| &finding.secret).chain(hidden).copied();
    (!holds_secret(&bytes, file.text, secrets)).then_some(bytes)
}

/// Whether one of the secrets at these places, or a word of one, stands in the bytes. A secret's place may have quotes
/// around it or be a whole address, and another text may have only the password.
fn holds_secret(bytes: &[u8], text: &str, secrets: impl Iterator<Item = Span>) -> bool {
    let mut left = SEARCHED;
    let mut holds = |part: &str| match left.checked_sub(bytes.len()) {
        Some(rest) => {
            left = rest;
            memchr::memmem::find(bytes, part.as_bytes()).is_some()
        }
        None => true,
    };
    let is_mark = |c: char| !c.is_alphanumeric();
    let secrets = secrets.filter_map(|span| span.slice(text));
    let mut lines = secrets.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
    lines.any(|line| {
        let core = line.trim_matches(is_mark);
        let mut words = line.split(is_mark).filter(|word| word.len() >= MIN_WORD);
        holds(if core.is_empty() { line } else { core }) || words.any(&mut holds)
    })
}

/// The file as it was before, if what is kept fits it.
pub(super) fn read(bytes: &[u8], file: &Surroundings<'_>) -> Option<Analysed> {
    let stored = match postcard::from_bytes(bytes).ok()? {
        Stored::NoKind(reason) => return Some(crate::entries::no_kind(file.path, reason.to_owned())),
        Stored::Analysed(stored) => *stored,
    };
    let marks = stored.marks.iter().map(|mark| known(&MARKS, mark)).collect::<Option<Vec<_>>>()?;
    let kind = FileKind::from_name(stored.kind)?;
    if stored.filled != file.filled(kind, &marks) {
        return None;
    }
    let references = stored.references.iter().map(|reference| {
        let (path, kind) = (reference.path.to_owned(), FileKind::from_name(reference.kind)?);
        Some(Reference { path, kind, key: known(&KEYS, reference.key)? })
    });
    let seen = Seen { kind: Some(kind), marks, references: references.collect::<Option<_>>()? };
    let facts = stored.facts.into_iter().map(|(plugin, of, facts)| {
        let plugin = Some(plugin as usize).filter(|plugin| *plugin < file.plugins)?;
        let facts = facts.into_owned();
        let facts = FileFacts { path: Arc::clone(file.path), kind: kind.as_str(), facts };
        let origin = file.found.origin.clone();
        Some((plugin, Recorded { facts, kind: Some(kind), origin, of }))
    });
    let facts = facts.collect::<Option<Vec<_>>>()?;
    let findings = stored.findings.into_iter().map(|finding| finding.admit(file));
    let outcome = Outcome {
        entry: Some(FileEntry {
            path: Arc::clone(file.path),
            kind: kind.as_str(),
            reason: Cow::Owned(stored.reason.to_owned()),
            status: FileStatus::Analysed,
            text: stored.keeps_text.then(|| Arc::from(file.text)),
            hidden: Vec::new(),
        }),
        findings: findings.collect::<Option<_>>()?,
        directives: stored.directives.admit(&|span| file.holds(span))?,
        hidden: stored.hidden.iter().map(|span| file.holds(*span)).collect::<Option<_>>()?,
        bytes: stored.bytes,
        ..Outcome::default()
    };
    let is_on = |rule: &u32| file.is_on(*rule).is_some();
    Some(Analysed { outcome, facts, seen, looked: stored.looked }).filter(|a| a.looked.iter().all(is_on))
}

fn known(list: &[&'static str], text: &str) -> Option<&'static str> {
    list.iter().copied().find(|known| *known == text)
}

impl<'a> StoredFinding<'a> {
    /// What is kept of a finding: all but its state, which is only known at the end of a run.
    fn of(finding: &'a Finding) -> Option<Self> {
        let Finding {
            rule,
            severity,
            path,
            span,
            region,
            message,
            help,
            labels,
            fixes,
            node_path,
            data,
            fingerprint,
            line_hash,
            secret,
            state,
        } = finding;
        if *state != State::Open {
            return None;
        }
        let labels = labels.iter().map(|label| StoredLabel {
            path: (label.path != *path).then_some(&label.path),
            span: label.span,
            region: label.region,
            message: &label.message,
        });
        Some(Self {
            rule: u32::try_from(*rule).ok()?,
            severity: *severity,
            span: *span,
            region: *region,
            message,
            help: help.as_deref(),
            labels: labels.collect(),
            fixes: fixes.into(),
            node_path,
            data: data.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            fingerprint,
            line_hash,
            secret: secret.into(),
        })
    }

    /// The finding again, if it may stand in this file.
    fn admit(self, file: &Surroundings<'_>) -> Option<Finding> {
        let rule = file.is_on(self.rule)?;
        let edits = self.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        let spans = edits.chain(self.secret.iter().copied()).chain([self.span]);
        if !spans.into_iter().all(|span| file.holds(span).is_some()) {
            return None;
        }
        let label = |label: StoredLabel<'_>| {
            let path = match label.path {
                // Held against that file's text once all are known, as any label is.
                Some(path) => Arc::from(path),
                None => file.holds(label.span).map(|_| Arc::clone(file.path))?,
            };
            Some(Label { path, span: label.span, region: label.region, message: label.message.to_owned() })
        };
        let data = self.data.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(Finding {
            rule,
            severity: self.severity,
            path: Arc::clone(file.path),
            span: self.span,
            region: self.region,
            message: self.message.to_owned(),
            help: self.help.map(str::to_owned),
            labels: self.labels.into_iter().map(label).collect::<Option<_>>()?,
            fixes: self.fixes.into_owned(),
            node_path: self.node_path.to_owned(),
            data: data.collect(),
            fingerprint: self.fingerprint.to_owned(),
            line_hash: self.line_hash.to_owned(),
            secret: self.secret.into_owned(),
            state: State::Open,
        })
    }
}
