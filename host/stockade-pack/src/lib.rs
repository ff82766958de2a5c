//! KDL of stockade: packs of rules with their pages, descriptions of plugins, and user configuration.
//!
//! Everything here is pure: files arrive as named texts ([`Source`]), and what is wrong with them leaves as
//! [`Error`]s that point into those texts. All errors of all files are collected, not only the first.

mod advice;
mod bundle;
mod compile;
mod conditions;
pub mod config;
mod error;
mod gate;
mod guide;
mod lock;
mod names;
mod nearest;
mod pack;
mod page;
mod params;
mod plugin;
mod plugin_files;
mod reference;
mod rule;
mod schema;
mod selection;
mod selector;
mod source;
mod view;

pub use bundle::{PageStore, RuleStore, guides_from_bytes};
pub use compile::{Compiled, PackSource, PluginSource, compile, compile_onto, mark_guides, table};
pub use error::{Error, ErrorKind};
pub use lock::{Lock, Locked, is_digest};
pub use nearest::nearest;
pub use pack::PackInfo;
pub use page::{Example, ExampleFile, MAX_DESCRIPTION, Outcome, Page, Role};
pub use params::on_day;
pub use plugin::{CheckDescription, ParamDescription, ParamType, PluginDescription, TABLES, Vocabulary};
pub use plugin_files::{MAX_SECTION_BYTES, MAX_SECTION_FILES, PluginFiles, SECTION, SectionError};
pub use reference::{config_reference, pack_reference};
pub use schema::config_schema;
pub use selection::{ALL, BASELINE, Choice, DEFAULT, Selection, SeverityOverride, profiles};
pub use selector::{argument, rules_meant, rules_named};
pub use source::{MAX_KDL_BYTES, Place, Placed, Source};
