//! Our own fingerprints: what makes a finding the same finding after the file was edited elsewhere.

use std::collections::HashMap;
use stockade_model::{Finding, RuleTable};

/// What a finding is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// Its place by names.
    pub(crate) place: String,
    /// What the plugin says it is.
    pub(crate) key: Option<String>,
}

/// Fills in the fingerprints of one file's findings, which must be in their final order.
///
/// A fingerprint is a hash over the rule, what the finding is about (the names on the way to its node, see
/// [`crate::identity`], and the key that the plugin gave) and the text of the first line of the span without its white
/// space. Positions, line numbers and the path are left out, so it survives edits elsewhere, moved and reordered blocks and
/// renamed files. Findings that agree in all of this are numbered in the order of the file.
pub(crate) fn assign(rules: &RuleTable, text: &str, findings: &mut [Finding], subjects: &[Subject]) {
    let mut seen: HashMap<blake3::Hash, u32> = HashMap::new();
    for (at, finding) in findings.iter_mut().enumerate() {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(rules.rules.get(finding.rule).map_or("", |r| r.id.as_str()).as_bytes());
        let subject = subjects.get(at);
        part(subject.map_or("", |subject| &subject.place).as_bytes());
        part(subject.and_then(|subject| subject.key.as_deref()).unwrap_or_default().as_bytes());
        let line = finding.span.slice(text).unwrap_or_default().lines().next().unwrap_or_default();
        let squeezed: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
        part(squeezed.as_bytes());
        let base = hasher.finalize();
        let count = seen.entry(base).or_insert(0);
        hasher.update(&count.to_le_bytes());
        *count += 1;
        finding.fingerprint = hasher.finalize().to_hex().as_str().get(..32).unwrap_or_default().to_owned();
    }
}
