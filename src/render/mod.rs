//! The only place that prints: reports, warnings, errors and progress, for people or as JSON.

mod builds;
mod config;
mod dedupe;
mod doctor;
mod error;
mod escape;
mod install;
mod layout;
mod moving_line;
mod progress;
mod query;
mod scripts;
mod store;
mod usage;
mod verify;
mod wrap;

use std::{collections::BTreeSet, io::Write as _, process::ExitCode, time::Duration};

use anstream::{AutoStream, ColorChoice as StreamColor};
use clap::error::ErrorKind;
use miette::Diagnostic;
use pkg_engine::Warning;
use serde_json::json;

use self::wrap::wrapped;
pub(crate) use self::{
    builds::{approved_json, approved_text, review_text, reviews_json},
    config::{config_json, config_list, config_why},
    dedupe::dedupe_report,
    doctor::{doctor_json, doctor_text},
    escape::escape,
    install::{install_report, readied},
    layout::{layout_is, layout_is_set},
    moving_line::leave as leave_moving_line,
    progress::Progress,
    query::{
        explain_json, explain_text, licenses_json, licenses_text, listing_json, listing_parseable,
        listing_text, outdated_json, outdated_list, outdated_text, size_json, size_text,
        update_items, view_fields, view_json, view_text, why_json, why_text,
    },
    scripts::ScriptReporter,
    store::{Repaired, store_prune_report, store_report, sum_line},
    verify::{fix_report, verify_report},
};
use crate::{
    args::{ColorChoice, ExitCodes, GlobalArgs, LogLevel, ReporterKind},
    env::{Environment, columns},
};

/// How one run talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// How progress is shown.
    pub(crate) reporter: ReporterKind,
    /// One JSON document on standard output, and nothing else there.
    pub(crate) is_json: bool,
    color: StreamColor,
    is_terminal: bool,
    /// Whether warnings are told.
    warns: bool,
    exit_codes: ExitCodes,
}

impl Output {
    /// Decides how this run talks.
    pub(crate) fn new(environment: &Environment, global: &GlobalArgs) -> Self {
        let reporter = match global.reporter {
            _ if global.silent || global.loglevel == Some(LogLevel::Silent) => ReporterKind::Silent,
            Some(reporter) => reporter,
            None if global.accepted.no_progress => ReporterKind::AppendOnly,
            None => ReporterKind::Default,
        };
        let color = match global.color {
            ColorChoice::Always => StreamColor::Always,
            ColorChoice::Never => StreamColor::Never,
            ColorChoice::Auto if global.accepted.no_color => StreamColor::Never,
            ColorChoice::Auto if environment.variable("NO_COLOR").is_some() => StreamColor::Never,
            ColorChoice::Auto => StreamColor::Auto,
        };
        let is_dumb = environment.variable("TERM") == Some("dumb");
        let is_terminal = environment.is_terminal && !is_dumb;
        Self {
            reporter,
            is_json: global.json,
            color,
            is_terminal,
            warns: global.loglevel != Some(LogLevel::Error),
            exit_codes: exit_codes(environment, global),
        }
    }

    /// Whether a line may be moved and rewritten.
    pub(crate) fn may_move(self) -> bool {
        self.is_terminal && self.reporter == ReporterKind::Default && !self.is_json
    }

    /// Whether anything but errors is to be told.
    pub(crate) fn is_silent(self) -> bool {
        self.reporter == ReporterKind::Silent
    }

    /// The width of the terminal that standard output goes to, in columns; `None` for pipes and files.
    pub(crate) fn columns(self) -> Option<usize> {
        columns(std::io::stdout())
    }

    /// Prints to standard output. A reader that is gone is no error.
    pub(crate) fn out(self, text: &str) {
        let mut stream = AutoStream::new(std::io::stdout(), self.color);
        drop(
            stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush()),
        );
    }

    /// Prints sentences to standard output: on a narrow terminal they are broken at words.
    pub(crate) fn say(self, text: &str) {
        self.out(&wrapped(text, self.columns()));
    }

    /// Prints to standard error. A reader that is gone is no error.
    pub(crate) fn err(self, text: &str) {
        let mut stream = AutoStream::new(std::io::stderr(), self.color);
        drop(
            stream
                .write_all(text.as_bytes())
                .and_then(|()| stream.flush()),
        );
    }

    /// Prints sentences to standard error, broken at words as [`Output::say`] does it.
    pub(crate) fn tell(self, text: &str) {
        self.err(&wrapped(text, columns(std::io::stderr())));
    }

    /// Prints a text of the help to standard output; for programs, as the one text of a document.
    pub(crate) fn help(self, text: &str) {
        if self.is_json {
            let text = anstream::adapter::strip_str(text).to_string();
            self.json(&json!({"ok": true, "help": text}));
        } else {
            self.out(text);
        }
    }

    /// Prints a JSON document to standard output.
    pub(crate) fn json(self, document: &serde_json::Value) {
        self.out(&format!("{document:#}\n"));
    }

    /// Prints a warning: one line.
    pub(crate) fn warning(self, warning: &Warning) {
        if !self.is_silent() && !self.is_json && self.warns {
            let text = format!("\x1b[33mwarning\x1b[0m: {}\n", escape(&warning.message));
            self.tell(&text);
        }
    }

    /// Prints an error and gives its exit code.
    pub(crate) fn error(self, error: &dyn Diagnostic) -> ExitCode {
        self.failure(error, &BTreeSet::new())
    }

    /// Prints an error after what was warned of before it happened, and gives its exit code.
    pub(crate) fn failure(self, error: &dyn Diagnostic, warnings: &BTreeSet<Warning>) -> ExitCode {
        if self.is_json {
            self.json(&error::to_json(error, warnings));
        } else if self.reporter == ReporterKind::Ndjson {
            // Each warning was an event of its own.
            self.out(&format!("{}\n", error::to_json(error, &BTreeSet::new())));
        } else {
            warnings.iter().for_each(|warning| self.warning(warning));
            self.tell(&error::to_text(error));
        }
        match error::signal(error) {
            Some(signal) => ExitCode::from(128 + signal),
            None => self.exit_code(error::code(error).as_deref()),
        }
    }

    /// The exit code of a failure with this code.
    pub(crate) fn exit_code(self, code: Option<&str>) -> ExitCode {
        if code == Some("ERR_PKG_USAGE") {
            return ExitCode::from(2);
        }
        let detailed = || code.and_then(crate::help::code).map(|code| code.exit);
        match self.exit_codes {
            ExitCodes::Plain => ExitCode::from(1),
            ExitCodes::Detailed => ExitCode::from(detailed().unwrap_or(1)),
        }
    }

    /// Answers arguments that cannot be understood, and the requests for help and version among them.
    pub(crate) fn usage(environment: &Environment, error: &clap::Error) -> ExitCode {
        let has = |flag: &str| environment.arguments.iter().any(|word| word == flag);
        let mut global = GlobalArgs {
            json: has("--json"),
            ..GlobalArgs::default()
        };
        global.accepted.no_color = has("--no-color") || has("--color=never");
        let output = Self::new(environment, &global);
        match usage::UsageError::of(error, &environment.arguments, output.is_json) {
            Some(wrong) => drop(output.error(&wrong)),
            None if error.use_stderr() => output.err(&error.render().ansi().to_string()),
            None if output.is_json && error.kind() == ErrorKind::DisplayVersion => {
                output.json(&json!({"ok": true, "version": env!("CARGO_PKG_VERSION")}));
            }
            None => output.help(&error.render().ansi().to_string()),
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    }
}

/// Tells of a bug of our own, where it is and what did not hold; for programs where they asked for JSON.
pub(crate) fn bug(invariant: Option<&str>, place: &str, is_json: bool) {
    let invariant = invariant.map_or_else(String::new, |text| format!(": {text}"));
    let version = env!("CARGO_PKG_VERSION");
    let message = format!("a bug of pkg {version} at {place}{invariant}");
    let message = escape(&message);
    let help = "please report this line; the project is as after an install that was killed: run the same command again";
    let written = if is_json {
        let error = json!({
            "code": "ERR_PKG_BUG", "message": message, "causes": [], "help": help
        });
        let document = json!({"ok": false, "error": error});
        std::io::stdout().write_all(format!("{document:#}\n").as_bytes())
    } else {
        let text = format!("error[ERR_PKG_BUG]: {message}\n  help: {help}\n");
        std::io::stderr().write_all(text.as_bytes())
    };
    drop(written);
}

/// How failures are told apart: as the flag says, else the environment.
fn exit_codes(environment: &Environment, global: &GlobalArgs) -> ExitCodes {
    let variable = environment.variable("PKG_CONFIG_EXIT_CODES");
    global.exit_codes.unwrap_or(match variable {
        Some("detailed") => ExitCodes::Detailed,
        _ => ExitCodes::Plain,
    })
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Says that nothing had to be done.
pub(crate) fn up_to_date(elapsed: Duration) {
    let line = install::right_aligned(
        "Already up to date",
        &install::duration(elapsed),
        columns(std::io::stdout()),
    );
    drop(std::io::stdout().write_all(line.as_bytes()));
}

/// Says that the current folder is gone.
pub(crate) fn without_a_folder(error: &std::io::Error) -> ExitCode {
    let text = format!(
        "error[ERR_PKG_NO_DIRECTORY]: the current folder cannot be used\n  caused by: {error}\n  \
         help: it may have been deleted; go to another one\n"
    );
    drop(std::io::stderr().write_all(text.as_bytes()));
    ExitCode::from(1)
}
