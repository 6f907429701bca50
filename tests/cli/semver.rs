//! `pkg semver` beside npm's own program, where there is one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use insta::assert_snapshot;

use crate::support::Sandbox;

/// Arguments of one run each; words are separated by `|`.
const CASES: [&str; 34] = [
    "1.2.3",
    "v1.2.3|1.0.0|2.0.0-rc.1",
    "--reverse|1.2.3|1.0.0|2.0.0-rc.1",
    "not-a-version",
    "1.2.3|not-a-version",
    "-r|^1.0.0|1.2.3|0.9.0|2.0.0",
    "-r|^1.0.0|0.9.0",
    "--range|>=1|-r|<2|1.5.0|2.5.0",
    "-r|>=1.0.0|1.2.3-beta.1",
    "-p|-r|>=1.0.0|1.2.3-beta.1",
    "-r|1.2.3-alpha|1.2.3-alpha",
    "-r|*|1.0.0|1.0.0-a",
    "-i|1.2.3",
    "-i|major|1.2.3",
    "-i|minor|1.2.3",
    "-i|patch|1.2.3-rc.1",
    "-i|premajor|1.2.3",
    "-i|preminor|--preid|beta|1.2.3",
    "-i|prepatch|-n|1|1.2.3",
    "-i|prerelease|1.2.3-beta.4",
    "-i|prerelease|-n|false|--preid|beta|1.2.3",
    "-i|prerelease|--preid|rc|1.2.3-beta.4",
    "-i|minor|1.2.3|2.0.0",
    "-i|sideways|1.2.3",
    "-c|version 3 of it",
    "-c|1.2.3.4.5",
    "--rtl|-c|1.2.3.4.5",
    "-c|none",
    "-l|1.2.3foo|=1.0.0",
    "1.2.3foo",
    "-l|-r|~1.2.3beta|1.2.3-beta",
    "1.2.3+build.5|1.2.3+build.4",
    "-r|not a range|1.2.3",
    "-r=^1.0.0|1.2.3",
];

/// npm's program, beside the `npm` on PATH.
fn npms_program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let npm = std::env::split_paths(&path)
        .map(|folder| folder.join("npm"))
        .find(|file| file.is_file())?;
    let folder = npm
        .canonicalize()
        .ok()?
        .parent()
        .and_then(Path::parent)?
        .to_path_buf();
    Some(folder.join("node_modules/semver/bin/semver.js")).filter(|file| file.is_file())
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn answers_and_exit_codes_are_those_of_npms_program() {
    let Some(program) = npms_program() else {
        eprintln!("skipped: there is no npm to compare with");
        return;
    };
    let sandbox = Sandbox::new();
    for case in CASES {
        let arguments: Vec<_> = case.split('|').collect();
        let npms = Command::new("node")
            .arg(&program)
            .args(&arguments)
            .output()
            .unwrap();
        let ours = sandbox.run(&[&["semver"], arguments.as_slice()].concat());
        let npms_answer = sandbox.filter(&String::from_utf8_lossy(&npms.stdout));
        assert_eq!(
            (ours.code, &ours.stdout),
            (npms.status.code().unwrap(), &npms_answer),
            "{case}"
        );
    }
}

#[test]
fn versions_are_sorted_and_filtered() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["semver", "-r", "^1.0.0", "1.10.0", "1.9.0", "2.0.0"]), @"
    exit: 0
    ----- stdout
    1.9.0
    1.10.0
    ");
    assert_snapshot!(sandbox.run(&["semver", "-r", "^1.0.0", "2.0.0"]), @"exit: 1");
    assert_snapshot!(sandbox.run(&["semver", "--help"]), @"
    exit: 0
    ----- stdout
    Usage: pkg semver [OPTIONS] VERSION...

    Prints the versions that are valid and in every range, in ascending order.

    Options:
      -r, --range RANGE          Only versions in this range; may be given several times
      -i, --increment [LEVEL]    Print the next version: major, minor, patch (default), premajor,
                                 preminor, prepatch, prerelease or release; one version only
          --preid IDENTIFIER     Identifier of the prerelease that an increment makes
      -n BASE                    First number of a new prerelease: 0 (default), 1, or false for none
      -l, --loose                Read versions and ranges loosely
      -p, --include-prerelease   Let prereleases match ranges as other versions do
      -c, --coerce               Find a version in any text
          --rtl, --ltr           Look for it from the right, or from the left (default)
          --reverse              Print in descending order
      -h, --help                 Print this

    Exits with 1 where no version is valid and in all ranges.
    ");
}
