//! Ranges and comparators as their texts.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, Visitor};
use serde_core::ser::{Serialize, Serializer};

use crate::{Comparator, Mode, Range};

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a range", |text| Self::parse(text, Mode::Strict)))
    }
}

impl Serialize for Comparator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Comparator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a comparator", |text| Self::parse(text, Mode::Strict)))
    }
}

/// What is expected, and how its text is read.
struct Text<T>(&'static str, fn(&str) -> Result<T, crate::ParseError>);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_round_trip_as_text() {
        let range: Range = serde_json::from_str("\"^1.2 || 3.x\"").unwrap();
        let text = serde_json::to_string(&range).unwrap();
        assert_eq!(text, "\">=1.2.0 <2.0.0-0||>=3.0.0 <4.0.0-0\"");
        assert!(serde_json::from_str::<Range>("\"latest\"").is_err());
        assert!(serde_json::from_str::<Comparator>("\">=1.2.3\"").is_ok());
    }
}
