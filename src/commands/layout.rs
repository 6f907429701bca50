//! `pkg layout`.

use std::{process::ExitCode, time::Instant};

use clap::Args;
use pkg_engine::{
    InstallError, InstallOptions, Layout, LayoutError, LoadedSettings, Project, Switched, Warning,
    install, is_kept_by_project, switch_layout,
};

use super::{Context, no_runtime};
use crate::{
    fast,
    interrupt::until_interrupted,
    render::{Progress, install_report, layout_is, layout_is_set},
};

/// Arguments of `pkg layout`.
#[derive(Debug, Args)]
pub(crate) struct LayoutArgs {
    /// isolated, flat, nested or pnp; without it, the layout that the project has is printed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Where the isolated layout has the folders of packages: project or shared
    #[arg(long, value_name = "WHERE", requires = "name")]
    virtual_store: Option<String>,
    /// Leave out devDependencies
    #[arg(
        short = 'P',
        long,
        visible_alias = "production",
        conflicts_with = "dev"
    )]
    prod: bool,
    /// Lay out devDependencies only
    #[arg(short = 'D', long)]
    dev: bool,
    /// Leave out optionalDependencies
    #[arg(long)]
    no_optional: bool,
}

/// Prints the layout, or switches to another one.
pub(crate) fn run(context: &Context<'_>, args: &LayoutArgs) -> ExitCode {
    match &args.name {
        None => match print(context) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => context.output.error(&*error),
        },
        Some(name) => switch(context, args, name),
    }
}

fn print(context: &Context<'_>) -> Result<(), Box<InstallError>> {
    let (_, settings) = load(context, &[])?;
    layout_is(context.output, &settings);
    Ok(())
}

fn switch(context: &Context<'_>, args: &LayoutArgs, name: &str) -> ExitCode {
    let started = Instant::now();
    let progress = Progress::new(context.output);
    let result = match until_interrupted(switch_to(context, args, name, &progress)) {
        Ok(result) => result,
        Err(error) => return no_runtime(context.output, &error),
    };
    progress.clear();
    match result {
        Ok((layout, Switched::Set)) => {
            layout_is_set(context.output, layout);
            ExitCode::SUCCESS
        }
        Ok((_, Switched::Installed(report))) => {
            install_report(context.output, &report, started.elapsed());
            ExitCode::SUCCESS
        }
        Err(error) => progress.fail(&*error),
    }
}

async fn switch_to(
    context: &Context<'_>,
    args: &LayoutArgs,
    name: &str,
    progress: &Progress,
) -> Result<(Layout, Switched), Box<LayoutError>> {
    let failed = |error: Box<InstallError>| Box::new(LayoutError::from(*error));
    // What is written down already is what a later install will do.
    let before = load(context, &[]).ok();
    let mut flags = vec![
        ("layout", name),
        ("offline", "true"),
        ("frozen-lockfile", "true"),
    ];
    let virtual_store = args.virtual_store.as_deref();
    flags.extend(virtual_store.map(|place| ("virtual-store", place)));
    let (project, settings) = load(context, &flags).map_err(failed)?;
    progress.begin(&settings.warnings);
    let layout = settings.settings.layout;
    let options = InstallOptions {
        prod: !args.dev,
        dev: !args.prod,
        optional: !args.no_optional && !args.dev,
        lockfile_only: false,
        dry_run: false,
        force: false,
        fix_lockfile: false,
        update: pkg_engine::Update::Nothing,
        is_change: true,
        rebuild: pkg_engine::Rebuild::Nothing,
        request: fast::request_after_layout(context.environment),
    };
    let is_said =
        |before: &LoadedSettings| before.settings.layout == layout && is_kept_by_project(before);
    let is_kept = virtual_store.is_none() && before.is_some_and(|(_, before)| is_said(&before));
    let host = &context.host;
    let mut switched = if is_kept && project.lockfile_path().exists() {
        let report = install(&project, &settings, host, &options, progress).await;
        let report = report.map_err(|error| failed(Box::new(error)))?;
        Switched::Installed(Box::new(report))
    } else {
        let switched = switch_layout(&project, &settings, host, &options, progress).await;
        switched.map_err(Box::new)?
    };
    if let Switched::Installed(report) = &mut switched {
        report.warnings.extend(overruled(context, layout));
    }
    Ok((layout, switched))
}

/// A warning where something stronger than the project's file will have its way at the next install.
fn overruled(context: &Context<'_>, layout: Layout) -> Option<Warning> {
    let (_, settings) = load(context, &[]).ok()?;
    let stronger = settings
        .set_by
        .get("layout")
        .filter(|_| settings.settings.layout != layout)?;
    let message = format!(
        "the next install will use `{}`, which is set {stronger} and wins over `.npmrc`",
        settings.settings.layout.name()
    );
    Some(Warning::new("WARN_PKG_LAYOUT_OVERRULED", message))
}

fn load(
    context: &Context<'_>,
    flags: &[(&str, &str)],
) -> Result<(Project, LoadedSettings), Box<InstallError>> {
    let boxed = |error: InstallError| Box::new(error);
    let project = Project::load(&context.host.directory).map_err(|error| boxed(error.into()))?;
    let mut request = context.settings_request();
    let flags = flags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    request.flags.extend(flags);
    let settings = LoadedSettings::load(&project.root, &context.host, &request)
        .map_err(|error| boxed(error.into()))?;
    Ok((project, settings))
}
