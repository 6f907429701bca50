//! The line that moves while there is work, and events a line for programs.

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use miette::Diagnostic;
use pkg_engine::{Event, Reporter, Warning};
use serde_json::json;

use super::{Output, escape};
use crate::{args::ReporterKind, env::columns};

/// How often the line is drawn, at most.
const INTERVAL: Duration = Duration::from_millis(80);

/// Counts what happens and shows it, from any thread.
pub(crate) struct Progress {
    output: Output,
    resolved: AtomicU64,
    fetched: AtomicU64,
    linked: AtomicU64,
    bytes: AtomicU64,
    is_shown: AtomicBool,
    drawn: Mutex<Instant>,
    /// What a report would tell at its end, for when there is none.
    warnings: Mutex<Vec<Warning>>,
}

impl Progress {
    /// Starts counting; nothing is drawn before the first interval has passed.
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            resolved: AtomicU64::new(0),
            fetched: AtomicU64::new(0),
            linked: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            is_shown: AtomicBool::new(false),
            drawn: Mutex::new(Instant::now()),
            warnings: Mutex::default(),
        }
    }

    /// Says why the work ended, after what was odd before: that may be the reason.
    pub(crate) fn fail(&self, error: &dyn Diagnostic) -> ExitCode {
        let warnings = self.warnings.lock();
        let warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings
            .iter()
            .for_each(|warning| self.output.warning(warning));
        self.output.error(error)
    }

    /// Takes the line away, so that something else can be printed.
    pub(crate) fn clear(&self) {
        if self.is_shown.swap(false, Ordering::Relaxed) {
            self.output.err("\r\x1b[K");
        }
    }

    fn draw(&self) {
        if !self.output.may_move() {
            return;
        }
        // Whoever finds the line being drawn has nothing to add.
        let Ok(mut drawn) = self.drawn.try_lock() else {
            return;
        };
        if drawn.elapsed() < INTERVAL {
            return;
        }
        *drawn = Instant::now();
        let line = self.line(columns(std::io::stderr()));
        self.is_shown.store(true, Ordering::Relaxed);
        self.output.err(&format!("\r\x1b[K{line}"));
    }

    /// As much as a terminal shows on one line, asked anew each time: a person may resize it.
    fn line(&self, columns: Option<usize>) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let megabytes = count(&self.bytes) as f64 / 1e6;
        let parts = [
            format!("Resolving {}", count(&self.resolved)),
            format!("fetched {}", count(&self.fetched)),
            format!("linked {}", count(&self.linked)),
            format!("{megabytes:.1} MB"),
        ];
        // The last column stays free: some terminals go to the next line when it is written.
        let width = columns.unwrap_or(80).saturating_sub(1);
        let fits = |line: &String| line.chars().count() <= width;
        let lines = (1..=parts.len())
            .rev()
            .map(|kept| parts[..kept].join(" · "));
        lines.into_iter().find(fits).unwrap_or_default()
    }

    fn tell(&self, line: &str) {
        let _guard = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        self.clear();
        self.output.err(line);
    }

    fn ndjson(&self, event: &Event) {
        let line = match event {
            Event::Resolved | Event::Linked | Event::Output { .. } => return,
            Event::Fetched { bytes } => json!({"event": "fetched", "bytes": bytes}),
            Event::Waiting { what } => json!({"event": "waiting", "what": what}),
            Event::Script { name, command } => {
                json!({"event": "script", "name": name, "command": command})
            }
            Event::Warning(warning) => {
                json!({"event": "warning", "code": warning.code, "message": escape(&warning.message)})
            }
        };
        self.output.out(&format!("{line}\n"));
    }
}

impl Reporter for Progress {
    fn report(&self, event: Event) {
        if self.output.reporter == ReporterKind::Ndjson && !self.output.is_json {
            self.ndjson(&event);
            return;
        }
        let is_quiet = self.output.is_silent() || self.output.is_json;
        match event {
            Event::Resolved => drop(self.resolved.fetch_add(1, Ordering::Relaxed)),
            Event::Linked => drop(self.linked.fetch_add(1, Ordering::Relaxed)),
            Event::Fetched { bytes } => {
                self.fetched.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            Event::Waiting { what } if !is_quiet => {
                self.tell(&format!("waiting: {}\n", escape(&what)));
            }
            Event::Script { name, command } if !is_quiet => {
                self.tell(&format!("$ {} ({})\n", escape(&command), escape(&name)));
            }
            Event::Warning(warning) => {
                let warnings = self.warnings.lock();
                let mut warnings = warnings.unwrap_or_else(PoisonError::into_inner);
                warnings.push(warning);
            }
            Event::Waiting { .. } | Event::Script { .. } | Event::Output { .. } => {}
        }
        self.draw();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::Progress;
    use crate::{args::GlobalArgs, env::Environment, render::Output};

    #[test]
    fn the_line_that_moves_never_wraps() {
        let environment = Environment::read().expect("a current folder");
        let progress = Progress::new(Output::new(&environment, &GlobalArgs::default()));
        progress.resolved.store(41_234, Ordering::Relaxed);
        progress.bytes.store(12_400_000, Ordering::Relaxed);
        let of = |columns| progress.line(Some(columns));
        assert_eq!(of(80), "Resolving 41234 · fetched 0 · linked 0 · 12.4 MB");
        assert_eq!(of(40), "Resolving 41234 · fetched 0 · linked 0");
        assert_eq!(of(16), "Resolving 41234");
        for columns in 0..100 {
            let used = of(columns).chars().count();
            assert!(used == 0 || used < columns, "{columns}");
        }
    }
}
