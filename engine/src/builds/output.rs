//! What a script prints, as far as it is kept: all of it is read, so that no script waits for a reader, and the end of it
//! is what somebody may want to see.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are kept of one script.
const KEPT: usize = 16 << 20;
/// Bytes of one line that are shown.
const LINE: usize = 2000;

/// The end of what a script printed.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: VecDeque<u8>,
}

impl Output {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..excess);
    }

    /// The lines that were kept, as text; what is no text is replaced. They may hold anything: escape them to print them.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.bytes.make_contiguous());
        let line = |line: &str| {
            let end = line.floor_char_boundary(LINE);
            line[..end].trim_end_matches('\r').to_owned()
        };
        text.lines().map(line).collect()
    }
}

/// Reads both outputs of a script to their ends, as they come.
pub(crate) async fn read_output(
    mut output: impl AsyncRead + Unpin,
    mut errors: impl AsyncRead + Unpin,
) -> Output {
    let mut kept = Output::default();
    let (mut first, mut second) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let (mut is_first_open, mut is_second_open) = (true, true);
    while is_first_open || is_second_open {
        tokio::select! {
            read = output.read(&mut first), if is_first_open => match read {
                Ok(count) if count > 0 => kept.take(&first[..count]),
                _ => is_first_open = false,
            },
            read = errors.read(&mut second), if is_second_open => match read {
                Ok(count) if count > 0 => kept.take(&second[..count]),
                _ => is_second_open = false,
            },
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept_and_long_lines_are_cut() {
        let mut output = Output::default();
        for _ in 0..20 {
            output.take(&vec![b'x'; 1 << 20]);
        }
        output.take("\nende é\r\n".as_bytes());
        assert_eq!(output.bytes.len(), KEPT);
        let lines = output.lines();
        assert_eq!(lines[0].len(), LINE);
        assert_eq!(lines[1], "ende é");
    }
}
