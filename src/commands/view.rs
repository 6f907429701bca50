//! `pkg view`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::query::{QueryError, view};

use super::{Context, no_runtime, runtime};
use crate::render::{view_fields, view_json, view_text};

/// Arguments of `pkg view`.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// The package: `name`, `name@tag`, `name@range`
    #[arg(value_name = "PACKAGE")]
    package: String,
    /// Fields of its document, such as `version`, `versions`, `dist.integrity`
    #[arg(value_name = "FIELD")]
    fields: Vec<String>,
    /// Ask the network for nothing
    #[arg(long)]
    offline: bool,
}

/// Shows what the registry says of a package.
pub(crate) fn run(context: &Context<'_>, args: &ViewArgs) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    match runtime.block_on(viewed(context, args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

async fn viewed(context: &Context<'_>, args: &ViewArgs) -> Result<(), QueryError> {
    let mut request = context.settings_request();
    if args.offline {
        request
            .flags
            .push(("offline".to_owned(), "true".to_owned()));
    }
    let settings = context.load_settings_with(&context.host.directory, &request)?;
    let view = view(&settings, &context.host, &args.package).await?;
    let output = context.output;
    if output.is_json {
        output.json(&view_json(&view, &args.fields));
    } else if args.fields.is_empty() {
        output.out(&view_text(&view, context.host.now));
    } else {
        output.out(&view_fields(&view, &args.fields));
    }
    Ok(())
}
