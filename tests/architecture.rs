//! The architecture as a test: which crate may use which, and which files have grown too long.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests: a file that cannot be read fails the test"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each crate's folder (the program's is the root) and the workspace crates that its product code uses.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("range", &[]),
    ("fs", &[]),
    ("manifest", &["range"]),
    ("lockfile", &["manifest"]),
    ("resolver", &["lockfile", "manifest", "range"]),
    ("store", &["fs", "manifest"]),
    ("registry", &["fs", "manifest"]),
    ("linker", &["fs", "lockfile", "manifest", "store"]),
    (
        "engine",
        &[
            "fs", "linker", "lockfile", "manifest", "range", "registry", "resolver", "store",
        ],
    ),
    ("registry-fixtures", &["registry", "manifest"]),
    (".", &["engine", "manifest", "range"]),
];

/// Source files over 500 lines, each with its excuse.
const LONG_FILES: [(&str, &str); 0] = [];

/// Crates without I/O: none of these may stand in their product code.
const PURE: [&str; 4] = ["range", "manifest", "lockfile", "resolver"];
const IMPURE: [&str; 6] = [
    "std::fs",
    "std::net",
    "std::env::",
    "SystemTime",
    "Instant::now",
    "std::process",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the workspace crates in one section of a crate's manifest.
fn dependencies(folder: &str, section: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let section = format!("[{section}]");
    let lines = text.lines().skip_while(|line| *line != section).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.strip_prefix("pkg-"))
        .filter_map(|rest| rest.split(['.', ' ', '=']).next())
        .map(str::to_owned)
        .collect()
}

/// Every Rust file below a folder, as paths from the root.
fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !matches!(name.as_str(), "target" | "node_modules")
            && !name.starts_with('.')
        {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

#[test]
fn crates_use_only_what_stands_below_them() {
    for (folder, allowed) in MAY_USE {
        let allowed: BTreeSet<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let used = dependencies(folder, "dependencies");
        let forbidden: Vec<_> = used.difference(&allowed).collect();
        assert!(forbidden.is_empty(), "`{folder}` may not use {forbidden:?}");
    }
}

#[test]
fn every_top_folder_with_a_manifest_is_in_the_table() {
    let known: BTreeSet<_> = MAY_USE
        .iter()
        .map(|(folder, _)| (*folder).to_owned())
        .collect();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.join("Cargo.toml").exists() && name != "fuzz" {
            assert!(
                known.contains(&name),
                "`{name}` has a Cargo.toml and no row in the table"
            );
        }
    }
}

#[test]
fn source_files_stay_below_500_lines_or_have_an_excuse() {
    let mut files = Vec::new();
    rust_files(root(), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    for file in files {
        let lines = fs::read_to_string(root().join(&file))
            .unwrap()
            .lines()
            .count();
        let excused = LONG_FILES.iter().any(|(path, _)| Path::new(path) == file);
        assert!(
            lines <= 500 || excused,
            "`{}` has {lines} lines",
            file.display()
        );
        assert!(
            lines > 500 || !excused,
            "`{}` needs no excuse any more",
            file.display()
        );
    }
}

#[test]
fn pure_crates_do_no_input_or_output() {
    for folder in PURE {
        let mut files = Vec::new();
        rust_files(&root().join(folder).join("src"), &mut files);
        for file in files
            .iter()
            .filter(|file| !file.to_string_lossy().contains("test"))
        {
            let text = fs::read_to_string(root().join(file)).unwrap();
            let product = text.split("#[cfg(test)]").next().unwrap();
            for line in product
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
            {
                for word in IMPURE {
                    assert!(
                        !line.contains(word),
                        "`{}` uses `{word}`: {line}",
                        file.display()
                    );
                }
            }
        }
    }
}
