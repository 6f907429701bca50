//! How much of a stranger's data is accepted. Each is far above what real packages need.

/// The largest compressed tarball, in bytes.
pub const TARBALL_BYTES: u64 = 1 << 30;

/// The largest packument after decoding, in bytes.
pub const PACKUMENT_BYTES: u64 = 256 << 20;

/// The most bytes read of an answer that only becomes part of a message.
pub const ERROR_BODY_BYTES: u64 = 64 << 10;

/// How many redirects are followed.
pub const REDIRECTS: usize = 5;

/// The largest `package.json` of a folder registry, in bytes.
pub const PACKAGE_JSON_BYTES: u64 = 8 << 20;
