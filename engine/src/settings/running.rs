//! Settings of scripts and commands.

use super::value::SettingValue;

/// What happens before scripts and commands run where the packages are not what the project asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyDeps {
    /// Install them.
    Install,
    /// Say so, and go on.
    Warn,
    /// Stop.
    Error,
    /// Ask, where somebody can be asked; else stop.
    Prompt,
    /// Nothing: nobody looks.
    Off,
}

/// pnpm's names; `off` is `false`, and `true` what is usual.
impl SettingValue for VerifyDeps {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "install" | "true" | "" => Ok(Self::Install),
            "warn" => Ok(Self::Warn),
            "error" => Ok(Self::Error),
            "prompt" => Ok(Self::Prompt),
            "false" | "off" => Ok(Self::Off),
            _ => Err("it is `install`, `warn`, `error`, `prompt` or `false`"),
        }
    }

    const TAKES: &'static str = "install, warn, error, prompt, off";

    fn shown(&self) -> String {
        match self {
            Self::Install => "install",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Prompt => "prompt",
            Self::Off => "off",
        }
        .to_owned()
    }
}
