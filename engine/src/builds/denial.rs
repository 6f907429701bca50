//! What a failed script says that it was refused, and the grant that would allow it.
//!
//! The kernel tells the script and nobody else. So this reads the script's own words: a hint for a person, not a finding.

use std::path::Path;

use super::grant::Grant;
use crate::jail::Endpoint;

/// Words of the system for what the jail refuses.
const REFUSALS: [&str; 8] = [
    "EROFS",
    "ead-only file system",
    "EACCES",
    "EPERM",
    "Permission denied",
    "permission denied",
    "Operation not permitted",
    "operation not permitted",
];
/// Words that are about the network.
const NETWORK: [&str; 9] = [
    "connect",
    "getaddrinfo",
    "EAI_AGAIN",
    "ENOTFOUND",
    "socket",
    "resolve host",
    "listen",
    "bind",
    "Network is unreachable",
];
/// Words of what only reads.
const READING: [&str; 7] = [
    "open '", "scandir", "opendir", "cat:", "ls:", "readdir", "read ",
];
/// Words of what writes.
const WRITING: [&str; 12] = [
    "mkdir", "rename", "unlink", "symlink", "copyfile", "rmdir", "link '", "create", "touch",
    "cp:", "mv:", "write",
];

/// Something that a script was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    /// What it tried, in words.
    pub(crate) tried: String,
    pub(crate) grant: Grant,
}

/// Finds in a script's output what it was refused, each once; `is_own` tells what it may write to anyway.
pub(crate) fn find_denials(lines: &[String], is_own: &dyn Fn(&Path) -> bool) -> Vec<Denial> {
    let mut denials: Vec<Denial> = Vec::new();
    for denial in lines.iter().filter_map(|line| find(line, is_own)) {
        if denials.len() < 3 && denials.iter().all(|known| known.grant != denial.grant) {
            denials.push(denial);
        }
    }
    denials
}

fn find(line: &str, is_own: &dyn Fn(&Path) -> bool) -> Option<Denial> {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let is_lookup = line.contains("EAI_AGAIN") || line.contains("resolve host");
    if is_lookup || (has(&REFUSALS) && has(&NETWORK) && path_in(line).is_none()) {
        return Some(match place_in(line) {
            Some(place) => Denial {
                tried: format!("to reach {place}"),
                grant: Grant::Place(place),
            },
            None => Denial {
                tried: "to reach the network".to_owned(),
                grant: Grant::Network,
            },
        });
    }
    if !has(&REFUSALS) {
        return None;
    }
    let path = path_in(line)?;
    if is_own(Path::new(path)) {
        return None;
    }
    let is_reading = has(&READING) && !has(&WRITING) && Path::new(path).exists();
    Some(if is_reading {
        Denial {
            tried: format!("to read `{path}`"),
            grant: Grant::Read(path.to_owned()),
        }
    } else {
        Denial {
            tried: format!("to write `{path}`"),
            grant: Grant::Write(path.to_owned()),
        }
    })
}

/// The place of the network that a line names: where Node.js, curl and wget have it.
fn place_in(line: &str) -> Option<Endpoint> {
    const BEFORE: [&str; 5] = [
        "EAI_AGAIN ",
        "connect EPERM ",
        "connect EACCES ",
        "resolve host: ",
        "resolve host address ‘",
    ];
    let is_end = |character: char| character.is_whitespace() || "()'’\",;".contains(character);
    let word = BEFORE.iter().find_map(|before| {
        let (_, rest) = line.split_once(before)?;
        rest.split(is_end).next()
    })?;
    word.parse().ok()
}

/// The first absolute path in a line: to the quote that ends it, or to the colon or blank.
fn path_in(line: &str) -> Option<&str> {
    let starts = line.match_indices('/').map(|(start, _)| start);
    for start in starts {
        let before = line[..start].chars().next_back();
        let rest = &line[start..];
        let end = match before {
            Some(quote @ ('\'' | '"' | '`')) => rest.find(quote),
            None | Some(' ' | '(' | '[') => {
                rest.find([':', ' ', ',', ')', ']']).or(Some(rest.len()))
            }
            Some(_) => None,
        };
        let path = end.map(|end| &rest[..end]);
        // A line often begins with the name of the shell.
        if let Some(path) = path.filter(|path| path.len() > 1 && *path != "/bin/sh") {
            return Some(path);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(lines: &[&str]) -> Vec<String> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let denials = find_denials(&lines, &|path| path.starts_with("/own"));
        denials
            .iter()
            .map(|denial| denial.grant.to_string())
            .collect()
    }

    #[test]
    fn the_words_of_programs_are_understood() {
        let table = [
            ("Error: EACCES: permission denied, open '/usr'", "read:/usr"),
            (
                "Error: EACCES: permission denied, mkdir '/home/me/.cache/x y'",
                "write:/home/me/.cache/x y",
            ),
            (
                "/bin/sh: 1: cannot create /etc/x: Permission denied",
                "write:/etc/x",
            ),
            ("cat: /usr: Permission denied", "read:/usr"),
            (
                "PermissionError: [Errno 13] Permission denied: '/not/there'",
                "write:/not/there",
            ),
            (
                "Error: connect EPERM 127.0.0.1:80 - Local (undefined:undefined)",
                "network:127.0.0.1:80",
            ),
            (
                "Error: getaddrinfo EAI_AGAIN registry.example.test",
                "network:registry.example.test",
            ),
            (
                "curl: (6) Could not resolve host: registry.example.test",
                "network:registry.example.test",
            ),
            ("socket: Operation not permitted", "network:*"),
        ];
        for (line, grant) in table {
            assert_eq!(grants(&[line]), [grant], "{line}");
        }
        assert_eq!(
            grants(&["all is well /x", "EACCES: open '/own/x'"]),
            [""; 0]
        );
    }

    #[test]
    fn each_is_told_once() {
        let line = "touch: cannot touch '/x': Permission denied";
        assert_eq!(grants(&[line, line]), ["write:/x"]);
    }
}
