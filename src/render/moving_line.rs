//! The one line of the terminal that moves. There is one terminal, so there is one line, whoever draws it: also whoever ends
//! the process in the midst of it must find it, to take it away.

use std::{
    io::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Output;
use crate::env::columns;

/// How often the line is drawn, at most.
pub(super) const INTERVAL: Duration = Duration::from_millis(80);

struct Line {
    /// What of it stands there.
    text: String,
    drawn: Option<Instant>,
}

static LINE: Mutex<Line> = Mutex::new(Line {
    text: String::new(),
    drawn: None,
});

fn line() -> MutexGuard<'static, Line> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// What takes the line away. A terminal that was made narrower meanwhile has broken it: it stands on several rows then.
    fn erasing(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        erasing(text.chars().count(), columns(std::io::stderr()))
    }
}

fn erasing(width: usize, columns: Option<usize>) -> String {
    let above = width.saturating_sub(1) / columns.unwrap_or(usize::MAX).max(1);
    if width == 0 {
        return String::new();
    }
    // Row by row: some terminals keep what is erased down to the end of the screen among what was scrolled away.
    format!("\r\x1b[K{}", "\x1b[1A\x1b[K".repeat(above))
}

/// Draws the line anew, unless that was done just now; it is asked for as wide as the terminal is.
pub(super) fn draw(output: Output, text: impl FnOnce(Option<usize>) -> String) {
    // Whoever finds the line being drawn has nothing to add.
    let Ok(mut line) = LINE.try_lock() else {
        return;
    };
    if line.drawn.is_some_and(|drawn| drawn.elapsed() < INTERVAL) {
        return;
    }
    let text = text(columns(std::io::stderr()));
    if line.text == text {
        return;
    }
    let erasing = line.erasing();
    output.err(&format!("{erasing}{text}"));
    line.text = text;
    line.drawn = Some(Instant::now());
}

/// Prints something in its place.
pub(super) fn print(output: Output, text: &str) {
    let mut line = line();
    let erasing = line.erasing();
    output.err(&format!("{erasing}{text}"));
}

/// Takes it away.
pub(super) fn clear(output: Output) {
    let mut line = line();
    let erasing = line.erasing();
    if !erasing.is_empty() {
        output.err(&erasing);
    }
}

/// Takes it away for good: the process ends now, and no other thread draws it again.
pub(crate) fn leave() {
    let mut line = line();
    let erasing = line.erasing();
    // A terminal that is gone needs nothing.
    drop(std::io::stderr().write_all(erasing.as_bytes()));
    std::mem::forget(line);
}

#[cfg(test)]
mod tests {
    use super::erasing;

    #[test]
    fn a_line_that_a_narrower_terminal_broke_is_erased_on_all_its_rows() {
        assert_eq!(erasing(0, Some(80)), "");
        assert_eq!(erasing(47, Some(80)), "\r\x1b[K");
        assert_eq!(erasing(47, Some(47)), "\r\x1b[K");
        assert_eq!(erasing(47, Some(40)), "\r\x1b[K\x1b[1A\x1b[K");
        assert_eq!(
            erasing(47, Some(10)),
            "\r\x1b[K".to_owned() + &"\x1b[1A\x1b[K".repeat(4)
        );
        assert_eq!(erasing(47, None), "\r\x1b[K");
    }
}
