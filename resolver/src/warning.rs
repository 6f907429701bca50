//! What a user should know of a resolution that succeeded.

use std::fmt;

use pkg_lockfile::{ImporterId, PackageId};
use pkg_manifest::PackageName;

/// Something that a user should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// A package that its author deprecated.
    Deprecated { package: PackageId, message: String },
    /// A package that asks for another version of Node.js.
    Engine { package: PackageId, wanted: String },
    /// A peer that nobody provides.
    PeerMissing {
        importer: ImporterId,
        package: PackageId,
        peer: PackageName,
        wanted: String,
    },
    /// Packages ask for versions of a peer that exclude each other, so that none was installed.
    PeerConflict {
        importer: ImporterId,
        peer: PackageName,
        wanted: Vec<String>,
    },
    /// A peer whose version is not the one that is asked for.
    PeerOutOfRange {
        package: PackageId,
        peer: PackageName,
        wanted: String,
        found: String,
    },
    /// A dependency that was left out because it is optional and cannot be had.
    OptionalDropped { name: PackageName, reason: String },
}

impl Warning {
    /// Whether it is about peers.
    pub fn is_about_peers(&self) -> bool {
        match self {
            Self::PeerMissing { .. } | Self::PeerConflict { .. } | Self::PeerOutOfRange { .. } => {
                true
            }
            Self::Deprecated { .. } | Self::Engine { .. } | Self::OptionalDropped { .. } => false,
        }
    }
}

impl Warning {
    /// Whether it is about something that the lockfile does not have.
    pub(crate) fn is_about_absence(&self) -> bool {
        matches!(self, Self::OptionalDropped { .. })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deprecated { package, message } => {
                write!(
                    formatter,
                    "{package} is deprecated: {}",
                    shortened(message).escape_debug()
                )?;
                formatter.write_str(if shortened(message) == message {
                    ""
                } else {
                    "…"
                })
            }
            Self::Engine { package, wanted } => {
                write!(
                    formatter,
                    "{package} wants Node.js {}",
                    wanted.escape_debug()
                )
            }
            Self::PeerMissing {
                importer,
                package,
                peer,
                wanted,
            } => write!(
                formatter,
                "{importer}: {package} misses its peer {peer} {}",
                wanted.escape_debug()
            ),
            Self::PeerConflict {
                importer,
                peer,
                wanted,
            } => write!(
                formatter,
                "{importer}: no version of the peer {peer} is all of {}",
                wanted.join(" and ").escape_debug()
            ),
            Self::PeerOutOfRange {
                package,
                peer,
                wanted,
                found,
            } => write!(
                formatter,
                "{package} wants the peer {peer} {}, and gets {found}",
                wanted.escape_debug()
            ),
            Self::OptionalDropped { name, reason } => {
                write!(formatter, "{name} is optional and was left out: {reason}")
            }
        }
    }
}

/// As much of a message as people read: the rest is on the registry's page.
fn shortened(message: &str) -> &str {
    const CHARACTERS: usize = 400;
    message
        .char_indices()
        .nth(CHARACTERS)
        .map_or(message, |(end, _)| &message[..end])
}
