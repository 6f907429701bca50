//! Several scripts of one project, one after another or at once.

use std::{
    ffi::OsString,
    io::{self, Read},
    os::fd::AsFd,
    process::{ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, WaitId, WaitIdOptions, waitid},
};

use super::{Ended, Missing, RunError, RunRequest, Runner, Stage, supervise};
use crate::Event;

/// How long a script's output is read after its end: what it left running may hold it open for ever.
const DRAIN: Duration = Duration::from_millis(200);
/// How often it is seen whether a script has ended, while it says nothing.
const INTERVAL: Duration = Duration::from_millis(10);
/// The longest line that is kept together, in bytes.
const LONGEST_LINE: usize = 64 << 10;

/// Several scripts to run.
#[derive(Debug, Clone)]
pub struct SeveralRequest {
    /// Their names.
    pub scripts: Vec<String>,
    /// Arguments that reach each of them verbatim.
    pub arguments: Vec<OsString>,
    /// Whether their `pre` and `post` scripts run too.
    pub with_pre_and_post: bool,
    /// How many run at once. Where that is one, they have our own input and output.
    pub at_once: usize,
    /// Whether the first failure ends all.
    pub bail: bool,
}

impl Runner<'_> {
    /// Runs several scripts and tells how those ended that ran to their own end, in the order of the request.
    ///
    /// # Errors
    /// See [`Runner::run`].
    pub fn run_several(&self, request: &SeveralRequest) -> Result<Vec<Ended>, RunError> {
        let requests: Vec<RunRequest> = request
            .scripts
            .iter()
            .map(|script| RunRequest {
                script: script.clone(),
                arguments: request.arguments.clone(),
                missing: Missing::Fails,
                with_pre_and_post: request.with_pre_and_post,
            })
            .collect();
        if request.at_once > 1 {
            return self.run_at_once(&requests, request);
        }
        let mut all = Vec::new();
        for single in &requests {
            let ended = self.run(single)?;
            let is_over = ended.was_interrupted || (request.bail && !ended.exit.is_success());
            all.push(ended);
            if is_over {
                break;
            }
        }
        Ok(all)
    }

    fn run_at_once(
        &self,
        requests: &[RunRequest],
        request: &SeveralRequest,
    ) -> Result<Vec<Ended>, RunError> {
        let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let results = Mutex::new(Vec::new());
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(single) = requests.get(index) else {
                    return;
                };
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let result = self.run_piped(single, &is_over);
                let is_failure = !result.as_ref().is_ok_and(|ended| ended.exit.is_success());
                // Whoever was made to end by another's failure has none of its own.
                let is_first = !is_failure || !is_over.load(Ordering::Relaxed);
                if is_failure
                    && request.bail
                    && !is_over.swap(true, Ordering::Relaxed)
                    && let Ok(watch) = supervise::watch()
                {
                    watch.terminate();
                }
                if is_first || !request.bail {
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((index, result));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..request.at_once.min(requests.len()) {
                scope.spawn(work);
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Runs a script with its `pre` and `post` scripts; each line of their output is told with the script's name.
    fn run_piped(&self, request: &RunRequest, is_over: &AtomicBool) -> Result<Ended, RunError> {
        let mut ended = Ended::nothing(&request.script);
        for stage in self.stages(request)? {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            self.reporter.report(Event::Script {
                name: stage.name.clone(),
                command: stage.command.to_owned(),
            });
            let (status, was_interrupted) = self
                .run_stage_piped(&stage, &request.script)
                .map_err(|source| self.cannot_spawn(&stage, source))?;
            ended = Ended {
                script: stage.name,
                exit: status.into(),
                was_interrupted,
            };
            if !ended.exit.is_success() {
                break;
            }
        }
        Ok(ended)
    }

    fn run_stage_piped(&self, stage: &Stage<'_>, script: &str) -> io::Result<(ExitStatus, bool)> {
        let mut process = self.process(stage);
        process
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let watch = supervise::watch()?;
        let (mut child, pid) = watch.spawn(&mut process)?;
        let output = child.stdout.take().map(|pipe| Pipe::new(pipe, false));
        let error = child.stderr.take().map(|pipe| Pipe::new(pipe, true));
        let tell = |line: &[u8], is_error: bool| {
            self.reporter.report(Event::Output {
                script: script.to_owned(),
                line: line.to_vec(),
                is_error,
            });
        };
        if let (Some(output), Some(error)) = (output, error) {
            read_until_end(pid, output, error, &tell);
        }
        let status = watch.wait(&mut child, pid, None)?;
        Ok((status, watch.was_interrupted()))
    }
}

/// One of the outputs of a child.
struct Pipe<R> {
    pipe: R,
    is_error: bool,
    is_open: bool,
    /// The beginning of a line.
    pending: Vec<u8>,
}

impl<R: Read + AsFd> Pipe<R> {
    fn new(pipe: R, is_error: bool) -> Self {
        Self {
            pipe,
            is_error,
            is_open: true,
            pending: Vec::new(),
        }
    }

    /// Reads what is there; tells the lines that are complete.
    fn read(&mut self, tell: &dyn Fn(&[u8], bool)) {
        let mut buffer = [0; 16 << 10];
        match self.pipe.read(&mut buffer) {
            Ok(0) => self.is_open = false,
            Ok(read) => self.pending.extend_from_slice(&buffer[..read]),
            Err(error) => self.is_open = error.kind() == io::ErrorKind::Interrupted,
        }
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let rest = self.pending.split_off(end + 1);
            tell(&self.pending[..end], self.is_error);
            self.pending = rest;
        }
        if self.pending.len() > LONGEST_LINE {
            self.finish(tell);
        }
    }

    /// Tells what has no end of line.
    fn finish(&mut self, tell: &dyn Fn(&[u8], bool)) {
        if !self.pending.is_empty() {
            tell(&self.pending, self.is_error);
            self.pending.clear();
        }
    }
}

/// Reads both outputs until they end, or the child has ended and nothing more comes.
fn read_until_end(
    pid: Pid,
    mut output: Pipe<impl Read + AsFd>,
    mut error: Pipe<impl Read + AsFd>,
    tell: &dyn Fn(&[u8], bool),
) {
    let mut ended_at = None;
    while output.is_open || error.is_open {
        let ready = wait_for_output(&output, &error);
        if ready.0 {
            output.read(tell);
        }
        if ready.1 {
            error.read(tell);
        }
        if ended_at.is_none() && has_ended(pid) {
            ended_at = Some(Instant::now());
        }
        let is_silent = ready == (false, false);
        if is_silent && ended_at.is_some_and(|at| at.elapsed() > DRAIN) {
            break;
        }
    }
    output.finish(tell);
    error.finish(tell);
}

/// Which of the two has something to read, or has ended.
fn wait_for_output(
    output: &Pipe<impl Read + AsFd>,
    error: &Pipe<impl Read + AsFd>,
) -> (bool, bool) {
    let wanted = |is_open: bool| match is_open {
        true => PollFlags::IN,
        false => PollFlags::empty(),
    };
    let mut files = [
        PollFd::new(&output.pipe, wanted(output.is_open)),
        PollFd::new(&error.pipe, wanted(error.is_open)),
    ];
    let interval = Timespec::try_from(INTERVAL).ok();
    if poll(&mut files, interval.as_ref()).is_err() {
        return (false, false);
    }
    let is_ready = |file: &PollFd<'_>| !file.revents().is_empty();
    (
        output.is_open && is_ready(&files[0]),
        error.is_open && is_ready(&files[1]),
    )
}

/// Whether a child has ended; it is not taken away.
fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    waitid(WaitId::Pid(pid), options).is_ok_and(|status| status.is_some())
}
