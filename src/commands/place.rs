//! `pkg bin`, `pkg root`, `pkg prefix`: where things are.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use miette::Diagnostic;
use pkg_engine::{Project, packages_folder};
use serde_json::json;
use thiserror::Error;

use super::Context;

/// Why there is no such folder.
#[derive(Debug, Error, Diagnostic)]
#[error("in the layout `pnp` no folder has the packages of the project")]
#[diagnostic(
    code(ERR_PKG_NO_PACKAGES_FOLDER),
    help(
        "`pkg list --parseable` prints where each is, `pkg node` runs what needs them, and `pkg bin` prints the folder of commands"
    )
)]
struct NoPackagesFolder;

/// Prints the folder of the project's packages.
pub(crate) fn run_root(context: &Context<'_>) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    match packages_folder(&project.root) {
        Some(folder) => print(context, &folder),
        // A path that is not there would fail later, and without a reason.
        None => context.output.error(&NoPackagesFolder),
    }
}

/// Prints a folder of the project, which `place` finds from the project's own.
pub(crate) fn run(context: &Context<'_>, place: impl Fn(&Path) -> PathBuf) -> ExitCode {
    match Project::load(&context.host.directory) {
        Ok(project) => print(context, &place(&project.root)),
        Err(error) => context.output.error(&error),
    }
}

fn print(context: &Context<'_>, path: &Path) -> ExitCode {
    let path = path.to_string_lossy();
    if context.output.is_json {
        context.output.json(&json!({"ok": true, "path": path}));
    } else {
        // A path goes to programs as it is.
        context.output.out(&format!("{path}\n"));
    }
    ExitCode::SUCCESS
}
