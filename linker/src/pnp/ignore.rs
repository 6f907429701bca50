//! Patterns of paths that are not the map's business, as one regular expression of JavaScript.

/// Makes one expression of all patterns: `*` is anything in a component, `**` any components, `?` one character,
/// `{a,b}` one of them. `None` without patterns.
///
/// A path matches when it, or a folder above it, does.
pub(crate) fn ignore_pattern(patterns: &[String]) -> Option<String> {
    let expressions: Vec<String> = patterns
        .iter()
        .map(|pattern| pattern.strip_prefix("./").unwrap_or(pattern))
        .map(|pattern| pattern.trim_end_matches('/'))
        .filter(|pattern| !pattern.is_empty())
        .map(expression)
        .collect();
    (!expressions.is_empty()).then(|| format!("^(?:{})(?:/|$)", expressions.join("|")))
}

fn expression(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len() * 2);
    let mut depth = 0_usize;
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            text.push_str("(?:[^/]+/)*");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            text.push_str(".*");
            rest = after;
            continue;
        }
        rest = &rest[character.len_utf8()..];
        match character {
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '{' if rest.contains('}') => {
                depth += 1;
                text.push_str("(?:");
            }
            ',' if depth > 0 => text.push('|'),
            '}' if depth > 0 => {
                depth -= 1;
                text.push(')');
            }
            '/' => text.push('/'),
            character if character.is_alphanumeric() || matches!(character, '_' | '-' | '@') => {
                text.push(character);
            }
            other => {
                text.push('\\');
                text.push(other);
            }
        }
    }
    text.push_str(&")".repeat(depth));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patterns: &[&str]) -> Option<String> {
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        ignore_pattern(&patterns)
    }

    #[test]
    fn patterns_become_one_expression() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["", "./"]), None);
        assert_eq!(of(&["./sdks/**"]).unwrap(), "^(?:sdks/.*)(?:/|$)");
        assert_eq!(
            of(&["a*/b?", "**/{x,y}.js"]).unwrap(),
            r"^(?:a[^/]*/b[^/]|(?:[^/]+/)*(?:x|y)\.js)(?:/|$)"
        );
        assert_eq!(of(&["a(b{c"]).unwrap(), r"^(?:a\(b\{c)(?:/|$)");
    }
}
