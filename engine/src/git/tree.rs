//! The files of a commit, read object by object: nothing is checked out, so no filter, no hook and no link of the
//! repository has a say.

use pkg_manifest::GitSource;
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
    /// Links and submodules, which are left out.
    pub(super) left_out: Vec<String>,
}

impl Listing {
    /// Reads the output of `git ls-tree -r -l -z`.
    pub(super) fn parse(printed: &[u8], source: &GitSource) -> Result<Self, GitError> {
        let too_much = |what| GitError::TooMuch {
            source_text: source.to_string(),
            what,
        };
        let mut listing = Self::default();
        let mut bytes = 0_u64;
        for line in printed
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
        {
            let line = str::from_utf8(line).map_err(|_| too_much("a name that is not UTF-8"))?;
            let (facts, path) = line.split_once('\t').unwrap_or((line, ""));
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let [mode, _, object, size] = facts.as_slice() else {
                continue;
            };
            let is_file = matches!(*mode, "100644" | "100755" | "100664");
            let Some(size) = size.parse::<u64>().ok().filter(|_| is_file) else {
                listing.left_out.push(path.to_owned());
                continue;
            };
            bytes = bytes.saturating_add(size);
            if bytes > BYTES {
                return Err(too_much("more than 2 GiB"));
            }
            if listing.files.len() >= FILES {
                return Err(too_much("more than 200,000 files"));
            }
            listing.files.push(Listed {
                path: path.to_owned(),
                object: (*object).to_owned(),
                size,
                is_executable: *mode == "100755",
            });
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
