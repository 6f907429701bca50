//! The index of one package as bytes: fixed records, then all text, read front to back with one check of the whole.
//!
//! Law: same package, same bytes, on every machine; any other bytes are no index. The format is described in
//! `store/README.md`.

use pkg_manifest::{Algorithm, Digest, PackageName, RelativePath, Version};

use crate::hashes::{integrity, sha512_of};
use crate::index_name::IndexName;
use crate::package_files::{PackageFiles, StoredBin, StoredFile};

const MAGIC: &[u8; 8] = b"pkgindex";
const FORMAT: u32 = 1;
/// Where the checked part begins: after magic, format and checksum.
const CHECKED_FROM: usize = 16;

const HAS_NAME: u32 = 1;
const HAS_VERSION: u32 = 2;
const HAS_SCRIPTS: u32 = 4;
const ALL_FLAGS: u32 = HAS_NAME | HAS_VERSION | HAS_SCRIPTS;

/// Writes an index. `None` when the package has too many or too long parts for the format, which no limit lets pass.
pub(crate) fn encode_index(package: &PackageFiles) -> Option<Vec<u8>> {
    let name = package
        .name
        .as_ref()
        .map(PackageName::as_str)
        .unwrap_or_default();
    let version = package
        .version
        .as_ref()
        .map(Version::to_string)
        .unwrap_or_default();
    let flags = flag(HAS_NAME, package.name.is_some())
        | flag(HAS_VERSION, package.version.is_some())
        | flag(HAS_SCRIPTS, package.has_install_scripts());
    let scripts = package
        .install_scripts
        .as_ref()
        .map_or([0; 32], |hash| hash.0);
    let mut writer = Writer {
        bytes: Vec::with_capacity(256 + package.files.len() * 96),
    };
    writer.put(MAGIC);
    writer.put(&FORMAT.to_le_bytes());
    writer.put(&[0; 4]);
    writer.put(&sha512_of(&package.integrity)?);
    writer.put(&scripts);
    writer.put(&flags.to_le_bytes());
    for count in [
        package.files.len(),
        package.directories.len(),
        package.bins.len(),
    ] {
        writer.put(&u32::try_from(count).ok()?.to_le_bytes());
    }
    writer.length(name)?;
    writer.length(&version)?;
    writer.records(package)?;
    writer.text(package, name, &version);
    let sum = checksum(&writer.bytes[CHECKED_FROM..]);
    writer.bytes[CHECKED_FROM - 4..CHECKED_FROM].copy_from_slice(&sum.to_le_bytes());
    Some(writer.bytes)
}

/// Reads the index that stands under a name; `None` when it is another package's, too.
pub(crate) fn decode_named_index(bytes: &[u8], name: &IndexName) -> Option<PackageFiles> {
    let sha512 = bytes.get(CHECKED_FROM..)?.first_chunk()?;
    if name.is_of(sha512) {
        decode_index(bytes)
    } else {
        None
    }
}

/// Reads an index; `None` when it is torn, damaged, of another format, or says what no package can be.
pub(crate) fn decode_index(bytes: &[u8]) -> Option<PackageFiles> {
    let mut head = Reader { rest: bytes };
    if head.take(8)? != MAGIC || head.number()? != FORMAT || head.number()? != checksum(head.rest) {
        return None;
    }
    let sha512: &[u8; 64] = head.take(64)?.try_into().ok()?;
    let scripts: [u8; 32] = head.take(32)?.try_into().ok()?;
    let flags = head.number().filter(|flags| flags & !ALL_FLAGS == 0)?;
    let [file_count, directory_count, bin_count] =
        [head.number()?, head.number()?, head.number()?].map(|count| count as usize);
    let (name_length, version_length) = (head.length()?, head.length()?);
    let mut files = Reader {
        rest: head.take(file_count.checked_mul(FILE_RECORD)?)?,
    };
    let mut directories = Reader {
        rest: head.take(directory_count.checked_mul(2)?)?,
    };
    let mut bins = Reader {
        rest: head.take(bin_count.checked_mul(4)?)?,
    };
    let mut text = Text {
        rest: std::str::from_utf8(head.rest).ok()?,
    };
    let name = text.take(name_length)?;
    let version = text.take(version_length)?;
    let package = PackageFiles {
        integrity: integrity(Algorithm::Sha512, sha512),
        name: optional(flags & HAS_NAME != 0, || name.parse().ok())?,
        version: optional(flags & HAS_VERSION != 0, || Version::parse(version).ok())?,
        files: collect(file_count, || read_file(&mut files, &mut text))?,
        directories: collect(directory_count, || text.path(directories.length()?))?,
        bins: collect(bin_count, || read_bin(&mut bins, &mut text))?,
        install_scripts: (flags & HAS_SCRIPTS != 0).then_some(Digest(scripts)),
    };
    let is_sorted = package
        .files
        .is_sorted_by(|left, right| left.path.as_str() < right.path.as_str());
    (text.rest.is_empty() && is_sorted).then_some(package)
}

/// Bytes of the record of one file: digest, size, length of the path, whether it is executable, padding.
const FILE_RECORD: usize = 32 + 8 + 2 + 2;

fn read_file(records: &mut Reader<'_>, text: &mut Text<'_>) -> Option<StoredFile> {
    let digest: [u8; 32] = records.take(32)?.try_into().ok()?;
    let size = u64::from_le_bytes(records.take(8)?.try_into().ok()?);
    let path = text.path(records.length()?)?;
    let executable = match records.take(2)? {
        [0, 0] => false,
        [1, 0] => true,
        _ => return None,
    };
    Some(StoredFile {
        path,
        executable,
        size,
        digest: Digest(digest),
    })
}

fn read_bin(records: &mut Reader<'_>, text: &mut Text<'_>) -> Option<StoredBin> {
    let name = text.take(records.length()?)?.to_owned();
    let is_plain = !name.is_empty() && !name.contains(['/', '\\']) && !matches!(&*name, "." | "..");
    let path = text.path(records.length()?)?;
    is_plain.then_some(StoredBin { name, path })
}

fn flag(flag: u32, is_set: bool) -> u32 {
    if is_set { flag } else { 0 }
}

/// `Some(None)` when it is not there, `None` when it is there and wrong.
fn optional<T>(is_there: bool, read: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
    if is_there {
        read().map(Some)
    } else {
        Some(None)
    }
}

fn collect<T>(count: usize, mut read: impl FnMut() -> Option<T>) -> Option<Vec<T>> {
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(read()?);
    }
    Some(items)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn records(&mut self, package: &PackageFiles) -> Option<()> {
        for file in &package.files {
            self.put(&file.digest.0);
            self.put(&file.size.to_le_bytes());
            self.length(file.path.as_str())?;
            self.put(&[u8::from(file.executable), 0]);
        }
        for directory in &package.directories {
            self.length(directory.as_str())?;
        }
        for bin in &package.bins {
            self.length(&bin.name)?;
            self.length(bin.path.as_str())?;
        }
        Some(())
    }

    /// All text, in the order of the records that give its lengths.
    fn text(&mut self, package: &PackageFiles, name: &str, version: &str) {
        self.put(name.as_bytes());
        self.put(version.as_bytes());
        let files = package.files.iter().map(|file| file.path.as_str());
        let directories = package.directories.iter().map(RelativePath::as_str);
        let bins = package
            .bins
            .iter()
            .flat_map(|bin| [&*bin.name, bin.path.as_str()]);
        for text in files.chain(directories).chain(bins) {
            self.put(text.as_bytes());
        }
    }

    fn length(&mut self, text: &str) -> Option<()> {
        self.put(&u16::try_from(text.len()).ok()?.to_le_bytes());
        Some(())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn length(&mut self) -> Option<usize> {
        let length: [u8; 2] = self.take(2)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(length)))
    }
}

struct Text<'a> {
    rest: &'a str,
}

impl<'a> Text<'a> {
    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn path(&mut self, length: usize) -> Option<RelativePath> {
        self.take(length)?.parse().ok()
    }
}
