//! Starting Node.js with the map of a project, in the layout without folders.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

use miette::Diagnostic;
use pkg_linker::{MAP_FILE, is_our_map};
use thiserror::Error;

use crate::Host;

/// Bytes of a map that tell whose it is.
const BEGINNING: u64 = 512;

/// Why Node.js cannot be started.
#[derive(Debug, Error, Diagnostic)]
pub enum NodeError {
    /// It is not on PATH.
    #[error("there is no `node` on PATH")]
    #[diagnostic(
        code(ERR_PKG_NO_NODE),
        help("install Node.js, or add its folder to PATH")
    )]
    NotFound,
}

/// The map that rules in a folder: that of the nearest project above that has one, if it is ours.
pub(crate) fn find_map(folder: &Path) -> Option<PathBuf> {
    let mut maps = folder.ancestors().map(|folder| folder.join(MAP_FILE));
    let nearest = maps.find(|map| map.is_file())?;
    let mut beginning = Vec::new();
    let file = File::open(&nearest).ok()?;
    file.take(BEGINNING).read_to_end(&mut beginning).ok()?;
    is_our_map(&beginning).then_some(nearest)
}

/// The folder of a project's own commands.
pub fn commands_folder(root: &Path) -> PathBuf {
    if has_own_map(root) {
        root.join(".pkg/bin")
    } else {
        root.join("node_modules/.bin")
    }
}

/// The folder of a project's packages; `None` in the layout without folders.
pub fn packages_folder(root: &Path) -> Option<PathBuf> {
    (!has_own_map(root)).then(|| root.join("node_modules"))
}

/// Whether a project has a map of ours.
pub(crate) fn has_own_map(root: &Path) -> bool {
    find_map(root) == Some(root.join(MAP_FILE))
}

/// What `NODE_OPTIONS` has to say for a map to be loaded: that, and what it says already.
pub(crate) fn node_options(map: &Path, host: &Host) -> OsString {
    let map = quoted(map.as_os_str());
    let others = host.variable("NODE_OPTIONS").unwrap_or_default();
    let mut options = OsString::from("--require ");
    options.push(&map);
    if others.contains(&*map.to_string_lossy()) {
        return others.into();
    }
    if !others.is_empty() {
        options.push(" ");
        options.push(others);
    }
    options
}

/// A path as one word of `NODE_OPTIONS`, where a backslash and double quotes are special in quotes only.
fn quoted(path: &OsStr) -> OsString {
    let text = path.to_string_lossy();
    if !text.contains(|character: char| character.is_whitespace() || "\"\\".contains(character)) {
        return path.to_owned();
    }
    let mut word = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            word.push('\\');
        }
        word.push(character);
    }
    word.push('"');
    word.into()
}

/// Node.js with these arguments, in the host's folder, with the map that rules there; ready to be started.
///
/// # Errors
/// [`NodeError::NotFound`] without Node.js.
pub fn node_command(host: &Host, arguments: &[OsString]) -> Result<Command, NodeError> {
    let node = host.find_program("node").ok_or(NodeError::NotFound)?;
    let mut command = Command::new(node);
    command.args(arguments).current_dir(&host.directory);
    if let Some(map) = find_map(&host.directory) {
        command.env("NODE_OPTIONS", node_options(&map, host));
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(map: &str, before: &str) -> OsString {
        let variables = [("NODE_OPTIONS".to_owned(), before.to_owned())];
        let host = Host {
            variables: variables.into_iter().collect(),
            directory: "/a".into(),
            program: None,
            now: 0,
        };
        node_options(Path::new(map), &host)
    }

    #[test]
    fn the_map_comes_first_and_once_and_what_the_user_has_stays() {
        assert_eq!(options("/a/.pnp.cjs", ""), "--require /a/.pnp.cjs");
        let both = options("/a/.pnp.cjs", "--max-old-space-size=99");
        assert_eq!(both, "--require /a/.pnp.cjs --max-old-space-size=99");
        let both = both.to_string_lossy();
        assert_eq!(options("/a/.pnp.cjs", &both), &*both);
        let odd = options(r#"/a b/"c"\d/.pnp.cjs"#, "");
        assert_eq!(odd, r#"--require "/a b/\"c\"\\d/.pnp.cjs""#);
    }
}
