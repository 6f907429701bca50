//! A command line that cannot be understood: which word, and what to write instead.

use std::ffi::OsString;

use clap::{
    CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use miette::Diagnostic;
use pkg_manifest::edit_distance;
use thiserror::Error;

use super::escape;
use crate::{args::Cli, elsewhere};

/// What is wrong with a command line, in the form of all errors.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(ERR_PKG_USAGE))]
pub(super) struct UsageError {
    message: String,
    #[help]
    help: String,
}

impl UsageError {
    /// Of what the parser says; `None` for the requests that it answers itself, such as for help.
    pub(super) fn of(error: &clap::Error, arguments: &[OsString], is_json: bool) -> Option<Self> {
        if matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        ) {
            return None;
        }
        let command = command_of(error, arguments);
        let invalid = text(error, ContextKind::InvalidArg);
        let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
        let (message, help) = match (error.kind(), invalid) {
            (ErrorKind::UnknownArgument, Some(word)) if word.starts_with('-') => {
                return Some(Self::unknown_flag(error, &command, &word));
            }
            (ErrorKind::UnknownArgument, Some(word)) => {
                (format!("`{command}` does not take `{word}`"), None)
            }
            (ErrorKind::InvalidSubcommand, _) => {
                let word = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
                (
                    format!("`{command}` has no command `{word}`"),
                    nearest(error, &word),
                )
            }
            (ErrorKind::ArgumentConflict, Some(word)) => {
                let other = text(error, ContextKind::PriorArg);
                let message = match other.filter(|other| *other != word) {
                    Some(other) => format!("`{word}` and `{other}` exclude each other"),
                    None => format!("`{word}` stands there twice"),
                };
                (message, Some("leave one of them away".to_owned()))
            }
            (ErrorKind::MissingRequiredArgument, Some(words)) => {
                (format!("`{command}` needs {words}"), None)
            }
            (ErrorKind::InvalidValue, Some(flag)) if value.is_empty() => {
                (format!("`{flag}` needs a value"), takes(error))
            }
            (ErrorKind::InvalidValue, Some(flag)) => {
                let help = nearest(error, &value).or_else(|| takes(error));
                (format!("`{value}` is no value for `{flag}`"), help)
            }
            (ErrorKind::ValueValidation, Some(flag)) => {
                let why = std::error::Error::source(error);
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                (format!("`{value}` is no value for `{flag}`{why}"), None)
            }
            (ErrorKind::TooManyValues, Some(flag)) => {
                (format!("`{flag}` takes no value, and has `{value}`"), None)
            }
            // To a person the help of the command says it.
            (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, _) if !is_json => return None,
            (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, _) => {
                (format!("`{command}` needs a command"), None)
            }
            _ if error.use_stderr() => return Some(Self::as_it_says(error, &command)),
            _ => return None,
        };
        Some(Self {
            message,
            help: help.unwrap_or_else(|| shows(&command)),
        })
    }

    fn unknown_flag(error: &clap::Error, command: &str, word: &str) -> Self {
        let suggested = text(error, ContextKind::SuggestedArg);
        let help = elsewhere::flag(word)
            .or_else(|| suggested.map(|flag| format!("did you mean `{flag}`?")))
            .unwrap_or_else(|| shows(command));
        Self {
            message: format!("`{command}` has no flag `{word}`"),
            help,
        }
    }

    /// The parser's own first line.
    fn as_it_says(error: &clap::Error, command: &str) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Self {
            message: first.strip_prefix("error: ").unwrap_or(first).to_owned(),
            help: shows(command),
        }
    }
}

fn shows(command: &str) -> String {
    format!("`{command} --help` shows what it takes")
}

/// One text of what the parser says of an error; several are joined.
fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(escape(text).into_owned()),
        ContextValue::Strings(texts) => {
            let quoted = texts.iter().map(|text| format!("`{}`", escape(text)));
            let quoted: Vec<_> = quoted.collect();
            Some(quoted.join(", "))
        }
        _ => None,
    }
}

/// The listed values.
fn takes(error: &clap::Error) -> Option<String> {
    let ContextValue::Strings(values) = error.get(ContextKind::ValidValue)? else {
        return None;
    };
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    (!values.is_empty()).then(|| format!("it takes {}", values.join(", ")))
}

/// The command or value that a mistyped one was most probably meant to be.
fn nearest(error: &clap::Error, asked: &str) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let words = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(vec![word]),
        ContextValue::Strings(words) => Some(words.iter().collect()),
        _ => None,
    })?;
    let word = words
        .into_iter()
        .min_by_key(|word| (edit_distance(asked, word), word.as_str()))?;
    Some(format!("did you mean `{word}`?"))
}

/// The command that was called, as it is typed: `pkg store prune`.
fn command_of(error: &clap::Error, arguments: &[OsString]) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        // Of a wrong value the parser does not say where it stands.
        _ => {
            let words = arguments.iter().map(|word| word.to_string_lossy());
            let words = words.filter(|word| !word.starts_with('-'));
            format!("pkg {}", words.collect::<Vec<_>>().join(" "))
        }
    };
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    let mut typed = vec!["pkg"];
    for word in usage
        .split_whitespace()
        .skip_while(|word| *word != "pkg")
        .skip(1)
    {
        let Some(below) = command.find_subcommand(word) else {
            break;
        };
        typed.push(below.get_name());
        command = below;
    }
    typed.join(" ")
}
