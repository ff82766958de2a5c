//! Judges a SARIF file of any tool as GitHub code scanning would: what makes it reject the upload, what it
//! ignores, and what it takes but uses otherwise than its author may think.
//!
//! The sources are GitHub's pages "SARIF support for code scanning" and "SARIF results exceed one or more limits", the
//! upload action's own checks (github/codeql-action, `src/upload-lib.ts`, `src/fingerprints.ts`), and
//! threads in which uploads were refused. GitHub may change what it does; a clean answer is no promise.

mod github;
mod rules;
mod schema;
mod uri;

use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// What GitHub makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole upload fails.
    Rejected,
    /// It is not used, or not in full.
    Ignored,
    /// It is taken, and does something else than one may think.
    Warning,
}

impl Verdict {
    /// The name used in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Ignored => "ignored",
            Self::Warning => "warning",
        }
    }
}

/// One thing that GitHub would not take as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What GitHub makes of it.
    pub verdict: Verdict,
    /// JSON pointer (RFC 6901) to the first place; empty for the file as a whole.
    pub pointer: String,
    /// What is wrong there: lower case, no final period.
    pub message: String,
    /// How many further places have the same.
    pub more: usize,
}

/// Judges `bytes`, a whole SARIF file. The worst comes first, then the order of the file.
///
/// Time is linear in the size of the file, and so is memory.
#[must_use]
pub fn check(bytes: &[u8]) -> Vec<Remark> {
    let mut remarks = Remarks::default();
    match parse(bytes) {
        Ok(root) => {
            schema::check(&root, &mut remarks);
            github::check(&root, &mut remarks);
        }
        Err(message) => remarks.add(Verdict::Rejected, "", message),
    }
    github::check_size(bytes, &mut remarks);
    remarks.finish()
}

/// # Errors
/// Says why the bytes are no JSON.
fn parse(bytes: &[u8]) -> Result<Value, String> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err("starts with a byte order mark, which a JSON file may not have".to_owned());
    }
    serde_json::from_slice(bytes).map_err(|error| format!("is no JSON: {error}"))
}

/// Collects remarks; those that differ only in array indices count as one.
#[derive(Default)]
struct Remarks {
    all: Vec<Remark>,
    /// Where the remark with this message and shape of pointer is.
    known: HashMap<(String, String), usize>,
}

impl Remarks {
    fn add(&mut self, verdict: Verdict, pointer: &str, message: impl Into<String>) {
        let message = message.into();
        let shape = pointer
            .split('/')
            .map(|part| if part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        match self.known.get(&(shape.clone(), message.clone())) {
            Some(at) => {
                if let Some(remark) = self.all.get_mut(*at) {
                    remark.more += 1;
                }
            }
            None => {
                self.known.insert((shape, message.clone()), self.all.len());
                self.all.push(Remark { verdict, pointer: pointer.to_owned(), message, more: 0 });
            }
        }
    }

    fn rejected(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Verdict::Rejected, pointer, message);
    }

    fn ignored(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Verdict::Ignored, pointer, message);
    }

    fn warning(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Verdict::Warning, pointer, message);
    }

    fn finish(self) -> Vec<Remark> {
        let mut all = self.all;
        all.sort_by_key(|r| match r.verdict {
            Verdict::Rejected => 0,
            Verdict::Warning => 1,
            Verdict::Ignored => 2,
        });
        all
    }
}

/// `pointer` with one more part.
fn join(pointer: &str, part: &str) -> String {
    if part.contains(['~', '/']) {
        format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{pointer}/{part}")
    }
}

/// The value's text, or nothing where it is none or empty.
fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().filter(|t| !t.trim().is_empty())
}

/// The elements of an array, none where there is no array.
fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
