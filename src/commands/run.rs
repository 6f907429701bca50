//! `pkg run`.

use std::process::ExitCode;

use pkg_engine::{Project, RunRequest, run_script};
use serde_json::json;

use super::{Context, no_runtime, runtime};
use crate::{
    args::RunArgs,
    render::{Progress, escape},
};

/// Runs a script, or lists them all.
pub(crate) fn run(context: &Context<'_>, args: &RunArgs) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let Some((script, arguments)) = args.script.split_first() else {
        list(context, &project);
        return ExitCode::SUCCESS;
    };
    let request = RunRequest {
        script: script.to_string_lossy().into_owned(),
        arguments: arguments.to_vec(),
        if_present: args.if_present,
        with_pre_and_post: true,
        command: "run",
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    let progress = Progress::new(context.output);
    match runtime.block_on(run_script(&project, &context.host, &request, &progress)) {
        Ok(exit) => ExitCode::from(u8::try_from(exit.code()).unwrap_or(1)),
        Err(error) => context.output.error(&error),
    }
}

/// Prints the scripts and what they run.
fn list(context: &Context<'_>, project: &Project) {
    let scripts = &project.manifest.scripts;
    if context.output.is_json {
        context
            .output
            .json(&json!({"ok": true, "scripts": scripts}));
        return;
    }
    let mut text = String::new();
    for (name, command) in scripts {
        text.push_str(&format!("{}\n  {}\n", escape(name), escape(command)));
    }
    if scripts.is_empty() {
        text.push_str("package.json has no scripts\n");
    }
    context.output.out(&text);
}
