//! Zip files as Yarn makes them without compression: the same entries give the same bytes, anywhere and at any time.
//!
//! Reference: the format of Yarn's cache, `c0` (layouts, 4.5 of `shared/spec`).

use std::collections::BTreeSet;

use flate2::Crc;
use pkg_manifest::PackageName;

/// 1984-06-22, 21:50:00, as DOS counts.
const TIME: u16 = 0xAE40;
const DATE: u16 = 0x08D6;
/// Unix, version 6.3 of the format.
const MADE_BY: u16 = 0x033F;
/// That a name is UTF-8.
const UTF8: u16 = 0x0800;
/// Bytes of the record at the end.
const END: usize = 22;
const END_SIGNATURE: u32 = 0x0605_4B50;

/// A zip file that is being made.
pub(crate) struct ArchiveWriter {
    /// The folder of the package in it, with a slash at its end.
    package: String,
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
    folders: BTreeSet<String>,
}

/// One entry, as both its records have it.
struct Record<'a> {
    name: &'a str,
    /// Type and permissions, as Unix has them.
    mode: u32,
    needed: u16,
    content: &'a [u8],
}

impl ArchiveWriter {
    /// Begins the file of a package, of which `size` bytes are expected.
    pub(crate) fn new(name: &PackageName, size: usize) -> Option<Self> {
        let mut writer = Self {
            package: format!("node_modules/{name}/"),
            bytes: Vec::with_capacity(size.saturating_add(size / 8)),
            directory: Vec::new(),
            count: 0,
            folders: BTreeSet::new(),
        };
        let package = writer.package.clone();
        writer.add_folders(&package)?;
        Some(writer)
    }

    /// Adds a file of the package; `None` when it has more than the format can hold.
    pub(crate) fn add(&mut self, path: &str, is_executable: bool, content: &[u8]) -> Option<()> {
        let name = format!("{}{path}", self.package);
        self.add_folders(&name)?;
        let mode = if is_executable { 0o100_755 } else { 0o100_644 };
        self.put(&Record {
            name: &name,
            mode,
            needed: 10,
            content,
        })
    }

    /// The whole file; `None` when it is larger than the format can say.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        let start = u32::try_from(self.bytes.len()).ok()?;
        let length = u32::try_from(self.directory.len()).ok()?;
        self.bytes.append(&mut self.directory);
        put4(&mut self.bytes, END_SIGNATURE);
        // The number of this disk, and of that with the directory.
        put4(&mut self.bytes, 0);
        put2(&mut self.bytes, self.count);
        put2(&mut self.bytes, self.count);
        put4(&mut self.bytes, length);
        put4(&mut self.bytes, start);
        put2(&mut self.bytes, 0);
        Some(self.bytes)
    }

    /// Adds the folders above a path that are not there yet, parents first.
    fn add_folders(&mut self, path: &str) -> Option<()> {
        for (end, _) in path.match_indices('/') {
            let name = &path[..=end];
            if self.folders.insert(name.to_owned()) {
                self.put(&Record {
                    name,
                    mode: 0o40_755,
                    needed: 20,
                    content: &[],
                })?;
            }
        }
        Some(())
    }

    fn put(&mut self, record: &Record<'_>) -> Option<()> {
        let start = u32::try_from(self.bytes.len()).ok()?;
        let common = record.common()?;
        put4(&mut self.bytes, 0x0403_4B50);
        self.bytes.extend_from_slice(&common);
        self.bytes.extend_from_slice(record.name.as_bytes());
        self.bytes.extend_from_slice(record.content);
        put4(&mut self.directory, 0x0201_4B50);
        put2(&mut self.directory, MADE_BY);
        self.directory.extend_from_slice(&common);
        // Comment, disk and kind of content.
        self.directory.extend_from_slice(&[0; 6]);
        put4(&mut self.directory, record.mode << 16);
        put4(&mut self.directory, start);
        self.directory.extend_from_slice(record.name.as_bytes());
        self.count = self.count.checked_add(1)?;
        Some(())
    }
}

impl Record<'_> {
    /// What stands in both records, from the version that is needed to the length of extra fields.
    fn common(&self) -> Option<Vec<u8>> {
        let mut crc = Crc::new();
        crc.update(self.content);
        let size = u32::try_from(self.content.len()).ok()?;
        let mut bytes = Vec::with_capacity(26);
        put2(&mut bytes, self.needed);
        put2(&mut bytes, if self.name.is_ascii() { 0 } else { UTF8 });
        put2(&mut bytes, 0);
        put2(&mut bytes, TIME);
        put2(&mut bytes, DATE);
        put4(&mut bytes, crc.sum());
        put4(&mut bytes, size);
        put4(&mut bytes, size);
        put2(&mut bytes, u16::try_from(self.name.len()).ok()?);
        put2(&mut bytes, 0);
        Some(bytes)
    }
}

/// Whether a file of `length` bytes with this end is a whole archive: where its list begins and how long it is must
/// fit its length.
pub(crate) fn is_whole_archive(end: &[u8], length: u64) -> bool {
    let Some(record) = end.len().checked_sub(END).map(|start| &end[start..]) else {
        return false;
    };
    let number = |at: usize| {
        let bytes = [record[at], record[at + 1], record[at + 2], record[at + 3]];
        u64::from(u32::from_le_bytes(bytes))
    };
    number(0) == u64::from(END_SIGNATURE)
        && number(12) + number(16) + u64::try_from(END).unwrap_or_default() == length
}

fn put2(bytes: &mut Vec<u8>, number: u16) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn put4(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use super::*;

    #[test]
    fn an_archive_is_whole_or_it_is_not() {
        let mut writer = ArchiveWriter::new(&"@s/a".parse().unwrap(), 10).unwrap();
        writer.add("package.json", false, b"{}").unwrap();
        writer.add("bin/é.js", true, b"x").unwrap();
        let bytes = writer.finish().unwrap();
        let is_whole = |bytes: &[u8]| is_whole_archive(bytes, bytes.len() as u64);
        assert!(is_whole(&bytes));
        for length in 0..bytes.len() {
            assert!(!is_whole(&bytes[..length]), "{length}");
        }
        let entries = ["node_modules/@s/a/bin/", "node_modules/@s/"];
        for entry in entries {
            let found = bytes
                .windows(entry.len())
                .filter(|found| *found == entry.as_bytes());
            assert!(found.count() >= 2, "{entry}");
        }
    }

    #[test]
    fn more_entries_than_the_format_can_count_make_no_archive() {
        let mut writer = ArchiveWriter::new(&"a".parse().unwrap(), 0).unwrap();
        let added = (0..70_000).try_for_each(|number| writer.add(&number.to_string(), false, b""));
        assert_eq!(added, None);
    }

    /// Makes the archive of a tarball, entries in the order of the tarball.
    fn archive_of(tarball: &Path, name: &str) -> Vec<u8> {
        let bytes = std::fs::read(tarball).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&*bytes));
        let mut writer = ArchiveWriter::new(&name.parse().unwrap(), 0).unwrap();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let is_executable = entry.header().mode().unwrap() & 0o111 != 0;
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let (_, path) = path.split_once('/').unwrap();
            writer.add(path, is_executable, &content).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "says why nothing was tested")]
    fn the_bytes_are_those_of_the_reference() {
        let case = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../shared/spec/lockfiles/yarn-lock-berry/local--nm");
        let Ok(lockfile) = std::fs::read(case.join("yarn.lock")) else {
            eprintln!("skipped: the vectors are not here");
            return;
        };
        let lockfile = String::from_utf8(lockfile).unwrap();
        let archive = archive_of(&case.join("local-tar-1.0.0.tgz"), "local-tar");
        let hash = pkg_manifest::Algorithm::Sha512.hash(&archive);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            lockfile.contains(&format!("checksum: 10c0/{hash}")),
            "{hash}"
        );
    }
}
