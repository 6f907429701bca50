//! Whether installing a package would run something.
//!
//! Reference: npm's `install` lifecycle, with `node-gyp rebuild` where a `binding.gyp` stands and nothing else is said.

use sha2::{Digest as _, Sha256};

use super::package_json::PackageJson;

/// The scripts that installing a package would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstallScripts {
    None,
    /// SHA-256 of their names and texts, in the order in which they run.
    Some([u8; 32]),
}

/// Finds the scripts that installing would run, including the one that `binding.gyp` implies.
pub(crate) fn find_install_scripts(package: &PackageJson, has_gyp: bool) -> InstallScripts {
    let implies_gyp = has_gyp
        && !package.refuses_gyp
        && package.install.is_none()
        && package.preinstall.is_none();
    let install = package
        .install
        .as_deref()
        .or(implies_gyp.then_some("node-gyp rebuild"));
    let scripts = [
        ("preinstall", package.preinstall.as_deref()),
        ("install", install),
        ("postinstall", package.postinstall.as_deref()),
    ];
    if scripts.iter().all(|(_, text)| text.is_none()) {
        return InstallScripts::None;
    }
    let mut hasher = Sha256::new();
    for (name, text) in scripts {
        if let Some(text) = text {
            for part in [name, text] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
    }
    InstallScripts::Some(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::parse_package_json;

    fn scripts(text: &str, has_gyp: bool) -> InstallScripts {
        find_install_scripts(&parse_package_json(text.as_bytes()).unwrap(), has_gyp)
    }

    #[test]
    fn a_gyp_file_implies_a_script_unless_something_else_is_said() {
        assert_eq!(scripts("{}", false), InstallScripts::None);
        let implied = scripts("{}", true);
        assert_eq!(
            implied,
            scripts(r#"{"scripts":{"install":"node-gyp rebuild"}}"#, false)
        );
        assert_eq!(scripts(r#"{"gypfile":false}"#, true), InstallScripts::None);
        assert_ne!(scripts(r#"{"gypfile":"no"}"#, true), InstallScripts::None);
        let own = r#"{"scripts":{"install":"make"}}"#;
        assert_eq!(scripts(own, true), scripts(own, false));
    }

    #[test]
    fn the_hash_changes_with_each_text_and_not_with_other_scripts() {
        let one = scripts(r#"{"scripts":{"postinstall":"a"}}"#, false);
        assert_eq!(
            one,
            scripts(r#"{"scripts":{"test":"t","postinstall":"a"}}"#, false)
        );
        assert_ne!(one, scripts(r#"{"scripts":{"postinstall":"b"}}"#, false));
        assert_ne!(one, scripts(r#"{"scripts":{"preinstall":"a"}}"#, false));
        assert_eq!(
            scripts(r#"{"scripts":{"prepare":"a"}}"#, false),
            InstallScripts::None
        );
    }
}
