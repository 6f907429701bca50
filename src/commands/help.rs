//! `pkg help`: commands, topics, codes of errors, and man pages; and `pkg ERROR_CODE`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory as _};
use miette::Diagnostic;
use pkg_manifest::nearest;
use serde_json::json;
use thiserror::Error;

use super::Context;
use crate::{
    args::{Cli, GlobalArgs},
    env::Environment,
    help::{Code, code, code_without_prefix, day, filled, nearest_code, pages, topic, topics},
    render::{Output, escape},
};

/// Arguments of `pkg help`.
#[derive(Debug, Args)]
pub(crate) struct HelpArgs {
    /// A command, a topic, or the code of an error
    #[arg(value_name = "COMMAND|TOPIC|CODE")]
    words: Vec<String>,
    /// Write a man page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "words")]
    man: Option<PathBuf>,
}

/// Why there is no help.
#[derive(Debug, Error, Diagnostic)]
enum HelpError {
    #[error("there is no help for `{}`", words.escape_debug())]
    #[diagnostic(code(ERR_PKG_USAGE))]
    Unknown {
        words: String,
        #[help]
        help: String,
    },
    #[error("the code `{}` is not known", code.escape_debug())]
    #[diagnostic(code(ERR_PKG_USAGE))]
    UnknownCode {
        code: String,
        #[help]
        help: String,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(#[from] pkg_engine::FsError),
}

/// Runs `pkg help`.
pub(crate) fn run(context: &Context<'_>, args: &HelpArgs) -> ExitCode {
    let done = match (&args.man, args.words.as_slice()) {
        (Some(folder), _) => man_pages(context, folder),
        (None, []) => {
            context.output.help(&overview());
            Ok(())
        }
        (None, [word]) if is_code(word) => explain(context.output, word),
        (None, words) => about(context.output, words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

/// `pkg ERROR_CODE`: answered before anything is parsed.
pub(crate) fn intercept(environment: &Environment) -> Option<ExitCode> {
    let words = environment.arguments.iter();
    let (flags, words): (Vec<_>, Vec<_>) = words.partition(|word| *word == "--json");
    let [word] = words.as_slice() else {
        return None;
    };
    let word = word.to_str().filter(|word| is_code(word))?;
    let global = GlobalArgs {
        json: !flags.is_empty(),
        ..GlobalArgs::default()
    };
    let output = Output::new(environment, &global);
    Some(match explain(output, word) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.error(&error),
    })
}

fn is_code(word: &str) -> bool {
    let start = word.get(..4);
    let is_like_others =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    start.is_some_and(|start| start.eq_ignore_ascii_case("ERR_"))
        // To look for what is a command takes time.
        || (word.bytes().all(is_like_others) && code(word).is_some())
}

/// All commands, then the topics.
fn overview() -> String {
    let mut text = Cli::command().render_help().ansi().to_string();
    text.push_str("\nTopics, with `pkg help TOPIC`:\n");
    for (name, about) in topics() {
        text.push_str(&format!("  {name:12}{about}\n"));
    }
    text
}

fn explain(output: Output, word: &str) -> Result<(), HelpError> {
    let Some(found) = code(word) else {
        let help = match nearest_code(word) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`pkg help errors` lists the codes".to_owned(),
        };
        let code = word.to_owned();
        return Err(HelpError::UnknownCode { code, help });
    };
    print_code(output, &found);
    Ok(())
}

fn print_code(output: Output, found: &Code) {
    if output.is_json {
        output.json(&json!({
            "code": found.code,
            "compatCode": found.elsewhere,
            "exitCode": found.exit,
            "cause": found.cause,
            "remedy": found.remedy,
        }));
    } else {
        output.out(&code_text(found));
    }
}

fn code_text(code: &Code) -> String {
    let mut text = format!(
        "\x1b[1m{}\x1b[0m\n\n{}\n\n{}\n",
        code.code,
        filled(code.cause, 80),
        filled(&format!("What to do: {}", code.remedy), 80)
    );
    if let Some(elsewhere) = code.elsewhere {
        text.push_str(&format!("\nElsewhere: {elsewhere}\n"));
    }
    if code.exit > 2 {
        text.push_str(&format!(
            "\nExit code with `--exit-codes=detailed`: {}\n",
            code.exit
        ));
    }
    text
}

/// Help of a command (of one below it, too) or a topic.
fn about(output: Output, words: &[String]) -> Result<(), HelpError> {
    let mut root = Cli::command();
    root.build();
    let found = words
        .iter()
        .try_fold(&root, |command, word| command.find_subcommand(word));
    if let Some(command) = found {
        let mut command = command.clone();
        output.help(&command.render_long_help().ansi().to_string());
        return Ok(());
    }
    match words {
        [word] => match topic(word) {
            Some(text) => {
                output.help(&with_headings(&text));
                Ok(())
            }
            None => match code_without_prefix(word) {
                Some(found) => {
                    print_code(output, &found);
                    Ok(())
                }
                None => Err(unknown(word)),
            },
        },
        words => Err(unknown(&words.join(" "))),
    }
}

fn unknown(words: &str) -> HelpError {
    let root = Cli::command();
    let commands = root.get_subcommands().map(clap::Command::get_name);
    let known = commands.chain(topics().map(|(name, _)| name));
    let help = match nearest(words, known).first() {
        Some(near) => format!("did you mean `pkg help {near}`?"),
        None => "`pkg help` lists commands and topics".to_owned(),
    };
    let words = escape(words).into_owned();
    HelpError::Unknown { words, help }
}

/// A text of `docs/` for a terminal: its heading stands out.
fn with_headings(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(heading) => format!("\x1b[1m{heading}\x1b[0m\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Writes `pkg.1` and a page a command, `pkg-COMMAND.1`.
fn man_pages(context: &Context<'_>, folder: &Path) -> Result<(), HelpError> {
    let folder = context.host.directory.join(folder);
    pkg_engine::create_directory_all(&folder, 0o755)?;
    let epoch = context.environment.variable("SOURCE_DATE_EPOCH");
    let now = epoch.and_then(|epoch| epoch.parse().ok());
    let mut root = Cli::command();
    root.build();
    let mut paths = Vec::new();
    for page in pages(&root, &day(now.unwrap_or(context.host.now))) {
        let path = folder.join(format!("{}.1", page.name));
        pkg_engine::write_atomic(&path, &page.text, 0o644)?;
        paths.push(path);
    }
    if context.output.is_json {
        context.output.json(&json!({"ok": true, "pages": paths}));
    }
    Ok(())
}
