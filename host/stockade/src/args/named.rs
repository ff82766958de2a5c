//! Values that have names: read with errors in our own words, and offered by completions all the same.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::Error;
use clap::{Arg, Command};
use std::ffi::OsStr;

/// Reads one of some names.
#[derive(Clone, Copy)]
pub(super) struct Named<T> {
    /// What completions offer; nothing of it is refused by `read`.
    pub(super) names: fn() -> Vec<&'static str>,
    /// The name's value, or what is wrong with it.
    pub(super) read: fn(&str) -> Result<T, String>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        self.read.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FAIL_ON, FORMAT, TOOL};

    #[test]
    fn every_name_that_is_offered_is_read() {
        for name in (FORMAT.names)() {
            assert_eq!((FORMAT.read)(name).unwrap().as_str(), name);
        }
        for name in (FAIL_ON.names)() {
            let level = (FAIL_ON.read)(name).unwrap().0;
            assert_eq!(level.map_or("never", |level| level.as_str()), name);
        }
        for name in (TOOL.names)() {
            assert_eq!((TOOL.read)(name).unwrap().as_str(), name);
        }
    }
}
