//! `pkg init`.

use std::{ffi::OsString, io::BufRead as _, process::ExitCode};

use clap::Args;
use pkg_engine::{InitAnswers, LoadedSettings, write_manifest};
use serde_json::json;

use super::{Context, create::create};
use crate::render::escape;

/// Arguments of `pkg init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Ask nothing
    #[arg(short = 'y', long)]
    yes: bool,
    /// Write a name and a version and no more
    #[arg(long)]
    bare: bool,
    /// As in `pkg create`
    #[arg(
        trailing_var_arg = true,
        value_name = "NAME [ARGS]",
        conflicts_with = "bare"
    )]
    words: Vec<OsString>,
}

/// Writes a manifest where there is none.
pub(crate) fn run(context: &Context<'_>, args: &InitArgs) -> ExitCode {
    if !args.words.is_empty() {
        return create(context, &args.words, Vec::new());
    }
    let (host, output) = (&context.host, context.output);
    let folder = &host.directory;
    let settings = match LoadedSettings::load(folder, host, &context.settings_request()) {
        Ok(settings) => settings,
        Err(error) => return output.error(&error),
    };
    let mut answers = InitAnswers::usual(folder, &settings.settings);
    let is_there = folder.join("package.json").symlink_metadata().is_ok();
    let asks = !args.yes && !args.bare && context.environment.can_answer && !output.is_json;
    if asks && !is_there && ask_all(context, &mut answers).is_none() {
        output.err("\nnothing was written\n");
        return ExitCode::from(1);
    }
    match write_manifest(folder, &answers.to_text(args.bare)) {
        Ok(()) => {
            let path = folder.join("package.json");
            if output.is_json {
                output.json(&json!({"ok": true, "path": path.to_string_lossy()}));
            } else if !output.is_silent() {
                output.out(&format!("wrote {}\n", escape(&path.to_string_lossy())));
            }
            ExitCode::SUCCESS
        }
        Err(error) => output.error(&error),
    }
}

/// Asks for one field after another; an empty answer takes what stands in brackets. `None` at the end of input.
fn ask_all(context: &Context<'_>, answers: &mut InitAnswers) -> Option<()> {
    loop {
        answers.name = ask(context, "package name", &answers.name)?;
        match InitAnswers::check_name(&answers.name) {
            Ok(()) => break,
            Err(error) => drop(context.output.error(&error)),
        }
    }
    answers.version = ask(context, "version", &answers.version)?;
    answers.description = ask(context, "description", &answers.description)?;
    answers.main = ask(context, "entry point", &answers.main)?;
    answers.test = ask(context, "test command", &answers.test)?;
    let keywords = ask(context, "keywords", "")?;
    answers.keywords = keywords
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    answers.author = ask(context, "author", &answers.author)?;
    answers.license = ask(context, "license", &answers.license)?;
    answers.kind = ask(context, "type", &answers.kind)?;
    Some(())
}

fn ask(context: &Context<'_>, what: &str, usual: &str) -> Option<String> {
    let shown = match usual {
        "" => String::new(),
        usual => format!(" ({})", escape(usual)),
    };
    context.output.err(&format!("{what}:{shown} "));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).ok()?;
    let answer = line.trim();
    (read > 0).then(|| match answer {
        "" => usual.to_owned(),
        answer => answer.to_owned(),
    })
}
