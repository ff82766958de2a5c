//! Values that are decoded when they are first asked for.

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A part of a stored record of which most runs need little: it stays encoded (postcard) until it is first asked for.
///
/// Every start reads the table of all rules; hundreds of rules have a page of texts each, and a run shows those of a few.
///
/// What cannot be decoded is the default value: this is for bytes that the program carries itself.
#[derive(Clone)]
pub struct Later<T> {
    /// Of no meaning once there is a value that was not decoded from it.
    encoded: Arc<[u8]>,
    value: OnceLock<T>,
}

impl<T: DeserializeOwned + Default> Later<T> {
    /// Changes the value.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        let mut value = self.value.take().or_else(|| self.decoded()).unwrap_or_default();
        change(&mut value);
        *self = Self::from(value);
    }

    fn decoded(&self) -> Option<T> {
        let (value, rest) = postcard::take_from_bytes(&self.encoded).ok()?;
        rest.is_empty().then_some(value)
    }
}

impl<T: Serialize> Later<T> {
    /// The value encoded: equal values are equal bytes. Decodes nothing.
    #[must_use]
    pub fn encoded(&self) -> Cow<'_, [u8]> {
        match self.value.get() {
            // Encoding into memory fails only for types that say so themselves.
            Some(value) => Cow::Owned(postcard::to_stdvec(value).unwrap_or_default()),
            None => Cow::Borrowed(&self.encoded),
        }
    }
}

impl<T> From<T> for Later<T> {
    fn from(value: T) -> Self {
        Self { encoded: Arc::default(), value: OnceLock::from(value) }
    }
}

impl<T: Default> Default for Later<T> {
    fn default() -> Self {
        Self::from(T::default())
    }
}

impl<T: DeserializeOwned + Default> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| self.decoded().unwrap_or_default())
    }
}

impl<T: DeserializeOwned + Default + PartialEq> PartialEq for Later<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: DeserializeOwned + Default + Eq> Eq for Later<T> {}

impl<T: DeserializeOwned + Default + fmt::Debug> fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// In formats for people as the value itself, in others as bytes.
impl<T: Serialize + DeserializeOwned + Default> Serialize for Later<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            (**self).serialize(serializer)
        } else {
            serializer.serialize_bytes(&self.encoded())
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Later<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes<T>(PhantomData<T>);
        impl<T> Visitor<'_> for Bytes<T> {
            type Value = Later<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an encoded value")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Later { encoded: Arc::from(bytes), value: OnceLock::new() })
            }
        }
        if deserializer.is_human_readable() {
            T::deserialize(deserializer).map(Self::from)
        } else {
            deserializer.deserialize_bytes(Bytes(PhantomData))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Words = Later<Vec<String>>;

    fn words() -> Words {
        Later::from(vec!["one".to_owned(), "two".to_owned()])
    }

    fn read() -> Words {
        postcard::from_bytes(&postcard::to_stdvec(&words()).unwrap()).unwrap()
    }

    #[test]
    fn what_was_read_is_decoded_when_it_is_asked_for() {
        let read = read();
        assert!(read.value.get().is_none());
        assert_eq!(read.encoded(), words().encoded());
        assert!(read.value.get().is_none());
        assert_eq!(*read, ["one", "two"]);
        assert_eq!(read.encoded(), words().encoded());
    }

    #[test]
    fn a_change_counts_for_the_value_and_its_encoding() {
        let mut changed = read();
        changed.change(|words| words.push("three".to_owned()));
        assert_eq!(*changed, ["one", "two", "three"]);
        assert_ne!(changed.encoded(), words().encoded());
        let again: Words = postcard::from_bytes(&postcard::to_stdvec(&changed).unwrap()).unwrap();
        assert_eq!(again, changed);
    }

    #[test]
    fn damaged_bytes_are_the_default_value() {
        let mut bytes = words().encoded().into_owned();
        bytes.push(0);
        let damaged: Words = Later { encoded: bytes.into(), value: OnceLock::new() };
        assert_eq!(*damaged, Vec::<String>::new());
    }

    /// What is held against a text is held against the texts inside.
    #[test]
    fn people_read_the_value_itself() {
        assert_eq!(serde_json::to_string(&read()).unwrap(), r#"["one","two"]"#);
        assert_eq!(serde_json::from_str::<Words>(r#"["one","two"]"#).unwrap(), words());
    }
}
