//! How a command starts its file: a link where the file can be started as it is, else a small script.

use std::fmt::Write;

/// Bytes of a file that are looked at: longer first lines no kernel reads either.
pub(crate) const LOOKED_AT: usize = 512;
/// What a script of ours has on its last line, before the file that it starts.
const MARKER: &str = "# pkg-shim-target=";

/// How a command is put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BinForm {
    Link,
    /// A script that starts these words, then the file.
    Shim(Vec<String>),
}

/// Decides by the beginning of the file, its name, and whether it is executable.
pub(crate) fn bin_form(beginning: &[u8], file_name: &str, is_executable: bool) -> BinForm {
    if let Some(line) = beginning.strip_prefix(b"#!") {
        let end = line.iter().position(|byte| *byte == b'\n');
        let (line, is_whole) = match end {
            Some(end) => (&line[..end], true),
            None => (line, beginning.len() < LOOKED_AT),
        };
        let has_return = line.ends_with(b"\r");
        return match interpreter(line) {
            Some(words) if is_whole && (has_return || !is_executable) => BinForm::Shim(words),
            Some(_) | None => BinForm::Link,
        };
    }
    let program = match file_name.rsplit_once('.') {
        Some((_, "js" | "cjs" | "mjs")) => "node",
        Some((_, "sh")) => "sh",
        Some(_) | None => return BinForm::Link,
    };
    BinForm::Shim(vec![program.to_owned()])
}

/// The words of a first line: `env` splits what stands after it, any other program gets it as one word.
pub(crate) fn interpreter(line: &[u8]) -> Option<Vec<String>> {
    let line = std::str::from_utf8(line).ok()?.trim();
    let (program, rest) = line
        .split_once(char::is_whitespace)
        .map_or((line, ""), |(program, rest)| (program, rest.trim()));
    if program.is_empty() || line.contains('\0') {
        return None;
    }
    let mut words = vec![program.to_owned()];
    if program.rsplit('/').next() == Some("env") {
        let rest = rest.strip_prefix("-S").unwrap_or(rest);
        words.extend(rest.split_whitespace().map(str::to_owned));
    } else if !rest.is_empty() {
        words.push(rest.to_owned());
    }
    Some(words)
}

/// The script. It finds its own folder through links, and takes the file from there.
pub(crate) fn shim_text(words: &[String], target: &str) -> String {
    let mut text = String::from(
        "#!/bin/sh\n\
         self=$0\n\
         while [ -L \"$self\" ]; do\n  \
           link=$(readlink \"$self\")\n  \
           case $link in\n    \
             /*) self=$link ;;\n    \
             *) self=$(dirname \"$self\")/$link ;;\n  \
           esac\n\
         done\n\
         folder=$(dirname \"$self\")\n\
         exec",
    );
    for word in words {
        text.push(' ');
        text.push_str(&quoted(word));
    }
    let comment: String = target
        .chars()
        .map(|character| {
            if character.is_control() {
                '?'
            } else {
                character
            }
        })
        .collect();
    write!(
        text,
        " \"$folder\"/{} \"$@\"\n{MARKER}{comment}\n",
        quoted(target)
    )
    .expect("a string takes all that is written to it");
    text
}

/// Whether a file is a script of ours.
pub(crate) fn is_shim(bytes: &[u8]) -> bool {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let last = text.rsplit(|byte| *byte == b'\n').next();
    bytes.starts_with(b"#!/bin/sh\n")
        && last.is_some_and(|last| last.starts_with(MARKER.as_bytes()))
}

/// One word of a shell, whatever it holds.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shim(words: &[&str]) -> BinForm {
        BinForm::Shim(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn files_that_start_as_they_are_get_a_link() {
        for (beginning, name) in [
            ("#!/usr/bin/env node\nx", "cli.js"),
            ("#!/bin/sh", "run"),
            ("\u{7f}ELF", "esbuild"),
            ("", "empty"),
        ] {
            assert_eq!(bin_form(beginning.as_bytes(), name, true), BinForm::Link);
        }
    }

    #[test]
    fn others_get_a_script_with_their_interpreter() {
        for (beginning, name, is_executable, words) in [
            (
                "#!/usr/bin/env node\r\nx",
                "a",
                true,
                &["/usr/bin/env", "node"][..],
            ),
            (
                "#!/usr/bin/env -S node --a -b\n",
                "a",
                false,
                &["/usr/bin/env", "node", "--a", "-b"],
            ),
            ("#! /bin/bash -e -x\n", "a", false, &["/bin/bash", "-e -x"]),
            ("console.log(1)", "a.mjs", true, &["node"]),
            ("echo", "a.sh", true, &["sh"]),
        ] {
            let form = bin_form(beginning.as_bytes(), name, is_executable);
            assert_eq!(form, shim(words), "{beginning:?}");
        }
    }

    #[test]
    fn a_first_line_without_end_is_left_to_the_system() {
        let long = format!("#!/bin/{}", "x".repeat(600));
        assert_eq!(
            bin_form(&long.as_bytes()[..LOOKED_AT], "a", false),
            BinForm::Link
        );
    }

    #[test]
    fn nothing_in_a_script_is_read_by_the_shell() {
        let text = shim_text(&["a'; rm x".to_owned()], "../$(x)/`y`\n'z'");
        assert!(text.contains(r"exec 'a'\''; rm x' "));
        assert!(text.ends_with("\n# pkg-shim-target=../$(x)/`y`?'z'\n"));
        assert!(is_shim(text.as_bytes()));
        assert!(!is_shim(b"#!/bin/sh\necho\n"));
    }
}
