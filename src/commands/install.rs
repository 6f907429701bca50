//! `pkg install`.

use std::process::ExitCode;

use pkg_engine::{
    AddRequest, Change, InstallError, InstallOptions, InstallReport, LoadedSettings, Project,
    Rebuild, SaveGroup, SaveStyle, Update, install_allowing,
};

use super::{
    Context,
    change::{self, FollowArgs},
    operation,
};
use crate::{
    args::{Group, InstallArgs, InstallCommandArgs},
    fast,
    render::Progress,
};

/// Installs; with packages, adds them first.
pub(crate) fn run_command(context: &Context<'_>, args: &InstallCommandArgs) -> ExitCode {
    if args.packages.is_empty() {
        let what = (Rebuild::Nothing, fast::request(context.environment));
        return run_as(context, (&args.install, &args.allow_build), what);
    }
    let (install, save) = (&args.install, args.save);
    let group = match save {
        _ if save.save_dev || install.dev => Some(SaveGroup::Dev),
        _ if save.save_optional => Some(SaveGroup::Optional),
        _ if save.save_peer => Some(SaveGroup::Peer),
        _ if install.prod => Some(SaveGroup::Prod),
        _ => None,
    };
    let style = save.save_exact.then_some(SaveStyle::Exact);
    let request = AddRequest {
        packages: args.packages.clone(),
        group,
        style,
    };
    let follow = FollowArgs {
        lockfile_only: install.lockfile_only,
        offline: install.offline,
        prefer_offline: install.prefer_offline,
        ignore_scripts: install.ignore_scripts,
        dry_run: install.dry_run,
    };
    let wanted = Change::Add(request);
    change::run_allowing(context, (&wanted, &args.allow_build), &follow)
}

/// Installs and says what changed.
pub(crate) fn run(context: &Context<'_>, args: &InstallArgs) -> ExitCode {
    let what = (Rebuild::Nothing, fast::request(context.environment));
    run_as(context, (args, &[]), what)
}

/// Installs as a plain `pkg install` does, and runs scripts of packages again.
pub(crate) fn run_again(context: &Context<'_>, rebuild: Rebuild) -> ExitCode {
    let what = (rebuild, fast::plain_request(context.environment));
    run_as(context, (&InstallArgs::default(), &[]), what)
}

fn run_as(
    context: &Context<'_>,
    args: (&InstallArgs, &[String]),
    what: (Rebuild, Vec<Vec<u8>>),
) -> ExitCode {
    operation::run(context, async |progress: &Progress| {
        install(context, args, what, progress).await
    })
}

async fn install(
    context: &Context<'_>,
    (args, allowed): (&InstallArgs, &[String]),
    (rebuild, request_of_state): (Rebuild, Vec<Vec<u8>>),
    progress: &Progress,
) -> Result<InstallReport, Box<InstallError>> {
    let project = Project::load(&context.host.directory).map_err(InstallError::from)?;
    let mut request = context.settings_request();
    request.flags.extend(flags(args));
    let mut settings =
        LoadedSettings::load(&project.root, &context.host, &request).map_err(InstallError::from)?;
    progress.begin(&settings.warnings);
    let options = InstallOptions {
        prod: !args.dev,
        dev: args.has(Group::Dev).unwrap_or(!is_production(context)),
        optional: args.has(Group::Optional).unwrap_or(true),
        lockfile_only: args.lockfile_only,
        dry_run: args.dry_run,
        force: args.force,
        fix_lockfile: args.fix_lockfile,
        update: Update::Nothing,
        is_change: false,
        rebuild,
        request: request_of_state,
    };
    let request = (&options, allowed);
    let installed =
        install_allowing(&project, &mut settings, &context.host, request, progress).await;
    installed.map_err(Box::new)
}

/// Whether the environment asks for production.
fn is_production(context: &Context<'_>) -> bool {
    context.environment.variable("NODE_ENV") == Some("production")
}

/// The settings that the flags name.
fn flags(args: &InstallArgs) -> Vec<(String, String)> {
    let switches = [
        ("frozen-lockfile", args.frozen_lockfile, "true"),
        ("frozen-lockfile", args.no_frozen_lockfile, "false"),
        ("offline", args.offline, "true"),
        ("prefer-offline", args.prefer_offline, "true"),
        ("ignore-scripts", args.ignore_scripts, "true"),
    ];
    let set = switches.into_iter().filter(|(_, is_set, _)| *is_set);
    let mut flags: Vec<_> = set
        .map(|(key, _, value)| (key.to_owned(), value.to_owned()))
        .collect();
    flags.extend(
        args.layout
            .iter()
            .map(|layout| ("layout".to_owned(), layout.clone())),
    );
    flags
}
