//! The checks of this family, by topic.

pub(crate) mod datastore;
pub(crate) mod file;
pub(crate) mod lists;
pub(crate) mod mount;
pub(crate) mod port;
pub(crate) mod setting;
