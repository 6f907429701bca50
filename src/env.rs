//! What the process was given: environment, current folder, terminal, clock. Read here, once, and
//! passed down; a lint bans it everywhere else.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, IsTerminal},
    os::fd::AsFd,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

/// The surroundings of one run.
pub(crate) struct Environment {
    /// Every variable whose name and value are UTF-8.
    pub(crate) variables: BTreeMap<String, String>,
    /// The current folder.
    pub(crate) directory: PathBuf,
    /// The arguments, without the program's own name.
    pub(crate) arguments: Vec<OsString>,
    /// The program's own file, where the system tells.
    pub(crate) program: Option<PathBuf>,
    /// Whether a person looks at standard error.
    pub(crate) is_terminal: bool,
    /// Whether a person can also answer.
    pub(crate) can_answer: bool,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// The variable by which tests plan a fault of the disk; in release builds nobody reads it.
#[cfg(debug_assertions)]
const FAULT: &str = "PKG_TEST_FAULT";

#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "the one place that reads them")]
fn arm_fault() -> io::Result<()> {
    match std::env::var_os(FAULT) {
        Some(plan) => pkg_engine::arm_fault(&plan.to_string_lossy()).map_err(io::Error::other),
        None => Ok(()),
    }
}

/// Whether `--json` is among the arguments, for those who are called without having been told.
pub(crate) fn asks_for_json() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

/// The signals that this process was started to ignore, a bit each, the lowest for signal 1; none where the system does not
/// tell.
pub(crate) fn ignored_signals() -> u64 {
    let status = std::fs::read("/proc/self/status").unwrap_or_default();
    String::from_utf8_lossy(&status)
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// The arguments of our own: started by the name `pkgx`, this program is `pkg dlx`.
fn arguments(mut all: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let program = all.next().map(PathBuf::from).unwrap_or_default();
    let is_dlx = program.file_stem().is_some_and(|name| name == "pkgx");
    let command = is_dlx.then(|| OsString::from("dlx"));
    command.into_iter().chain(all).collect()
}

/// The width of the terminal behind a stream, in columns, as it is now; `None` where it is no terminal, or one that
/// does not say.
pub(crate) fn columns(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

impl Environment {
    /// Reads the surroundings.
    ///
    /// # Errors
    /// When the current folder is gone or may not be read.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads them")]
    pub(crate) fn read() -> io::Result<Self> {
        let variables: BTreeMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        #[cfg(debug_assertions)]
        arm_fault()?;
        // A CI job may well have a terminal, but nobody is at it.
        let is_terminal = io::stderr().is_terminal() && !pkg_engine::is_ci(&variables);
        Ok(Self {
            variables,
            directory: std::env::current_dir()?,
            arguments: arguments(std::env::args_os()),
            program: std::env::current_exe().ok(),
            is_terminal,
            can_answer: is_terminal && io::stdin().is_terminal(),
            now: i64::try_from(now).unwrap_or(i64::MAX),
        })
    }

    /// A variable's value, if it is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
