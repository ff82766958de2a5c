//! The checks of this family, by topic.

pub mod address;
pub mod cipher;
pub mod section;
