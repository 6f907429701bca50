//! Archives for tests, also such as no honest program writes.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::Header;

/// A tar archive in the making; nothing is checked.
#[derive(Debug, Default, Clone)]
pub(crate) struct TestArchive {
    bytes: Vec<u8>,
}

impl TestArchive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// An archive of regular files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        files.iter().fold(Self::new(), |archive, (path, text)| {
            archive.file(path, text.as_bytes())
        })
    }

    pub(crate) fn file(self, path: &str, bytes: &[u8]) -> Self {
        self.entry(b'0', path.as_bytes(), bytes)
    }

    pub(crate) fn file_with_mode(self, path: &str, bytes: &[u8], mode: u32) -> Self {
        self.entry_with(b'0', path.as_bytes(), bytes, |header| header.set_mode(mode))
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.entry(b'5', path.as_bytes(), b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.link(b'2', path, target)
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.link(b'1', path, target)
    }

    fn link(self, flag: u8, path: &str, target: &str) -> Self {
        self.entry_with(flag, path.as_bytes(), b"", |header| {
            let field = &mut header.as_old_mut().linkname;
            field[..target.len()].copy_from_slice(target.as_bytes());
        })
    }

    /// One PAX record, with the right length.
    pub(crate) fn pax(self, key: &str, value: &str) -> Self {
        self.entry(b'x', b"PaxHeader", &record(key, value))
    }

    pub(crate) fn entry(self, flag: u8, path: &[u8], bytes: &[u8]) -> Self {
        self.entry_with(flag, path, bytes, |_| ())
    }

    /// An entry whose header `change` may spoil; its checksum is right afterwards.
    pub(crate) fn entry_with(
        self,
        flag: u8,
        path: &[u8],
        bytes: &[u8],
        change: impl FnOnce(&mut Header),
    ) -> Self {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.as_old_mut().linkflag = [flag];
        header.set_mode(0o644);
        header.set_uid(12345);
        header.set_gid(12345);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        change(&mut header);
        header.set_cksum();
        self.raw(header.as_bytes()).raw(bytes).pad()
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn pad(mut self) -> Self {
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// The archive with its final blocks.
    pub(crate) fn tar(self) -> Vec<u8> {
        self.raw(&[0; 1024]).bytes
    }

    /// The archive without its final blocks.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn tgz(self) -> Vec<u8> {
        gzip(&self.tar())
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PAX record whose length counts itself.
pub(crate) fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    loop {
        let record = format!("{length}{rest}");
        if record.len() == length {
            return record.into_bytes();
        }
        length = record.len();
    }
}
