//! The checks, but for those on firewalls.

pub(crate) mod backup;
pub(crate) mod datastore;
pub(crate) mod docker;
pub(crate) mod keys;
pub(crate) mod packages;
pub(crate) mod retired;
pub(crate) mod startup;
pub(crate) mod vpn;
