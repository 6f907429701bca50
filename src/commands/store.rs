//! `pkg store`.

use std::process::ExitCode;

use pkg_engine::{LoadedSettings, store_verify};
use serde_json::json;

use super::Context;
use crate::{args::StoreCommand, render::escape};

/// Answers a question about the store.
pub(crate) fn run(context: &Context<'_>, command: &StoreCommand) -> ExitCode {
    let request = context.settings_request();
    let loaded = LoadedSettings::load(&context.host.directory, &context.host, &request);
    let store = match loaded {
        Ok(settings) => settings.locations.store,
        Err(error) => return context.output.error(&error),
    };
    match command {
        StoreCommand::Path if context.output.is_json => {
            context
                .output
                .json(&json!({"ok": true, "path": store.to_string_lossy()}));
            ExitCode::SUCCESS
        }
        StoreCommand::Path => {
            context.output.out(&format!("{}\n", store.display()));
            ExitCode::SUCCESS
        }
        StoreCommand::Verify => verify(context, &store),
    }
}

fn verify(context: &Context<'_>, store: &std::path::Path) -> ExitCode {
    let report = match store_verify(store) {
        Ok(report) => report,
        Err(error) => return context.output.error(&error),
    };
    let is_intact = report.damaged.is_empty();
    if context.output.is_json {
        context.output.json(&json!({
            "ok": is_intact,
            "packages": report.packages,
            "files": report.files,
            "damaged": report.damaged,
        }));
    } else {
        for line in &report.damaged {
            context.output.out(&format!("damaged: {}\n", escape(line)));
        }
        let verdict = if is_intact {
            "all as their names say"
        } else {
            "the next install fetches them again"
        };
        context.output.out(&format!(
            "{} packages, {} files, {} damaged: {verdict}\n",
            report.packages,
            report.files,
            report.damaged.len()
        ));
    }
    ExitCode::from(u8::from(!is_intact))
}
