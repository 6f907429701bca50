//! Which registry serves a package, and the one place where a secret meets a request.

use std::net::IpAddr;
use std::path::PathBuf;

use ::http::HeaderValue;
use pkg_manifest::{PackageName, Version};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

use crate::error::RegistryError;
use crate::shown::ShownUrl;

/// Answers who serves a package and which credentials belong to an address.
///
/// Settings implement it; the client asks anew for every hop of a redirect.
pub trait Access: Send + Sync {
    /// The registry that serves `name`: `http:`, `https:`, or `file:` for a folder registry.
    /// The path ends with a slash.
    fn registry(&self, name: &PackageName) -> Option<Url>;

    /// The value of the `Authorization` header for exactly this address, if one is configured for
    /// its origin and path.
    ///
    /// # Errors
    /// [`CredentialsError`] where a program should have printed them and did not.
    fn authorization(&self, url: &Url) -> Result<Option<SecretString>, CredentialsError>;

    /// Which of [`crate::Connections::addresses`] is for exactly this address.
    fn tls(&self, _url: &Url) -> Option<usize> {
        None
    }
}

/// Why the credentials of an address cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the token helper `{}` {reason}", program.display())]
pub struct CredentialsError {
    /// The program that was to print them.
    pub program: PathBuf,
    /// What it did instead.
    pub reason: String,
}

/// The address of a packument: the scope's slash is encoded, as every registry accepts.
pub(crate) fn packument_url(registry: &Url, name: &PackageName) -> Option<Url> {
    let path = name.as_str().replacen('/', "%2f", 1);
    join(registry, &path)
}

/// The address at which registries keep a tarball by convention.
pub fn conventional_tarball_url(
    registry: &Url,
    name: &PackageName,
    version: &Version,
) -> Option<Url> {
    // Registries leave the build metadata out of a tarball's name.
    let mut plain = version.clone();
    plain.build = semver::BuildMetadata::EMPTY;
    join(registry, &format!("{name}/-/{}-{plain}.tgz", name.bare()))
}

fn join(registry: &Url, path: &str) -> Option<Url> {
    let mut base = registry.clone();
    base.set_query(None);
    base.set_fragment(None);
    let slash = if base.path().ends_with('/') { "" } else { "/" };
    format!("{base}{slash}{path}").parse().ok()
}

/// The credentials of one request, ready for its header.
pub(crate) struct Credentials {
    pub(crate) header: HeaderValue,
    secret: SecretString,
}

impl Credentials {
    /// Asks for the credentials of `url`; the only caller of [`Access::authorization`].
    pub(crate) fn of(access: &dyn Access, url: &Url) -> Result<Option<Self>, RegistryError> {
        let secret = access
            .authorization(url)
            .map_err(|error| RegistryError::Credentials {
                url: ShownUrl::new(url),
                error,
            })?;
        Ok(secret.and_then(|secret| {
            let mut header = HeaderValue::from_str(secret.expose_secret()).ok()?;
            header.set_sensitive(true);
            Some(Self { header, secret })
        }))
    }

    /// What must not appear in a message: the header and its part after the scheme.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let whole = self.secret.expose_secret();
        let value = whole.split_once(' ').map(|(_, value)| value);
        std::iter::once(whole).chain(value).collect()
    }
}

/// Checks an address that somebody else chose, seen from `from`: a packument's registry, or the
/// hop that redirected.
pub(crate) fn check_foreign(url: &Url, from: Option<&Url>) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https addresses are fetched");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a user name or a password");
    }
    if from.is_some_and(|from| from.scheme() == "https") && url.scheme() == "http" {
        return Err("it would leave a secure connection for an insecure one");
    }
    let is_known_host = from.is_some_and(|from| from.host() == url.host());
    if !is_known_host && is_link_local(url) {
        return Err("link-local addresses serve metadata of machines, not packages");
    }
    Ok(())
}

fn is_link_local(url: &Url) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.to_canonical(),
        Some(Host::Domain(_)) | None => return false,
    };
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn scoped_names_are_encoded_in_packument_addresses() {
        let registry = url("https://registry.example.test/npm/");
        let name = "@fixture/colour".parse().unwrap();
        assert_eq!(
            packument_url(&registry, &name).unwrap().as_str(),
            "https://registry.example.test/npm/@fixture%2fcolour"
        );
        let version = Version::parse("1.2.3-a.1+build").unwrap();
        assert_eq!(
            conventional_tarball_url(&registry, &name, &version)
                .unwrap()
                .as_str(),
            "https://registry.example.test/npm/@fixture/colour/-/colour-1.2.3-a.1.tgz"
        );
    }

    #[test]
    fn a_registry_without_a_final_slash_keeps_its_path() {
        let name = "greet".parse().unwrap();
        let registry = url("https://registry.example.test/npm");
        assert_eq!(
            packument_url(&registry, &name).unwrap().path(),
            "/npm/greet"
        );
    }

    #[test]
    fn foreign_addresses_are_checked() {
        let secure = url("https://registry.example.test/");
        let refused = [
            "file:///etc/passwd",
            "data:text/plain,x",
            "ftp://registry.example.test/a.tgz",
            "https://user:pass@registry.example.test/a.tgz",
            "http://registry.example.test/a.tgz",
            "https://169.254.169.254/latest",
            "https://[fe80::1]/latest",
            "https://[::ffff:169.254.169.254]/latest",
        ];
        for text in refused {
            assert!(check_foreign(&url(text), Some(&secure)).is_err(), "{text}");
        }
        let accepted = url("https://other.example.test/a.tgz");
        assert_eq!(check_foreign(&accepted, Some(&secure)), Ok(()));
        let insecure = url("http://registry.example.test/");
        assert_eq!(check_foreign(&insecure, Some(&insecure)), Ok(()));
    }
}
