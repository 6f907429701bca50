//! Paths as people may see them.

use std::fmt::{self, Display, Write as _};
use std::path::Path;

/// Shows a path with everything escaped that could move a cursor, reorder text or start a line.
#[derive(Debug, Clone, Copy)]
pub struct DisplayPath<'a>(pub &'a Path);

impl Display for DisplayPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            for character in chunk.valid().chars() {
                write_escaped(formatter, character)?;
            }
            for byte in chunk.invalid() {
                write!(formatter, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

fn write_escaped(formatter: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if character.is_control() || is_invisible(character) {
        write!(formatter, "{}", character.escape_unicode())
    } else {
        formatter.write_char(character)
    }
}

/// Zero-width characters, the controls of writing direction, and the separators of lines and paragraphs.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{061c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_direction_marks_are_escaped() {
        let shown = DisplayPath(Path::new("a\n\u{1b}[2J\u{202e}ß/ü")).to_string();
        assert_eq!(shown, "a\\u{a}\\u{1b}[2J\\u{202e}ß/ü");
    }
}
