//! How other managers spell our settings.

/// A setting in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translated {
    /// The key.
    pub(super) key: &'static str,
    /// The text of its value.
    pub(super) text: String,
}

/// Whether a key is another manager's for one of our settings.
pub(super) fn is_foreign(key: &str) -> bool {
    translate(key, "true").is_some()
}

/// Says in our words what another manager's key asks for; `None` for a key that is not one of those.
///
/// A switch that is off asks for nothing: then the text is empty, and the setting stays as it is.
pub(super) fn translate(key: &str, text: &str) -> Option<Translated> {
    let is_on = matches!(text.trim(), "" | "true" | "1");
    let (key, text) = match key {
        // pnpm and Yarn; bun; npm.
        "node-linker" | "linker" | "install-strategy" => ("layout", text),
        // npm, before it had strategies.
        "legacy-bundling" | "global-style" => ("layout", if is_on { "nested" } else { "" }),
        // npm, before it had dashes.
        "init.author.name" => ("init-author-name", text),
        "init.author.email" => ("init-author-email", text),
        "init.author.url" => ("init-author-url", text),
        "init.license" => ("init-license", text),
        "init.version" => ("init-version", text),
        "enable-global-virtual-store" => {
            ("virtual-store", if is_on { "shared" } else { "project" })
        }
        // npm counts days, pnpm and we minutes.
        "min-release-age" => return Some(minutes(text)),
        "min-release-age-exclude" => ("minimum-release-age-exclude", text),
        _ => return None,
    };
    let text = text.to_owned();
    Some(Translated { key, text })
}

/// An age in days as one in minutes; what is no number stays, and is told as it is written.
fn minutes(days: &str) -> Translated {
    let minutes = days
        .trim()
        .parse::<u64>()
        .map(|days| days.saturating_mul(1440).to_string());
    Translated {
        key: "minimum-release-age",
        text: minutes.unwrap_or_else(|_| days.to_owned()),
    }
}

/// A key in kebab case: pnpm and Yarn also write `nodeLinker`. Keys of one registry stay as they are.
pub(super) fn kebab_case(key: &str) -> String {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if !key.chars().all(is_name) || !key.starts_with(|first: char| first.is_ascii_lowercase()) {
        return key.to_owned();
    }
    let mut kebab = String::with_capacity(key.len() + 4);
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_managers_are_ours_in_other_words() {
        for (key, text, wanted) in [
            ("node-linker", "hoisted", Some(("layout", "hoisted"))),
            ("linker", "isolated", Some(("layout", "isolated"))),
            ("install-strategy", "nested", Some(("layout", "nested"))),
            ("legacy-bundling", "true", Some(("layout", "nested"))),
            ("global-style", "false", Some(("layout", ""))),
            (
                "enable-global-virtual-store",
                "true",
                Some(("virtual-store", "shared")),
            ),
            (
                "min-release-age",
                "3",
                Some(("minimum-release-age", "4320")),
            ),
            ("layout", "flat", None),
        ] {
            let found = translate(key, text);
            let found = found.as_ref().map(|found| (found.key, &*found.text));
            assert_eq!(found, wanted, "{key}={text}");
        }
    }

    #[test]
    fn camel_case_is_kebab_case_and_keys_of_registries_stay() {
        for (key, kebab) in [
            ("nodeLinker", "node-linker"),
            ("node-linker", "node-linker"),
            (
                "//Host.example.test/:_authToken",
                "//Host.example.test/:_authToken",
            ),
            ("@Scope:registry", "@Scope:registry"),
            ("_auth", "_auth"),
        ] {
            assert_eq!(kebab_case(key), kebab);
        }
    }
}
