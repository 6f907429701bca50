//! Asks the reference implementation, under Node.js, the same random questions.
//!
//! A few thousand questions by default; `differential/run.sh` asks a million. Skipped with a message
//! where there is no Node.js or no npm.

mod question;
mod random;
mod texts;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pkg_range::{Mode, Prereleases, satisfies};
use question::Question;
use random::Random;
use serde_json::{Map, Value};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/differential/reference.cjs");
/// Questions asked by default.
const QUESTIONS: u64 = 4000;
/// Differences that are printed in full.
const PRINTED: u64 = 20;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no session to take settings from"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |text| text.parse().expect("a number"))
}

#[expect(
    clippy::print_stderr,
    reason = "says what was asked, or why nothing was"
)]
fn say(text: &str) {
    eprintln!("{text}");
}

/// The folder of the reference: the one asked for, or that inside the npm that is installed.
fn reference() -> Option<PathBuf> {
    if let Some(folder) = setting("PKG_RANGE_REFERENCE") {
        return Some(folder.into());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(["root", "-g"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let root = String::from_utf8(output.stdout).ok()?;
    let folder = PathBuf::from(root.trim()).join("npm/node_modules/semver");
    folder.is_dir().then_some(folder)
}

/// The version of the package in `folder`, where it can be asked and is one that is compared with.
fn version(folder: &Path) -> Option<String> {
    let bytes = std::fs::read(folder.join("package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&bytes).ok()?;
    Some(manifest["version"].as_str()?.to_owned())
}

fn start(folder: &Path) -> Option<(Child, ChildStdin, BufReader<ChildStdout>)> {
    let mut node = Command::new("node")
        .arg(SCRIPT)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let input = node.stdin.take()?;
    let output = BufReader::new(node.stdout.take()?);
    Some((node, input, output))
}

/// What differed, by field.
#[derive(Default)]
struct Differences {
    excused: BTreeMap<&'static str, u64>,
    by_field: BTreeMap<String, u64>,
}

impl Differences {
    fn compare(&mut self, question: &Question, theirs: &Map<String, Value>) {
        let ours = question.answer();
        assert_eq!(ours.len(), theirs.len(), "both answer all questions");
        for (field, theirs) in theirs {
            if ours[field] == *theirs {
                continue;
            }
            if let Some(excuse) = question.excuse(field, &ours[field], theirs) {
                *self.excused.entry(excuse).or_default() += 1;
                continue;
            }
            *self.by_field.entry(field.clone()).or_default() += 1;
            if self.by_field.values().sum::<u64>() <= PRINTED {
                say(&format!("{field}: {}", question.to_json()));
                say(&format!("    ours {}\n  theirs {theirs}", ours[field]));
            }
        }
    }
}

#[test]
fn random_questions_are_answered_as_by_the_reference() {
    let Some((folder, version)) = reference().and_then(|folder| {
        let version = version(&folder)?;
        Some((folder, version))
    }) else {
        say("skipped: no npm whose `semver` could be asked");
        return;
    };
    let followed = "~7.8.5";
    if !satisfies(&version, followed, Mode::Strict, Prereleases::Gated) {
        say(&format!(
            "skipped: semver {version} is none that we follow ({followed})"
        ));
        return;
    }
    let Some((mut node, input, output)) = start(&folder) else {
        say("skipped: no Node.js");
        return;
    };
    let (questions, seed) = (
        number("PKG_RANGE_QUESTIONS", QUESTIONS),
        number("PKG_RANGE_SEED", 1),
    );
    let asking = std::thread::spawn(move || {
        let mut random = Random::new(seed);
        let mut input = BufWriter::new(input);
        for _ in 0..questions {
            writeln!(input, "{}", Question::random(&mut random).to_json()).expect("node reads");
        }
        input.flush().expect("node reads");
    });
    let mut random = Random::new(seed);
    let mut differences = Differences::default();
    let mut answers = 0;
    for line in output.lines() {
        let theirs: Map<String, Value> =
            serde_json::from_str(&line.expect("node writes lines")).expect("node writes JSON");
        differences.compare(&Question::random(&mut random), &theirs);
        answers += 1;
    }
    asking.join().expect("all questions were asked");
    assert!(node.wait().expect("node ends").success());
    assert_eq!(answers, questions, "every question was answered");
    let Differences { excused, by_field } = differences;
    say(&format!(
        "{answers} questions, seed {seed}, semver {version}: differences {by_field:?}, documented {excused:?}"
    ));
    assert!(by_field.is_empty(), "our answers differ");
}
