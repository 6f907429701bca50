//! `pkg bin`, `pkg root`, `pkg prefix`: where things are.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use pkg_engine::Project;
use serde_json::json;

use super::Context;

/// Prints a folder of the project, which `place` finds from the project's own.
pub(crate) fn run(context: &Context<'_>, place: impl Fn(&Path) -> PathBuf) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let path = place(&project.root);
    let path = path.to_string_lossy();
    if context.output.is_json {
        context.output.json(&json!({"ok": true, "path": path}));
    } else {
        // A path goes to programs as it is.
        context.output.out(&format!("{path}\n"));
    }
    ExitCode::SUCCESS
}
