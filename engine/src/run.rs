//! Running one script of the project: its shell, its environment, its signals, its exit.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use miette::Diagnostic;
use pkg_manifest::nearest;
use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

use crate::{
    Event, Host, Project, Reporter,
    interrupt::{ScriptTurn, is_ending},
    node::{find_map, node_options},
};

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

    /// What a shell would report: the code, or 128 and the signal's number.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

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
    /// Whether a missing script is a success.
    pub if_present: bool,
    /// Whether `preNAME` and `postNAME` run too.
    pub with_pre_and_post: bool,
    /// What `npm_command` says.
    pub command: &'static str,
}

/// Why a script could not be run.
#[derive(Debug, Error, Diagnostic)]
pub enum RunError {
    /// `scripts` has no such entry.
    #[error("no script `{}` in `{}`", script.escape_debug(), manifest.display())]
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
    /// The shell or the script's folder is not there.
    #[error("cannot start `{}` for the script `{script}`", shell.display())]
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

/// Runs a script, with its `pre` and `post` scripts, and tells how it ended: the first failure ends it.
///
/// # Errors
/// [`RunError::NoScript`] where there is none and the request does not allow that.
pub async fn run_script(
    project: &Project,
    host: &Host,
    request: &RunRequest,
    reporter: &dyn Reporter,
) -> Result<ScriptExit, RunError> {
    let scripts = &project.manifest.scripts;
    if !scripts.contains_key(&request.script) {
        if request.if_present {
            return Ok(ScriptExit::Code(0));
        }
        return Err(no_script(project, &request.script));
    }
    let mut stages = vec![(request.script.clone(), request.arguments.as_slice())];
    if request.with_pre_and_post {
        stages.insert(0, (format!("pre{}", request.script), &[]));
        stages.push((format!("post{}", request.script), &[]));
    }
    for (name, arguments) in stages {
        let Some(command) = scripts.get(&name) else {
            continue;
        };
        reporter.report(Event::Script {
            name: name.clone(),
            command: command.clone(),
        });
        let stage = Stage {
            name: &name,
            command,
            arguments,
        };
        let exit = run_stage(project, host, &stage, request.command).await?;
        if !exit.is_success() {
            return Ok(exit);
        }
    }
    Ok(ScriptExit::Code(0))
}

/// One of the scripts that a request runs.
struct Stage<'a> {
    name: &'a str,
    command: &'a str,
    arguments: &'a [OsString],
}

async fn run_stage(
    project: &Project,
    host: &Host,
    stage: &Stage<'_>,
    command: &str,
) -> Result<ScriptExit, RunError> {
    let shell = PathBuf::from("/bin/sh");
    let fail = |source| RunError::Spawn {
        script: stage.name.to_owned(),
        shell: shell.clone(),
        source,
    };
    let mut process = Command::new(&shell);
    process.arg("-c");
    if stage.arguments.is_empty() {
        process.arg(stage.command);
    } else {
        process
            .arg(format!("{} \"$@\"", stage.command))
            .arg("sh")
            .args(stage.arguments);
    }
    process.current_dir(&project.root);
    process.envs(script_variables(project, host, stage, command));
    // The handlers stand before the child starts, so that no signal between the two is lost.
    let signals = Signals::listen().map_err(fail)?;
    let turn = ScriptTurn::begin();
    let child = process.spawn().map_err(fail)?;
    let status = wait(child, signals).await.map_err(fail)?;
    drop(turn);
    if is_ending() {
        // Nothing is to follow a script that a signal was for.
        std::future::pending::<()>().await;
    }
    Ok(status.into())
}

/// The signals that a running script is to hear of.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

/// Waits for the child and passes signals on. A Ctrl-C on a terminal reaches the child by itself, as it
/// is in the same process group: passing it on would make two of one.
async fn wait(mut child: Child, mut signals: Signals) -> io::Result<ExitStatus> {
    use std::io::IsTerminal as _;
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let has_terminal = io::stdin().is_terminal();
    let pass_on = |signal: Signal| {
        if let Some(pid) = pid {
            // The child may be gone already: then its exit is what counts.
            kill_process(pid, signal).unwrap_or_default();
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => return status,
            Some(()) = signals.interrupt.recv() => if !has_terminal { pass_on(Signal::INT) },
            Some(()) = signals.terminate.recv() => pass_on(Signal::TERM),
            Some(()) = signals.hang_up.recv() => pass_on(Signal::HUP),
        }
    }
}

/// What npm tells a script, besides the environment that we were given.
fn script_variables(
    project: &Project,
    host: &Host,
    stage: &Stage<'_>,
    command: &str,
) -> BTreeMap<String, OsString> {
    let manifest = &project.manifest;
    let mut variables: BTreeMap<String, OsString> = BTreeMap::new();
    let mut set = |name: &str, value: OsString| drop(variables.insert(name.to_owned(), value));
    set("npm_lifecycle_event", stage.name.into());
    set("npm_lifecycle_script", stage.command.into());
    set("npm_package_json", project.manifest_path().into());
    set(
        "npm_package_name",
        manifest
            .name
            .as_ref()
            .map_or("", |name| name.as_str())
            .into(),
    );
    let version = manifest.version.as_ref().map(ToString::to_string);
    set("npm_package_version", version.unwrap_or_default().into());
    set("npm_command", command.into());
    set("npm_config_user_agent", user_agent().into());
    set("INIT_CWD", host.directory.clone().into());
    set("PWD", project.root.clone().into());
    let map = find_map(&project.root);
    set("PATH", search_path(&project.root, host, map.as_deref()));
    if let Some(map) = map {
        set("NODE_OPTIONS", node_options(&map, host));
    }
    if let Some(program) = &host.program {
        set("npm_execpath", program.into());
    }
    if let Some(node) = host.find_program("node") {
        set("npm_node_execpath", node.clone().into());
        set("NODE", node.into());
    }
    variables
}

/// How this program names itself to registries and scripts.
pub(crate) fn user_agent() -> String {
    format!(
        "pkg/{} npm/? node/? {} {}",
        env!("CARGO_PKG_VERSION"),
        Host::os(),
        Host::cpu()
    )
}

/// PATH with the commands that the map's project has, with the `.bin` of the project and of every folder above it, each once; no empty entry and no
/// relative one survives, since both mean the current folder.
fn search_path(root: &Path, host: &Host, map: Option<&Path>) -> OsString {
    let inherited = host.variable("PATH").unwrap_or_default();
    let mut path = OsString::new();
    let mut seen = Vec::new();
    let bins = root
        .ancestors()
        .map(|folder| folder.join("node_modules").join(".bin"));
    let inherited = inherited
        .split(':')
        .map(PathBuf::from)
        .filter(|entry| entry.is_absolute());
    let of_map = map.and_then(Path::parent).map(|root| root.join(".pkg/bin"));
    for entry in of_map.into_iter().chain(bins).chain(inherited) {
        if seen.contains(&entry) {
            continue;
        }
        if !path.is_empty() {
            path.push(":");
        }
        path.push(&entry);
        seen.push(entry);
    }
    path
}

fn no_script(project: &Project, script: &str) -> RunError {
    let scripts = &project.manifest.scripts;
    let near = nearest(script, scripts.keys().map(String::as_str));
    let quoted = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("`{}`", name.escape_debug()))
            .collect::<Vec<_>>()
            .join(", ")
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_has_every_bin_once_and_nothing_relative() {
        let variables = [(
            "PATH".to_owned(),
            "/usr/bin::.:/bin:/usr/bin:node_modules/.bin".to_owned(),
        )];
        let host = Host {
            variables: variables.into_iter().collect(),
            directory: "/a".into(),
            program: None,
            now: 0,
        };
        let path = search_path(Path::new("/a/b"), &host, None);
        let wanted = "/a/b/node_modules/.bin:/a/node_modules/.bin:/node_modules/.bin:/usr/bin:/bin";
        assert_eq!(path, wanted);
    }
}
