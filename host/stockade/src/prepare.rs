//! What every command that looks at files does first: find the root, list the files, read the configuration, set
//! up the plugins.

use crate::catalog::Catalog;
use crate::config::{self, ConfigPolicy};
use crate::error::ProgramError;
use crate::plugins::Component;
use std::path::PathBuf;
use stockade_engine::{Options, Policy as _, Root, Walked, run_files, walk};
use stockade_model::{Report, Severity};
use stockade_pack::Choice;
use stockade_sandbox::{Limits, Sandbox};

/// The mildest severity that fails where nobody says otherwise: `info` is for remarks.
const FAIL_ON: Severity = Severity::Low;

/// What the command line says about plugins from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside<'a> {
    /// Files to run beside those that the configuration names.
    pub(crate) plugins: &'a [PathBuf],
    /// Whether the lock file must be just as the configuration needs it.
    pub(crate) locked: bool,
}

/// Ready to scan.
pub(crate) struct Prepared {
    pub(crate) catalog: Catalog,
    pub(crate) walked: Walked,
    pub(crate) policy: ConfigPolicy,
    pub(crate) sandbox: Sandbox,
}

impl Prepared {
    /// Prepares a scan of these paths with the rules that `choice` and the configuration switch on, and with these
    /// plugins from outside.
    pub(crate) fn new(
        paths: &[PathBuf],
        outside: Outside<'_>,
        choice: &Choice,
        no_config: bool,
        threads: usize,
    ) -> Result<Self, ProgramError> {
        let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
        let root = Root::find(&here, paths)?;
        let mut catalog = Catalog::open()?;
        for file in outside.plugins {
            let component = Component::read_file(file, &catalog)?;
            catalog.add_plugin(component)?;
        }
        let walked = walk(&root, stockade_engine::threads(threads));
        let settings = if no_config {
            config::without_files(&catalog, choice)?
        } else {
            config::load(&mut catalog, &root, &walked, choice, outside.locked)?
        };
        let policy = ConfigPolicy::new(settings);
        let sandbox = catalog.sandbox(&policy.settings().table, &policy.possible(), Limits::default())?;
        Ok(Self { catalog, walked, policy, sandbox })
    }

    /// Scans.
    pub(crate) fn scan(&self, options: &Options<'_>) -> Result<Report, ProgramError> {
        let table = &self.policy.settings().table;
        Ok(run_files(self.walked.clone(), table, &self.policy, &self.sandbox, options)?)
    }

    /// Largest file that is read, in bytes.
    pub(crate) fn max_file_bytes(&self) -> u64 {
        let configured = self.policy.settings().config.max_file_size.as_ref();
        configured.map_or(stockade_engine::MAX_FILE_BYTES, |size| size.value)
    }

    /// The mildest severity that fails, as the command line, the configuration or else we say; `None` for none.
    pub(crate) fn fail_on(&self, asked: Option<crate::args::FailOn>) -> Option<Severity> {
        let configured = self.policy.settings().fail_on.as_ref().map(|level| level.value);
        asked.map(|level| level.0).or(configured).unwrap_or(Some(FAIL_ON))
    }
}
