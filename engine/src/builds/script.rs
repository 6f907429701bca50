//! One script of a package, from its start in the jail to its end.

use std::{collections::BTreeMap, ffi::OsString, path::Path, process::Stdio};

use pkg_fs::{FsError, Ownership};
use tokio::process::Command;

use super::{
    error::BuildError,
    output::{Output, read_output},
};
use crate::{
    EndedBySignal,
    jail::{JAIL, JailEnd, JailPolicy},
};

/// What one script is started with.
pub(crate) struct Script<'a> {
    /// This program.
    pub(crate) program: &'a Path,
    pub(crate) policy: &'a JailPolicy,
    /// Where the policy is written to, and how the script ended.
    pub(crate) private: &'a Path,
    pub(crate) folder: &'a Path,
    pub(crate) variables: BTreeMap<String, OsString>,
    /// Who runs it, where that is not who this process is.
    pub(crate) owner: Option<Ownership>,
}

impl Script<'_> {
    /// Runs it to its end. Nothing of it is left then; where this is given up, nothing of it is left either.
    pub(crate) async fn run(self) -> Result<(JailEnd, Output), BuildError> {
        for former in ["end.json", "refusals.json"] {
            pkg_fs::remove_file_if_exists(&self.private.join(former))?;
        }
        let policy = self.policy.write(self.private)?;
        let mut command = Command::new(self.program);
        if let Some(Ownership { user, group }) = self.owner {
            // All of the jail is the owner's process: what they can change of it is their own.
            command.uid(user).gid(group);
        }
        let mut child = command
            .arg(JAIL)
            .arg(policy)
            .env_clear()
            .envs(self.variables)
            .current_dir(self.folder)
            // Its other end closes when this process ends, however it ends: the supervisor sees that.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| FsError::new("start", self.program, error))?;
        let alive = child.stdin.take();
        let output = match (child.stdout.take(), child.stderr.take()) {
            (Some(output), Some(errors)) => read_output(output, errors).await,
            _ => Output::default(),
        };
        let status = child
            .wait()
            .await
            .map_err(|error| FsError::new("wait for", self.program, error))?;
        drop(alive);
        let end = JailEnd::read(self.private);
        let end =
            end.unwrap_or_else(|| JailEnd::Refused(format!("its supervisor ended: {status}")));
        Ok((end, output))
    }
}

/// The signal that ended a script, if one did.
pub(crate) fn signal_of(end: &JailEnd) -> Option<i32> {
    match end {
        // A shell says so of a program that it waited for.
        JailEnd::Code(code) if (129..=192).contains(code) => Some(code - 128),
        JailEnd::Signal(signal) => Some(*signal),
        JailEnd::Code(_) | JailEnd::TimedOut | JailEnd::Abandoned | JailEnd::Refused(_) => None,
    }
}

/// How a script ended, as the end of a sentence.
pub(crate) fn in_words(end: &JailEnd, seconds: u64) -> String {
    if let Some(signal) = signal_of(end) {
        let name = EndedBySignal(signal);
        return match signal {
            9 => format!("was killed by {name}: by somebody, or by the system for want of memory"),
            _ => format!("was ended by {name}"),
        };
    }
    match end {
        JailEnd::Code(code) => format!("failed with exit code {code}"),
        JailEnd::Signal(signal) => format!("was ended by signal {signal}"),
        JailEnd::TimedOut => format!("ran for more than {seconds} seconds and was killed"),
        JailEnd::Abandoned => "was given up".to_owned(),
        JailEnd::Refused(reason) => format!("could not be run: {reason}"),
    }
}
