//! The checks of this family, by topic.

pub mod address;
pub mod broker;
pub mod cache;
pub mod certificate;
pub mod cipher;
pub mod code;
pub mod curve;
mod object;
pub mod postgres;
pub mod protocol;
pub mod section;
