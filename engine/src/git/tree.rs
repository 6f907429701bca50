//! The files of a commit, read object by object: nothing is checked out, so no filter, no hook and no link of the
//! repository has a say.

use pkg_manifest::CommitHash;
use pkg_store::SourceFile;

use super::GitError;

/// What a package may hold at most, in bytes and in files.
const BYTES: u64 = 2 << 30;
const FILES: usize = 200_000;

/// One file of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) object: String,
    pub(super) size: u64,
    pub(super) is_executable: bool,
}

/// The files of a commit, and what is none.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Listed>,
    /// Paths of links.
    pub(super) links: Vec<String>,
    /// Paths of submodules, and their commits.
    pub(super) submodules: Vec<(String, Option<CommitHash>)>,
}

/// What may still come to a package.
#[derive(Debug)]
pub(super) struct Room {
    bytes: u64,
    files: usize,
    source_text: String,
}

impl Room {
    /// All that a package may hold.
    pub(super) fn new(source_text: String) -> Self {
        Self {
            bytes: BYTES,
            files: FILES,
            source_text,
        }
    }

    /// That there is too much of something.
    pub(super) fn too_much(&self, what: &'static str) -> GitError {
        GitError::TooMuch {
            source_text: self.source_text.clone(),
            what,
        }
    }

    fn take(&mut self, size: u64) -> Result<(), GitError> {
        self.bytes = self
            .bytes
            .checked_sub(size)
            .ok_or_else(|| self.too_much("more than 2 GiB"))?;
        self.files = self
            .files
            .checked_sub(1)
            .ok_or_else(|| self.too_much("more than 200,000 files"))?;
        Ok(())
    }
}

impl Listing {
    /// Reads the output of `git ls-tree -r -l -z`.
    pub(super) fn parse(printed: &[u8], room: &mut Room) -> Result<Self, GitError> {
        let mut listing = Self::default();
        let lines = printed.split(|byte| *byte == 0);
        for line in lines.filter(|line| !line.is_empty()) {
            let line =
                str::from_utf8(line).map_err(|_| room.too_much("a name that is not UTF-8"))?;
            let (facts, path) = line.split_once('\t').unwrap_or((line, ""));
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let [mode, _, object, size] = facts.as_slice() else {
                continue;
            };
            let is_file = matches!(*mode, "100644" | "100755" | "100664");
            match size.parse::<u64>().ok().filter(|_| is_file) {
                Some(size) => {
                    room.take(size)?;
                    listing.files.push(Listed {
                        path: path.to_owned(),
                        object: (*object).to_owned(),
                        size,
                        is_executable: *mode == "100755",
                    });
                }
                None if *mode == "160000" => {
                    room.take(0)?;
                    listing
                        .submodules
                        .push((path.to_owned(), object.parse().ok()));
                }
                None => {
                    room.take(0)?;
                    listing.links.push(path.to_owned());
                }
            }
        }
        Ok(listing)
    }

    /// What `git cat-file --batch` is to print.
    pub(super) fn objects(&self) -> Vec<u8> {
        let lines = self.files.iter().map(|file| format!("{}\n", file.object));
        lines.collect::<String>().into_bytes()
    }

    /// The most that it may print then, in bytes.
    pub(super) fn printed_limit(&self) -> u64 {
        let header = 128;
        self.files.iter().map(|file| file.size + header).sum()
    }

    /// Reads what it printed; `None` where that is not what was asked for.
    pub(super) fn with_contents(self, printed: &[u8]) -> Option<Vec<SourceFile>> {
        let mut rest = printed;
        let mut files = Vec::with_capacity(self.files.len());
        for file in self.files {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let header = format!("{} blob {}", file.object, file.size);
            if rest[..end] != *header.as_bytes() {
                return None;
            }
            let from = end + 1;
            let to = from + usize::try_from(file.size).ok()?;
            let bytes = rest.get(from..to)?.to_vec();
            rest = rest.get(to + 1..)?;
            files.push(SourceFile {
                path: file.path,
                bytes,
                is_executable: file.is_executable,
            });
        }
        Some(files)
    }
}
