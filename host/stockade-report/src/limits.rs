//! GitHub code scanning's limits, from its page "SARIF support for code scanning" and the source of its
//! upload action. Shared by the SARIF writer and by [`crate::check`].

/// Most bytes of the compressed file; larger ones are rejected.
pub(crate) const GZIP_BYTES: usize = 10 * 1024 * 1024;
/// Most runs in a file; more are rejected.
pub(crate) const RUNS: usize = 20;
/// Most results in a run; more are rejected.
pub(crate) const RESULTS: usize = 25_000;
/// Results of a run that become alerts; the rest is dropped.
pub(crate) const RESULTS_KEPT: usize = 5_000;
/// Most rules in a run; more are rejected.
pub(crate) const RULES: usize = 25_000;
/// Most tool extensions in a run; more are rejected.
pub(crate) const EXTENSIONS: usize = 100;
/// Most locations of a thread flow; more are rejected.
pub(crate) const FLOW_LOCATIONS: usize = 10_000;
/// Locations of a thread flow that are shown.
pub(crate) const FLOW_LOCATIONS_KEPT: usize = 1_000;
/// Most locations of a result; more are rejected.
pub(crate) const LOCATIONS: usize = 1_000;
/// Locations of a result that are kept.
pub(crate) const LOCATIONS_KEPT: usize = 100;
/// Most tags of a rule; more are rejected.
pub(crate) const TAGS: usize = 20;
/// Tags of a rule that are kept.
pub(crate) const TAGS_KEPT: usize = 10;
/// Most characters of a rule's name.
pub(crate) const NAME_CHARS: usize = 255;
/// Most characters of a rule's short and full description.
pub(crate) const DESCRIPTION_CHARS: usize = 1_024;
