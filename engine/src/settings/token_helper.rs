//! Programs of the user that print a token, as pnpm's `tokenHelper`.

use std::{
    collections::HashMap,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use pkg_registry::CredentialsError;
use secrecy::{SecretString, zeroize::Zeroize as _};

/// The most that a helper may print, in bytes.
const OUTPUT_LIMIT: u64 = 64 << 10;
/// How long a helper may take: it may ask a server of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// What helpers said in this run: each runs once, and only when a request needs it.
#[derive(Default)]
pub(super) struct TokenHelpers {
    answers: Mutex<HashMap<PathBuf, Result<SecretString, CredentialsError>>>,
}

impl TokenHelpers {
    /// The value of the `Authorization` header: what the helper prints, with `Bearer` before it unless it
    /// names a scheme.
    pub(super) fn authorization(&self, program: &Path) -> Result<SecretString, CredentialsError> {
        // Whoever asks meanwhile waits for the one answer.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers
            .entry(program.to_path_buf())
            .or_insert_with(|| ask(program, PATIENCE));
        answer.clone()
    }
}

fn ask(program: &Path, patience: Duration) -> Result<SecretString, CredentialsError> {
    let fail = |reason: String| CredentialsError {
        program: program.to_path_buf(),
        reason,
    };
    // Never through a shell. What it says besides the token may hold secrets and is not repeated.
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(format!("cannot be run: {error}")))?;
    let Some(mut printed) = output(&mut child, patience) else {
        // It may have ended just now.
        child.kill().ok();
        child.wait().ok();
        return Err(fail(format!(
            "did not end within {} seconds",
            patience.as_secs()
        )));
    };
    let status = child
        .wait()
        .map_err(|error| fail(format!("cannot be waited for: {error}")))?;
    let header = if status.success() {
        header(&printed)
    } else {
        Err(how_it_ended(status))
    };
    printed.zeroize();
    header.map_err(fail)
}

/// Everything that the helper prints until it closes its output; `None` when that takes too long.
fn output(child: &mut Child, patience: Duration) -> Option<Vec<u8>> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    drop(thread::spawn(move || {
        let mut printed = Vec::new();
        let read = stdout.take(OUTPUT_LIMIT + 1).read_to_end(&mut printed);
        // Nobody listens any more when it took too long.
        drop(sender.send(read.map(|_| printed)));
    }));
    receiver.recv_timeout(patience).ok()?.ok()
}

fn header(printed: &[u8]) -> Result<SecretString, String> {
    let text = str::from_utf8(printed).map_or("", str::trim);
    let words: Vec<&str> = text.split(' ').collect();
    let is_plain = words
        .iter()
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic()));
    match words.as_slice() {
        [token] if is_plain && !is_scheme(token) => Ok(format!("Bearer {token}").into()),
        [scheme, _] if is_plain && is_scheme(scheme) => Ok(text.into()),
        _ => Err("printed no token".to_owned()),
    }
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

fn how_it_ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exited with {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn what_is_printed_is_a_token_with_or_without_its_scheme() {
        let header = |text: &str| header(text.as_bytes()).map(|it| it.expose_secret().to_owned());
        assert_eq!(header("t-1\n").unwrap(), "Bearer t-1");
        assert_eq!(header("Bearer t-1\n").unwrap(), "Bearer t-1");
        assert_eq!(header("Basic dTpw\r\n").unwrap(), "Basic dTpw");
        for bad in [
            "",
            "\n",
            "Bearer",
            "a b c",
            "Other t-1",
            "t\u{e9}",
            "a\nb",
            "Bearer  t",
        ] {
            assert!(header(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_helper_that_fails_is_told_without_what_it_said() {
        let said = |program: &str| ask(Path::new(program), PATIENCE).unwrap_err().to_string();
        assert_eq!(
            said("/bin/false"),
            "the token helper `/bin/false` exited with 1"
        );
        assert_eq!(
            said("/bin/true"),
            "the token helper `/bin/true` printed no token"
        );
        assert!(said("/nowhere/helper").contains("cannot be run"));
    }

    #[test]
    fn a_helper_that_never_ends_is_ended() {
        // It prints for ever: either the time is over, or so much was read that nobody reads on.
        for patience in [Duration::ZERO, PATIENCE] {
            let error = ask(Path::new("/usr/bin/yes"), patience).unwrap_err();
            let ends = ["did not end", "was ended by a signal", "exited with"];
            assert!(ends.iter().any(|end| error.reason.contains(end)), "{error}");
        }
    }
}
