//! `pkg config`, and its short forms `pkg get` and `pkg set`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use miette::Diagnostic;
use pkg_engine::{
    ConfigEdit, ConfigPlace, ConfigValue, LoadedSettings, SettingsError, edit_config,
};
use thiserror::Error;

use super::Context;
use crate::render::{config_json, config_list, config_why};

/// Arguments of `pkg config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the value of settings
    #[command(after_help = "Examples:\n  pkg config get registry\n  pkg config get layout --json")]
    Get(GetArgs),
    /// Write settings into a settings file
    #[command(
        after_help = "Examples:\n  pkg config set layout=flat --location project\n  \
        pkg config set registry https://registry.example.test/\n  \
        pkg config set //registry.example.test/:_authToken=TOKEN"
    )]
    Set(SetArgs),
    /// Take settings out of a settings file
    #[command(
        visible_aliases = ["rm", "del", "unset"],
        after_help = "Examples:\n  pkg config delete layout --location project"
    )]
    Delete(DeleteArgs),
    /// List what is set, and where
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  pkg config list\n  pkg config list --all --json"
    )]
    List(ListArgs),
    /// Say who set a setting, what that hides, and who may set it
    #[command(after_help = "Examples:\n  pkg config why layout\n  pkg config why registry --json")]
    Why(WhyArgs),
}

/// Whose file is changed.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlaceArgs {
    /// Whose settings file is changed: yours, the project's, or the machine's
    #[arg(short = 'L', long, value_enum, global = true, value_name = "WHOSE")]
    location: Option<Location>,
    /// The same as `--location global`
    #[arg(short = 'g', long, global = true, conflicts_with = "location")]
    global: bool,
}

/// Values of `--location`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Location {
    User,
    Project,
    Global,
}

impl PlaceArgs {
    fn place(&self) -> ConfigPlace {
        match self.location {
            _ if self.global => ConfigPlace::Global,
            Some(Location::Global) => ConfigPlace::Global,
            Some(Location::Project) => ConfigPlace::Project,
            Some(Location::User) | None => ConfigPlace::User,
        }
    }
}

/// Arguments of `pkg get`.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// The settings; all that is set where none is named
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
}

/// Arguments of `pkg set`.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// `KEY=VALUE`, once or several times; or `KEY VALUE`
    #[arg(value_name = "KEY=VALUE", required = true)]
    settings: Vec<String>,
}

/// Arguments of `pkg set`, with whose file is changed.
#[derive(Debug, Args)]
pub(crate) struct SetCommandArgs {
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct DeleteArgs {
    /// The settings
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// The settings that nobody set, too
    #[arg(short = 'a', long, visible_short_alias = 'l', visible_alias = "long")]
    all: bool,
}

#[derive(Debug, Args)]
struct WhyArgs {
    /// The settings
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

/// Why a key cannot be shown.
#[derive(Debug, Error, Diagnostic)]
enum ConfigError {
    #[error("there is no setting `{}`", key.escape_debug())]
    #[diagnostic(code(ERR_PKG_UNKNOWN_SETTING))]
    Unknown {
        key: String,
        #[help]
        help: String,
    },
    #[error("`{}` has no value", key.escape_debug())]
    #[diagnostic(code(ERR_PKG_USAGE), help("write `KEY=VALUE`, or `KEY VALUE`"))]
    NoValue { key: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(#[from] pkg_engine::WriteError),
}

/// Runs `pkg config`; without a word behind it, `list`.
pub(crate) fn run(context: &Context<'_>, args: &ConfigArgs) -> ExitCode {
    let place = args.place.place();
    let done = match &args.command {
        None => list(context, false),
        Some(ConfigCommand::List(list_args)) => list(context, list_args.all),
        Some(ConfigCommand::Get(args)) => get(context, args),
        Some(ConfigCommand::Why(args)) => why(context, &args.keys),
        Some(ConfigCommand::Set(args)) => set(context, args, place),
        Some(ConfigCommand::Delete(args)) => {
            let edit = |key: &String| ConfigEdit {
                key: key.clone(),
                value: None,
            };
            let edits: Vec<_> = args.keys.iter().map(edit).collect();
            change(context, &edits, place)
        }
    };
    finish(context, done)
}

/// Runs `pkg get`.
pub(crate) fn run_get(context: &Context<'_>, args: &GetArgs) -> ExitCode {
    finish(context, get(context, args))
}

/// Runs `pkg set`.
pub(crate) fn run_set(context: &Context<'_>, args: &SetCommandArgs) -> ExitCode {
    finish(context, set(context, &args.set, args.place.place()))
}

fn finish(context: &Context<'_>, done: Result<(), ConfigError>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

/// The project's folder; outside of a project, the current one.
fn root(context: &Context<'_>) -> PathBuf {
    let directory = &context.host.directory;
    let is_project = |folder: &&Path| folder.join("package.json").exists();
    let found = directory.ancestors().find(is_project);
    found.unwrap_or(directory).to_path_buf()
}

fn load(context: &Context<'_>) -> Result<LoadedSettings, SettingsError> {
    context.load_settings(&root(context))
}

fn list(context: &Context<'_>, all: bool) -> Result<(), ConfigError> {
    let values = load(context)?.config_list(&context.host, all);
    print(context, &values, config_list);
    Ok(())
}

fn why(context: &Context<'_>, keys: &[String]) -> Result<(), ConfigError> {
    let settings = load(context)?;
    let values = values(context, &settings, keys)?;
    print(context, &values, config_why);
    Ok(())
}

fn print(context: &Context<'_>, values: &[ConfigValue], to_text: fn(&[ConfigValue]) -> String) {
    if context.output.is_json {
        context.output.json(&config_json(values));
    } else {
        context.output.out(&to_text(values));
    }
}

fn get(context: &Context<'_>, args: &GetArgs) -> Result<(), ConfigError> {
    if args.keys.is_empty() {
        return list(context, false);
    }
    let settings = load(context)?;
    let values = values(context, &settings, &args.keys)?;
    if context.output.is_json {
        let pairs = values
            .iter()
            .map(|value| (value.key.clone(), value.value.clone().into()));
        context
            .output
            .json(&serde_json::Value::Object(pairs.collect()));
        return Ok(());
    }
    for value in &values {
        let text = value.value.as_deref().unwrap_or("undefined");
        let text = crate::render::escape(text);
        if values.len() == 1 {
            context.output.out(&format!("{text}\n"));
        } else {
            context.output.out(&format!("{}={text}\n", value.key));
        }
    }
    Ok(())
}

fn values(
    context: &Context<'_>,
    settings: &LoadedSettings,
    keys: &[String],
) -> Result<Vec<ConfigValue>, ConfigError> {
    let value = |key: &String| {
        settings.config_value(&context.host, key).ok_or_else(|| {
            let near = LoadedSettings::nearest_settings(key);
            let help = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`pkg help settings` lists them".to_owned(),
            };
            let key = key.clone();
            ConfigError::Unknown { key, help }
        })
    };
    keys.iter().map(value).collect()
}

fn set(context: &Context<'_>, args: &SetArgs, place: ConfigPlace) -> Result<(), ConfigError> {
    let edit = |key: &str, value: &str| ConfigEdit {
        key: key.trim().to_owned(),
        value: Some(value.to_owned()),
    };
    let edits = match args.settings.as_slice() {
        [key, value] if !key.contains('=') => vec![edit(key, value)],
        settings => settings
            .iter()
            .map(|setting| {
                let (key, value) = split(setting).ok_or_else(|| ConfigError::NoValue {
                    key: setting.clone(),
                })?;
                Ok(edit(key, value))
            })
            .collect::<Result<_, ConfigError>>()?,
    };
    change(context, &edits, place)
}

/// `KEY=VALUE`; a value may hold more of `=`.
fn split(setting: &str) -> Option<(&str, &str)> {
    setting.split_once('=')
}

fn change(
    context: &Context<'_>,
    edits: &[ConfigEdit],
    place: ConfigPlace,
) -> Result<(), ConfigError> {
    let request = context.settings_request();
    let path = edit_config(&root(context), &context.host, &request, (place, edits))?;
    if context.output.is_json {
        let path = path.to_string_lossy();
        context
            .output
            .json(&serde_json::json!({ "ok": true, "file": path }));
    }
    Ok(())
}
