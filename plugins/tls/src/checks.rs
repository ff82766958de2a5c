//! The checks of this family, by topic.

pub mod address;
pub mod certificate;
pub mod cipher;
pub mod code;
pub mod section;
