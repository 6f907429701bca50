//! One file a command: its arguments and its run.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod create;
pub(crate) mod dedupe;
pub(crate) mod dlx;
pub(crate) mod doctor;
pub(crate) mod exec;
pub(crate) mod explain;
mod groups;
pub(crate) mod help;
mod implicit;
pub(crate) mod init;
mod install;
pub(crate) mod layout;
pub(crate) mod licenses;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod named_script;
pub(crate) mod node;
pub(crate) mod outdated;
mod place;
pub(crate) mod prune;
mod ready;
pub(crate) mod remove;
pub(crate) mod run;
pub(crate) mod semver;
pub(crate) mod size;
pub(crate) mod store;
pub(crate) mod update;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod why;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use pkg_engine::{Host, LoadedSettings, SettingsError, SettingsRequest};

use self::named_script::NamedScript;
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

    /// The settings of the project at `root`.
    pub(crate) fn load_settings(&self, root: &Path) -> Result<LoadedSettings, SettingsError> {
        self.load_settings_with(root, &self.settings_request())
    }

    /// The settings of the project at `root`, with flags of the command; what is odd about them is told.
    pub(crate) fn load_settings_with(
        &self,
        root: &Path,
        request: &SettingsRequest,
    ) -> Result<LoadedSettings, SettingsError> {
        let settings = LoadedSettings::load(root, &self.host, request)?;
        settings
            .warnings
            .iter()
            .for_each(|warning| self.output.warning(warning));
        Ok(settings)
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
        Some(Command::Install(args)) => install::run_command(&context, &args),
        Some(Command::Run(args)) => run::run(&context, &args),
        Some(Command::Test(args)) => named_script::run(&context, NamedScript::Test, &args),
        Some(Command::Start(args)) => named_script::run(&context, NamedScript::Start, &args),
        Some(Command::Stop(args)) => named_script::run(&context, NamedScript::Stop, &args),
        Some(Command::Restart(args)) => named_script::run(&context, NamedScript::Restart, &args),
        Some(Command::Exec(args)) => exec::run(&context, &args),
        Some(Command::Dlx(args)) => dlx::run(&context, &args),
        Some(Command::Create(args)) => create::run(&context, &args),
        Some(Command::Init(args)) => init::run(&context, &args),
        Some(Command::Implicit(words)) => implicit::run(&context, &words),
        Some(Command::GuardScript { pid }) => {
            pkg_engine::guard_script(pid, &mut std::io::stdin());
            ExitCode::SUCCESS
        }
        Some(Command::Verify(args)) => verify::run(&context, &args),
        Some(Command::Node(args)) => node::run(&context, &args),
        Some(Command::Store { command }) => store::run(&context, &command),
        Some(Command::Add(args)) => add::run(&context, &args),
        Some(Command::Remove(args)) => remove::run(&context, &args),
        Some(Command::Update(args)) => update::run(&context, &args),
        Some(Command::Dedupe(args)) => dedupe::run(&context, &args),
        Some(Command::Prune(args)) => prune::run(&context, &args),
        Some(Command::Link(args)) => link::run(&context, &args),
        Some(Command::Unlink(args)) => link::run_unlink(&context, &args),
        Some(Command::Layout(args)) => layout::run(&context, &args),
        Some(Command::SweepTrash { root }) => match pkg_engine::empty_trash(&root) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => context.output.error(&error),
        },
        Some(Command::Doctor(args)) => doctor::run(&context, &args),
        Some(Command::Config(args)) => config::run(&context, &args),
        Some(Command::Get(args)) => config::run_get(&context, &args),
        Some(Command::Set(args)) => config::run_set(&context, &args),
        Some(Command::List(args)) => list::run(&context, &args),
        Some(Command::Why(args)) => why::run(&context, &args),
        Some(Command::Explain(args)) => explain::run(&context, &args),
        Some(Command::Outdated(args)) => outdated::run(&context, &args),
        Some(Command::View(args)) => view::run(&context, &args),
        Some(Command::Licenses(args)) => licenses::run(&context, &args),
        Some(Command::Size(args)) => size::run(&context, &args),
        Some(Command::Bin) => place::run(&context, "node_modules/.bin"),
        Some(Command::Root) => place::run(&context, "node_modules"),
        Some(Command::Prefix) => place::run(&context, ""),
        Some(Command::Completion(args)) => completion::run(&context, &args),
        Some(Command::Complete(args)) => completion::complete(&context, &args),
        Some(Command::Help(args)) => help::run(&context, &args),
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
