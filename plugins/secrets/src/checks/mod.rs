//! The checks of this family, by topic.

pub(crate) mod cloud;
pub(crate) mod dsn;
pub(crate) mod entropy;
pub(crate) mod jwk;
pub(crate) mod key;
pub(crate) mod logins;
mod named;
mod neighbours;
pub(crate) mod required;
pub(crate) mod setting;
pub(crate) mod shell;
pub(crate) mod source;
pub(crate) mod store;

use stockade_sdk::Source;

/// Whether a file is there to be tried or copied, not run: what stands in it is made up.
pub(crate) fn is_fixture(source: &Source) -> bool {
    source.is_marked("test") || source.is_marked("example")
}

/// Whether even what has the form of a real token or key is made up in a file. An env file that is there to be copied is
/// written by hand from the one in use, and too often with what stands there.
pub(crate) fn is_made_up(source: &Source) -> bool {
    source.is_marked("test") || source.is_marked("example") && source.kind() != "dotenv"
}
