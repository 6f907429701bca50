//! The repeated install: found out before arguments are parsed and before anything else is set up.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use pkg_engine::{UpToDate, up_to_date};

use crate::{env::Environment, render};

/// Flags that do not change what an install makes, nor how it is told.
const NEUTRAL: [&str; 3] = ["install", "i", "--prefer-offline"];

/// Ends a plain `pkg install` whose tree is as it should be; `None` where anything else must be done.
pub(crate) fn repeat(environment: &Environment) -> Option<ExitCode> {
    let started = Instant::now();
    let arguments: Option<Vec<&str>> = environment
        .arguments
        .iter()
        .map(|argument| argument.to_str())
        .collect();
    let arguments = arguments?;
    let is_plain = arguments
        .iter()
        .all(|argument| NEUTRAL.contains(argument) || is_recorded(argument));
    if !is_plain
        || arguments
            .iter()
            .filter(|word| !word.starts_with('-'))
            .count()
            > 1
    {
        return None;
    }
    let root = project_root(&environment.directory)?;
    let request = request(environment);
    let parts = request.iter().map(Vec::as_slice);
    if up_to_date(&root, parts) == UpToDate::Unknown {
        return None;
    }
    render::up_to_date(started.elapsed());
    Some(ExitCode::SUCCESS)
}

/// Whether an argument is a flag of `install` that the state's request records, and that leaves the output
/// as it is.
fn is_recorded(argument: &str) -> bool {
    const FLAGS: [&str; 17] = [
        "--prod",
        "--production",
        "-P",
        "--dev",
        "-D",
        "--no-optional",
        "--frozen-lockfile",
        "--no-frozen-lockfile",
        "--offline",
        "--ignore-scripts",
        "--immutable",
        "--reporter=default",
        "--reporter=append-only",
        "--layout=isolated",
        "--layout=flat",
        "--layout=nested",
        "--layout=pnp",
    ];
    FLAGS.contains(&argument)
        || ["--registry=", "--store-dir=", "--cache-dir="]
            .iter()
            .any(|flag| argument.starts_with(flag))
}

/// Variables that settings, locations or credentials come from.
fn is_relevant(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "PKG_HOME",
        "HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "NODE_ENV",
    ];
    const PREFIXES: [&str; 3] = ["npm_config_", "pnpm_config_", "pkg_config_"];
    // What scripts are told shapes nothing: an install in a script makes the same tree as one outside.
    const OF_SCRIPTS: [&str; 9] = [
        "npm_config_user_agent",
        "npm_config_node_gyp",
        "npm_config_local_prefix",
        "npm_config_prefix",
        "npm_config_global_prefix",
        "npm_config_globalconfig",
        "npm_config_cache",
        "npm_config_init_module",
        "pkg_config_verify_deps_before_run",
    ];
    let has_prefix = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_of_scripts = OF_SCRIPTS.contains(&name);
    NAMES.contains(&name) || !is_of_scripts && PREFIXES.iter().any(|prefix| has_prefix(prefix))
}

/// What [`request`] is for a plain `pkg install`, whatever the arguments are.
pub(crate) fn plain_request(environment: &Environment) -> Vec<Vec<u8>> {
    request_of(&[], environment)
}

/// Everything besides files that shapes a tree: the flags, in any order, and the environment.
pub(crate) fn request(environment: &Environment) -> Vec<Vec<u8>> {
    request_of(&environment.arguments, environment)
}

fn request_of(arguments: &[OsString], environment: &Environment) -> Vec<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut flags: Vec<Vec<u8>> = arguments
        .iter()
        .map(|argument| argument.as_bytes().to_vec())
        .filter(|argument| {
            !NEUTRAL
                .iter()
                .any(|word| word.as_bytes() == argument.as_slice())
        })
        .filter(|argument| !argument.starts_with(b"--reporter"))
        .collect();
    flags.sort();
    let relevant: BTreeMap<_, _> = environment
        .variables
        .iter()
        .filter(|(name, _)| is_relevant(name))
        .collect();
    let variables = relevant
        .iter()
        .map(|(name, value)| format!("{name}={value}").into_bytes());
    flags.into_iter().chain(variables).collect()
}

/// What a plain install would be asked for after `pkg layout`, which says no more than the project's settings then do:
/// without the command, its argument and what it writes down.
pub(crate) fn request_after_layout(environment: &Environment) -> Vec<Vec<u8>> {
    let mut words = environment.arguments.iter();
    let mut arguments = Vec::new();
    let mut has_command = false;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        match &*text {
            "--virtual-store" => drop(words.next()),
            "layout" if !has_command => has_command = true,
            text if text.starts_with("--virtual-store=") => {}
            text if has_command && !text.starts_with('-') => {}
            _ => arguments.push(word.clone()),
        }
    }
    request_of(&arguments, environment)
}

/// The nearest folder with a manifest, from the current one upwards.
fn project_root(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .find(|folder| folder.join("package.json").exists())
        .map(Path::to_path_buf)
}
