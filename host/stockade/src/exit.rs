//! The whole table of exit codes.

use std::process::ExitCode;
use stockade_model::{Report, Severity, State};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: everything was looked at, and nothing at or above the fail level was found.
    Clean,
    /// 1: there are findings at or above the fail level.
    Findings,
    /// 2: something was not looked at, or the command could not start. Wins over 1.
    NotDone,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::NotDone => 2,
        })
    }
}

/// The exit code of a scan. `fail_on` is the mildest severity that fails; `None` for none.
pub(crate) fn code(report: &Report, fail_on: Option<Severity>) -> Exit {
    if report.is_incomplete() {
        return Exit::NotDone;
    }
    let fails = |finding: &stockade_model::Finding| {
        finding.state == State::Open && fail_on.is_some_and(|level| finding.severity >= level)
    };
    if report.findings.iter().any(fails) { Exit::Findings } else { Exit::Clean }
}
