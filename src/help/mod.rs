//! What the program says of itself beyond clap's help: topics, settings, and the codes of errors. The texts stand in
//! `docs/`, the settings in their table.

mod codes;
mod man;

use pkg_engine::Settings;

pub(crate) use self::{
    codes::{Code, code, code_without_prefix, codes, nearest_code},
    man::{day, pages},
};

/// The topics that are texts, in the order in which they are listed.
const TOPICS: [(&str, &str, &str); 9] = [
    (
        "config",
        "where settings come from, and who may set them",
        include_str!("../../docs/help/config.md"),
    ),
    (
        "layouts",
        "how packages lie in the project",
        include_str!("../../docs/help/layouts.md"),
    ),
    (
        "lockfile",
        "pkg.lock, and frozen installs",
        include_str!("../../docs/help/lockfile.md"),
    ),
    (
        "store",
        "where packages are kept on this machine",
        include_str!("../../docs/help/store.md"),
    ),
    (
        "scripts",
        "what runs, when, and with which variables",
        include_str!("../../docs/help/scripts.md"),
    ),
    (
        "registry",
        "registries, tokens, certificates, proxies",
        include_str!("../../docs/help/registry.md"),
    ),
    (
        "environment",
        "variables that are read, and those that scripts get",
        include_str!("../../docs/help/environment.md"),
    ),
    (
        "exit-codes",
        "what the program's exit codes mean",
        include_str!("../../docs/help/exit-codes.md"),
    ),
    (
        "completion",
        "completion at the Tab key",
        include_str!("../../docs/help/completion.md"),
    ),
];

/// Every topic, and what it is about.
pub(crate) fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    let made = [
        (
            "settings",
            "every setting: what it does, takes and is by default",
        ),
        (
            "errors",
            "every code of an error; `pkg ERROR_CODE` explains one",
        ),
    ];
    let texts = TOPICS.iter().map(|(name, about, _)| (*name, *about));
    made.into_iter().chain(texts)
}

/// The text of a topic, under its name or a near one (`setting`, `exit-code`, `layout`).
pub(crate) fn topic(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let is_it = |topic: &str| topic == name || topic.strip_suffix('s') == Some(&name);
    if is_it("settings") {
        return Some(settings());
    }
    if is_it("errors") {
        return Some(errors());
    }
    let found = TOPICS.iter().find(|(topic, ..)| is_it(topic));
    found.map(|(_, _, text)| (*text).to_owned())
}

/// One topic more: the table of settings.
fn settings() -> String {
    let mut text = "# Settings\n\nWritten as `KEY=VALUE` in .npmrc, in camelCase or kebab-case in package.json's field \
                    `pkg`,\nas PKG_CONFIG_KEY in the environment, as `--config.KEY=VALUE` behind a command.\n\
                    Those with * a project's files cannot set. See also: `pkg help config`\n"
        .to_owned();
    for row in Settings::rows() {
        text.push_str(&format!(
            "\n{}{}\n  {}\n",
            row.key,
            if row.is_users_only { " *" } else { "" },
            filled(row.documentation, 96).replace('\n', "\n  ")
        ));
        let default = match row.default.as_str() {
            "" => "it depends".to_owned(),
            default => format!("`{default}`"),
        };
        text.push_str(&format!("  Takes {}. By default {default}.\n", row.takes));
    }
    text
}

fn errors() -> String {
    let mut text = "# Errors\n\n`pkg ERROR_CODE` says what to do.\n\n".to_owned();
    for code in codes() {
        let cause = code.cause.split(". ").next().unwrap_or_default();
        text.push_str(&format!(
            "{}\n  {}\n",
            code.code,
            filled(cause, 96).replace('\n', "\n  ")
        ));
    }
    text
}

/// Words in lines of so many columns.
pub(crate) fn filled(text: &str, columns: usize) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut used = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if used > 0 && used + 1 + width > columns {
            filled.push('\n');
            used = 0;
        } else if used > 0 {
            filled.push(' ');
            used += 1;
        }
        filled.push_str(word);
        used += width;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_topic_is_longer_than_a_hundred_columns() {
        for (name, _) in topics() {
            let text = topic(name).unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_topic_is_found_in_the_singular_too() {
        assert_eq!(topic("setting"), topic("settings"));
        assert_eq!(topic("Layout"), topic("layouts"));
        assert_eq!(topic("nonsense"), None);
    }
}
