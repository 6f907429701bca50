//! The version of the Node.js on PATH, asked once for each program file.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use pkg_manifest::Version;

use crate::Host;

/// The most that the remembered answer may have, in bytes.
const LIMIT: u64 = 64 << 10;
/// Where it is, below the cache.
const REMEMBERED: &str = "node-version";

/// Finds the version of Node.js; `None` where there is none, or it does not say. The answer is remembered below
/// `cache` until the program's file changes.
pub(crate) fn node_version(host: &Host, cache: &Path) -> Option<Version> {
    let node = host.find_program("node")?;
    let stamp = stamp(&node)?;
    let remembered = cache.join(REMEMBERED);
    if let Some(version) = recall(&remembered, &stamp) {
        return Some(version);
    }
    let output = Command::new(&node)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = Version::parse(text.trim().trim_start_matches('v')).ok()?;
    // Without the note the next install asks again: nothing depends on it.
    let is_noted = pkg_fs::create_directory_all(cache, 0o755).and_then(|()| {
        pkg_fs::write_atomic(
            &remembered,
            format!("{stamp}\n{version}\n").as_bytes(),
            0o644,
        )
    });
    is_noted.unwrap_or_default();
    Some(version)
}

/// The version of Node.js, where it was found out before: for those who will not wait for it.
pub(crate) fn known_node_version(host: &Host, cache: &Path) -> Option<Version> {
    let stamp = stamp(&host.find_program("node")?)?;
    recall(&cache.join(REMEMBERED), &stamp)
}

/// What changes with the program.
fn stamp(node: &Path) -> Option<String> {
    let stat = pkg_fs::stat(node).ok()?;
    Some(format!(
        "{} {} {} {}.{:09}",
        node.display(),
        stat.inode,
        stat.size,
        stat.mtime_seconds,
        stat.mtime_nanoseconds
    ))
}

fn recall(remembered: &Path, stamp: &str) -> Option<Version> {
    let bytes = pkg_fs::read_regular_file_if_exists(remembered, LIMIT).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    let mut lines = text.lines();
    if lines.next()? != stamp {
        return None;
    }
    Version::parse(lines.next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_kept_until_the_program_changes() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("node");
        let write = |text: &str| {
            pkg_fs::write_atomic(
                &program,
                format!("#!/bin/sh\necho {text}\n").as_bytes(),
                0o755,
            )
            .unwrap();
        };
        let host = Host {
            variables: [(
                "PATH".to_owned(),
                folder.path().to_string_lossy().into_owned(),
            )]
            .into(),
            directory: folder.path().to_owned(),
            program: None,
            now: 0,
        };
        let cache = folder.path().join("cache");
        write("v20.1.0");
        assert_eq!(node_version(&host, &cache), Some(Version::new(20, 1, 0)));
        pkg_fs::remove_file(&program).unwrap();
        assert_eq!(node_version(&host, &cache), None);
        write("v22.10.0");
        assert_eq!(node_version(&host, &cache), Some(Version::new(22, 10, 0)));
    }
}
