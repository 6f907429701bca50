//! Text of others, made harmless for a terminal.

use std::borrow::Cow;

/// Whether a character could move the cursor, start a command of the terminal, or turn text around.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Replaces what is harmful by its escape.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_harmful(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Replaces what is harmful in a text of several lines, whose line breaks are ours.
pub(crate) fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_clear_the_screen_or_start_a_line() {
        assert_eq!(escape("a\x1b[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(escape("rtl\u{202e}evil"), "rtl\\u{202e}evil");
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        assert_eq!(escape("grüße 日本 🙂"), "grüße 日本 🙂");
    }
}
