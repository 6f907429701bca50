//! npm versions and ranges over semver::Version.
