//! Going through all that a store holds.

use pkg_fs::{FileKind, Folder, FsError, list_directory};

use crate::contents::ContentId;
use crate::file_name::FileName;
use crate::layout::Reading;

/// Lists the names in all shards of a folder, as `ab/cdef…`; what is no shard or no file is left out.
pub(crate) fn list_shards(folder: &Folder) -> Result<Vec<String>, FsError> {
    let mut names = Vec::new();
    for (shard, kind) in list_directory(folder.path())? {
        let Some(shard) = shard.to_str().filter(|shard| is_shard(shard)) else {
            continue;
        };
        if kind != FileKind::Directory {
            continue;
        }
        for (name, _) in list_directory(&folder.path_of(shard))? {
            if let Some(name) = name.to_str() {
                names.push(format!("{shard}/{name}"));
            }
        }
    }
    Ok(names)
}

/// Lists all contents, with the time at which each was last written or linked; those that vanish meanwhile are left
/// out.
pub(crate) fn list_contents(reading: &Reading) -> Result<Vec<(ContentId, i64)>, FsError> {
    let folder = reading.contents.folder();
    let mut found = Vec::new();
    for name in list_shards(folder)? {
        let parsed = name
            .split_once('/')
            .and_then(|(shard, rest)| FileName::parse(shard, rest));
        let Some((digest, is_executable)) = parsed else {
            continue;
        };
        if let Some(stat) = folder.stat_entry(&name)? {
            let id = ContentId {
                digest,
                size: stat.size,
                is_executable,
            };
            found.push((id, stat.ctime_seconds));
        }
    }
    Ok(found)
}

fn is_shard(name: &str) -> bool {
    name.len() == 2
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
