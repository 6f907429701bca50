//! Lists a tree of files: one line a file or link.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// What differs between two installs that made the same tree.
const RECORDS: [&str; 3] = [".pkg/lock", ".pkg/state", ".pkg/tree"];

/// Every file and link below a folder, without the records of installs.
pub(crate) fn list(folder: &Path) -> String {
    lines(folder, "", &|_| String::new()).concat()
}

/// Every file and link with mode and hash.
pub(crate) fn list_with_contents(folder: &Path) -> String {
    let describe = |file: &Path| {
        let mut hasher = DefaultHasher::new();
        std::fs::read(file).unwrap().hash(&mut hasher);
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        format!(" {mode:o} {:016x}", hasher.finish())
    };
    lines(folder, "", &describe).concat()
}

fn lines(folder: &Path, prefix: &str, describe: &dyn Fn(&Path) -> String) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let shown = format!("{prefix}{}", name.to_string_lossy());
        let kind = path.symlink_metadata().unwrap();
        if kind.is_symlink() {
            let target = std::fs::read_link(&path).unwrap();
            found.push(format!("{shown} -> {}\n", target.display()));
        } else if kind.is_dir() {
            let below = lines(&path, &format!("{shown}/"), describe);
            if below.is_empty() {
                found.push(format!("{shown}/\n"));
            }
            found.extend(below);
        } else if !RECORDS.iter().any(|record| shown.ends_with(record)) {
            found.push(format!("{shown}{}\n", describe(&path)));
        }
    }
    found
}
