//! The checks, by what they look at.

pub mod account;
pub mod command;
mod copied_image;
pub mod copy;
pub mod description;
pub mod download;
pub mod entry;
pub mod environment;
pub mod image;
pub mod instruction;
pub mod label;
mod managers;
pub mod network;
pub mod option;
pub mod package_cache;
pub mod package_index;
pub mod packages;
pub mod pin;
pub mod project;
pub mod script;
pub mod setuid;
pub mod stage;
pub mod user;
pub mod user_missing;
pub mod variable;
