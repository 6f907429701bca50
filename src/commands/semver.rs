//! `pkg semver`: the options, the output and the exit codes of npm's `semver` program.

use std::{collections::VecDeque, io::Write as _, process::ExitCode};

use clap::Args;
use pkg_range::{
    Direction, IdentifierBase, Mode, Prereleases, ReleaseType, Version, coerce, compare, increment,
    parse_version, satisfies,
};

use crate::env::Environment;

const HELP: &str = "\
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
";

/// Arguments of `pkg semver`, npm's `semver` program.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct SemverArgs {
    /// As of npm's `semver` program; `pkg semver --help` lists them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    pub(crate) arguments: Vec<String>,
}

/// What the arguments ask for.
#[derive(Default)]
struct Request {
    versions: Vec<String>,
    ranges: Vec<String>,
    increment: Option<Increment>,
    identifier: Option<String>,
    base: IdentifierBase,
    mode: Mode,
    prereleases: Prereleases,
    /// Where to look for a version in any text.
    coerce: bool,
    direction: Direction,
    reverse: bool,
    help: bool,
}

/// The step of an increment, and the text that may have been meant as one.
struct Increment {
    release: ReleaseType,
    errant: Option<String>,
    option: String,
}

/// Takes `pkg semver …` out of the way of the other commands' flags, which have other meanings.
pub(crate) fn intercept(environment: &Environment) -> Option<ExitCode> {
    let (command, arguments) = environment.arguments.split_first()?;
    if command != "semver" {
        return None;
    }
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    Some(run(&arguments))
}

/// Answers and exits as npm's program does.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let request = parse(arguments);
    if request.help {
        print(HELP);
        return ExitCode::SUCCESS;
    }
    if let Some(warning) = errant_increment(&request) {
        complain(&warning);
    }
    match answer(&request) {
        Ok(lines) => {
            print(&lines);
            ExitCode::SUCCESS
        }
        Err(message) => {
            complain(message);
            ExitCode::from(1)
        }
    }
}

fn parse(arguments: &[String]) -> Request {
    let mut request = Request {
        help: arguments.is_empty(),
        ..Request::default()
    };
    let mut rest: VecDeque<String> = arguments.iter().cloned().collect();
    while let Some(argument) = rest.pop_front() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if let Some(value) = value {
            rest.push_front(value);
        }
        match name.as_str() {
            "-rv" | "-rev" | "--rev" | "--reverse" => request.reverse = true,
            "-l" | "--loose" => request.mode = Mode::Loose,
            "-p" | "--include-prerelease" => request.prereleases = Prereleases::All,
            "-v" | "--version" => request.versions.extend(rest.pop_front()),
            "-i" | "--inc" | "--increment" => {
                request.increment = Some(parse_increment(name, &mut rest));
            }
            "--preid" => request.identifier = rest.pop_front(),
            "-r" | "--range" => request.ranges.extend(rest.pop_front()),
            "-n" => request.base = parse_base(rest.pop_front().as_deref()),
            "-c" | "--coerce" => request.coerce = true,
            "--rtl" => request.direction = Direction::RightToLeft,
            "--ltr" => request.direction = Direction::LeftToRight,
            "-h" | "--help" | "-?" => request.help = true,
            _ => request.versions.push(name),
        }
    }
    request
}

fn parse_increment(option: String, rest: &mut VecDeque<String>) -> Increment {
    let level = rest
        .front()
        .and_then(|level| level.parse::<ReleaseType>().ok());
    match level.filter(|release| *release != ReleaseType::Pre) {
        Some(release) => {
            drop(rest.pop_front());
            Increment {
                release,
                errant: None,
                option,
            }
        }
        None => Increment {
            release: ReleaseType::Patch,
            errant: rest.front().cloned(),
            option,
        },
    }
}

fn parse_base(text: Option<&str>) -> IdentifierBase {
    match text {
        Some("false") => IdentifierBase::Absent,
        Some(text) if text.trim().parse::<f64>().is_ok_and(|number| number != 0.0) => {
            IdentifierBase::One
        }
        _ => IdentifierBase::Zero,
    }
}

/// npm's warning for a level that is none.
fn errant_increment(request: &Request) -> Option<String> {
    let increment = request.increment.as_ref()?;
    let errant = increment.errant.as_ref()?;
    let is_version = parse_version(errant, request.mode).is_ok();
    (request.versions.contains(errant) && !is_version).then(|| {
        format!(
            "Invalid value for {}; defaulting to 'patch'. This may become a failure in future major versions.",
            increment.option
        )
    })
}

/// The lines to print, or what to complain of before failing.
fn answer(request: &Request) -> Result<String, &'static str> {
    let found = |text: &String| {
        let coerced = request
            .coerce
            .then(|| coerce(text, request.direction, request.prereleases, request.mode));
        match coerced.flatten() {
            Some(version) => Some((text.clone(), version)),
            None => parse_version(text, request.mode)
                .ok()
                .map(|version| (text.clone(), version)),
        }
    };
    let mut versions: Vec<(String, Version)> = request.versions.iter().filter_map(found).collect();
    if versions.is_empty() {
        return Err("");
    }
    if request.increment.is_some() && (versions.len() != 1 || !request.ranges.is_empty()) {
        return Err("--inc can only be used on a single version with no range");
    }
    for range in &request.ranges {
        versions.retain(|(_, version)| {
            satisfies(
                &version.to_string(),
                range,
                request.mode,
                request.prereleases,
            )
        });
    }
    if versions.is_empty() {
        return Err("");
    }
    versions.sort_by(|(_, left), (_, right)| {
        if request.reverse {
            compare(right, left)
        } else {
            compare(left, right)
        }
    });
    Ok(versions
        .iter()
        .map(|(_, version)| format!("{}\n", shown(version, request)))
        .collect())
}

/// The version without its build metadata, or the next one; npm prints `null` for one that cannot be made.
fn shown(version: &Version, request: &Request) -> String {
    let identifier = request.identifier.as_deref();
    let version = match &request.increment {
        Some(step) => increment(version, step.release, identifier, request.base).ok(),
        None => Some(version.clone()),
    };
    let without_build = |mut version: Version| {
        version.build = Default::default();
        version.to_string()
    };
    version.map_or_else(|| "null".to_owned(), without_build)
}

/// Prints to standard output. A reader that is gone is no error.
fn print(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

/// Prints a line to standard error, if there is anything to say.
fn complain(message: &str) {
    if !message.is_empty() {
        drop(std::io::stderr().write_all(format!("{message}\n").as_bytes()));
    }
}
