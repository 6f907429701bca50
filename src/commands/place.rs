//! `pkg bin`, `pkg root`, `pkg prefix`: where things are.

use std::process::ExitCode;

use pkg_engine::Project;
use serde_json::json;

use super::Context;

/// Prints the folder `below` the project's.
pub(crate) fn run(context: &Context<'_>, below: &str) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let path = if below.is_empty() {
        project.root
    } else {
        project.root.join(below)
    };
    let path = path.to_string_lossy();
    if context.output.is_json {
        context.output.json(&json!({"ok": true, "path": path}));
    } else {
        // A path goes to programs as it is.
        context.output.out(&format!("{path}\n"));
    }
    ExitCode::SUCCESS
}
