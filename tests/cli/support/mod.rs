//! A sandbox: a project and a home of its own, the real program, and what it said and made.

mod filter;
mod repository;
pub(crate) mod terminal;
mod tree;

use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use pkg_registry_fixtures::{FixtureServer, ServerOptions, packages_dir};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use self::repository::{Repository, SSH, path_with, program};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a project and a home, gone when dropped.
pub(crate) struct Sandbox {
    _folder: TempDir,
    root: PathBuf,
}

impl Sandbox {
    /// An empty project whose user takes packages from the folder of fixtures.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a sandbox");
        let root = folder.path().canonicalize().expect("a new folder is there");
        let sandbox = Self {
            _folder: folder,
            root,
        };
        std::fs::create_dir(sandbox.root.join("project")).unwrap();
        std::fs::create_dir(sandbox.root.join("home")).unwrap();
        sandbox.set_registry(&format!("file:{}", packages_dir().display()));
        sandbox
    }

    /// A project with this `package.json`.
    pub(crate) fn with_manifest(manifest: &Value) -> Self {
        let sandbox = Self::new();
        sandbox.set_manifest(manifest);
        sandbox
    }

    /// A project with these `dependencies`.
    pub(crate) fn with_dependencies(dependencies: &[(&str, &str)]) -> Self {
        let sandbox = Self::new();
        sandbox.set_dependencies(dependencies);
        sandbox
    }

    /// Waits until what was written into the store is on the disk, which a process of its own sees to.
    pub(crate) fn wait_for_seal(&self) {
        let epochs = self.pkg_home("store/v1/epochs");
        wait_until("the store is sealed", || {
            std::fs::read_dir(&epochs).map_or(true, |mut epochs| epochs.next().is_none())
        });
    }

    /// Replaces `package.json`.
    pub(crate) fn set_manifest(&self, manifest: &Value) {
        self.write("package.json", format!("{manifest:#}\n"));
    }

    /// Replaces `package.json` by one with these `dependencies` only.
    pub(crate) fn set_dependencies(&self, dependencies: &[(&str, &str)]) {
        let dependencies: serde_json::Map<_, _> = dependencies
            .iter()
            .map(|(name, specifier)| ((*name).to_owned(), Value::from(*specifier)))
            .collect();
        self.set_manifest(&serde_json::json!({"name": "app", "dependencies": dependencies}));
    }

    /// Makes the user take packages from this address.
    pub(crate) fn set_registry(&self, address: &str) {
        self.set_user_settings(&format!("registry={address}\n"));
    }

    /// Makes the user take packages from this server, and give up at the first failure.
    pub(crate) fn use_server(&self, server: &FixtureServer) {
        self.set_user_settings(&format!("registry={}\nfetch-retries=0\n", server.url()));
    }

    /// Replaces the user's `.npmrc`, which the user alone reads.
    pub(crate) fn set_user_settings(&self, text: &str) {
        let path = self.root.join("home/.npmrc");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    /// A path below the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join("project").join(path)
    }

    /// A path beside the project.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A path below the folder of `PKG_HOME`.
    pub(crate) fn pkg_home(&self, path: &str) -> PathBuf {
        self.root.join("home/pkg").join(path)
    }

    /// Writes a file of the project, and the folders that it needs.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("below the project")).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Reads a file of the project.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Whether something is there in the project, a broken link included.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// Removes a file or a folder of the project.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.symlink_metadata().unwrap().is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }

    /// Every file and link below a folder of the project, a line each.
    pub(crate) fn tree(&self, folder: &str) -> String {
        tree::list(&self.path(folder))
    }

    /// Every file below a folder of the project with a hash of its content, to compare two trees.
    pub(crate) fn tree_with_contents(&self, folder: &str) -> String {
        tree::list_with_contents(&self.path(folder))
    }

    /// The program with these arguments, to be run in the project.
    pub(crate) fn pkg(&self, arguments: &[&str]) -> Invocation<'_> {
        let arguments = arguments.iter().map(OsString::from).collect();
        Invocation {
            sandbox: self,
            arguments,
            variables: Vec::new(),
            folder: self.path(""),
        }
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.pkg(arguments).run()
    }

    /// Runs `install` with these flags, which must succeed.
    pub(crate) fn install(&self, flags: &[&str]) -> Ran {
        let ran = self.run(&[&["install"], flags].concat());
        assert_eq!(ran.code, 0, "{ran}");
        ran
    }

    /// Text without what differs from run to run.
    pub(crate) fn filter(&self, text: &str) -> String {
        filter::filter(text, &self.root)
    }
}

/// The program, about to be run.
pub(crate) struct Invocation<'s> {
    sandbox: &'s Sandbox,
    arguments: Vec<OsString>,
    variables: Vec<(String, OsString)>,
    folder: PathBuf,
}

impl Invocation<'_> {
    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs in this folder instead of the project's.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_path_buf();
        self
    }

    /// Starts the program.
    pub(crate) fn spawn(&self) -> Child {
        let home = self.sandbox.root.join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_pkg"));
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("PKG_HOME", home.join("pkg"))
            .env("NO_COLOR", "1")
            // The machine's own settings are not the test's.
            .env("npm_config_globalconfig", home.join("npmrc"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("the program can be started")
    }

    /// Runs the program to its end.
    pub(crate) fn run(self) -> Ran {
        self.sandbox.finish(self.spawn())
    }
}

impl Sandbox {
    /// Waits for a program that was started, and gives what it said.
    pub(crate) fn finish(&self, child: Child) -> Ran {
        let pid = child.id();
        let (sender, receiver) = mpsc::channel();
        let waiting = thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .unwrap();
            panic!("the program did not end");
        };
        waiting.join().expect("waiting does not panic").unwrap();
        Ran::new(self, &output.expect("the program can be waited for"))
    }
}

/// What a run said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    /// The exit code; 128 and the signal's number where a signal ended it, as shells say it.
    pub(crate) code: i32,
    /// Standard output without what differs from run to run.
    pub(crate) stdout: String,
    /// Standard error without what differs from run to run.
    pub(crate) stderr: String,
}

/// The exit code as a shell says it.
fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal().map(|signal| 128 + signal);
    status.code().or(signal).expect("it ended, or was ended")
}

impl Ran {
    fn new(sandbox: &Sandbox, output: &Output) -> Self {
        let text = |bytes: &[u8]| sandbox.filter(&String::from_utf8_lossy(bytes));
        Self {
            code: code_of(output.status),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Standard output as the one JSON document that it must be.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The code of the error that was told.
    pub(crate) fn error_code(&self) -> Option<&str> {
        let start = self.stderr.find("error[")? + "error[".len();
        self.stderr[start..].split(']').next()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "exit: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(formatter, "----- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Waits for something to come true, without taking the processor from whoever makes it so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "this did not happen: {what}");
        thread::yield_now();
    }
}

/// For as long as a test needs a fault.
pub(crate) const ALWAYS: u32 = u32::MAX;
/// Where a server has the newest `greet` of version 1.
pub(crate) const GREET: &str = "/greet/-/greet-1.2.3.tgz";

/// A server with the packages of fixtures.
pub(crate) fn server() -> FixtureServer {
    FixtureServer::start(ServerOptions::default())
}

/// A project that takes its packages from a server.
pub(crate) fn served(server: &FixtureServer, dependencies: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(dependencies);
    sandbox.use_server(server);
    sandbox
}
