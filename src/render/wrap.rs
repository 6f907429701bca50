//! Breaking lines at words where a terminal is too narrow for them.

use std::borrow::Cow;

/// The text with each line that is longer than a terminal (of so many columns) broken at spaces, what follows
/// indented by two more. A word that is too long by itself, such as an address, stays whole: it is there to be copied.
pub(super) fn wrapped(text: &str, columns: Option<usize>) -> Cow<'_, str> {
    let Some(columns) = columns else {
        return text.into();
    };
    if text.lines().all(|line| width(line) <= columns) {
        return text.into();
    }
    let mut broken = String::new();
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        break_line(line, columns, &mut broken);
        broken.push_str(end);
    }
    broken.into()
}

fn break_line(line: &str, columns: usize, broken: &mut String) {
    if width(line) <= columns {
        broken.push_str(line);
        return;
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let mut used = indent;
    broken.push_str(&line[..indent]);
    let mut is_first = true;
    let room = columns.saturating_sub(indent + 2);
    for word in words(&line[indent..], room) {
        let needed = width(word);
        if !is_first && used + 1 + needed > columns {
            used = indent + 2;
            broken.push('\n');
            broken.push_str(&" ".repeat(used));
        } else if !is_first {
            broken.push(' ');
            used += 1;
        }
        broken.push_str(word);
        used += needed;
        is_first = false;
    }
}

/// The words of a line. What stands between backticks is to be typed as it is, and stays together where there is room.
fn words(line: &str, room: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut is_code = false;
    for (at, character) in line.char_indices() {
        match character {
            '`' => is_code = !is_code,
            ' ' if !is_code => {
                words.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    let fits = |word: &&'_ str| width(word) <= room;
    let whole = words.into_iter().flat_map(|word| match fits(&word) {
        true => vec![word],
        false => word.split(' ').collect(),
    });
    whole.collect()
}

/// How many columns a text takes, its colours not counted.
fn width(text: &str) -> usize {
    let mut count = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_line_is_broken_at_words_and_goes_on_below_its_beginning() {
        let text = "\x1b[31merror\x1b[0m[CODE]: a range that nothing satisfies\n  help: ask for another one\n";
        assert_eq!(
            wrapped(text, Some(24)),
            "\x1b[31merror\x1b[0m[CODE]: a range\n  that nothing satisfies\n  help: ask for another\n    one\n"
        );
        assert_eq!(wrapped(text, Some(80)), text);
        assert_eq!(wrapped(text, None), text);
    }

    #[test]
    fn what_is_to_be_typed_stays_together() {
        let text = "    look at them and decide: `pkg approve-builds`\n";
        assert_eq!(
            wrapped(text, Some(40)),
            "    look at them and decide:\n      `pkg approve-builds`\n"
        );
        assert_eq!(
            wrapped(text, Some(20)),
            "    look at them and\n      decide: `pkg\n      approve-builds`\n"
        );
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole_and_no_word_is_lost() {
        let text = "see https://registry.example.test/a/very/long/address for more";
        for columns in 0..70 {
            let broken = wrapped(text, Some(columns));
            let words: Vec<_> = broken.split_whitespace().collect();
            assert_eq!(words.join(" "), text, "{columns}");
        }
    }
}
