//! What `pkg add`, `pkg remove` and `pkg update` share: the flags of the install that follows, and the run.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Change, ChangeError, InstallError, InstallOptions, InstallReport, LoadedSettings, Project,
    Update, change_allowing,
};

use super::{Context, operation};
use crate::{fast, render::Progress};

/// Flags of the install that follows a change of package.json.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Install")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct FollowArgs {
    /// Change package.json and pkg.lock and nothing else
    #[arg(long, visible_alias = "package-lock-only")]
    pub(crate) lockfile_only: bool,
    /// Ask the network for nothing
    #[arg(long, conflicts_with = "prefer_offline")]
    pub(crate) offline: bool,
    /// Ask the network only for what is not cached
    #[arg(long)]
    pub(crate) prefer_offline: bool,
    /// Run no scripts of the project
    #[arg(long)]
    pub(crate) ignore_scripts: bool,
    /// Say what would change and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Makes the change, installs, and says what changed.
pub(crate) fn run(context: &Context<'_>, wanted: &Change, follow: &FollowArgs) -> ExitCode {
    run_allowing(context, (wanted, &[]), follow)
}

/// As [`run`]; the install scripts of the packages of these names may run.
pub(crate) fn run_allowing(
    context: &Context<'_>,
    wanted: (&Change, &[String]),
    follow: &FollowArgs,
) -> ExitCode {
    operation::run(context, async |progress: &Progress| {
        let changed = changed(context, wanted, follow, progress).await;
        changed.map_err(Box::new)
    })
}

async fn changed(
    context: &Context<'_>,
    (wanted, allowed): (&Change, &[String]),
    follow: &FollowArgs,
    progress: &Progress,
) -> Result<InstallReport, ChangeError> {
    let Prepared {
        project,
        mut settings,
        options,
    } = Prepared::new(context, follow).map_err(Box::new)?;
    progress.begin(&settings.warnings);
    change_allowing(
        &project,
        &mut settings,
        &context.host,
        (wanted, &options, allowed),
        progress,
    )
    .await
}

/// What an install that follows from a command is done with.
pub(crate) struct Prepared {
    pub(crate) project: Project,
    pub(crate) settings: LoadedSettings,
    pub(crate) options: InstallOptions,
}

impl Prepared {
    /// Reads project and settings.
    pub(crate) fn new(context: &Context<'_>, follow: &FollowArgs) -> Result<Self, InstallError> {
        let project = Project::load(&context.host.directory)?;
        let mut request = context.settings_request();
        let switches = [
            ("offline", follow.offline),
            ("prefer-offline", follow.prefer_offline),
            ("ignore-scripts", follow.ignore_scripts),
        ];
        let set = switches.into_iter().filter(|(_, is_set)| *is_set);
        request
            .flags
            .extend(set.map(|(key, _)| (key.to_owned(), "true".to_owned())));
        let settings = LoadedSettings::load(&project.root, &context.host, &request)?;
        let options = InstallOptions {
            prod: true,
            dev: true,
            optional: true,
            lockfile_only: follow.lockfile_only,
            dry_run: follow.dry_run,
            force: false,
            fix_lockfile: false,
            update: Update::Nothing,
            is_change: true,
            rebuild: pkg_engine::Rebuild::Nothing,
            request: fast::plain_request(context.environment),
        };
        Ok(Self {
            project,
            settings,
            options,
        })
    }
}
