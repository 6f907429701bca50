//! `pkg update`.

use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use pkg_engine::{
    Change, ChangeError, UpdateChoice, UpdateLevel, UpdateRequest, query::PackagePattern,
    update_choices,
};
use thiserror::Error;

use super::{
    Context,
    change::{self, FollowArgs, Prepared},
    groups::GroupArgs,
    no_runtime, runtime,
};
use crate::{
    prompt::{Answer, Checklist, ask},
    render::update_items,
};

/// Arguments of `pkg update`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct UpdateArgs {
    /// Only these packages, direct or not: `name`, `@scope/*`
    #[arg(value_name = "PACKAGE")]
    patterns: Vec<String>,
    /// To the newest versions, whatever package.json allows now
    #[arg(short = 'L', long, conflicts_with_all = ["minor", "patch"])]
    latest: bool,
    /// Within the same major version
    #[arg(long, conflicts_with = "patch")]
    minor: bool,
    /// Within the same minor version
    #[arg(long)]
    patch: bool,
    /// Leave package.json as it is
    #[arg(long, conflicts_with = "latest")]
    no_save: bool,
    /// Choose on the terminal what moves
    #[arg(short = 'i', long)]
    interactive: bool,
    #[command(flatten)]
    groups: GroupArgs,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Moves packages to newer versions.
pub(crate) fn run(context: &Context<'_>, args: &UpdateArgs) -> ExitCode {
    let patterns = args.patterns.iter().map(|text| PackagePattern::parse(text));
    let patterns = match patterns.collect() {
        Ok(patterns) => patterns,
        Err(error) => return context.output.error(&error),
    };
    let level = match args {
        _ if args.latest => UpdateLevel::Latest,
        _ if args.minor => UpdateLevel::Minor,
        _ if args.patch => UpdateLevel::Patch,
        _ => UpdateLevel::Range,
    };
    let request = UpdateRequest {
        patterns,
        level,
        groups: args.groups.groups(),
        save: !args.no_save,
    };
    if args.interactive {
        return choose(context, args, &request);
    }
    change::run(context, &Change::Update(request), &args.follow)
}

/// Why nothing can be chosen.
#[derive(Debug, Error, Diagnostic)]
enum ChooseError {
    /// Nobody can be asked.
    #[error("`--interactive` asks on a terminal, and this is none")]
    #[diagnostic(
        code(ERR_PKG_NO_TERMINAL),
        help(
            "name what is to move, `pkg update NAME`, or leave `--interactive` away to move all; `pkg outdated` lists it"
        )
    )]
    NoTerminal,
    /// The terminal fails.
    #[error("the terminal cannot be used")]
    #[diagnostic(code(ERR_PKG_NO_TERMINAL))]
    Terminal(#[from] std::io::Error),
}

/// Asks what is to move, and moves that.
fn choose(context: &Context<'_>, args: &UpdateArgs, request: &UpdateRequest) -> ExitCode {
    let output = context.output;
    if !context.environment.can_answer || !output.may_move() {
        return output.error(&ChooseError::NoTerminal);
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(output, &error),
    };
    let choices = match runtime.block_on(choices(context, args, request)) {
        Ok(choices) => choices,
        Err(error) => return output.error(&error),
    };
    runtime.shutdown_background();
    if choices.is_empty() {
        output.out("Everything is as new as it may be\n");
        return ExitCode::SUCCESS;
    }
    let items = update_items(&choices, context.host.now);
    let list = Checklist::new("Which packages are to move?".to_owned(), items);
    let chosen = match ask(list) {
        Ok(Answer::Chosen(chosen)) => chosen,
        Ok(Answer::Left) => Vec::new(),
        Ok(Answer::Interrupted) => return ExitCode::from(INTERRUPTED),
        Err(error) => return output.error(&ChooseError::from(error)),
    };
    let names = chosen.iter().filter_map(|index| choices.get(*index));
    let patterns = names.map(|choice| PackagePattern::parse(choice.alias.as_str()));
    let patterns: Vec<_> = match patterns.collect() {
        Ok(patterns) => patterns,
        Err(error) => return output.error(&error),
    };
    if patterns.is_empty() {
        output.out("Nothing was chosen, and nothing was changed\n");
        return ExitCode::SUCCESS;
    }
    let request = UpdateRequest {
        patterns,
        ..request.clone()
    };
    change::run(context, &Change::Update(request), &args.follow)
}

/// How a shell sees a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

async fn choices(
    context: &Context<'_>,
    args: &UpdateArgs,
    request: &UpdateRequest,
) -> Result<Vec<UpdateChoice>, ChangeError> {
    let prepared = Prepared::new(context, &args.follow).map_err(Box::new)?;
    update_choices(
        &prepared.project,
        &prepared.settings,
        &context.host,
        request,
    )
    .await
}
