//! One source of settings.

use serde_json::Value;

use super::parse_ini;

/// Where a setting comes from, from the weakest to the strongest: a later one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigSource {
    /// What the program brings along.
    Builtin,
    /// The file of the machine.
    Global,
    /// The file in the user's home.
    User,
    /// The file in the project, which whoever wrote the project wrote.
    Project,
    /// Variables of the environment.
    Environment,
    /// Options of the command line.
    CommandLine,
}

/// The settings of one source. It holds secrets, so it cannot be printed.
#[derive(Clone)]
pub struct ConfigLayer {
    pub source: ConfigSource,
    /// The file or variable, as messages show it.
    pub shown_origin: String,
    /// Keys and values; a key that is there several times is a list.
    pub entries: Vec<(String, String)>,
}

impl ConfigSource {
    /// Whether the user or the machine's owner said it, and not the project.
    pub fn is_trusted(self) -> bool {
        self != Self::Project
    }
}

impl ConfigLayer {
    /// Reads the text of an `.npmrc`. Sections have no meaning and are dropped.
    pub fn from_ini(source: ConfigSource, shown_origin: &str, text: &str) -> Self {
        let mut entries = Vec::new();
        for (key, value) in parse_ini(text) {
            let values = match value {
                Value::Array(values) => values,
                value => vec![value],
            };
            let texts = values.into_iter().filter_map(entry_text);
            entries.extend(texts.map(|text| (key.clone(), text)));
        }
        Self {
            source,
            shown_origin: shown_origin.to_owned(),
            entries,
        }
    }

    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut entries = self.entries.iter().rev();
        let (_, value) = entries.find(|(name, _)| name == key)?;
        Some(value)
    }
}

fn entry_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
