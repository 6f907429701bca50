//! What an operation tells while it works.

use std::fmt;

/// Something happened that a person may want to see.
#[derive(Debug, Clone)]
pub enum Event {
    /// Another package version was chosen.
    Resolved,
    /// A tarball arrived and stands in the store.
    Fetched {
        /// Bytes of the tarball.
        bytes: u64,
    },
    /// A package stands in the tree.
    Linked,
    /// Another install holds the project or the store.
    Waiting {
        /// What is waited for, in words.
        what: String,
    },
    /// A script of the project starts.
    Script {
        /// Its name in `scripts`.
        name: String,
        /// Its text.
        command: String,
    },
    /// One of several scripts that run at once said a line.
    Output {
        /// The script.
        script: String,
        /// The line, without its end, as the script wrote it.
        line: Vec<u8>,
        /// Whether it is of the script's standard error.
        is_error: bool,
    },
    /// Something that the user should know and can act on.
    Warning(Warning),
}

/// One line of advice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// A stable code, `WARN_PKG_…`.
    pub code: &'static str,
    /// What is the matter and what can be done. May hold text of packages: escape it to print it.
    pub message: String,
}

impl Warning {
    /// Makes a warning.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Receives the events of an operation, from any thread.
pub trait Reporter: Sync {
    /// Takes note of one event. Called often: it must be cheap.
    fn report(&self, event: Event);
}
