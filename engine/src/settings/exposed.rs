//! Credentials that others on this machine can read.

use std::path::Path;

use pkg_manifest::{ConfigLayer, ConfigSource};

use super::known;
use crate::Warning;

/// The permission bits by which a file's group, and everybody, read it.
const READ_BY_OTHERS: u32 = 0o044;

/// A warning where the user's own file holds credentials and not the user alone can read it. A credential that stands
/// in a variable (`${TOKEN}`) is not in the file.
pub(super) fn exposed_credentials(layer: &ConfigLayer, path: &Path) -> Option<Warning> {
    let holds_secret = |(key, value): &(String, String)| {
        known::is_secret(key) && !value.is_empty() && !is_placeholder(value)
    };
    if layer.source != ConfigSource::User || !layer.entries.iter().any(holds_secret) {
        return None;
    }
    // What cannot be asked about is no reason to stop.
    let mode = pkg_fs::stat_if_exists(path).ok().flatten()?.mode;
    (mode & READ_BY_OTHERS != 0).then(|| {
        let path = path.display();
        let message = format!(
            "others on this machine can read the credentials in `{path}`: run `chmod 600 {path}`"
        );
        Warning::new("WARN_PKG_CREDENTIALS_EXPOSED", message)
    })
}

/// Whether a value is one variable and nothing else.
fn is_placeholder(value: &str) -> bool {
    let inside = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|name| !name.contains(['$', '{', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_users_credential_in_a_file_that_others_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |source, text: &str, mode| {
            let path = folder.path().join("settings");
            pkg_fs::write_atomic(&path, text.as_bytes(), mode).unwrap();
            let layer = ConfigLayer::from_ini(source, "settings", text);
            exposed_credentials(&layer, &path).is_some()
        };
        let token = "//registry.example.test/:_authToken=secret\n";
        assert!(told(ConfigSource::User, token, 0o644));
        assert!(told(ConfigSource::User, token, 0o640));
        assert!(told(ConfigSource::User, "_password=c2VjcmV0\n", 0o604));
        assert!(!told(ConfigSource::User, token, 0o600));
        assert!(!told(ConfigSource::Project, token, 0o644));
        let variable = "//registry.example.test/:_authToken=${TOKEN}\n";
        assert!(!told(ConfigSource::User, variable, 0o644));
        let plain =
            "registry=https://registry.example.test/\n//registry.example.test/:username=u\n";
        assert!(!told(ConfigSource::User, plain, 0o644));
    }
}
