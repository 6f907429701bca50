//! One file a command: its arguments and its run.

mod install;
mod run;
pub(crate) mod semver;
pub(crate) mod store;
pub(crate) mod verify;

use std::{path::PathBuf, process::ExitCode};

use pkg_engine::{Host, SettingsRequest};

use crate::{
    args::{Cli, Command, GlobalArgs},
    env::Environment,
    render::Output,
};

/// What every command is given.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) host: Host,
    pub(crate) output: Output,
    pub(crate) global: GlobalArgs,
}

impl Context<'_> {
    /// The settings that the global flags name, as the command line's layer.
    pub(crate) fn settings_request(&self) -> SettingsRequest {
        let global = &self.global;
        let mut flags = Vec::new();
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| {
                self.host
                    .directory
                    .join(path)
                    .to_string_lossy()
                    .into_owned()
            })
        };
        let mut set = |key: &str, value: Option<String>| {
            flags.extend(value.map(|value| (key.to_owned(), value)));
        };
        set("registry", global.registry.clone());
        set("store-dir", path(&global.store_dir));
        set("cache-dir", path(&global.cache_dir));
        for setting in &global.config {
            let (key, value) = setting.split_once('=').unwrap_or((setting, "true"));
            set(key, Some(value.to_owned()));
        }
        let userconfig = global
            .userconfig
            .as_ref()
            .map(|file| self.host.directory.join(file));
        SettingsRequest { flags, userconfig }
    }
}

/// Runs the command that was asked for; without one, `install`.
pub(crate) fn run(environment: &Environment, cli: Cli) -> ExitCode {
    let output = Output::new(environment, &cli.global);
    let directory = match &cli.global.directory {
        Some(directory) => environment.directory.join(directory),
        None => environment.directory.clone(),
    };
    let host = Host {
        variables: environment.variables.clone(),
        directory,
        program: environment.program.clone(),
        now: environment.now,
    };
    let context = Context {
        environment,
        host,
        output,
        global: cli.global,
    };
    match cli.command {
        None => install::run(&context, &cli.install),
        Some(Command::Install(args)) => install::run(&context, &args),
        Some(Command::Run(args)) => run::run(&context, &args),
        Some(Command::Verify(args)) => verify::run(&context, &args),
        Some(Command::Store { command }) => store::run(&context, &command),
        Some(Command::Semver(args)) => semver::run(&args.arguments),
    }
}

/// Starts the one reactor thread's runtime.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// Says that the system has no room for a reactor.
pub(crate) fn no_runtime(output: Output, error: &std::io::Error) -> ExitCode {
    output.err(&format!("error[ERR_PKG_RUNTIME]: cannot start: {error}\n"));
    ExitCode::from(1)
}
