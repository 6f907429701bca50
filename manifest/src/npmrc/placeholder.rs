//! `${NAME}` in settings.

/// Puts the values of variables in: `${NAME}`, and `${NAME?}`, which is empty where the variable is not
/// set. Without the question mark an unset one stays as written. Values are not expanded again.
///
/// An odd number of backslashes before the dollar makes it literal; pairs of them are halved.
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find("${") {
        let (before, tail) = rest.split_at(dollar);
        let Some(placeholder) = Placeholder::read(tail) else {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = &tail[2..];
            continue;
        };
        let plain = before.trim_end_matches('\\');
        let backslashes = before.len() - plain.len();
        expanded.push_str(plain);
        expanded.push_str(&before[plain.len()..plain.len() + backslashes / 2]);
        if backslashes % 2 == 1 {
            expanded.push_str(placeholder.text);
        } else {
            match lookup(placeholder.name) {
                Some(value) => expanded.push_str(&value),
                None if placeholder.may_be_unset => {}
                None => expanded.push_str(placeholder.text),
            }
        }
        rest = &tail[placeholder.text.len()..];
    }
    expanded.push_str(rest);
    expanded
}

/// Whether the text holds something that looks like a placeholder.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.contains("${")
}

struct Placeholder<'a> {
    /// All of it, with `${` and `}`.
    text: &'a str,
    name: &'a str,
    may_be_unset: bool,
}

impl<'a> Placeholder<'a> {
    /// Reads the placeholder that `text` starts with.
    fn read(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix("${")?;
        // Looking no further than the next sign keeps a text of many dollars linear.
        let end = inside.find(['}', '{', '$'])?;
        if inside.as_bytes()[end] != b'}' {
            return None;
        }
        let inside = &inside[..end];
        let (name, may_be_unset) = match inside.strip_suffix('?') {
            Some(name) => (name, true),
            None => (inside, false),
        };
        let is_name = !name.is_empty() && !name.contains('?');
        is_name.then_some(Self {
            text: &text[..end + 3],
            name,
            may_be_unset,
        })
    }
}
