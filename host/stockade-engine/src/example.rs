//! What tests of several modules start from.

use std::sync::Arc;
use stockade_model::{Finding, Region, Severity, Span, State};

/// An open finding of rule 0 about nothing, of low severity, in this file. Tests fill in what they are about.
pub(crate) fn finding(path: &str) -> Finding {
    Finding {
        rule: 0,
        severity: Severity::Low,
        path: Arc::from(path),
        span: Span::default(),
        region: Region::default(),
        message: String::new(),
        help: None,
        labels: Vec::new(),
        fixes: Vec::new(),
        node_path: String::new(),
        data: Vec::new(),
        fingerprint: String::new(),
        line_hash: String::new(),
        secret: Vec::new(),
        state: State::Open,
    }
}
