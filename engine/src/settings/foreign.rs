//! Entries of `.npmrc` that are none of our settings: programs that scripts start read them from `npm_config_*`, as those
//! that build native packages or fetch their binaries do.

use std::collections::BTreeMap;

use pkg_manifest::{ConfigLayer, ConfigSource, expand};

use super::{
    alias::kebab_case,
    known::{self, Kind},
};

/// Keys of npm's own that name places of the machine or programs: a project's file may not say them.
const OF_MACHINE: [&str; 9] = [
    "prefix",
    "cache",
    "globalconfig",
    "init-module",
    "editor",
    "git",
    "shell",
    "node-gyp",
    "node-options",
];

/// What the files say to others than us; the later file wins. What may be a credential is left out, and placeholders are
/// filled in where the user wrote them.
pub(super) fn foreign_entries<'s>(
    sources: impl IntoIterator<Item = &'s ConfigLayer>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in sources {
        let is_of_user = match source.source {
            ConfigSource::Builtin | ConfigSource::Global | ConfigSource::User => true,
            ConfigSource::Project => false,
            // Scripts inherit the one, and the other is meant for us.
            ConfigSource::Environment | ConfigSource::CommandLine => continue,
        };
        for (key, text) in &source.entries {
            let plain = kebab_case(key);
            let is_ours = matches!(known::kind(&plain), Kind::Own | Kind::OfRegistries);
            let is_refused = !is_of_user && OF_MACHINE.contains(&plain.as_str());
            if is_ours || is_refused || is_secret(key) {
                continue;
            }
            let value = match is_of_user {
                true => expand(text, lookup),
                false => text.clone(),
            };
            found.insert(key.clone(), value);
        }
    }
    found
}

/// Whether a key may hold what a script has no business with.
fn is_secret(key: &str) -> bool {
    const WORDS: [&str; 6] = ["auth", "token", "password", "secret", "proxy", "otp"];
    let lower = key.to_ascii_lowercase();
    key.starts_with(['@', '/', '_'])
        || lower == "email"
        || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: ConfigSource, entries: &[(&str, &str)]) -> Vec<String> {
        let layer = ConfigLayer {
            source,
            shown_origin: ".npmrc".to_owned(),
            entries: entries
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let lookup = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let entries = foreign_entries(&[layer], &lookup);
        entries
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    #[test]
    fn what_is_ours_or_secret_is_not_passed_on() {
        let entries = [
            ("runtime", "electron"),
            ("layout", "flat"),
            ("nodeLinker", "hoisted"),
            ("registry", "https://registry.example.test/"),
            ("_auth", "c2VjcmV0"),
            ("//registry.example.test/:_authToken", "secret"),
            ("https-proxy", "http://user:secret@proxy.example.test"),
            ("some-token", "secret"),
            ("prefix", "${HOME}/npm"),
        ];
        assert_eq!(
            found(ConfigSource::User, &entries),
            ["prefix=/home/me/npm", "runtime=electron"]
        );
        assert_eq!(found(ConfigSource::Project, &entries), ["runtime=electron"]);
    }
}
