//! The words of the command line before the parser has them: which are ours, and which belong to what is run.

use std::ffi::OsString;

use clap::CommandFactory as _;

use crate::args::Cli;

/// The arguments, with `--config.KEY=VALUE` as `--config=KEY=VALUE`, which the parser knows.
///
/// What follows the name of a script or a program may be its own and stays.
pub(crate) fn with_settings(arguments: &[OsString]) -> impl Iterator<Item = OsString> {
    let is_setting = |argument: &OsString| argument.as_encoded_bytes().starts_with(b"--config.");
    // Nothing else is rewritten: without one there is nothing to find out.
    let end = match arguments.iter().any(is_setting) {
        true => verbatim_from(arguments),
        false => arguments.len(),
    };
    arguments.iter().enumerate().map(move |(index, argument)| {
        let setting = argument
            .to_str()
            .and_then(|text| text.strip_prefix("--config."));
        match setting.filter(|_| index < end) {
            Some(setting) => format!("--config={setting}").into(),
            None => argument.clone(),
        }
    })
}

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
    const VALUED: [&str; 9] = [
        "-C",
        "--dir",
        "--prefix",
        "--registry",
        "--store-dir",
        "--cache-dir",
        "--userconfig",
        "--config",
        "--reporter",
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
        let takes_no_more = matches!(&*text, "node" | "test" | "t" | "tst" | "start" | "stop");
        if takes_no_more || text == "restart" {
            return index;
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
