//! What plugin authors and users of third-party plugins need around a scan: turning what a compiler wrote into a
//! component, the sections of a component, and fetching, checking and publishing plugins.
//!
//! Nothing here runs a plugin, and nothing here is called during a scan.

mod component;
mod error;
mod net;
mod oci;
mod reference;
mod sections;
mod sign;
mod template;

pub use component::{WIT, to_component};
pub use error::KitError;
pub use net::{Authorities, Client, Login};
pub use oci::{Pulled, pull, push};
pub use reference::{PluginSource, Reference};
pub use sections::{replace_section, sections};
pub use sign::{PublicKey, verify};
pub use template::{Language, project};

#[cfg(test)]
mod tests;
