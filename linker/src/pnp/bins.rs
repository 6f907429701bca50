//! Commands: scripts in `.pkg/bin` that start Node.js with the map, and then the file.

use pkg_manifest::RelativePath;

use crate::bins::{BinLookup, BinWarning, choose_bins};
use crate::error::PlanError;
use crate::pnp::place::{real_location, with_dots};
use crate::pnp::plan::{PnpPlan, parse_path};
use crate::pnp::runtime::MAP_FILE;
use crate::relative::link_text;
use crate::shim::{LOOKED_AT, interpreter, quoted};
use crate::tree::{BinOwner, Entry, Tree};

/// Tells how the file of a command begins: at least a first line, or all that there is.
pub type BinSource<'a> = dyn Fn(&BinOwner, &RelativePath) -> Vec<u8> + 'a;

/// What starts a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Program {
    /// Node.js, with these arguments.
    Node(Vec<String>),
    /// Another program, with its arguments.
    Other(Vec<String>),
    /// The system.
    Itself,
}

impl PnpPlan {
    /// Adds the commands, once the packages are known. Which package's wins is as in the other layouts.
    ///
    /// # Errors
    /// [`PlanError::Path`] for a command whose path is too long.
    pub fn with_bins(
        mut self,
        lookup: &BinLookup<'_>,
        source: &BinSource<'_>,
    ) -> Result<(Tree, Vec<BinWarning>), PlanError> {
        let folders = std::mem::take(&mut self.tree.bin_folders);
        let mut entries = Vec::new();
        let warnings = choose_bins(&folders, lookup, &mut |folder, name, claim| {
            let path = parse_path(&format!("{}/{name}", folder.path))?;
            let beginning = source(&claim.candidate.owner, claim.path);
            let program = program(&beginning, claim.path.file_name());
            let location = &claim.candidate.location;
            let up = with_dots(&link_text(&folder.path, "."));
            let bytes = script(&up, &program, location, claim.path).into_bytes();
            entries.push((path, Entry::file(bytes, true)));
            Ok(())
        })?;
        self.tree.extend(entries)?;
        Ok((self.tree, warnings))
    }
}

/// Whether a file is started by something else than Node.js, so that it must be a file of its own.
pub fn is_native_bin(beginning: &[u8], path: &RelativePath) -> bool {
    !matches!(program(beginning, path.file_name()), Program::Node(_))
}

/// What starts a file that begins so.
pub(crate) fn program(beginning: &[u8], file_name: &str) -> Program {
    if let Some(line) = beginning.strip_prefix(b"#!") {
        let end = line.iter().position(|byte| *byte == b'\n');
        let line = &line[..end.unwrap_or(line.len()).min(LOOKED_AT)];
        let words = interpreter(line).unwrap_or_default();
        let is_env = |word: &&String| word.rsplit('/').next() == Some("env");
        let skipped = usize::from(words.first().is_some_and(|word| is_env(&word)));
        return match words.get(skipped).and_then(|word| word.rsplit('/').next()) {
            Some("node" | "nodejs") => Program::Node(words[skipped + 1..].to_vec()),
            Some(_) => Program::Other(words),
            None => Program::Itself,
        };
    }
    match file_name.rsplit_once('.') {
        Some((_, "js" | "cjs" | "mjs")) => Program::Node(Vec::new()),
        Some((_, "sh")) => Program::Other(vec!["sh".to_owned()]),
        Some(_) | None => Program::Itself,
    }
}

/// The script. `up` leads from its folder to the project's root.
fn script(up: &str, program: &Program, location: &str, path: &RelativePath) -> String {
    let mut text = format!(
        "#!/bin/sh\n\
         # Made by pkg: starts a command with the map of packages loaded.\n\
         case $0 in */*) folder=${{0%/*}} ;; *) folder=. ;; esac\n\
         root=$(CDPATH='' cd -- \"$folder/{up}\" && pwd -P) || exit 1\n\
         case $NODE_OPTIONS in\n  \
           *\"$root/{MAP_FILE}\"*) ;;\n  \
           *) NODE_OPTIONS=\"--require \\\"$root/{MAP_FILE}\\\"${{NODE_OPTIONS:+ $NODE_OPTIONS}}\"; export NODE_OPTIONS ;;\n\
         esac\n\
         exec"
    );
    let (words, location) = match program {
        Program::Node(arguments) => {
            let node = std::iter::once("node".to_owned());
            let words: Vec<String> = node.chain(arguments.iter().cloned()).collect();
            (words, location.to_owned())
        }
        Program::Other(words) => (words.clone(), real_location(location)),
        Program::Itself => (Vec::new(), real_location(location)),
    };
    for word in &words {
        text.push(' ');
        text.push_str(&quoted(word));
    }
    let file = quoted(&format!("/{location}{path}"));
    text.push_str(&format!(" \"$root\"{file} \"$@\"\n"));
    text
}
