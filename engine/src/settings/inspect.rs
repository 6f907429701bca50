//! What `pkg config` shows: each value, who said it, what that hid, and who may say it. Secrets are masked.

use std::{collections::BTreeSet, path::Path};

use pkg_manifest::{expand, parse_yaml};

use super::{
    LoadedSettings, Origin, Scope, SettingRow, Settings,
    alias::{kebab_case, translate},
    edit::is_of,
    known::{self, Kind},
    load::to_layer,
};
use crate::Host;

/// What stands for a secret.
const MASK: &str = "(protected)";
/// The most that is read of a file to find a line in it.
const FILE_LIMIT: u64 = 8 << 20;

/// A setting, and everything that was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// Its key, in our words.
    pub key: String,
    /// The value that counts; `None` where there is none. A secret is masked.
    pub value: Option<String>,
    /// Its row of the table, unless it is one of registries.
    pub row: Option<SettingRow>,
    /// Whether a project's own files cannot set it.
    pub is_users_only: bool,
    /// Who said what, the strongest first.
    pub said: Vec<Said>,
}

/// One entry of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The source.
    pub origin: Origin,
    /// The line of its file, from 1.
    pub line: Option<usize>,
    /// The key as it is written there.
    pub key: String,
    /// The text as it is written there. A secret is masked.
    pub text: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the value.
    Counts,
    /// A stronger source says something else.
    Hidden,
    /// Its source may not say it.
    Refused,
}

impl LoadedSettings {
    /// Everything that is set, by key; with `all`, the settings that nobody set, too.
    pub fn config_list(&self, host: &Host, all: bool) -> Vec<ConfigValue> {
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for (key, _) in self.sources.iter().flat_map(|source| &source.entries) {
            let key = own_key(key);
            if matches!(known::kind(&key), Kind::Own | Kind::OfRegistries) {
                keys.insert(key);
            }
        }
        if all {
            keys.extend(Settings::KEYS.iter().map(|row| row.0.to_owned()));
        }
        let values = keys.iter().map(|key| self.explained(host, key));
        values
            .filter(|value| all || !value.said.is_empty())
            .collect()
    }

    /// One setting, under any of its names; `None` for a key that nobody knows and nobody set.
    pub fn config_value(&self, host: &Host, key: &str) -> Option<ConfigValue> {
        let own = own_key(key);
        let value = self.explained(host, &own);
        let is_known = known::kind(&own) != Kind::Unknown;
        (is_known || !value.said.is_empty()).then_some(value)
    }

    /// The keys that an unknown one was most probably meant to be.
    pub fn nearest_settings(key: &str) -> Vec<&'static str> {
        known::nearest_keys(&kebab_case(key))
    }

    fn explained(&self, host: &Host, own: &str) -> ConfigValue {
        let row = Settings::rows().into_iter().find(|row| row.key == own);
        let is_users_only = match Settings::scope(own) {
            Some(scope) => scope == Scope::User,
            None => known::is_users_only(own),
        };
        let mut said = self.said(own, is_users_only);
        let counting = said
            .iter_mut()
            .find(|said| said.0.verdict == Verdict::Hidden);
        let mut raw = None;
        if let Some((entry, text)) = counting {
            entry.verdict = Verdict::Counts;
            let is_project = matches!(entry.origin, Origin::ProjectFile(_));
            let lookup = |name: &str| host.variables.get(name).cloned();
            raw = Some(if is_project {
                text.clone()
            } else {
                expand(text, &lookup)
            });
        }
        let value = match own {
            "store-dir" => Some(self.locations.store.to_string_lossy().into_owned()),
            "cache-dir" => Some(self.locations.cache.to_string_lossy().into_owned()),
            own => match self.settings.text(own) {
                Some(text) => Some(text).filter(|text| !text.is_empty() || raw.is_some()),
                None => raw,
            },
        };
        ConfigValue {
            key: own.to_owned(),
            value: value.map(|text| masked(own, &text)),
            row,
            is_users_only,
            said: said.into_iter().map(|(said, _)| said).collect(),
        }
    }

    /// Who said something about a key, the strongest first, each with its text as it is.
    fn said(&self, own: &str, is_users_only: bool) -> Vec<(Said, String)> {
        let mut found = Vec::new();
        for source in &self.sources {
            let mut of_source: Vec<(Said, String)> = Vec::new();
            for (key, text) in &source.entries {
                if own_key(key) != own || is_switched_off(key, text) {
                    continue;
                }
                let origin = to_layer(source).origin;
                let is_project = matches!(origin, Origin::ProjectFile(_));
                let reads_secret = known::is_secret(key) || own.ends_with("registry");
                let is_refused =
                    is_project && (is_users_only || (reads_secret && text.contains("${")));
                let verdict = if is_refused {
                    Verdict::Refused
                } else {
                    Verdict::Hidden
                };
                let said = Said {
                    line: line_of(&origin, key),
                    origin,
                    key: key.clone(),
                    text: masked(own, text),
                    verdict,
                };
                of_source.push((said, text.clone()));
            }
            // In one source our own key is stronger than another manager's.
            of_source.sort_by_key(|(said, _)| kebab_case(&said.key) == own);
            found.extend(joined(of_source));
        }
        found.reverse();
        found
    }
}

/// Items of one list, which stand in lines of their own, as one entry.
fn joined(entries: Vec<(Said, String)>) -> Vec<(Said, String)> {
    let mut joined: Vec<(Said, String)> = Vec::new();
    for (said, text) in entries {
        match joined.last_mut() {
            Some((last, whole)) if last.key == said.key && last.origin != Origin::CommandLine => {
                last.text = format!("{},{}", last.text, said.text);
                *whole = format!("{whole},{text}");
            }
            _ => joined.push((said, text)),
        }
    }
    joined
}

/// Our name of a key.
fn own_key(key: &str) -> String {
    let key = kebab_case(key);
    translate(&key, "true").map_or(key, |translated| translated.key.to_owned())
}

/// Whether another manager's switch is off, which says nothing.
fn is_switched_off(key: &str, text: &str) -> bool {
    translate(&kebab_case(key), text).is_some_and(|translated| translated.text.is_empty())
}

/// A text without its secret: all of it, or what stands before the `@` of an address.
fn masked(key: &str, text: &str) -> String {
    if known::is_secret(key) {
        return MASK.to_owned();
    }
    let Some(start) = text.find("://").map(|at| at + 3) else {
        return text.to_owned();
    };
    let end = text[start..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |at| start + at);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}{MASK}{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}

/// Where a key stands in its file.
fn line_of(origin: &Origin, key: &str) -> Option<usize> {
    let (Origin::GlobalFile(path) | Origin::UserFile(path) | Origin::ProjectFile(path)) = origin
    else {
        return None;
    };
    let shown = path.to_string_lossy();
    let (file, field) = shown.split_once("json#").map_or_else(
        || (shown.to_string(), None),
        |(file, field)| (format!("{file}json"), Some(field)),
    );
    let bytes = pkg_fs::read_regular_file(Path::new(&file), FILE_LIMIT).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    if field.is_none() && !file.ends_with(".yaml") {
        let lines = text.lines().enumerate();
        let settings = lines.take_while(|(_, line)| !line.trim_start().starts_with('['));
        let last = settings.filter(|(_, line)| is_of(line, key)).last();
        return last.map(|(index, _)| index + 1);
    }
    let lines = parse_yaml(&text).ok()?.lines;
    let mut found = lines
        .iter()
        .filter(|(path, _)| match (field, path.as_slice()) {
            (Some(field), [group, last]) => group == field && kebab_case(last) == key,
            (None, [last]) => kebab_case(last) == key,
            (None, [group, scope]) => {
                group == "registries"
                    && key
                        == super::documents::registry_key(scope)
                            .as_deref()
                            .unwrap_or_default()
            }
            _ => false,
        });
    found.next().map(|(_, line)| *line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_also_within_addresses() {
        assert_eq!(masked("//h/:_authToken", "abc"), MASK);
        assert_eq!(
            masked("proxy", "http://me:pw@proxy.example.test:1/x"),
            "http://(protected)@proxy.example.test:1/x"
        );
        assert_eq!(
            masked("registry", "https://registry.example.test/@s/"),
            "https://registry.example.test/@s/"
        );
        assert_eq!(masked("layout", "flat"), "flat");
    }
}
