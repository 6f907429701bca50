//! `pkg outdated`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pkg_engine::{
    Project,
    query::{OutdatedOptions, PackagePattern, QueryError, outdated},
};

use super::{Context, groups::GroupArgs, no_runtime, runtime};
use crate::render::{outdated_json, outdated_list, outdated_text};

/// Arguments of `pkg outdated`.
#[derive(Debug, Args)]
pub(crate) struct OutdatedArgs {
    /// Only these packages: `name`, `@scope/*`
    #[arg(value_name = "PACKAGE")]
    patterns: Vec<String>,
    #[command(flatten)]
    groups: GroupArgs,
    /// Only versions that the ranges of package.json take
    #[arg(long)]
    compatible: bool,
    /// Also where package.json asks for it, and what it asks for
    #[arg(short = 'l', long)]
    long: bool,
    /// How it is printed
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Table)]
    format: Form,
    /// Ask the network for nothing
    #[arg(long)]
    offline: bool,
}

/// The forms of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line a package, in columns
    Table,
    /// Two lines a package, for narrow terminals
    List,
    /// One document, as `--json`
    Json,
}

/// Lists direct dependencies with newer versions; exit code 1 where there is one.
pub(crate) fn run(context: &Context<'_>, args: &OutdatedArgs) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    match runtime.block_on(listed(context, args)) {
        Ok(code) => code,
        Err(error) => context.output.error(&error),
    }
}

async fn listed(context: &Context<'_>, args: &OutdatedArgs) -> Result<ExitCode, QueryError> {
    let project = Project::load(&context.host.directory)?;
    let mut request = context.settings_request();
    if args.offline {
        request
            .flags
            .push(("offline".to_owned(), "true".to_owned()));
    }
    let settings = context.load_settings_with(&project.root, &request)?;
    let patterns = args.patterns.iter().map(|text| PackagePattern::parse(text));
    let options = OutdatedOptions {
        groups: args.groups.groups(),
        patterns: patterns.collect::<Result<_, _>>()?,
        compatible: args.compatible,
    };
    let found = outdated(&project, &settings, &context.host, &options).await?;
    let output = context.output;
    if output.is_json || args.format == Form::Json {
        output.json(&outdated_json(&found));
    } else if found.is_empty() {
        output.out("Everything is as new as it may be\n");
    } else if args.format == Form::List {
        output.out(&outdated_list(&found, args.long, context.host.now));
    } else {
        output.out(&outdated_text(
            &found,
            args.long,
            context.host.now,
            output.columns(),
        ));
    }
    Ok(ExitCode::from(u8::from(!found.is_empty())))
}
