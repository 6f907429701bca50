//! Where a package folder of the shared virtual store lies: a name that can hold no way out of it.

use std::fmt;

use pkg_manifest::PackageName;

use crate::file_name::digit;

/// Stands for the version of a package that has none, or one that is no name of a folder.
const NO_VERSION: &str = "unversioned";
/// Bytes of a version that names a folder; file systems take 255.
const MAX_VERSION: usize = 200;
/// Hexadecimal digits of a key.
const KEY_DIGITS: usize = 64;

/// A slot of the shared virtual store: `NAME/VERSION/KEY`, below `links/`. The key decides what lies in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotName {
    text: Box<str>,
    /// Bytes of the package's name.
    name: usize,
}

impl SlotName {
    /// Names the slot with a key; name and version are there for people.
    pub fn new(name: &PackageName, version: Option<&str>, key: &[u8; 32]) -> Self {
        let version = version.filter(|text| is_version(text));
        let version = version.unwrap_or(NO_VERSION);
        let name = name.as_str();
        let mut text = String::with_capacity(name.len() + version.len() + KEY_DIGITS + 2);
        for part in [name, "/", version, "/"] {
            text.push_str(part);
        }
        for byte in key {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
            }
        }
        Self {
            text: text.into(),
            name: name.len(),
        }
    }

    /// Reads a name as it stands below `links/`; `None` when it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, key) = text.rsplit_once('/')?;
        let (name, version) = rest.rsplit_once('/')?;
        let name: PackageName = name.parse().ok()?;
        let mut bytes = [0; KEY_DIGITS / 2];
        if key.len() != KEY_DIGITS {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(key.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        let parsed = Self::new(&name, Some(version), &bytes);
        (parsed.as_str() == text).then_some(parsed)
    }

    /// The way from `links/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The package's name, which its folder has.
    pub fn package(&self) -> &str {
        &self.text[..self.name]
    }

    /// The way from `links/` to the package's folder.
    pub fn package_folder(&self) -> String {
        format!("{}/node_modules/{}", self.text, self.package())
    }

    /// The key, as hexadecimal digits.
    pub fn key(&self) -> &str {
        &self.text[self.text.len() - KEY_DIGITS..]
    }

    /// The first four bytes of the key.
    pub(crate) fn stamp_bytes(&self) -> [u8; 4] {
        let key = self.key().as_bytes();
        let mut bytes = [0; 4];
        for (byte, pair) in bytes.iter_mut().zip(key.chunks_exact(2)) {
            let digits = digit(pair[0]).zip(digit(pair[1]));
            *byte = digits.map_or(0, |(high, low)| high << 4 | low);
        }
        bytes
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for SlotName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether a version is one component of a path, of the characters that versions have.
fn is_version(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    text.len() <= MAX_VERSION
        && text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_of_a_slot_is_read_back() {
        for (name, version, expected) in [
            ("a", Some("1.0.0-rc.1+x"), "a/1.0.0-rc.1+x/"),
            ("@s/a", Some("1.0.0"), "@s/a/1.0.0/"),
            ("a", None, "a/unversioned/"),
            ("a", Some("../.."), "a/unversioned/"),
            ("a", Some(""), "a/unversioned/"),
        ] {
            let slot = SlotName::new(&name.parse().unwrap(), version, &[0xab; 32]);
            assert_eq!(slot.as_str(), format!("{expected}{}", "ab".repeat(32)));
            assert_eq!(slot.package(), name);
            assert_eq!(SlotName::parse(slot.as_str()), Some(slot));
        }
    }

    #[test]
    fn a_long_version_names_no_folder() {
        let version = format!("1.0.0-{}", "x".repeat(300));
        let slot = SlotName::new(&"a".parse().unwrap(), Some(&version), &[0; 32]);
        assert!(slot.as_str().starts_with("a/unversioned/"));
    }

    proptest! {
        #[test]
        fn no_text_leads_out(text in "(@?[a.]{1,3}/){0,3}[a1./]{0,4}/[0-9a-fA-F]{62,66}") {
            if let Some(slot) = SlotName::parse(&text) {
                prop_assert_eq!(slot.as_str(), &text);
                prop_assert!(text.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}
