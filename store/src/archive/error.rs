//! Why an archive is refused, before it is known whose archive it is.

use std::fmt::Write as _;

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArchiveError {
    /// It is no gzip and no tar; holds the first bytes, escaped.
    NotATarball(String),
    /// It breaks off, or contradicts itself.
    Corrupt(String),
    /// An entry's path leads out of the package or cannot be a path.
    UnsafePath { entry: String, reason: &'static str },
    /// Two entries cannot both be there.
    Conflict { entry: String, reason: &'static str },
    /// It is larger than any honest package.
    Limit { what: &'static str, limit: u64 },
    /// Its `package.json` cannot be read.
    PackageJson(String),
}

impl ArchiveError {
    pub(crate) fn corrupt(reason: impl Into<String>) -> Self {
        Self::Corrupt(reason.into())
    }

    pub(crate) fn limit(what: &'static str, limit: impl TryInto<u64>) -> Self {
        Self::Limit {
            what,
            limit: limit.try_into().unwrap_or(u64::MAX),
        }
    }
}

/// Most bytes of untrusted text that are shown in one message.
const SHOWN: usize = 120;

/// Makes bytes of an archive fit to be shown: anything but plain text is escaped, and the tail of long text is cut.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for &byte in bytes.iter().take(SHOWN) {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b' '..=b'~' => shown.push(char::from(byte)),
            _ => write!(shown, "\\x{byte:02x}").expect("a string can be written to"),
        }
    }
    if bytes.len() > SHOWN {
        shown.push('…');
    }
    shown
}
