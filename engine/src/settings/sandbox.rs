//! How scripts of packages are confined.

use super::value::SettingValue;

/// How scripts of packages are confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    /// In the jail, or they do not run.
    Required,
    /// In the jail where the system has one, else with a clean environment and a word about it.
    Auto,
    /// Not at all, but for a clean environment.
    Off,
}

impl SettingValue for Sandbox {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "required" => Ok(Self::Required),
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            _ => Err("it is `required`, `auto` or `off`"),
        }
    }

    const TAKES: &'static str = "required, auto, off";

    fn shown(&self) -> String {
        match self {
            Self::Required => "required",
            Self::Auto => "auto",
            Self::Off => "off",
        }
        .to_owned()
    }
}
