//! How `pkg add` writes what it picked.

use super::value::SettingValue;
use crate::SaveStyle;

impl SettingValue for SaveStyle {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "^" => Ok(Self::Caret),
            "~" => Ok(Self::Tilde),
            "" | "=" => Ok(Self::Exact),
            _ => Err("it is `^`, `~` or nothing"),
        }
    }

    const TAKES: &'static str = "^, ~ or nothing";

    fn shown(&self) -> String {
        match self {
            Self::Caret => "^",
            Self::Tilde => "~",
            Self::Exact => "",
        }
        .to_owned()
    }
}
