//! The terminal that carries a question: its mode, its lines, and that both are as they were afterwards.

use std::io::{self, Read as _, Write as _};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use super::{
    checklist::{Checklist, Progress},
    keys,
};

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These were chosen.
    Chosen(Vec<usize>),
    /// It was left.
    Left,
    /// Ctrl-C.
    Interrupted,
}

/// What is taken where a terminal does not say how large it is.
const SIZE: (usize, usize) = (24, 80);

/// Asks on standard error, and reads from standard input, which must both be terminals.
///
/// # Errors
/// When the terminal cannot be read or written.
pub(crate) fn ask(mut list: Checklist) -> io::Result<Answer> {
    let mut screen = Screen::open()?;
    let mut bytes = Vec::new();
    loop {
        screen.draw(&list)?;
        let Some(key) = keys::take(&mut bytes) else {
            let mut more = [0; 64];
            let count = screen.input.read(&mut more)?;
            if count == 0 {
                return Ok(Answer::Interrupted);
            }
            bytes.extend_from_slice(&more[..count]);
            continue;
        };
        match list.press(key) {
            Progress::Open => {}
            Progress::Done => return Ok(Answer::Chosen(list.chosen())),
            Progress::Left => return Ok(Answer::Left),
            Progress::Interrupted => return Ok(Answer::Interrupted),
        }
    }
}

/// Rows and columns, as they are now.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => {
            (usize::from(size.ws_row), usize::from(size.ws_col))
        }
        Ok(_) | Err(_) => SIZE,
    }
}

/// A terminal in the mode in which keys come one by one. As it was, when dropped.
struct Screen {
    input: io::Stdin,
    before: Termios,
    /// The widths of the lines that stand there.
    drawn: Vec<usize>,
}

impl Screen {
    fn open() -> io::Result<Self> {
        let input = io::stdin();
        let before = tcgetattr(&input)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&input, OptionalActions::Flush, &raw)?;
        let screen = Self {
            input,
            before,
            drawn: Vec::new(),
        };
        // Nothing blinks where nothing is typed.
        io::stderr().write_all(b"\x1b[?25l")?;
        Ok(screen)
    }

    fn draw(&mut self, list: &Checklist) -> io::Result<()> {
        let (rows, columns) = size();
        // The last column of the last line stays free, so that no terminal scrolls.
        let lines = list.lines(rows.saturating_sub(1), columns.saturating_sub(1));
        let mut text = self.erasing();
        for line in &lines {
            text.push_str(line);
            text.push_str("\r\n");
        }
        self.drawn = lines.iter().map(|line| line.chars().count()).collect();
        io::stderr().write_all(text.as_bytes())
    }

    /// What takes the lines away again. A terminal that was made narrower meanwhile has broken those that are too long.
    fn erasing(&self) -> String {
        let (_, columns) = size();
        let rows = |width: &usize| width.div_ceil(columns).max(1);
        // Row by row: some terminals keep what is erased down to the end of the screen among what was scrolled away.
        let drawn = self.drawn.iter().map(rows).sum();
        format!("\r\x1b[K{}", "\x1b[1A\x1b[K".repeat(drawn))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let text = format!("{}\x1b[?25h", self.erasing());
        // A terminal that is gone needs nothing.
        drop(io::stderr().write_all(text.as_bytes()));
        tcsetattr(&self.input, OptionalActions::Drain, &self.before).ok();
    }
}
