//! The line that moves while there is work, and events a line for programs.

use std::{
    collections::BTreeSet,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use miette::Diagnostic;
use pkg_engine::{Event, Reporter, Warning};
use serde_json::json;

use super::{
    Output, escape,
    moving_line::{self, INTERVAL},
};
use crate::args::ReporterKind;

/// Counts what happens and shows it, from any thread.
pub(crate) struct Progress {
    output: Output,
    resolved: AtomicU64,
    fetched: AtomicU64,
    linked: AtomicU64,
    bytes: AtomicU64,
    begun: Instant,
    warnings: Mutex<BTreeSet<Warning>>,
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
            begun: Instant::now(),
            warnings: Mutex::default(),
        }
    }

    /// Takes the line away, so that something else can be printed.
    pub(crate) fn clear(&self) {
        moving_line::clear(self.output);
    }

    /// Takes note of what was odd about the settings of an operation, before it begins.
    pub(crate) fn begin(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.report(Event::Warning(warning.clone()));
        }
    }

    /// Prints why the operation failed, after all that it warned of, and gives its exit code.
    pub(crate) fn fail(&self, error: &dyn Diagnostic) -> ExitCode {
        self.clear();
        let warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        self.output.failure(error, &warnings)
    }

    /// Does something, and meanwhile draws the line again and again, whether anything happens or not.
    pub(crate) async fn while_it_lasts<T>(&self, operation: impl Future<Output = T>) -> T {
        if !self.output.may_move() {
            return operation.await;
        }
        let mut operation = std::pin::pin!(operation);
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            tokio::select! {
                biased;
                result = &mut operation => return result,
                _ = ticks.tick() => self.draw(),
            }
        }
    }

    fn draw(&self) {
        if self.output.may_move() && self.begun.elapsed() >= INTERVAL {
            moving_line::draw(self.output, |columns| self.line(columns));
        }
    }

    /// As much as a terminal shows on one line, asked anew each time: a person may resize it.
    fn line(&self, columns: Option<usize>) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let megabytes = count(&self.bytes) as f64 / 1e6;
        let mut parts = vec![
            format!("Resolving {}", count(&self.resolved)),
            format!("fetched {}", count(&self.fetched)),
            format!("linked {}", count(&self.linked)),
            format!("{megabytes:.1} MB"),
        ];
        // Who waits sees that we do, too.
        let elapsed = self.begun.elapsed().as_secs();
        if elapsed >= 2 {
            parts.push(format!("{elapsed} s"));
        }
        // The last column stays free: some terminals go to the next line when it is written.
        let width = columns.unwrap_or(80).saturating_sub(1);
        let fits = |line: &String| line.chars().count() <= width;
        let lines = (1..=parts.len())
            .rev()
            .map(|kept| parts[..kept].join(" · "));
        lines.into_iter().find(fits).unwrap_or_default()
    }

    fn tell(&self, line: &str) {
        moving_line::print(self.output, line);
    }

    fn ndjson(&self, event: &Event) {
        let line = match event {
            Event::Resolved | Event::Linked | Event::Output { .. } => return,
            Event::Fetched { bytes } => json!({"event": "fetched", "bytes": bytes}),
            Event::Waiting { what } => json!({"event": "waiting", "what": what}),
            Event::Script { name, command } => {
                json!({"event": "script", "name": name, "command": command})
            }
            Event::PackageScript {
                package,
                name,
                command,
            } => {
                json!({"event": "package-script", "package": package, "name": name, "command": command})
            }
            Event::PackageOutput {
                package,
                name,
                line,
            } => {
                json!({"event": "package-output", "package": package, "name": name, "line": escape(line)})
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
                let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
                warnings.insert(warning);
            }
            Event::PackageScript {
                package,
                name,
                command,
            } if !is_quiet => {
                let (package, name) = (escape(&package), escape(&name));
                self.tell(&format!("$ {} ({package} {name})\n", escape(&command)));
            }
            Event::PackageOutput {
                package,
                name,
                line,
            } if !is_quiet => {
                let (package, name) = (escape(&package), escape(&name));
                self.tell(&format!("{package} {name} | {}\n", escape(&line)));
            }
            Event::Waiting { .. }
            | Event::Script { .. }
            | Event::PackageScript { .. }
            | Event::PackageOutput { .. }
            | Event::Output { .. } => {}
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
