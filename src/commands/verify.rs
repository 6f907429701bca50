//! `pkg verify`.

use std::{process::ExitCode, time::Instant};

use clap::Args;
use pkg_engine::{LoadedSettings, Project, VerifyError, fix, verify};

use super::{Context, no_runtime};
use crate::{
    interrupt::until_interrupted,
    render::{Progress, fix_report, verify_report},
};

/// Flags of `pkg verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Put right what differs: foreign and changed files are moved aside, the right ones placed again
    #[arg(long)]
    pub(crate) fix: bool,
}

/// Looks at the tree, and puts it right if that was asked for.
pub(crate) fn run(context: &Context<'_>, args: &VerifyArgs) -> ExitCode {
    let started = Instant::now();
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let request = context.settings_request();
    let settings = match LoadedSettings::load(&project.root, &context.host, &request) {
        Ok(settings) => settings,
        Err(error) => return context.output.error(&error),
    };
    if args.fix {
        return put_right(context, &project, settings, started);
    }
    match verify(&project, &settings, &context.host) {
        Ok(report) => {
            verify_report(context.output, &report, started.elapsed());
            ended(context, report.is_intact())
        }
        Err(error) => context.output.error(&error),
    }
}

/// The exit code of a tree that is as it should be, or not.
fn ended(context: &Context<'_>, is_intact: bool) -> ExitCode {
    if is_intact {
        ExitCode::SUCCESS
    } else {
        context.output.exit_code(Some("ERR_PKG_VERIFY_MISMATCH"))
    }
}

fn put_right(
    context: &Context<'_>,
    project: &Project,
    settings: LoadedSettings,
    started: Instant,
) -> ExitCode {
    let progress = Progress::new(context.output);
    progress.begin(&settings.warnings);
    let fixing = async {
        let fixed = fix(project, settings, &context.host, &progress).await;
        fixed.map_err(Box::<VerifyError>::new)
    };
    let result = match until_interrupted(fixing) {
        Ok(result) => result,
        Err(error) => return no_runtime(context.output, &error),
    };
    progress.clear();
    match result {
        Ok(fixed) => {
            fix_report(context.output, &fixed, started.elapsed());
            ended(context, fixed.after.is_intact())
        }
        Err(error) => progress.fail(&*error),
    }
}
