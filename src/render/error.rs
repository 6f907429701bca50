//! Errors as people and programs read them: what, where, why, what next, and a stable code.

use std::collections::BTreeSet;

use miette::Diagnostic;
use pkg_engine::{EndedBySignal, Warning};
use serde_json::{Value, json};

use super::{escape::escape_lines, install::warnings_json};

/// The code of an error, or of the nearest of its causes that has one.
pub(super) fn code(error: &dyn Diagnostic) -> Option<String> {
    error
        .code()
        .map(|code| code.to_string())
        .or_else(|| error.diagnostic_source().and_then(code))
}

/// What to do, as the error or the nearest of its causes says.
fn help(error: &dyn Diagnostic) -> Option<String> {
    error
        .help()
        .map(|help| help.to_string())
        .or_else(|| error.diagnostic_source().and_then(help))
}

/// What `docs/errors.md` says is to be done, in the form of the errors' own advice.
fn remedy(code: &str) -> Option<String> {
    // What went wrong stands above it, in the script's own words.
    if code == "ERR_PKG_SCRIPT_FAILED" {
        return None;
    }
    let remedy = crate::help::code(code)?.remedy;
    let words: Vec<_> = remedy.trim_end_matches('.').split_whitespace().collect();
    let text = words.join(" ");
    let mut characters = text.chars();
    let first = characters.next()?.to_lowercase();
    Some(first.chain(characters).collect())
}

/// The signal that ended the script which failed, where one did.
pub(super) fn signal(error: &dyn Diagnostic) -> Option<u8> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(EndedBySignal(signal)) = cause.downcast_ref() {
            return u8::try_from(*signal).ok().filter(|signal| *signal < 128);
        }
        next = cause.source();
    }
    None
}

/// The causes, outermost first; one that only repeats what stands before it is left out.
fn causes(error: &dyn Diagnostic) -> Vec<String> {
    let mut causes = Vec::new();
    let mut told = error.to_string();
    let mut next =
        std::error::Error::source(&error as &dyn std::error::Error).or_else(|| error.source());
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            causes.push(text.clone());
            told = text;
        }
        next = cause.source();
    }
    causes
}

/// The error for people.
pub(super) fn to_text(error: &dyn Diagnostic) -> String {
    let code = code(error).unwrap_or_else(|| "ERR_PKG".to_owned());
    let mut text = format!(
        "\x1b[1;31merror\x1b[0m[{code}]: {}\n",
        escape_lines(&error.to_string())
    );
    for cause in causes(error) {
        text.push_str(&format!("  caused by: {}\n", escape_lines(&cause)));
    }
    if let Some(help) = help(error).or_else(|| remedy(&code)) {
        text.push_str(&format!("  help: {}\n", escape_lines(&help)));
    }
    text
}

/// The error for programs, and what was warned of before it where there was anything.
pub(super) fn to_json(error: &dyn Diagnostic, warnings: &BTreeSet<Warning>) -> Value {
    let code = code(error).unwrap_or_else(|| "ERR_PKG".to_owned());
    let mut document = json!({
        "ok": false,
        "error": {
            "code": code,
            "compatCode": crate::help::code(&code).and_then(|code| code.elsewhere),
            "message": escape_lines(&error.to_string()),
            "causes": causes(error).iter().map(|cause| escape_lines(cause)).collect::<Vec<_>>(),
            "help": help(error).or_else(|| remedy(&code)).map(|help| escape_lines(&help)),
        }
    });
    if !warnings.is_empty() {
        document["warnings"] = warnings_json(warnings);
    }
    document
}
