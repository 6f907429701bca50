//! Before scripts and commands run: the packages that they need are there, or the setting says what else.

use std::{io::BufRead as _, process::ExitCode, time::Instant};

use pkg_engine::{
    LoadedSettings, NotReady, Project, Readiness, VerifyDeps, Warning, can_install, readiness,
};

use super::{Context, no_runtime, runtime};
use crate::{
    fast,
    render::{Progress, readied},
};

/// Sees that a project's packages are what it asks for.
pub(super) fn make_ready(
    context: &Context<'_>,
    project: &Project,
    settings: &mut LoadedSettings,
) -> Result<(), ExitCode> {
    let wanted = settings.settings.verify_deps_before_run;
    if wanted == VerifyDeps::Off {
        return Ok(());
    }
    let found = readiness(project);
    if matches!(found, Readiness::Ready | Readiness::Foreign) {
        return Ok(());
    }
    let warn = |why: &str| {
        let message = format!("{}{why}: run `pkg install`", found.in_words());
        context
            .output
            .warning(&Warning::new("WARN_PKG_NOT_INSTALLED", message));
        Ok(())
    };
    match wanted {
        VerifyDeps::Off => Ok(()),
        VerifyDeps::Warn => warn(""),
        VerifyDeps::Install if settings.settings.offline => warn(" (and `offline` is set)"),
        VerifyDeps::Install if !can_install(&project.root) => warn(" (and it is read-only)"),
        VerifyDeps::Install => install(context, project, settings, found),
        VerifyDeps::Prompt if context.environment.can_answer && is_agreed(context, found) => {
            install(context, project, settings, found)
        }
        VerifyDeps::Prompt | VerifyDeps::Error => {
            Err(context.output.error(&NotReady { readiness: found }))
        }
    }
}

/// Asks whether to install.
fn is_agreed(context: &Context<'_>, found: Readiness) -> bool {
    context
        .output
        .err(&format!("{}. Install them now? [Y/n] ", found.in_words()));
    let mut answer = String::new();
    let is_read = std::io::stdin().lock().read_line(&mut answer).is_ok();
    is_read && matches!(answer.trim(), "" | "y" | "Y" | "yes") && answer.ends_with('\n')
}

fn install(
    context: &Context<'_>,
    project: &Project,
    settings: &mut LoadedSettings,
    found: Readiness,
) -> Result<(), ExitCode> {
    let started = Instant::now();
    let runtime = runtime().map_err(|error| no_runtime(context.output, &error))?;
    let progress = Progress::new(context.output);
    let request = fast::plain_request(context.environment);
    let result = runtime.block_on(pkg_engine::make_ready(
        project,
        settings,
        &context.host,
        (found, request),
        &progress,
    ));
    // What is still being downloaded or written by other threads is wanted by nobody any more.
    runtime.shutdown_background();
    progress.clear();
    match result {
        Ok(report) => {
            readied(context.output, &report, started.elapsed());
            Ok(())
        }
        Err(error) => Err(context.output.error(&error)),
    }
}
