//! Why a text is no lockfile that can be used.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use crate::PackageId;

/// A place in a text, counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// The place of the byte at `offset`.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let is_first = |byte: &&u8| **byte & 0xc0 != 0x80;
        Self {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + before[start..].iter().filter(is_first).count(),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Why a lockfile is refused. Nothing is ever repaired silently.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum LockfileError {
    #[error("the lockfile is empty")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_EMPTY),
        help(
            "restore it from version control, or run `pkg install --fix-lockfile` to resolve anew what it lacks"
        )
    )]
    Empty,
    #[error("the lockfile has {bytes} bytes, which is more than 256 MiB")]
    #[diagnostic(code(ERR_PKG_LOCKFILE_TOO_LARGE))]
    TooLarge { bytes: usize },
    #[error("the lockfile ends in the middle ({at})")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_TRUNCATED),
        help(
            "restore it from version control, or run `pkg install --fix-lockfile` to resolve anew what it lacks"
        )
    )]
    Truncated { at: Position },
    #[error("the lockfile is not valid JSON: {reason} ({at})")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_SYNTAX),
        help(
            "restore it from version control, or run `pkg install --fix-lockfile` to resolve anew what it lacks"
        )
    )]
    Syntax { at: Position, reason: &'static str },
    #[error("the lockfile is nested more than 128 deep ({at})")]
    #[diagnostic(code(ERR_PKG_LOCKFILE_TOO_DEEP))]
    TooDeep { at: Position },
    #[error("the lockfile has the key `{}` twice ({at})", key.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_DUPLICATE_KEY),
        help("delete the wrong one of the two, or restore the file from version control")
    )]
    DuplicateKey { at: Position, key: String },
    #[error("the lockfile has conflict markers of git (line {line})")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_CONFLICT),
        help("run `pkg install` without `--frozen-lockfile` to merge the two sides")
    )]
    Conflict { line: usize },
    #[error("the lockfile has format version {version}, this `pkg` knows version 1")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_NEWER),
        help("use a newer `pkg`; the file was left as it is")
    )]
    Newer { version: String },
    #[error("the lockfile has a value that cannot stand there: {reason} ({at})")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_VALUE),
        help("restore the file from version control; nothing was installed from it")
    )]
    Value { at: Position, reason: String },
    #[error("the lockfile lacks entries that it refers to: {}", Listed(missing))]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_MISSING_ENTRY),
        help("run `pkg install --fix-lockfile` to resolve them again")
    )]
    MissingEntry { missing: Vec<MissingEntry> },
    #[error("the lockfile has no strong hash for {}", Listed(entries))]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_MISSING_INTEGRITY),
        help(
            "each package needs a sha512, sha384 or sha256: restore the file from version control, or run \
             `pkg install --fix-lockfile` to resolve them again"
        )
    )]
    MissingIntegrity { entries: Vec<PackageId> },
    #[error("the two sides of the lockfile have different contents for `{id}`")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_MERGE),
        help("one of the sides is wrong about this package: take one side of the file")
    )]
    Merge { id: PackageId },
}

/// An entry that is referred to and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingEntry {
    /// Who refers to it: an importer or an instance, as text.
    pub from: String,
    /// The key that has no entry.
    pub to: String,
}

impl fmt::Display for MissingEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| -> String {
            let beginning = text.chars().take(SHOWN_CHARACTERS / 3);
            beginning.flat_map(char::escape_debug).collect()
        };
        write!(
            formatter,
            "{} (wanted by {})",
            shown(&self.to),
            shown(&self.from)
        )
    }
}

/// How many items an error shows, and how much of each; its field has all of them.
const SHOWN: usize = 200;
const SHOWN_CHARACTERS: usize = 300;

/// Items between backticks and commas.
struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let text: String = item.to_string().chars().take(SHOWN_CHARACTERS).collect();
            write!(formatter, "{comma}`{text}`")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(formatter, " and {more} more"),
        }
    }
}
