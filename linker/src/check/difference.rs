//! What a check found: where, whose, and what is the matter.

use std::path::PathBuf;

use pkg_fs::FileKind;
use pkg_lockfile::PackageId;
use pkg_manifest::Digest;
use pkg_store::StoredFile;

/// One thing that is not as lockfile and store say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Whose it is.
    pub owner: Owner,
    /// Where it is, from the root of the check.
    pub path: PathBuf,
    /// What is the matter.
    pub kind: DifferenceKind,
}

/// Whose a path is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The project's own, or nobody's.
    Project,
    /// A package of the lockfile.
    Package(PackageId),
    /// A package that the lockfile does not have, by the name of its folder.
    Stranger(String),
}

/// What is the matter with a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// A file has other bytes.
    Changed {
        expected: Digest,
        /// `None` where its size is another one already.
        found: Option<Digest>,
    },
    /// A file may be started and should not, or the reverse; or it runs as its owner.
    Mode {
        /// Whether it should be executable.
        executable: bool,
        /// The permission bits that it has.
        found: u32,
    },
    /// Nothing is there.
    Missing { expected: Item },
    /// Something else is there.
    Replaced { expected: Item, found: FileKind },
    /// A link leads elsewhere; texts are those of the links, the second without what is not UTF-8.
    Elsewhere { expected: String, found: String },
    /// A command is started another way than it should.
    Command,
    /// Nobody put it there.
    Foreign { found: FileKind },
    /// A package, or a link to one, that the lockfile does not have.
    Unlisted { found: FileKind },
    /// The system does not let it be read.
    Unreadable { reason: String },
}

/// What should be at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    File,
    Folder,
    Link,
    Command,
    /// A folder with all files of a package.
    Package,
    /// A zip file with all files of a package.
    Archive,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeCheck {
    /// Sorted by owner, then by path.
    pub differences: Vec<Difference>,
    /// Files of the store that are not what their names say, among those that the differing files came from; sorted,
    /// each once for each of its packages.
    pub damaged_in_store: Vec<(PackageId, StoredFile)>,
    /// What was looked at.
    pub counts: CheckCounts,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckCounts {
    /// Folders of packages whose files are known.
    pub packages: u64,
    /// Files that a package or the plan has.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Bytes that were read: a file of several names is read once.
    pub bytes_read: u64,
    /// Links and commands.
    pub links: u64,
}

impl CheckCounts {
    /// Adds what was looked at elsewhere.
    pub fn add(&mut self, other: Self) {
        self.packages += other.packages;
        self.files += other.files;
        self.bytes += other.bytes;
        self.bytes_read += other.bytes_read;
        self.links += other.links;
    }
}
