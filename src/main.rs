//! `pkg`: parse, session, command, exit code.

mod args;
mod bug;
mod commands;
mod completion;
mod elsewhere;
mod env;
mod fast;
mod help;
mod interrupt;
mod prompt;
mod render;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{args::Cli, env::Environment, render::Output};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bug::report_bugs();
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => return render::without_a_folder(&error),
    };
    if let Some(code) = fast::repeat(&environment) {
        return code;
    }
    if let Some(code) = commands::semver::intercept(&environment) {
        return code;
    }
    if let Some(code) = commands::help::intercept(&environment) {
        return code;
    }
    if let Some(cli) = commands::run::plain(&environment.arguments) {
        return commands::run(&environment, cli);
    }
    let program = std::iter::once("pkg".into());
    match Cli::try_parse_from(program.chain(words::prepared(&environment.arguments))) {
        Ok(cli) => commands::run(&environment, cli),
        Err(error) => Output::usage(&environment, &error),
    }
}
