//! `pkg doctor`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Args;
use pkg_engine::{Finding, Health, LoadedSettings, check_registry, doctor, up_to_date};

use super::{Context, no_runtime, runtime};
use crate::{
    fast,
    render::{doctor_json, doctor_text},
};

/// Arguments of `pkg doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Do not ask the registry
    #[arg(long)]
    offline: bool,
}

/// Looks at everything that an install needs; exit code 1 where something is bad.
pub(crate) fn run(context: &Context<'_>, args: &DoctorArgs) -> ExitCode {
    let root = root(context);
    let request = context.settings_request();
    let findings = match LoadedSettings::load(&root, &context.host, &request) {
        Ok(settings) => match examine(context, args, (&root, settings)) {
            Ok(findings) => findings,
            Err(error) => return no_runtime(context.output, &error),
        },
        Err(error) => {
            let help = "`pkg help config` says where settings come from";
            vec![Finding::of_error("settings", &error, help)]
        }
    };
    if context.output.is_json {
        context.output.json(&doctor_json(&findings));
    } else {
        context.output.out(&doctor_text(&findings));
    }
    let is_bad = findings.iter().any(|finding| finding.health == Health::Bad);
    ExitCode::from(u8::from(is_bad))
}

fn examine(
    context: &Context<'_>,
    args: &DoctorArgs,
    (root, mut settings): (&Path, LoadedSettings),
) -> std::io::Result<Vec<Finding>> {
    let plain = fast::plain_request(context.environment);
    let state = up_to_date(root, plain.iter().map(Vec::as_slice));
    let mut findings = doctor(root, &context.host, &settings, state);
    settings.settings.offline |= args.offline;
    // One answer is enough to know.
    settings.settings.fetch_retries = 0;
    let runtime = runtime()?;
    let started = Instant::now();
    let mut registry = runtime.block_on(check_registry(&settings));
    runtime.shutdown_background();
    if registry.health == Health::Ok {
        let milliseconds = started.elapsed().as_millis();
        registry.message.push_str(&format!(" ({milliseconds} ms)"));
    }
    let behind_store = findings.iter().position(|it| it.topic == "proxy");
    findings.insert(behind_store.unwrap_or_default(), registry);
    Ok(findings)
}

/// The project's folder; outside of a project, the current one.
fn root(context: &Context<'_>) -> PathBuf {
    let directory = &context.host.directory;
    let is_project = |folder: &&Path| folder.join("package.json").exists();
    let found = directory.ancestors().find(is_project);
    found.unwrap_or(directory).to_path_buf()
}
