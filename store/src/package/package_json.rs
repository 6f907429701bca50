//! The few fields of a `package.json` that the store itself uses, read as npm reads them: wrong types count as absent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::limits::MAX_PACKAGE_JSON;

/// Fields of a `package.json`; the last of several with one name counts, as in JavaScript.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct PackageJson {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) bin: Option<Value>,
    /// `directories.bin`.
    pub(crate) bin_directory: Option<String>,
    pub(crate) preinstall: Option<String>,
    pub(crate) install: Option<String>,
    pub(crate) postinstall: Option<String>,
    /// `gypfile` is there and `false`.
    pub(crate) refuses_gyp: bool,
    /// Names in `dependencies` that have a text.
    pub(crate) dependencies: Vec<String>,
    /// Names in `optionalDependencies` that have a text.
    pub(crate) optional_dependencies: Vec<String>,
}

/// Reads a `package.json`: UTF-8 with or without a byte order mark, at most 128 levels deep, an object at the top.
///
/// The error is a sentence without the package's name.
pub(crate) fn parse_package_json(bytes: &[u8]) -> Result<PackageJson, String> {
    if bytes.len() > MAX_PACKAGE_JSON {
        return Err(format!("it is larger than {MAX_PACKAGE_JSON} bytes"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

impl<'de> Deserialize<'de> for PackageJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PackageJsonVisitor)
    }
}

struct PackageJsonVisitor;

impl<'de> Visitor<'de> for PackageJsonVisitor {
    type Value = PackageJson;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PackageJson, A::Error> {
        let mut package = PackageJson::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Name => package.name = map.next_value::<Text>()?.0,
                Key::Version => package.version = map.next_value::<Text>()?.0,
                Key::Bin => package.bin = Some(map.next_value()?),
                Key::Directories => {
                    package.bin_directory = take(&mut map.next_value::<Texts>()?.0, "bin");
                }
                Key::Scripts => {
                    let scripts = &mut map.next_value::<Texts>()?.0;
                    package.preinstall = take(scripts, "preinstall");
                    package.install = take(scripts, "install");
                    package.postinstall = take(scripts, "postinstall");
                }
                Key::Dependencies => package.dependencies = map.next_value::<Texts>()?.names(),
                Key::OptionalDependencies => {
                    package.optional_dependencies = map.next_value::<Texts>()?.names();
                }
                Key::Gypfile => package.refuses_gyp = map.next_value::<Value>()? == false,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(package)
    }
}

/// The last text with this key; one that is empty counts as absent.
fn take(texts: &mut Vec<(String, String)>, key: &str) -> Option<String> {
    let found = texts.iter().rposition(|(name, _)| name == key)?;
    Some(texts.swap_remove(found).1).filter(|text| !text.is_empty())
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Name,
    Version,
    Bin,
    Directories,
    Scripts,
    Gypfile,
    Dependencies,
    #[serde(rename = "optionalDependencies")]
    OptionalDependencies,
    #[serde(other)]
    Other,
}

/// A string, or nothing where another type stands.
struct Text(Option<String>);

/// The string members of an object in order, or none where another type stands.
#[derive(Default)]
struct Texts(Vec<(String, String)>);

impl Texts {
    fn names(self) -> Vec<String> {
        self.0.into_iter().map(|(name, _)| name).collect()
    }
}

macro_rules! ignore_other_types {
    ($value:ident) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("any value")
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<$value, E> {
            Ok($value(Default::default()))
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<$value, E> {
            Ok($value(Default::default()))
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<$value, E> {
            Ok($value(Default::default()))
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<$value, E> {
            Ok($value(Default::default()))
        }

        fn visit_unit<E: Error>(self) -> Result<$value, E> {
            Ok($value(Default::default()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<$value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value(Default::default()))
        }
    };
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text;
            ignore_other_types!(Text);

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;
        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;
            ignore_other_types!(Texts);

            fn visit_str<E: Error>(self, _: &str) -> Result<Texts, E> {
                Ok(Texts::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                while let Some((key, Text(value))) = map.next_entry::<String, Text>()? {
                    texts.0.push((key, value.unwrap_or_default()));
                }
                Ok(texts)
            }
        }
        deserializer.deserialize_any(TextsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_keys_counts_and_wrong_types_are_absent() {
        let text = br#"{"name":"a","name":"b","version":7,"scripts":{"install":"x","install":"",
            "postinstall":3,"preinstall":"p"},"directories":"x","gypfile":false,"x":[[]],"bin":"b"}"#;
        let package = parse_package_json(text).unwrap();
        assert_eq!(package.name.as_deref(), Some("b"));
        assert_eq!(
            (package.version, package.install, package.postinstall),
            (None, None, None)
        );
        assert_eq!(
            (package.preinstall.as_deref(), package.refuses_gyp),
            (Some("p"), true)
        );
        for other in [
            "1",
            "-1",
            "1.5",
            "true",
            "null",
            "[1]",
            "{\"a\":1}",
            "\"s\"",
        ] {
            let text = format!(r#"{{"name":{other},"scripts":{other},"directories":{other}}}"#);
            let package = parse_package_json(text.as_bytes()).unwrap();
            assert_eq!((package.bin_directory, package.install), (None, None));
        }
    }

    /// TAR-40.
    #[test]
    fn a_byte_order_mark_is_fine_and_what_is_no_object_is_not() {
        assert!(parse_package_json(b"\xef\xbb\xbf{}").is_ok());
        let deep = "[".repeat(10_000);
        let nested = format!(r#"{{"a":{deep}"#);
        let huge = format!(r#"{{"a":"{}"}}"#, "x".repeat(9 * 1024 * 1024));
        for bad in ["", "{", "[]", "1", "{}x", "{\"a\":}", &nested, &huge] {
            assert!(parse_package_json(bad.as_bytes()).is_err());
        }
    }
}
