//! Which keys there are besides the table's: of registries, of other managers, of the machine; and which a project's
//! files may not have.

use super::Settings;
use pkg_manifest::{NETWORK_KEYS, edit_distance, nearest};

/// Keys of npm and pnpm that mean nothing here, or something that is read elsewhere. They are no mistakes.
const FOREIGN: &str = include_str!("foreign_keys.txt");

/// Keys of registries and who is asked there, which `pkg_manifest::RegistryConfig` reads besides [`NETWORK_KEYS`].
const OF_REGISTRIES: [&str; 12] = [
    "registry",
    "cert",
    "certfile",
    "key",
    "keyfile",
    "_auth",
    "_authToken",
    "_password",
    "username",
    "token-helper",
    "userconfig",
    "globalconfig",
];

/// Keys by which a project would choose programs, folders of the machine, or who it is to a registry.
const USERS_ONLY: [&str; 14] = [
    "cert",
    "certfile",
    "key",
    "keyfile",
    "git",
    "shell",
    "script-shell",
    "node-options",
    "prefix",
    "cache",
    "userconfig",
    "globalconfig",
    "global-dir",
    "global-bin-dir",
];

/// Settings that guard: a mistake in the name of one is an error, since without it the guard is not there.
const GUARDS: [&str; 10] = [
    "minimum-release-age",
    "minimum-release-age-exclude",
    "min-release-age",
    "ignore-scripts",
    "strict-ssl",
    "cafile",
    "frozen-lockfile",
    "strict-peer-dependencies",
    "sandbox",
    "strict-dep-builds",
];

/// Fields of one address: `//HOST/PATH/:FIELD`.
const ADDRESS_FIELDS: [&str; 12] = [
    "_authToken",
    "_auth",
    "_password",
    "username",
    "email",
    "always-auth",
    "tokenHelper",
    "ca",
    "cafile",
    "cert",
    "certfile",
    "keyfile",
];

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row of the table, or another manager's name of one.
    Own,
    /// About registries and how they are reached.
    OfRegistries,
    /// Another manager's, without a meaning here.
    Foreign,
    /// Nobody's.
    Unknown,
}

/// Tells what a key in kebab case is.
pub(super) fn kind(key: &str) -> Kind {
    if Settings::scope(key).is_some() || super::alias::is_foreign(key) {
        return Kind::Own;
    }
    if let Some((_, field)) = key.strip_prefix("//").and_then(|key| key.rsplit_once(':')) {
        let is_field = ADDRESS_FIELDS.contains(&field) || field == "key";
        return if is_field {
            Kind::OfRegistries
        } else {
            Kind::Unknown
        };
    }
    let is_scope = key.starts_with('@') && key.ends_with(":registry");
    if is_scope || OF_REGISTRIES.contains(&key) || NETWORK_KEYS.contains(&key) {
        Kind::OfRegistries
    } else if FOREIGN.split_whitespace().any(|foreign| foreign == key) {
        Kind::Foreign
    } else {
        Kind::Unknown
    }
}

/// Whether a project's files may not have a key of no row: the network's say how far a registry can be trusted.
pub(super) fn is_users_only(key: &str) -> bool {
    USERS_ONLY.contains(&key) || NETWORK_KEYS.contains(&key)
}

/// Whether the value of a key is a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let field = key.rsplit_once(':').map_or(key, |(_, field)| field);
    matches!(
        field.to_ascii_lowercase().as_str(),
        "_auth" | "_authtoken" | "_auth-token" | "_password" | "password" | "otp" | "key"
    )
}

/// The keys of ours that an unknown one was most probably meant to be.
pub(super) fn nearest_keys(key: &str) -> Vec<&'static str> {
    if let Some((address, field)) = key.rsplit_once(':') {
        return if address.starts_with("//") {
            nearest(field, ADDRESS_FIELDS.into_iter())
        } else {
            Vec::new()
        };
    }
    let known = Settings::KEYS.iter().map(|row| row.0);
    nearest(key, known.chain(OF_REGISTRIES).chain(NETWORK_KEYS))
}

/// The guard that an unknown key was meant to be.
pub(super) fn misspelt_guard(key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase().replace('_', "-");
    let near = GUARDS
        .into_iter()
        .map(|guard| (edit_distance(&key, guard), guard))
        .min()?;
    (near.0 <= 2 && near.0 * 3 <= near.1.len()).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ours_of_registries_of_others_or_nobodys() {
        for (key, wanted) in [
            ("layout", Kind::Own),
            ("node-linker", Kind::Own),
            ("registry", Kind::OfRegistries),
            ("@scope:registry", Kind::OfRegistries),
            ("//h.example.test/:_authToken", Kind::OfRegistries),
            ("//h.example.test/:_authTokn", Kind::Unknown),
            ("sbom-format", Kind::Foreign),
            ("verify-store-integrity", Kind::Foreign),
            ("registri", Kind::Unknown),
        ] {
            assert_eq!(kind(key), wanted, "{key}");
        }
    }

    #[test]
    fn every_key_of_npm_is_known() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/spec/npm-config.json"
        );
        let Ok(bytes) = pkg_fs::read_regular_file(std::path::Path::new(path), 1 << 20) else {
            return;
        };
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for row in document["rows"].as_array().unwrap() {
            let key = row[0].as_str().unwrap();
            assert_ne!(kind(key), Kind::Unknown, "{key}");
        }
    }

    #[test]
    fn a_mistake_in_a_guard_is_told_from_other_words() {
        assert_eq!(misspelt_guard("stritc-ssl"), Some("strict-ssl"));
        assert_eq!(
            misspelt_guard("minimum-relase-age"),
            Some("minimum-release-age")
        );
        assert_eq!(misspelt_guard("ignore_script"), Some("ignore-scripts"));
        assert_eq!(misspelt_guard("electron-mirror"), None);
        assert_eq!(misspelt_guard("sass-binary-site"), None);
    }

    #[test]
    fn secrets_are_told_by_their_keys() {
        for key in [
            "_auth",
            "//h/:_authToken",
            "//h/:_password",
            "//h/:key",
            "otp",
        ] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["registry", "//h/:username", "//h/:keyfile", "layout"] {
            assert!(!is_secret(key), "{key}");
        }
    }
}
