//! The entries of files that nothing was looked for in, and why.

use crate::analyse::Analysed;
use crate::collect::Outcome;
use crate::walk::Found;
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use stockade_model::{FileEntry, FileStatus, Note};

/// Nothing claims the file: nothing is lost.
pub(crate) fn no_kind(path: &Arc<str>, reason: impl Into<Cow<'static, str>>) -> Analysed {
    let reason = reason.into();
    let entry = FileEntry {
        path: Arc::clone(path),
        kind: "",
        reason: reason.clone(),
        status: FileStatus::NoKind(reason),
        text: None,
        hidden: Vec::new(),
    };
    Analysed { outcome: Outcome { entry: Some(entry), ..Outcome::default() }, ..Analysed::default() }
}

/// A file that made stockade itself panic.
pub(crate) fn failed(found: &Found, panic: &(dyn Any + Send)) -> Analysed {
    let words = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    not_analysed(
        &found.path,
        "",
        format!("stockade itself failed on it: {words}"),
        "This is a bug in stockade: please report it with the file, or with as much of it as you may show.",
    )
}

/// Left out on purpose: not a gap, so no note.
pub(crate) fn left_out(path: &Arc<str>, reason: String) -> Analysed {
    let entry = FileEntry {
        path: Arc::clone(path),
        kind: "",
        reason: Cow::Borrowed(""),
        status: FileStatus::NotAnalysed(reason),
        text: None,
        hidden: Vec::new(),
    };
    Analysed { outcome: Outcome { entry: Some(entry), ..Outcome::default() }, ..Analysed::default() }
}

/// A gap: the file should have been looked at. `help` says what to do.
pub(crate) fn not_analysed(path: &Arc<str>, kind: &'static str, message: String, help: &str) -> Analysed {
    let note = Note {
        path: Some(path.to_string()),
        message: message.clone(),
        help: Some(help.to_owned()),
        incomplete: true,
    };
    let entry = FileEntry {
        path: Arc::clone(path),
        kind,
        reason: Cow::Borrowed(""),
        status: FileStatus::NotAnalysed(message),
        text: None,
        hidden: Vec::new(),
    };
    Analysed {
        outcome: Outcome { entry: Some(entry), notes: vec![note], ..Outcome::default() },
        ..Analysed::default()
    }
}
