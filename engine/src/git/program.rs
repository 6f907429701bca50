//! The `git` program: found on PATH, started without a shell, with an environment of its own and nobody to ask.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use pkg_manifest::without_credentials;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
    time::timeout,
};

use super::{GitError, error::Said};
use crate::Host;

/// What of the user's environment git and ssh need; no `GIT_*` is among it.
const PASSED_ON: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SYSTEMROOT",
];

/// Settings that hold whatever files of the user or the system say: none of them runs a program.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "core.gitProxy=none",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
];

/// What git may say besides its output, in bytes.
const WORDS_LIMIT: u64 = 64 << 10;

/// The program, for one repository.
pub(super) struct Program {
    program: PathBuf,
    variables: Vec<(String, String)>,
    /// The repository, for errors.
    address: String,
}

/// One run.
pub(super) struct Call<'c> {
    /// What it is for, after `cannot`.
    pub(super) what: &'static str,
    /// Where the own repository is, in which the objects are.
    pub(super) folder: Option<&'c Path>,
    pub(super) arguments: &'c [&'c str],
    pub(super) input: Vec<u8>,
    /// The most that it may print, in bytes.
    pub(super) limit: u64,
    pub(super) patience: Duration,
}

impl Program {
    /// Finds the program. Of the transports only those are allowed that the address may have, whatever the user's
    /// `insteadOf` makes of it.
    pub(super) fn find(host: &Host, address: &str, is_path: bool) -> Result<Self, GitError> {
        let program = host
            .find_program("git")
            .ok_or_else(|| GitError::NoProgram {
                address: address.to_owned(),
            })?;
        let passed = PASSED_ON.iter().filter_map(|name| {
            let value = host.variable(name)?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        let transports = if is_path {
            "file"
        } else {
            "https:http:ssh:git"
        };
        let own = [
            ("GIT_ALLOW_PROTOCOL", transports),
            ("GIT_TERMINAL_PROMPT", "0"),
            (
                "GIT_SSH_COMMAND",
                "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes",
            ),
            ("GIT_SSH_VARIANT", "ssh"),
            ("LC_ALL", "C"),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self {
            program,
            variables: passed.chain(own).collect(),
            address: address.to_owned(),
        })
    }

    /// Runs it to its end, and gives what it printed.
    pub(super) async fn run(&self, call: Call<'_>) -> Result<Vec<u8>, GitError> {
        let what = call.what;
        let fail = |said: String| GitError::Failed {
            what,
            address: self.address.clone(),
            source: Said(said),
        };
        let mut command = Command::new(&self.program);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        if let Some(folder) = call.folder {
            command.arg("--git-dir").arg(folder).current_dir(folder);
        }
        let mut child = command
            .args(call.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| fail(format!("it cannot be started: {error}")))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let input = call.input;
        let feed = async move {
            if let Some(mut stdin) = stdin {
                // A program that reads no more says itself what is wrong.
                drop(stdin.write_all(&input).await);
            }
        };
        let work = async {
            let ((), printed, words) =
                tokio::join!(feed, read(stdout, call.limit), read(stderr, WORDS_LIMIT));
            (printed, words, child.wait().await)
        };
        let Ok((printed, words, status)) = timeout(call.patience, work).await else {
            let seconds = call.patience.as_secs();
            return Err(fail(format!("it did not end within {seconds} seconds")));
        };
        let status = status.map_err(|error| fail(format!("it cannot be waited for: {error}")))?;
        match printed {
            Some(printed) if status.success() => Ok(printed),
            Some(_) => Err(fail(last_words(&words.unwrap_or_default()))),
            None => Err(fail("it printed more than it may".to_owned())),
        }
    }
}

/// Everything that is printed; `None` where that is more than it may be.
async fn read(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> Option<Vec<u8>> {
    let mut printed = Vec::new();
    let stream = stream?;
    stream
        .take(limit + 1)
        .read_to_end(&mut printed)
        .await
        .ok()?;
    (printed.len() as u64 <= limit).then_some(printed)
}

/// Why git gave up, in one line: what it calls fatal, and what stood before that.
fn last_words(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let fatal = lines.iter().position(|line| line.starts_with("fatal:"));
    let fatal = fatal.unwrap_or(lines.len().saturating_sub(1));
    let told = lines
        .get(fatal.saturating_sub(1)..=fatal)
        .unwrap_or_default();
    match told {
        [] => "it failed without a word".to_owned(),
        told => without_credentials(&told.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_told_without_passwords() {
        let said = last_words(
            b"a\nb\n\nfatal: unable to access 'https://me:secret@h.example.test/r/': no\nc\n",
        );
        assert_eq!(
            said,
            "b; fatal: unable to access 'https://h.example.test/r/': no"
        );
        assert_eq!(last_words(b"\n"), "it failed without a word");
        assert_eq!(last_words(b"one\n"), "one");
    }
}
