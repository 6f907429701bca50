//! Writing one setting into the text of an `.npmrc`, or taking it out; all else of it stays as it is.

use super::alias::kebab_case;

/// Sets `key`, and keeps comments, order, spaces and line ends. What stands below a `[section]` is no setting.
pub(crate) fn set_entry(text: &str, key: &str, value: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_section = |line: &str| line.trim_start().starts_with('[');
    let settings = lines
        .iter()
        .position(|line| is_section(line))
        .unwrap_or(lines.len());
    let found = lines[..settings].iter().rposition(|line| is_of(line, key));
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edited = String::with_capacity(text.len() + key.len() + value.len() + 4);
    for (index, line) in lines.iter().enumerate() {
        if index == settings && found.is_none() {
            edited.push_str(&format!("{key}={value}{end}"));
        }
        match found {
            Some(found) if found == index => edited.push_str(&replaced(line, value)),
            Some(_) | None => edited.push_str(line),
        }
    }
    if settings == lines.len() && found.is_none() {
        if !edited.is_empty() && !edited.ends_with('\n') {
            edited.push_str(end);
        }
        edited.push_str(&format!("{key}={value}{end}"));
    }
    edited
}

/// Takes every line of `key` out, those of a list (`key[]`) too.
pub(crate) fn delete_entry(text: &str, key: &str) -> String {
    let mut is_section = false;
    let mut edited = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        is_section |= line.trim_start().starts_with('[');
        if is_section || !is_of(line, key) {
            edited.push_str(line);
        }
    }
    edited
}

/// Whether a line sets a key, under any spelling of its words.
pub(crate) fn is_of(line: &str, key: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default();
    let name = name.trim_start_matches('\u{feff}').trim();
    let name = name.trim_matches('"').trim_end_matches("[]");
    name == key || kebab_case(name) == kebab_case(key)
}

/// A text as the value of a line, so that it is read back as it is.
pub(crate) fn ini_value(text: &str) -> String {
    let is_odd = |character: char| character.is_control() || matches!(character, '"' | '\'' | '=');
    let is_word = matches!(text, "true" | "false" | "null");
    let needs_quotes = text.contains(is_odd) || text.trim() != text || text.starts_with('[');
    if needs_quotes && !is_word {
        return serde_json::Value::from(text).to_string();
    }
    let mut value = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ';' | '#' | '\\') {
            value.push('\\');
        }
        value.push(character);
    }
    value
}

/// The line with another value; a comment behind the value stays.
fn replaced(line: &str, value: &str) -> String {
    let content = line.trim_end_matches(['\r', '\n']);
    let end = &line[content.len()..];
    let Some((name, rest)) = content.split_once('=') else {
        return format!("{}={value}{end}", content.trim_end());
    };
    let space = &rest[..rest.len() - rest.trim_start().len()];
    let comment = comment_start(rest).map_or("", |start| {
        let before = rest[..start].trim_end().len();
        &rest[before.max(space.len()).min(start)..]
    });
    format!("{name}={space}{value}{comment}{end}")
}

/// Where a comment begins behind a value.
fn comment_start(rest: &str) -> Option<usize> {
    let value = rest.trim();
    let is_quoted = |quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    if is_quoted('"') || is_quoted('\'') {
        return None;
    }
    let mut is_escaped = false;
    rest.char_indices().find_map(|(at, character)| {
        let starts = matches!(character, ';' | '#') && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        starts.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_taken_out_and_all_else_stays() {
        for (before, after) in [
            ("", ""),
            ("a=b\n", "a=b\n"),
            ("# x\r\nlayout=flat\r\na=b\r\n", "# x\r\na=b\r\n"),
            ("layout[]=a\nlayout[]=b\nc=d", "c=d"),
            ("layout\n[s]\nlayout=x\n", "[s]\nlayout=x\n"),
            ("; layout=flat\n", "; layout=flat\n"),
        ] {
            assert_eq!(delete_entry(before, "layout"), after, "{before:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [
            "x y",
            "x=y",
            "a;b",
            "#c",
            "a\\b",
            "\"q\"",
            "'q'",
            " lead",
            "[x]",
            "",
            "é",
            "a\nb",
            "https://h/?a=b#c",
        ] {
            let line = set_entry("", "key", &ini_value(text));
            assert_eq!(pkg_manifest::parse_ini(&line)["key"], text, "{line}");
        }
        for quoted in ["key=\"a;b\"\n", "key=a\\;b\n"] {
            assert_eq!(set_entry(quoted, "key", "c"), "key=c\n");
        }
    }

    #[test]
    fn a_setting_is_written_and_all_else_stays() {
        for (before, after) in [
            ("", "layout=flat\n"),
            ("a=b\n", "a=b\nlayout=flat\n"),
            ("a=b", "a=b\nlayout=flat\n"),
            ("a=b\r\n", "a=b\r\nlayout=flat\r\n"),
            ("layout=pnp\na=b\n", "layout=flat\na=b\n"),
            ("layout = pnp ; for now\r\n", "layout = flat ; for now\r\n"),
            ("layout=pnp # x", "layout=flat # x"),
            ("layout\n", "layout=flat\n"),
            ("layout=\n", "layout=flat\n"),
            ("layout=pnp\nlayout=nested\n", "layout=pnp\nlayout=flat\n"),
            ("; layout=pnp\n", "; layout=pnp\nlayout=flat\n"),
            (
                "a=b\n[s]\nlayout=pnp\n",
                "a=b\nlayout=flat\n[s]\nlayout=pnp\n",
            ),
            (
                "node-linker=hoisted\n",
                "node-linker=hoisted\nlayout=flat\n",
            ),
        ] {
            assert_eq!(set_entry(before, "layout", "flat"), after, "{before:?}");
        }
    }

    #[test]
    fn what_is_set_already_changes_nothing() {
        let text = "a=b\nlayout = flat ; so\n\n";
        assert_eq!(set_entry(text, "layout", "flat"), text);
    }
}
