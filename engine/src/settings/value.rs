//! How the text of a setting becomes its value.

use std::path::PathBuf;

/// A kind of value that a setting may have.
pub(crate) trait SettingValue: Sized {
    /// Whether it takes several texts, one a line.
    const IS_LIST: bool = false;

    /// Reads the value from its text, or says what it should be.
    fn parse_setting(text: &str) -> Result<Self, &'static str>;

    /// What values there are, for help.
    const TAKES: &'static str;

    /// The value as text, which reads back as the same; empty where nothing is set.
    fn shown(&self) -> String;
}

impl SettingValue for bool {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "" | "true" | "1" => Ok(true),
            "false" | "null" | "0" => Ok(false),
            _ => Err("it is `true` or `false`"),
        }
    }

    const TAKES: &'static str = "true, false";

    fn shown(&self) -> String {
        self.to_string()
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl SettingValue for $type {
            fn parse_setting(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| "it is a whole number")
            }

            const TAKES: &'static str = "a whole number";

            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

numbers!(u32, u64, usize);

impl SettingValue for String {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        Ok(text.trim().to_owned())
    }

    const TAKES: &'static str = "a text";

    fn shown(&self) -> String {
        self.clone()
    }
}

impl SettingValue for PathBuf {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.contains('\0') {
            return Err("it is a path");
        }
        Ok(Self::from(text))
    }

    const TAKES: &'static str = "a path";

    fn shown(&self) -> String {
        self.to_string_lossy().into_owned()
    }
}

/// Items are separated by line breaks or commas.
impl SettingValue for Vec<String> {
    const IS_LIST: bool = true;

    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        let items = text.split(['\n', ',']).map(str::trim);
        Ok(items
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect())
    }

    const TAKES: &'static str = "a list, separated by commas";

    fn shown(&self) -> String {
        self.join(",")
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        T::parse_setting(text).map(Some)
    }

    const TAKES: &'static str = T::TAKES;

    fn shown(&self) -> String {
        self.as_ref().map_or_else(String::new, T::shown)
    }
}
