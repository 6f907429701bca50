//! Writing one setting into the text of an `.npmrc`; all else of it stays as it is.

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

fn is_of(line: &str, key: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default();
    name.trim().trim_matches('"') == key
}

/// The line with another value; a comment behind the value stays.
fn replaced(line: &str, value: &str) -> String {
    let content = line.trim_end_matches(['\r', '\n']);
    let end = &line[content.len()..];
    let Some((name, rest)) = content.split_once('=') else {
        return format!("{}={value}{end}", content.trim_end());
    };
    let space = &rest[..rest.len() - rest.trim_start().len()];
    let comment = rest.find([';', '#']).map_or("", |start| {
        let before = rest[..start].trim_end().len();
        &rest[before.max(space.len()).min(start)..]
    });
    format!("{name}={space}{value}{comment}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
