//! What an archive may ask of us at most; honest packages stay far below each of these.

const MIB: u64 = 1024 * 1024;

/// Bytes of a tarball as it is downloaded.
pub(crate) const MAX_COMPRESSED: u64 = 1024 * MIB;
/// Bytes of a tarball once it is unpacked.
pub(crate) const MAX_UNPACKED: u64 = 2048 * MIB;
/// Bytes that any tarball may unpack to, before [`MAX_RATIO`] counts.
pub(crate) const FREE_UNPACKED: u64 = 10 * MIB;
/// How many times its own size a tarball may unpack to.
pub(crate) const MAX_RATIO: u64 = 1000;
/// Entries of an archive, whatever they are.
pub(crate) const MAX_ENTRIES: usize = 200_000;
/// Bytes of one file.
pub(crate) const MAX_FILE: u64 = 1024 * MIB;
/// Bytes of an extended header or a long name in an archive.
pub(crate) const MAX_EXTENDED_HEADER: u64 = MIB;
/// Bytes of a path inside a package.
pub(crate) const MAX_PATH: usize = 4096;
/// Bytes of one component of a path.
pub(crate) const MAX_COMPONENT: usize = 255;
/// Components of a path.
pub(crate) const MAX_DEPTH: usize = 128;
/// Bytes of a `package.json`.
pub(crate) const MAX_PACKAGE_JSON: usize = 8 * 1024 * 1024;
/// Bytes of all files that may be the package's `package.json`.
pub(crate) const MAX_MANIFESTS: u64 = 32 * MIB;
/// Bytes of an index file.
pub(crate) const MAX_INDEX: u64 = 256 * MIB;
