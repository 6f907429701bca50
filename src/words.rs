//! The words of the command line before the parser has them: which are ours, and which belong to what is run.

use std::ffi::OsString;

use clap::CommandFactory as _;

use crate::args::Cli;

/// The arguments as the parser knows them: `--config.KEY=VALUE` as `--config=KEY=VALUE`, `--flag=true` and `--flag=false`
/// as the flag or its opposite, and `--` before what is a script's own.
///
/// What follows the name of a script or a program may be its own and stays.
pub(crate) fn prepared(arguments: &[OsString]) -> Vec<OsString> {
    let is_owner = |word: &OsString| OWNERS.iter().any(|owner| word == owner);
    // Most have nothing to prepare, and to find out what is whose takes its time.
    if !arguments
        .iter()
        .any(|word| may_be_respelt(word) || is_owner(word))
    {
        return arguments.to_vec();
    }
    let end = verbatim_from(arguments);
    let mut prepared = Vec::with_capacity(arguments.len() + 1);
    for argument in &arguments[..end] {
        match argument.to_str() {
            Some(text) => prepared.extend(spelt_out(text).map(Into::into)),
            None => prepared.push(argument.clone()),
        }
    }
    let rest = &arguments[end..];
    let is_own = end > 0 && is_owner(&arguments[end - 1]);
    if is_own && rest.first().is_some_and(|first| first != "--") {
        prepared.push("--".into());
    }
    prepared.extend_from_slice(rest);
    prepared
}

fn may_be_respelt(word: &OsString) -> bool {
    let bytes = word.as_encoded_bytes();
    bytes.starts_with(b"--config.") || bytes.ends_with(b"=true") || bytes.ends_with(b"=false")
}

/// A word as the parser knows it; `None` where it says what is so anyway.
fn spelt_out(word: &str) -> Option<String> {
    if let Some(setting) = word.strip_prefix("--config.") {
        return Some(format!("--config={setting}"));
    }
    let switched = word.strip_prefix("--").and_then(|flag| {
        let (name, value) = flag.split_once('=')?;
        let is_on = value.parse::<bool>().ok()?;
        Some((name, is_on))
    });
    let Some((name, is_on)) = switched else {
        return Some(word.to_owned());
    };
    let switches = switches();
    let opposite = match name.strip_prefix("no-") {
        Some(positive) => positive.to_owned(),
        None => format!("no-{name}"),
    };
    let wanted = if is_on { name } else { &opposite };
    let has = |name: &str| switches.iter().any(|switch| switch == name);
    match (has(wanted), has(name) || has(&opposite)) {
        (true, _) => Some(format!("--{wanted}")),
        (false, true) => None,
        (false, false) => Some(word.to_owned()),
    }
}

/// The flags of all commands that take no value.
fn switches() -> Vec<String> {
    let mut root = Cli::command();
    root.build();
    let commands = root.get_subcommands().chain([&root]);
    let arguments = commands.flat_map(clap::Command::get_arguments);
    let switches = arguments.filter(|argument| !argument.get_action().takes_values());
    let names = switches.flat_map(|argument| {
        let aliases = argument.get_all_aliases().unwrap_or_default();
        aliases.into_iter().chain(argument.get_long())
    });
    names.map(str::to_owned).collect()
}

/// Commands all of whose arguments are those of what they run.
const OWNERS: [&str; 7] = ["node", "test", "t", "tst", "start", "stop", "restart"];

/// Where arguments begin that are not ours: behind the second word of a command that runs something, or the first that is
/// no command at all.
fn verbatim_from(arguments: &[OsString]) -> usize {
    const RUNNERS: [&str; 15] = [
        "run",
        "run-script",
        "node",
        "exec",
        "dlx",
        "x",
        "create",
        "init",
        "test",
        "t",
        "tst",
        "start",
        "stop",
        "restart",
        "semver",
    ];
    const VALUED: [&str; 16] = [
        "-C",
        "--dir",
        "--prefix",
        "--registry",
        "--store-dir",
        "--cache-dir",
        "--userconfig",
        "--config",
        "--reporter",
        "--loglevel",
        "--color",
        "--exit-codes",
        "--layout",
        "--node-linker",
        "--omit",
        "--include",
    ];
    let mut has_command = false;
    let mut is_value = false;
    for (index, argument) in arguments.iter().enumerate() {
        let text = argument.to_string_lossy();
        let is_word = !is_value && !text.starts_with('-');
        is_value = !is_value && VALUED.contains(&&*text);
        if !is_word && text != "--" {
            continue;
        }
        if has_command || !is_word {
            return index;
        }
        has_command = true;
        if OWNERS.contains(&&*text) {
            return index + 1;
        }
        if !RUNNERS.contains(&&*text) {
            return match is_command(&text) {
                true => arguments.len(),
                false => index,
            };
        }
    }
    arguments.len()
}

/// Whether a word is a command or another name of one.
fn is_command(word: &str) -> bool {
    command_names().iter().any(|name| name == word)
}

/// The commands that people are told of, and their other names.
pub(crate) fn command_names() -> Vec<String> {
    let cli = Cli::command();
    let commands = cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let names = commands.flat_map(|command| {
        let aliases = command.get_all_aliases().map(str::to_owned);
        aliases.chain([command.get_name().to_owned()])
    });
    names.chain(["help".to_owned()]).collect()
}
