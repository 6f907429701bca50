//! `pkg list`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Project,
    query::{Depth, ListOptions, PackagePattern, QueryError, list},
};

use super::{Context, groups::GroupArgs};
use crate::render::{listing_json, listing_parseable, listing_text};

/// Arguments of `pkg list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only what leads to these packages: `name`, `name@range`, `@scope/*`
    #[arg(value_name = "PACKAGE")]
    patterns: Vec<String>,
    #[command(flatten)]
    groups: GroupArgs,
    /// How many levels below the direct dependencies; `Infinity` for all
    #[arg(long, value_name = "LEVELS", default_value = "0", value_parser = parse_depth)]
    depth: Depth,
    /// All levels
    #[arg(short = 'a', long)]
    all: bool,
    /// Also what the manifest asks for; with `--parseable`, names and versions
    #[arg(short = 'l', long)]
    long: bool,
    /// One direct dependency a line, as its path
    #[arg(short = 'p', long)]
    parseable: bool,
}

fn parse_depth(text: &str) -> Result<Depth, String> {
    if text.eq_ignore_ascii_case("infinity") {
        return Ok(Depth::Unlimited);
    }
    let levels = text
        .parse()
        .map_err(|_| "a number of levels, or `Infinity`".to_owned())?;
    Ok(Depth::Levels(levels))
}

/// Lists what the project depends on; exit code 1 where a search found nothing.
pub(crate) fn run(context: &Context<'_>, args: &ListArgs) -> ExitCode {
    match listed(context, args) {
        Ok(code) => code,
        Err(error) => context.output.error(&error),
    }
}

fn listed(context: &Context<'_>, args: &ListArgs) -> Result<ExitCode, QueryError> {
    let project = Project::load(&context.host.directory)?;
    let patterns = args.patterns.iter().map(|text| PackagePattern::parse(text));
    let options = ListOptions {
        depth: if args.all {
            Depth::Unlimited
        } else {
            args.depth
        },
        groups: args.groups.groups(),
        patterns: patterns.collect::<Result<_, _>>()?,
    };
    let projects = list(&project, &options)?;
    let output = context.output;
    let is_long = args.long || is_called_long(context);
    if output.is_json {
        output.json(&listing_json(&projects));
    } else if args.parseable {
        output.out(&listing_parseable(&projects, is_long));
    } else {
        output.out(&listing_text(&projects, is_long));
    }
    let is_found = projects.iter().any(|project| !project.groups.is_empty());
    Ok(ExitCode::from(u8::from(
        !options.patterns.is_empty() && !is_found,
    )))
}

/// Whether it was called by one of the names that stand for the long form.
fn is_called_long(context: &Context<'_>) -> bool {
    let mut words = context.environment.arguments.iter();
    let command =
        words.find(|word| *word == "ll" || *word == "la" || *word == "ls" || *word == "list");
    command.is_some_and(|word| word == "ll" || word == "la")
}
