//! One file a command: its arguments and its run.

pub(crate) mod add;
pub(crate) mod approve_builds;
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
pub(crate) mod inside;
mod install;
pub(crate) mod layout;
pub(crate) mod licenses;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod named_script;
pub(crate) mod node;
mod operation;
pub(crate) mod outdated;
mod place;
pub(crate) mod prune;
mod ready;
pub(crate) mod rebuild;
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

use miette::Diagnostic;
use pkg_engine::{Host, LoadedSettings, SettingsError, SettingsRequest, commands_folder};

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

    /// How a command ends that says nothing but why it failed.
    fn ended<E: Diagnostic>(&self, result: Result<(), E>) -> ExitCode {
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.output.error(&error),
        }
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
        Some(command) => run_command(&context, command),
    }
}

/// Runs a command: one line each.
fn run_command(context: &Context<'_>, command: Command) -> ExitCode {
    match command {
        Command::Install(args) => install::run_command(context, &args),
        Command::Run(args) => run::run(context, &args),
        Command::Test(args) => named_script::run(context, NamedScript::Test, &args),
        Command::Start(args) => named_script::run(context, NamedScript::Start, &args),
        Command::Stop(args) => named_script::run(context, NamedScript::Stop, &args),
        Command::Restart(args) => named_script::run(context, NamedScript::Restart, &args),
        Command::Exec(args) => exec::run(context, &args),
        Command::Dlx(args) => dlx::run(context, &args),
        Command::Create(args) => create::run(context, &args),
        Command::Init(args) => init::run(context, &args),
        Command::Implicit(words) => implicit::run(context, &words),
        Command::Verify(args) => verify::run(context, &args),
        Command::Node(args) => node::run(context, &args),
        Command::Store { command } => store::run(context, &command),
        Command::Add(args) => add::run(context, &args),
        Command::Remove(args) => remove::run(context, &args),
        Command::Update(args) => update::run(context, &args),
        Command::Dedupe(args) => dedupe::run(context, &args),
        Command::Prune(args) => prune::run(context, &args),
        Command::Link(args) => link::run(context, &args),
        Command::Unlink(args) => link::run_unlink(context, &args),
        Command::Layout(args) => layout::run(context, &args),
        Command::Inside(command) => inside::run(context, &command),
        Command::ApproveBuilds(args) => approve_builds::run(context, &args),
        Command::Rebuild(args) => rebuild::run(context, &args),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Config(args) => config::run(context, &args),
        Command::Get(args) => config::run_get(context, &args),
        Command::Set(args) => config::run_set(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Why(args) => why::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Outdated(args) => outdated::run(context, &args),
        Command::View(args) => view::run(context, &args),
        Command::Licenses(args) => licenses::run(context, &args),
        Command::Size(args) => size::run(context, &args),
        Command::Bin => place::run(context, commands_folder),
        Command::Root => place::run_root(context),
        Command::Prefix => place::run(context, Path::to_path_buf),
        Command::Completion(args) => completion::run(context, &args),
        Command::Complete(args) => completion::complete(context, &args),
        Command::Help(args) => help::run(context, &args),
        Command::Semver(args) => semver::run(&args.arguments),
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
