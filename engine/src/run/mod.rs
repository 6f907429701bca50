//! Running scripts of the project: their shell, their environment, their signals, their ends.

mod path;
mod process_tree;
mod select;
mod several;
mod supervise;
mod variables;

use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    process::{Command, ExitStatus},
};

use miette::Diagnostic;
use pkg_fs::DisplayPath;
use pkg_manifest::nearest;
use thiserror::Error;

pub(crate) use self::{
    path::own_folders,
    variables::{Scene, user_agent, variables},
};
pub use self::{
    several::SeveralRequest,
    supervise::{GUARD, end_by_signal, guard_script},
};
use crate::{
    Event, Host, LoadedSettings, Project, Reporter,
    interrupt::{ScriptTurn, is_ending},
    node::find_map,
};

/// The shell of scripts where settings name no other.
pub(crate) const SHELL: &str = "/bin/sh";

/// How a script came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptExit {
    /// It exited with this code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
}

impl ScriptExit {
    /// Whether the script succeeded.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// How it ended, in words: `exit code 3`, `SIGKILL`.
    pub fn in_words(self) -> String {
        match self {
            Self::Code(code) => format!("exit code {code}"),
            Self::Signal(signal) => supervise::signal_name(signal),
        }
    }

    /// The signal that ended it, if one did.
    pub(crate) fn signal(self) -> Option<EndedBySignal> {
        match self {
            Self::Code(_) => None,
            Self::Signal(signal) => Some(EndedBySignal(signal)),
        }
    }

    /// What a shell would report: the code, or 128 and the signal's number.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// A script was ended by a signal of this number: whoever ran it ends with 128 and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", supervise::signal_name(*.0))]
pub struct EndedBySignal(pub i32);

impl From<ExitStatus> for ScriptExit {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Code(1),
        }
    }
}

/// What to run and with which arguments.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The name in `scripts`.
    pub script: String,
    /// Arguments that reach the script verbatim.
    pub arguments: Vec<OsString>,
    /// What a missing script is.
    pub missing: Missing,
    /// Whether `preNAME` and `postNAME` run too.
    pub with_pre_and_post: bool,
}

/// What it means that there is no such script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A failure.
    Fails,
    /// Nothing to do.
    IsFine,
    /// This runs in its place.
    Runs(&'static str),
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The script that ran last: the one that failed, if one did.
    pub script: String,
    /// How it ended.
    pub exit: ScriptExit,
    /// Whether somebody asked for an end, by Ctrl-C or otherwise.
    pub was_interrupted: bool,
}

impl Ended {
    /// Nothing ran.
    fn nothing(script: &str) -> Self {
        Self {
            script: script.to_owned(),
            exit: ScriptExit::Code(0),
            was_interrupted: false,
        }
    }
}

/// Why a script could not be run.
#[derive(Debug, Error, Diagnostic)]
pub enum RunError {
    /// `scripts` has no such entry.
    #[error("no script `{}` in `{}`", script.escape_debug(), DisplayPath(manifest))]
    #[diagnostic(code(ERR_PKG_NO_SCRIPT))]
    NoScript {
        /// What was asked for.
        script: String,
        /// The manifest that was searched.
        manifest: PathBuf,
        /// What to do: the nearest names.
        #[help]
        help: String,
    },
    /// A script came to a bad end.
    #[error("the script `{}` ended with {}", script.escape_debug(), exit.in_words())]
    #[diagnostic(code(ERR_PKG_SCRIPT_FAILED))]
    Failed {
        /// The script.
        script: String,
        /// How it ended.
        exit: ScriptExit,
    },
    /// A pattern that cannot be read.
    #[error("`{}` is no pattern for scripts: {reason}", pattern.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_SCRIPT_PATTERN),
        help("write `'build:*'`, or a regular expression: `'/^build:/'`")
    )]
    Pattern {
        /// What was asked for.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The shell or the script's folder is not there.
    #[error("cannot start `{}` for the script `{script}`", DisplayPath(shell))]
    #[diagnostic(
        code(ERR_PKG_SCRIPT_SPAWN),
        help("see that the shell is there and can be run")
    )]
    Spawn {
        /// The script.
        script: String,
        /// The shell.
        shell: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Runs scripts of one project.
pub struct Runner<'a> {
    /// The project.
    pub project: &'a Project,
    /// The machine, as the caller sees it.
    pub host: &'a Host,
    /// The settings of the project.
    pub settings: &'a LoadedSettings,
    /// What `npm_command` says.
    pub command: &'static str,
    /// Who is told what starts.
    pub reporter: &'a dyn Reporter,
}

impl Runner<'_> {
    /// Runs a script, with its `pre` and `post` scripts, and tells how it ended: the first failure ends it.
    ///
    /// # Errors
    /// [`RunError::NoScript`] where there is none and the request does not allow that.
    pub fn run(&self, request: &RunRequest) -> Result<Ended, RunError> {
        path::warn_of_colon(&self.project.root, self.reporter);
        let mut ended = Ended::nothing(&request.script);
        for stage in self.stages(request)? {
            ended = self.run_stage(&stage)?;
            if !ended.exit.is_success() {
                break;
            }
        }
        Ok(ended)
    }

    /// The scripts that a request runs, in their order.
    fn stages<'r>(&'r self, request: &'r RunRequest) -> Result<Vec<Stage<'r>>, RunError> {
        let scripts = &self.project.manifest.scripts;
        let name = request.script.as_str();
        let command = match (scripts.get(name), request.missing) {
            (Some(command), _) => command.as_str(),
            (None, Missing::Runs(command)) => command,
            (None, Missing::IsFine) => return Ok(Vec::new()),
            (None, Missing::Fails) => return Err(no_script(self.project, name)),
        };
        let around = |prefix: &str| {
            let name = format!("{prefix}{name}");
            let command = scripts
                .get(&name)
                .filter(|_| request.with_pre_and_post)?
                .as_str();
            Some(Stage {
                name,
                command,
                arguments: &[],
            })
        };
        let stage = Stage {
            name: name.to_owned(),
            command,
            arguments: &request.arguments,
        };
        let before = around("pre").into_iter();
        Ok(before.chain([stage]).chain(around("post")).collect())
    }

    /// Runs one script with our own input and output.
    fn run_stage(&self, stage: &Stage<'_>) -> Result<Ended, RunError> {
        self.reporter.report(Event::Script {
            name: stage.name.clone(),
            command: stage.command.to_owned(),
        });
        let mut process = self.process(stage);
        // It listens before the child starts, so that no signal between the two is lost.
        let mut run = || {
            let watch = supervise::watch()?;
            let _turn = ScriptTurn::begin();
            let (mut child, pid) = watch.spawn(&mut process)?;
            let status = watch.wait(&mut child, pid, self.host.program.as_deref())?;
            Ok((status, watch.was_interrupted()))
        };
        let (status, was_interrupted) = run().map_err(|source| self.cannot_spawn(stage, source))?;
        while is_ending() {
            // Nothing is to follow a script that a signal was for.
            std::thread::park();
        }
        let exit = ScriptExit::from(status);
        // Ctrl-C is for both of us, and a script may be gone before our own has come.
        let was_interrupted =
            was_interrupted || exit == ScriptExit::Signal(signal_hook::consts::SIGINT);
        Ok(Ended {
            script: stage.name.clone(),
            exit,
            was_interrupted,
        })
    }

    /// The process of a script. Its arguments are the shell's own, which no text of theirs can leave.
    fn process(&self, stage: &Stage<'_>) -> Command {
        let mut process = Command::new(self.shell());
        process.arg("-c");
        if stage.arguments.is_empty() {
            process.arg(stage.command);
        } else {
            process
                .arg(format!("{} \"$@\"", stage.command))
                .arg("sh")
                .args(stage.arguments);
        }
        let map = find_map(&self.project.root);
        let scene = Scene {
            root: &self.project.root,
            manifest: Some(&self.project.manifest),
            host: self.host,
            settings: self.settings,
            command: self.command,
            map: map.as_deref(),
            first: &[],
        };
        process
            .current_dir(&self.project.root)
            .envs(variables(&scene))
            .env("npm_lifecycle_event", &stage.name)
            .env("npm_lifecycle_script", stage.command)
            .env("PWD", &self.project.root);
        process
    }

    /// The shell that settings name: a path, or a program on PATH.
    fn shell(&self) -> PathBuf {
        shell(self.settings, self.host)
    }

    fn cannot_spawn(&self, stage: &Stage<'_>, source: io::Error) -> RunError {
        RunError::Spawn {
            script: stage.name.clone(),
            shell: self.shell(),
            source,
        }
    }
}

/// The shell that settings name: a path, or a program on PATH.
pub(crate) fn shell(settings: &LoadedSettings, host: &Host) -> PathBuf {
    match &settings.settings.script_shell {
        None => PathBuf::from(SHELL),
        Some(shell) if shell.components().count() > 1 => host.directory.join(shell),
        Some(shell) => shell
            .to_str()
            .and_then(|name| host.find_program(name))
            .unwrap_or_else(|| shell.clone()),
    }
}

/// One of the scripts that a request runs.
struct Stage<'a> {
    name: String,
    command: &'a str,
    arguments: &'a [OsString],
}

fn no_script(project: &Project, script: &str) -> RunError {
    let scripts = &project.manifest.scripts;
    let near = nearest(script, scripts.keys().map(String::as_str));
    let help = if !near.is_empty() {
        format!("did you mean {}?", quoted(&near))
    } else if scripts.is_empty() {
        "it has no scripts at all: add one below `scripts`".to_owned()
    } else {
        let names: Vec<_> = scripts.keys().map(String::as_str).take(12).collect();
        format!("it has {}", quoted(&names))
    };
    RunError::NoScript {
        script: script.to_owned(),
        manifest: project.manifest_path(),
        help,
    }
}

/// A word that is neither a command nor a script.
#[derive(Debug, Error, Diagnostic)]
#[error("there is no command and no script `{}`", word.escape_debug())]
#[diagnostic(code(ERR_PKG_UNKNOWN_COMMAND))]
pub struct UnknownCommand {
    word: String,
    #[help]
    help: String,
}

impl UnknownCommand {
    /// With the nearest of the commands and of the project's scripts, or what to do `instead` of a command that others have.
    pub fn new(
        word: &str,
        commands: &[String],
        project: Option<&Project>,
        instead: Option<&str>,
    ) -> Self {
        let scripts = project
            .into_iter()
            .flat_map(|project| project.manifest.scripts.keys());
        let known = commands.iter().chain(scripts).map(String::as_str);
        let brings = |project: &Project| {
            let map = find_map(&project.root);
            let mut folders = own_folders(&project.root, map.as_deref());
            let is_name = !word.is_empty() && !word.contains('/');
            is_name && folders.any(|folder| folder.join(word).is_file())
        };
        let near = nearest(word, known);
        let help = match (near.as_slice(), instead) {
            _ if project.is_some_and(brings) => {
                format!("a package brings a command of this name: `pkg exec {word}`")
            }
            (_, Some(instead)) => instead.to_owned(),
            ([], None) => "`pkg --help` lists the commands, `pkg run` the scripts".to_owned(),
            (near, None) => format!("did you mean {}?", quoted(near)),
        };
        Self {
            word: word.to_owned(),
            help,
        }
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()));
    quoted.collect::<Vec<_>>().join(", ")
}
