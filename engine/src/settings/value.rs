//! How the text of a setting becomes its value.

use std::path::PathBuf;

/// A kind of value that a setting may have.
pub(crate) trait SettingValue: Sized {
    /// Whether it takes several texts, one a line.
    const IS_LIST: bool = false;

    /// Reads the value from its text, or says what it should be.
    fn parse_setting(text: &str) -> Result<Self, &'static str>;
}

impl SettingValue for bool {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "" | "true" | "1" => Ok(true),
            "false" | "null" | "0" => Ok(false),
            _ => Err("it is `true` or `false`"),
        }
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl SettingValue for $type {
            fn parse_setting(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| "it is a whole number")
            }
        }
    )+};
}

numbers!(u32, u64, usize);

impl SettingValue for String {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        Ok(text.trim().to_owned())
    }
}

impl SettingValue for PathBuf {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.contains('\0') {
            return Err("it is a path");
        }
        Ok(Self::from(text))
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
}

impl<T: SettingValue> SettingValue for Option<T> {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        T::parse_setting(text).map(Some)
    }
}
