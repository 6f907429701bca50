//! Folders and files that a lockfile points at, which may lie outside of the project.

use crate::KeyError;

/// The one spelling of a path as a lockfile has it: relative to its folder or absolute, without `.`,
/// without `..` but at the beginning, and `.` for the folder itself.
///
/// # Errors
/// [`KeyError`] where the path holds what no lockfile may hold, or leaves the root of the disk.
pub fn normalized_path(text: &str) -> Result<String, KeyError> {
    let is_absolute = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = match (is_absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    };
    match check_path(&path) {
        Ok(()) => Ok(path),
        Err(reason) => Err(KeyError::new(text, reason)),
    }
}

/// Checks a path relative to the lockfile's folder, or an absolute one: `/` between its components,
/// `..` only at its beginning, nothing that a terminal or a system call would take for something else.
pub(crate) fn check_path(text: &str) -> Result<(), &'static str> {
    if text.len() > 4096 {
        return Err("a path is longer than 4,096 bytes");
    }
    if text.contains('\\') || text.chars().any(char::is_control) {
        return Err("a path holds a backslash or a control character");
    }
    let mut below = text.strip_prefix('/').unwrap_or(text);
    if below.len() == text.len() {
        below = below.strip_prefix("./").unwrap_or(below);
        while let Some(rest) = below.strip_prefix("../") {
            below = rest;
        }
        if matches!(below, "" | "." | "..") {
            return Ok(());
        }
    }
    if below.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("a path has an empty component, or `.` or `..` in the middle");
    }
    Ok(())
}

/// Checks the address of a tarball: a whole URL without a password in it, or a path below the
/// registry's address.
pub(crate) fn check_address(text: &str) -> Result<(), &'static str> {
    let is_bad = |character: char| character.is_control() || character.is_whitespace();
    if text.is_empty() || text.contains('\\') || text.chars().any(is_bad) {
        return Err("an address is empty or holds white space, a backslash or a control character");
    }
    if let Some(rest) = after_scheme(text) {
        return check_authority(rest);
    }
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    let has_scheme = path.split('/').next().unwrap_or_default().contains(':');
    if has_scheme
        || plain.starts_with('/')
        || plain.split('/').any(|part| matches!(part, "." | ".."))
    {
        return Err("an address is no http(s) URL and no path below the registry");
    }
    Ok(())
}

/// What follows `http://` or `https://`.
pub(crate) fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
}

/// Checks the beginning of a URL behind its scheme: a host, and no user or password before it.
pub(crate) fn check_authority(rest: &str) -> Result<(), &'static str> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.starts_with('-') {
        Err("a URL has no host")
    } else if authority.contains('@') {
        Err("a URL holds a user or a password")
    } else {
        Ok(())
    }
}
