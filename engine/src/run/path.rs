//! PATH of scripts: the project's own commands first.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{Event, Host, Reporter, Warning};

/// PATH with `first`, then the commands that the map's project has, then the `.bin` of `folder` and of every folder above it,
/// then what is inherited, each once; no empty entry and no relative one survives, since both mean the current folder.
pub(crate) fn search_path(
    first: &[PathBuf],
    folder: &Path,
    host: &Host,
    map: Option<&Path>,
) -> OsString {
    let inherited = host.variable("PATH").unwrap_or_default();
    let inherited = inherited
        .split(':')
        .map(PathBuf::from)
        .filter(|entry| entry.is_absolute());
    let own = first.iter().cloned().chain(own_folders(folder, map));
    let mut path = OsString::new();
    let mut seen = Vec::new();
    for entry in own.filter(|entry| is_sayable(entry)).chain(inherited) {
        if seen.contains(&entry) {
            continue;
        }
        if !path.is_empty() {
            path.push(":");
        }
        path.push(&entry);
        seen.push(entry);
    }
    path
}

/// The folders of the project's commands, nearest first.
pub(crate) fn own_folders(folder: &Path, map: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let bins = folder
        .ancestors()
        .map(|folder| folder.join("node_modules").join(".bin"));
    let of_map = map.and_then(Path::parent).map(|root| root.join(".pkg/bin"));
    of_map.into_iter().chain(bins)
}

/// Whether PATH can name a folder: there is no way to write its separator.
fn is_sayable(folder: &Path) -> bool {
    folder.is_absolute() && !folder.as_os_str().as_encoded_bytes().contains(&b':')
}

/// Says that the commands of a project cannot be on PATH, where that is so.
pub(super) fn warn_of_colon(folder: &Path, reporter: &dyn Reporter) {
    if !is_sayable(folder) {
        let message = format!(
            "`{}` holds a `:`, which PATH cannot: scripts do not find the commands of this project's packages",
            folder.display()
        );
        reporter.report(Event::Warning(Warning::new("WARN_PKG_PATH_COLON", message)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(folder: &str, inherited: &str) -> OsString {
        let variables = [("PATH".to_owned(), inherited.to_owned())];
        let host = Host {
            variables: variables.into_iter().collect(),
            directory: "/a".into(),
            program: None,
            now: 0,
        };
        search_path(&[], Path::new(folder), &host, None)
    }

    #[test]
    fn path_has_every_bin_once_and_nothing_relative() {
        let wanted = "/a/b/node_modules/.bin:/a/node_modules/.bin:/node_modules/.bin:/usr/bin:/bin";
        assert_eq!(
            path("/a/b", "/usr/bin::.:/bin:/usr/bin:node_modules/.bin"),
            wanted
        );
        assert_eq!(path("/a/b", wanted), wanted, "a nested run adds nothing");
    }

    #[test]
    fn a_folder_with_a_colon_is_left_out_whole() {
        assert_eq!(path("/x:y/b", "/bin"), "/node_modules/.bin:/bin");
    }
}
