//! TLS of single addresses: more authorities, and the certificate by which the client shows who it is.
//!
//! The reference is npm's `//host/:certfile` and `:keyfile` with pnpm's `:cert`, `:key`, `:ca` and
//! `:cafile`. Only the user's own settings may have any of them.

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

use super::credentials::credential_keys;

/// A file that a setting names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredFile {
    /// As written: absolute, below `~/`, or relative to the folder of the file that names it.
    pub path: String,
    /// The `shown_origin` of the layer that names it.
    pub declared_in: String,
}

/// Something in PEM: in a file, or in the settings themselves. It may be a key, so it cannot be printed.
#[derive(Clone)]
pub enum Pem {
    File(DeclaredFile),
    Text(SecretString),
}

/// What is set for the addresses below one key.
#[derive(Clone, Default)]
pub struct AddressTls {
    /// Authorities that are trusted there besides those that are trusted everywhere.
    pub authorities: Vec<Pem>,
    /// The certificate that is shown there.
    pub certificate: Option<Pem>,
    /// Its key.
    pub key: Option<Pem>,
}

/// The settings of one address that are about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsField {
    Ca,
    CaFile,
    Certificate,
    CertificateFile,
    Key,
    KeyFile,
}

impl TlsField {
    /// The field that the last part of a key names.
    pub(super) fn from_key(name: &str) -> Option<Self> {
        Some(match name {
            "ca" => Self::Ca,
            "cafile" => Self::CaFile,
            "cert" => Self::Certificate,
            "certfile" => Self::CertificateFile,
            "key" => Self::Key,
            "keyfile" => Self::KeyFile,
            _ => return None,
        })
    }

    fn is_file(self) -> bool {
        matches!(self, Self::CaFile | Self::CertificateFile | Self::KeyFile)
    }

    fn pem(self, value: &str, declared_in: &str) -> Result<Pem, &'static str> {
        if self.is_file() {
            return Ok(Pem::File(DeclaredFile {
                path: value.to_owned(),
                declared_in: declared_in.to_owned(),
            }));
        }
        if !value.contains("-----BEGIN ") {
            return Err("it is not in PEM");
        }
        // Files hold a certificate in one line, with `\n` for its line breaks.
        Ok(Pem::Text(value.replace("\\n", "\n").into()))
    }
}

/// The TLS settings of all addresses, by key.
#[derive(Clone, Default)]
pub(super) struct AddressTlsTable {
    by_key: BTreeMap<String, AddressTls>,
}

impl AddressTlsTable {
    /// Takes one setting over; an empty one removes what was there.
    ///
    /// # Errors
    /// The reason, without the value, why the setting is not used.
    pub(super) fn add(
        &mut self,
        key: &str,
        field: TlsField,
        value: &str,
        declared_in: &str,
    ) -> Result<(), &'static str> {
        let value = value.trim();
        let pem = if matches!(value, "" | "null" | "false") {
            None
        } else {
            Some(field.pem(value, declared_in)?)
        };
        let tls = self.by_key.entry(key.to_owned()).or_default();
        match field {
            TlsField::Certificate | TlsField::CertificateFile => tls.certificate = pem,
            TlsField::Key | TlsField::KeyFile => tls.key = pem,
            TlsField::Ca | TlsField::CaFile => match pem {
                Some(pem) => tls.authorities.push(pem),
                None => tls.authorities.clear(),
            },
        }
        Ok(())
    }

    /// Drops halves of identities, which no server would accept, and gives their addresses.
    pub(super) fn drop_halves(&mut self) -> Vec<String> {
        let mut halves = Vec::new();
        for (key, tls) in &mut self.by_key {
            if tls.certificate.is_some() != tls.key.is_some() {
                (tls.certificate, tls.key) = (None, None);
                halves.push(key.clone());
            }
        }
        halves
    }

    /// All settings by key, sorted.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &AddressTls)> {
        self.by_key.iter().map(|(key, tls)| (key.as_str(), tls))
    }

    /// The longest key that an address lies below.
    pub(super) fn key_for(&self, url: &Url) -> Option<&str> {
        if self.by_key.is_empty() || url.scheme() != "https" {
            return None;
        }
        let mut keys = credential_keys(url);
        let (key, _) = keys.find_map(|key| self.by_key.get_key_value(&key))?;
        Some(key)
    }

    /// Keys that stand in the settings themselves.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretString> {
        self.by_key.values().filter_map(|tls| match &tls.key {
            Some(Pem::Text(text)) => Some(text.clone()),
            Some(Pem::File(_)) | None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret as _;

    use super::super::{ConfigLayer, ConfigSource, RegistryConfig};
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\\nA\\n-----END CERTIFICATE-----";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\\nB\\n-----END PRIVATE KEY-----";

    fn build(source: ConfigSource, text: &str) -> (RegistryConfig, Vec<String>) {
        let layer = ConfigLayer::from_ini(source, "/home/ada/.npmrc", text);
        RegistryConfig::build(&[layer], &|_| None).ok().unwrap()
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn file(pem: Option<&Pem>) -> Option<&str> {
        match pem? {
            Pem::File(file) => Some(&file.path),
            Pem::Text(_) => None,
        }
    }

    #[test]
    fn an_identity_is_for_the_addresses_below_its_key() {
        let text = "//h.example.test/npm/:certfile=c.pem\n//h.example.test/npm/:keyfile=~/k.pem\n\
                    //h.example.test/npm/:cafile=/ca.pem";
        let (config, warnings) = build(ConfigSource::User, text);
        assert!(warnings.is_empty(), "{warnings:?}");
        let (key, tls) = config.address_tls().next().unwrap();
        assert_eq!(key, "//h.example.test/npm/");
        assert_eq!(file(tls.certificate.as_ref()), Some("c.pem"));
        assert_eq!(file(tls.key.as_ref()), Some("~/k.pem"));
        assert_eq!(file(tls.authorities.first()), Some("/ca.pem"));
        for (address, wanted) in [
            ("https://h.example.test/npm/greet", Some(key)),
            ("https://h.example.test/npm/@a%2fb/-/b-1.0.0.tgz", Some(key)),
            ("https://h.example.test/other", None),
            ("https://h.example.test/npm-other/greet", None),
            ("https://h.example.test/npm/..%2f..%2fother", None),
            ("https://h.example.test:444/npm/greet", None),
            ("https://other.example.test/npm/greet", None),
            ("http://h.example.test/npm/greet", None),
        ] {
            assert_eq!(config.address_tls_key(&url(address)), wanted, "{address}");
        }
    }

    #[test]
    fn texts_are_pem_with_escaped_line_breaks_and_their_keys_are_secret() {
        let text = format!(
            "//h.example.test/:cert={CERTIFICATE}\n//h.example.test/:key={KEY}\n\
             //h.example.test/:ca={CERTIFICATE}"
        );
        let (config, warnings) = build(ConfigSource::User, &text);
        assert!(warnings.is_empty(), "{warnings:?}");
        let secrets: Vec<_> = config.secrets().collect();
        assert_eq!(secrets.len(), 1);
        assert_eq!(secrets[0].expose_secret(), KEY.replace("\\n", "\n"));
        let (_, warnings) = build(ConfigSource::User, "//h.example.test/:ca=none");
        assert!(warnings[0].contains("it is not in PEM"), "{warnings:?}");
    }

    #[test]
    fn an_identity_without_an_address_is_for_the_registry_of_the_same_file() {
        let identity = format!("cert={CERTIFICATE}\nkey={KEY}");
        let (config, warnings) = build(
            ConfigSource::User,
            &format!("registry=https://h.example.test/\n{identity}"),
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(config.address_tls().next().unwrap().0, "//h.example.test/");
        let (config, warnings) = build(ConfigSource::User, &identity);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(config.address_tls().next().is_none());
    }

    #[test]
    fn half_an_identity_is_told() {
        let (config, warnings) = build(ConfigSource::User, "//h.example.test/:certfile=c.pem");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("//h.example.test/"), "{warnings:?}");
        assert!(config.address_tls().next().unwrap().1.certificate.is_none());
    }

    #[test]
    fn a_project_has_no_say() {
        for field in [
            "ca",
            "cafile",
            "cert",
            "certfile",
            "key",
            "keyfile",
            "tokenHelper",
        ] {
            let text = format!(
                "registry=https://h.example.test/\n{field}=/x\n//h.example.test/:{field}=/x"
            );
            let (config, warnings) = build(ConfigSource::Project, &text);
            assert_eq!(warnings.len(), 2, "{field}: {warnings:?}");
            assert!(config.address_tls().next().is_none(), "{field}");
            assert_eq!(config.token_helper(&url("https://h.example.test/a")), None);
        }
    }

    #[test]
    fn a_token_helper_is_an_absolute_path_and_weaker_than_a_token() {
        let address = url("https://h.example.test/a");
        let helper = "//h.example.test/:tokenHelper=/usr/bin/helper";
        let (config, warnings) = build(ConfigSource::User, helper);
        assert!(warnings.is_empty(), "{warnings:?}");
        let program = Path::new("/usr/bin/helper");
        assert_eq!(config.token_helper(&address), Some(program));
        assert!(config.authorization(&address).is_none());
        assert_eq!(
            config.token_helper(&url("https://other.example.test/a")),
            None
        );
        assert_eq!(config.token_helper(&url("http://h.example.test/a")), None);
        let both = format!("{helper}\n//h.example.test/:_authToken=t");
        let (config, _) = build(ConfigSource::User, &both);
        assert_eq!(config.token_helper(&address), None);
        assert!(config.authorization(&address).is_some());
        for bad in ["helper", "./helper", "~/helper", "${HELPER}"] {
            let text = format!("//h.example.test/:tokenHelper={bad}");
            let (config, warnings) = build(ConfigSource::User, &text);
            assert_eq!(warnings.len(), 1, "{bad}: {warnings:?}");
            assert_eq!(config.token_helper(&address), None);
        }
        let unscoped = "registry=https://h.example.test/\ntokenHelper=/usr/bin/helper";
        let (config, _) = build(ConfigSource::User, unscoped);
        assert_eq!(config.token_helper(&address), Some(program));
    }

    #[test]
    fn a_projects_credential_gives_way_to_the_users_helper() {
        let layers = [
            (
                ConfigSource::User,
                "//h.example.test/:tokenHelper=/bin/helper",
            ),
            (ConfigSource::Project, "//h.example.test/:_authToken=t"),
        ];
        let layers = layers.map(|(source, text)| ConfigLayer::from_ini(source, "/a/.npmrc", text));
        let (config, warnings) = RegistryConfig::build(&layers, &|_| None).ok().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let address = url("https://h.example.test/a");
        assert!(config.authorization(&address).is_none());
        assert!(config.token_helper(&address).is_some());
    }
}
