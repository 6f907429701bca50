//! `pkg completion SHELL`, and the hidden `pkg __complete`, which the shells ask.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Context;
use crate::{
    completion::{Shell, candidates, words_of},
    render::escape,
};

/// Arguments of `pkg completion`.
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Arguments of `pkg __complete`.
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// The words behind `pkg`, the last of them unfinished
    #[arg(last = true)]
    words: Vec<String>,
    /// The line up to the cursor instead, for shells that have no words
    #[arg(long, conflicts_with = "words", allow_hyphen_values = true)]
    line: Option<String>,
}

/// Prints what a shell has to read once.
pub(crate) fn run(context: &Context<'_>, args: &CompletionArgs) -> ExitCode {
    let script = args.shell.script();
    if context.output.is_json {
        context.output.json(&json!({"ok": true, "script": script}));
    } else {
        context.output.out(script);
    }
    ExitCode::SUCCESS
}

/// Prints what may stand at the cursor: a word a line, and behind a tab what it is.
pub(crate) fn complete(context: &Context<'_>, args: &CompleteArgs) -> ExitCode {
    let mut text = String::new();
    let words = args.line.as_deref().map(words_of);
    let words = words.as_ref().unwrap_or(&args.words);
    for candidate in candidates(words, &context.host.directory) {
        let about: String = escape(&candidate.about).chars().take(80).collect();
        text.push_str(&format!("{}\t{about}\n", candidate.value));
    }
    context.output.out(&text);
    ExitCode::SUCCESS
}
