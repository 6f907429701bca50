//! What scripts say, and what is said of them.

use std::io::Write as _;

use pkg_engine::{Event, Reporter};

use super::{Output, Progress, escape};

/// Tells of scripts: which starts, and where several run at once, which says what.
pub(crate) struct ScriptReporter {
    output: Output,
    progress: Progress,
    /// The longest name of those that run at once.
    width: usize,
}

impl ScriptReporter {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            progress: Progress::new(output),
            width: 0,
        }
    }

    /// Makes room for the names of these scripts.
    pub(crate) fn make_room(&mut self, scripts: &[String]) {
        let widths = scripts.iter().map(|script| script.chars().count());
        self.width = widths.max().unwrap_or(0);
    }

    /// A line with its script's name before it, in one piece. A reader that is gone is no error.
    fn tell(&self, script: &str, line: &[u8], is_error: bool) {
        let mut text = format!("{:width$} | ", escape(script), width = self.width).into_bytes();
        text.extend_from_slice(line);
        text.push(b'\n');
        let written = match is_error {
            true => std::io::stderr().lock().write_all(&text),
            false => std::io::stdout().lock().write_all(&text),
        };
        written.unwrap_or_default();
    }
}

impl Reporter for ScriptReporter {
    fn report(&self, event: Event) {
        match event {
            Event::Output {
                script,
                line,
                is_error,
            } => self.tell(&script, &line, is_error),
            Event::Warning(warning) => self.output.warning(&warning),
            Event::Resolved
            | Event::Fetched { .. }
            | Event::Linked
            | Event::Waiting { .. }
            | Event::Script { .. } => self.progress.report(event),
        }
    }
}
