//! Running a command of the project's packages, or any other, in their surroundings: this process becomes it, so that
//! signals, exit codes and the terminal are its own.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use miette::Diagnostic;
use pkg_fs::DisplayPath;
use pkg_manifest::{Manifest, nearest};
use thiserror::Error;

use crate::{
    Host, LoadedSettings, Project,
    node::find_map,
    run::{SHELL, Scene, own_folders, shell, variables},
};

/// What to run.
#[derive(Debug, Clone)]
pub enum ExecProgram {
    /// A command by its name or path, and its arguments, which reach it verbatim.
    Command(OsString, Vec<OsString>),
    /// A line for the shell, and arguments at its end, which it does not read.
    Line(OsString, Vec<OsString>),
}

/// Where it runs.
pub struct ExecScene<'a> {
    /// The project whose commands are found first; there may be none.
    pub project: Option<&'a Project>,
    /// The machine, as the caller sees it.
    pub host: &'a Host,
    /// The settings.
    pub settings: &'a LoadedSettings,
    /// What `npm_command` says.
    pub command: &'static str,
    /// A folder of commands that come before the project's: then the project's map is not loaded.
    pub tools: Option<&'a Path>,
}

/// Why a command cannot be run.
#[derive(Debug, Error, Diagnostic)]
pub enum ExecError {
    /// No folder of PATH has it.
    #[error("there is no command `{}`", name.escape_debug())]
    #[diagnostic(code(ERR_PKG_COMMAND_NOT_FOUND))]
    NotFound {
        /// What was asked for.
        name: String,
        /// The nearest, or what else to do.
        #[help]
        help: String,
    },
    /// It is there, and the system will not run it.
    #[error("`{}` cannot be run", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_COMMAND_NOT_EXECUTABLE),
        help("see what it is, and whether it may be executed: `ls -l`")
    )]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ExecError {
    /// What a shell would exit with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
        }
    }
}

/// Becomes a command; comes back only where that cannot be.
pub fn exec(scene: &ExecScene<'_>, program: &ExecProgram) -> ExecError {
    match prepare(scene, program) {
        Ok(command) => replace(command),
        Err(error) => error,
    }
}

/// The process that is to be.
fn prepare(scene: &ExecScene<'_>, program: &ExecProgram) -> Result<Command, ExecError> {
    let root = scene
        .project
        .map_or(&scene.host.directory, |project| &project.root);
    let map = match scene.tools {
        Some(_) => None,
        None => find_map(root),
    };
    let first: Vec<PathBuf> = scene.tools.into_iter().map(Path::to_path_buf).collect();
    let manifest: Option<&Manifest> = scene.project.map(|project| &project.manifest);
    let mut variables = variables(&Scene {
        root,
        manifest,
        host: scene.host,
        settings: scene.settings,
        command: scene.command,
        map: map.as_deref(),
        first: &first,
    });
    // It runs where the user is, as in a shell.
    variables.insert("PWD".into(), scene.host.directory.clone().into());
    let mut command = match program {
        ExecProgram::Command(name, arguments) => {
            let path = variables.get(OsStr::new("PATH"));
            let file = find(scene.host, name, path.map_or(OsStr::new(""), |path| path))
                .map_err(|path| not_found(name, path, &commands(&first, root, map.as_deref())))?;
            let mut command = Command::new(file);
            command.args(arguments);
            command
        }
        ExecProgram::Line(line, arguments) => {
            let mut command = Command::new(shell(scene.settings, scene.host));
            let mut line = line.clone();
            if !arguments.is_empty() {
                line.push(" \"$@\"");
            }
            command.arg("-c").arg(line).arg("sh").args(arguments);
            command
        }
    };
    command.current_dir(&scene.host.directory).envs(variables);
    Ok(command)
}

/// The file of a command: a path from the current folder, or what the first folder of PATH has that can be executed. Else
/// the file that cannot be.
fn find(host: &Host, name: &OsStr, path: &OsStr) -> Result<PathBuf, Option<PathBuf>> {
    if name.is_empty() {
        return Err(None);
    }
    if name.as_encoded_bytes().contains(&b'/') {
        let plain = Path::new(name).strip_prefix(".").unwrap_or(Path::new(name));
        let file = host.directory.join(plain);
        return match is_file(&file) {
            true => Ok(file),
            false => Err(None),
        };
    }
    let mut found = None;
    for folder in std::env::split_paths(path) {
        let file = folder.join(name);
        if !is_file(&file) {
            continue;
        }
        if rustix::fs::access(&file, rustix::fs::Access::EXEC_OK).is_ok() {
            return Ok(file);
        }
        found = found.or(Some(file));
    }
    Err(found)
}

fn is_file(path: &Path) -> bool {
    pkg_fs::stat_if_exists(path)
        .is_ok_and(|stat| stat.is_some_and(|stat| stat.kind == pkg_fs::FileKind::File))
}

/// The names of the commands that packages brought.
fn commands(first: &[PathBuf], root: &Path, map: Option<&Path>) -> Vec<String> {
    let folders = first.iter().cloned().chain(own_folders(root, map));
    let names = folders.flat_map(|folder| pkg_fs::list_directory(&folder).unwrap_or_default());
    let mut names: Vec<String> = names
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn not_found(name: &OsStr, found: Option<PathBuf>, commands: &[String]) -> ExecError {
    if let Some(path) = found {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        return ExecError::NotExecutable { path, source };
    }
    let name = name.to_string_lossy().into_owned();
    let near = nearest(&name, commands.iter().map(String::as_str));
    let quoted: Vec<String> = near
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let help = match quoted.is_empty() {
        false => format!("did you mean {}?", quoted.join(", ")),
        true if name.contains('/') => {
            "see where it is: a path is one from the current folder".to_owned()
        }
        true => format!(
            "no package of this project brings it; run a package without adding it: `pkg dlx {}`",
            name.escape_debug()
        ),
    };
    ExecError::NotFound { name, help }
}

/// Becomes the command. What is neither a program nor says what runs it, is a script of the shell, as in every shell.
fn replace(mut command: Command) -> ExecError {
    let mut source = command.exec();
    let path = PathBuf::from(command.get_program());
    if source.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) {
        let mut script = Command::new(SHELL);
        script.arg(&path).args(command.get_args());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                script.env(name, value);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            script.current_dir(folder);
        }
        source = script.exec();
    }
    if source.kind() == io::ErrorKind::NotFound && !path.exists() {
        let name = path.to_string_lossy().into_owned();
        let help = "see that the shell is there, and what `script-shell` says".to_owned();
        return ExecError::NotFound { name, help };
    }
    ExecError::NotExecutable { path, source }
}
