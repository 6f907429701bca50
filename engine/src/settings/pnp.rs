//! Settings of the layout without folders.

use pkg_linker::FallbackMode;

use super::value::SettingValue;

/// Yarn's names.
impl SettingValue for FallbackMode {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "none" => Ok(Self::None),
            "dependencies-only" => Ok(Self::DependenciesOnly),
            "all" => Ok(Self::All),
            _ => Err("it is `none`, `dependencies-only` or `all`"),
        }
    }

    const TAKES: &'static str = "none, dependencies-only, all";

    fn shown(&self) -> String {
        match self {
            Self::None => "none",
            Self::DependenciesOnly => "dependencies-only",
            Self::All => "all",
        }
        .to_owned()
    }
}
