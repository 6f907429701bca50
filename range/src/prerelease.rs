//! The parts of a prerelease.

use crate::Version;
use crate::version::is_held_as_number;

/// One part of a prerelease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identifier<'v> {
    /// A number below 2^53 − 1.
    Number(u64),
    /// Any other text, larger numbers included.
    Text(&'v str),
}

/// The parts of the prerelease of `version`, none if it is a release.
///
/// ```
/// use pkg_range::{Identifier, Mode, parse_version, prerelease};
///
/// let version = parse_version("1.2.3-rc.1", Mode::Strict).unwrap();
/// assert!(prerelease(&version).eq([Identifier::Text("rc"), Identifier::Number(1)]));
/// ```
pub fn prerelease(version: &Version) -> impl Iterator<Item = Identifier<'_>> {
    let identifiers = version
        .pre
        .as_str()
        .split('.')
        .filter(|identifier| !identifier.is_empty());
    identifiers.map(|identifier| match identifier.parse() {
        Ok(number) if is_held_as_number(identifier) => Identifier::Number(number),
        _ => Identifier::Text(identifier),
    })
}
