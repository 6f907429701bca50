//! Names of layouts: ours, and those that other managers have for the same.

use pkg_linker::Layout;
use pkg_manifest::edit_distance;

use super::{Settings, value::SettingValue};

/// Every name that is understood: ours, pnpm's, Yarn's, bun's and npm's.
const NAMES: [(&str, Layout); 9] = [
    ("isolated", Layout::Isolated),
    ("flat", Layout::Flat),
    ("nested", Layout::Nested),
    ("pnp", Layout::Pnp),
    // pnpm and bun; npm says so too.
    ("hoisted", Layout::Flat),
    // Yarn.
    ("node-modules", Layout::Flat),
    ("pnpm", Layout::Isolated),
    // npm. Of `shallow` what counts is kept: the project finds what it declares, and nothing else.
    ("linked", Layout::Isolated),
    ("shallow", Layout::Nested),
];

impl SettingValue for Layout {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        let wanted = text.trim();
        let found = NAMES.iter().find(|(name, _)| *name == wanted);
        let (_, layout) = found.ok_or("it is `isolated`, `flat`, `nested` or `pnp`")?;
        Ok(*layout)
    }

    const TAKES: &'static str = "isolated, flat, nested, pnp";

    fn shown(&self) -> String {
        self.name().to_owned()
    }
}

/// What to say to somebody who asked for a layout that does not exist: the four that do, and the nearest.
pub(super) fn layout_help(asked: &str) -> String {
    let all = "the layouts are `isolated`, `flat`, `nested` and `pnp`";
    let asked = asked.trim().to_ascii_lowercase();
    let near = NAMES
        .iter()
        .map(|(name, layout)| (edit_distance(&asked, name), layout))
        .min_by_key(|(distance, _)| *distance);
    match near.filter(|(distance, _)| *distance <= asked.len().div_ceil(2)) {
        Some((_, layout)) => format!("{all}: did you mean `{}`?", layout.name()),
        None => all.to_owned(),
    }
}

/// Where the folders of packages are, in the isolated layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VirtualStore {
    /// In the project, below `node_modules/.pkg`.
    Project,
    /// Once a machine, beside the store; a project has only links.
    Shared,
}

impl VirtualStore {
    /// Its name, as settings and flags have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Shared => "shared",
        }
    }
}

impl SettingValue for VirtualStore {
    fn parse_setting(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "project" => Ok(Self::Project),
            "shared" => Ok(Self::Shared),
            _ => Err("it is `project` or `shared`"),
        }
    }

    const TAKES: &'static str = "project, shared";

    fn shown(&self) -> String {
        self.name().to_owned()
    }
}

impl Settings {
    /// Which packages every package can see: pnpm's rule, by which `hoist=false` wins over the patterns.
    pub(crate) fn hoisted_privately(&self) -> Vec<String> {
        if self.hoist {
            self.hoist_pattern.clone()
        } else {
            Vec::new()
        }
    }

    /// Which packages the project can see: pnpm's rule, by which `shamefully-hoist` wins, on or off.
    pub(crate) fn hoisted_publicly(&self) -> Vec<String> {
        match self.shamefully_hoist {
            Some(true) => vec!["*".to_owned()],
            Some(false) => Vec::new(),
            None => self.public_hoist_pattern.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_managers_are_understood() {
        for (name, layout) in [
            ("isolated", Layout::Isolated),
            (" flat ", Layout::Flat),
            ("nested", Layout::Nested),
            ("pnp", Layout::Pnp),
            ("hoisted", Layout::Flat),
            ("node-modules", Layout::Flat),
            ("pnpm", Layout::Isolated),
            ("linked", Layout::Isolated),
            ("shallow", Layout::Nested),
        ] {
            assert_eq!(Layout::parse_setting(name), Ok(layout), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_four_and_the_nearest() {
        let all = "the layouts are `isolated`, `flat`, `nested` and `pnp`";
        assert!(Layout::parse_setting("Flat").is_err());
        assert_eq!(layout_help("Flat"), format!("{all}: did you mean `flat`?"));
        assert_eq!(
            layout_help("isolate"),
            format!("{all}: did you mean `isolated`?")
        );
        assert_eq!(layout_help("hoist"), format!("{all}: did you mean `flat`?"));
        assert_eq!(layout_help("spiralling-tower"), all);
        assert_eq!(layout_help(""), all);
    }
}
