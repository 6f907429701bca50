//! Which credential belongs to which address.
//!
//! The reference is npm's `//host[:port]/path/` keys: the scheme is not part of them, the port is unless
//! it is the scheme's own, and the path is matched by whole segments, the longest first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{ConfigSource, builder::USERS_ONLY, placeholder::has_placeholder};

/// Base64 with or without its padding, as users copy it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The kinds of credentials, by the key that holds them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialField {
    Token,
    Username,
    Password,
    Pair,
    /// A program that prints a token.
    Helper,
}

/// All credentials, by the key of the addresses that they are for.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    by_key: BTreeMap<String, Credential>,
}

/// What is known for one key. A missing field is a missing setting.
#[derive(Clone)]
struct Credential {
    is_trusted: bool,
    token: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
    /// `user:password`, decoded.
    pair: Option<SecretString>,
    helper: Option<PathBuf>,
}

impl CredentialField {
    /// The field that a key's last part names.
    pub(super) fn from_key(name: &str) -> Option<Self> {
        Some(match name {
            "_authToken" => Self::Token,
            "username" => Self::Username,
            "_password" => Self::Password,
            "_auth" => Self::Pair,
            "tokenHelper" => Self::Helper,
            _ => return None,
        })
    }
}

impl Credentials {
    /// Takes one setting over; an empty one removes what was there.
    ///
    /// # Errors
    /// The reason, without the value, why the setting is not used.
    pub(super) fn add(
        &mut self,
        key: &str,
        field: CredentialField,
        value: &str,
        source: ConfigSource,
    ) -> Result<(), &'static str> {
        let is_trusted = source.is_trusted();
        if field == CredentialField::Helper && !is_trusted {
            return Err(USERS_ONLY);
        }
        let known = self.by_key.get(key).map(|known| known.is_trusted);
        if known == Some(true) && !is_trusted {
            return Err("the user's own settings have a credential for this address");
        }
        if known == Some(false) && is_trusted {
            self.by_key.remove(key);
        }
        let decoded = decode(field, value)?;
        let credential = self
            .by_key
            .entry(key.to_owned())
            .or_insert_with(|| Credential {
                is_trusted,
                token: None,
                username: None,
                password: None,
                pair: None,
                helper: None,
            });
        match field {
            CredentialField::Token => credential.token = decoded.map(SecretString::from),
            CredentialField::Username => credential.username = decoded,
            CredentialField::Password => credential.password = decoded.map(SecretString::from),
            CredentialField::Pair => credential.pair = decoded.map(SecretString::from),
            CredentialField::Helper => credential.helper = decoded.map(PathBuf::from),
        }
        Ok(())
    }

    /// The header's value for a request, of the longest key that has a complete credential.
    pub(super) fn header(&self, url: &Url) -> Option<SecretString> {
        self.find(url)?.header()
    }

    /// The program to ask for a request's token, where the longest key has nothing else.
    pub(super) fn helper(&self, url: &Url) -> Option<&Path> {
        let credential = self.find(url)?;
        let helper = credential.helper.as_deref()?;
        credential.header().is_none().then_some(helper)
    }

    /// Whether the credential for an address is the user's own.
    pub(super) fn is_trusted(&self, url: &Url) -> Option<bool> {
        Some(self.find(url)?.is_trusted)
    }

    /// Every secret text that must not be shown, as settings and as headers have it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretString> {
        self.by_key.values().flat_map(Credential::secrets)
    }

    fn find(&self, url: &Url) -> Option<&Credential> {
        if self.by_key.is_empty() {
            return None;
        }
        let mut keys = credential_keys(url);
        keys.find_map(|key| {
            let found = self.by_key.get(&key);
            found.filter(|credential| credential.is_usable())
        })
    }
}

/// The keys that are for an address, the longest first; none for a path that two servers could read in
/// two ways.
pub(super) fn credential_keys(url: &Url) -> impl Iterator<Item = String> {
    let is_clear = !is_ambiguous_path(url.path());
    let longest = is_clear.then(|| key_with_path(url, url.path())).flatten();
    std::iter::successors(longest, |key| {
        let inside = &key[..key.len() - 1];
        let slash = inside.rfind('/').filter(|at| *at > 1)?;
        Some(inside[..=slash].to_owned())
    })
}

impl Credential {
    fn is_usable(&self) -> bool {
        self.helper.is_some() || self.header().is_some()
    }

    fn secrets(&self) -> Vec<SecretString> {
        let plain = [&self.token, &self.password, &self.pair];
        let mut secrets: Vec<_> = plain.into_iter().flatten().cloned().collect();
        let encoded = secrets
            .iter()
            .map(|secret| STANDARD.encode(secret.expose_secret()).into());
        let encoded: Vec<SecretString> = encoded.collect();
        secrets.extend(encoded);
        if let Some(header) = self.header() {
            let value = header.expose_secret();
            let value = value.split_once(' ').map_or(value, |(_, value)| value);
            secrets.push(value.into());
        }
        secrets
    }

    fn header(&self) -> Option<SecretString> {
        if let Some(token) = &self.token {
            return Some(format!("Bearer {}", token.expose_secret()).into());
        }
        if let (Some(username), Some(password)) = (&self.username, &self.password) {
            let pair = format!("{username}:{}", password.expose_secret());
            return Some(format!("Basic {}", STANDARD.encode(pair)).into());
        }
        let pair = self.pair.as_ref()?.expose_secret();
        Some(format!("Basic {}", STANDARD.encode(pair)).into())
    }
}

/// The plain text of a setting; `None` for an empty one.
fn decode(field: CredentialField, value: &str) -> Result<Option<String>, &'static str> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    if has_placeholder(value) {
        return Err("it holds a variable that is not set");
    }
    let base64 = || {
        let bytes = LENIENT.decode(value).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or("it is not base64 of a text")
    };
    match field {
        CredentialField::Token if value.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(value.to_owned()))
        }
        CredentialField::Token => Err("it holds characters that a header cannot"),
        CredentialField::Username if value.contains(|c: char| c == ':' || c.is_control()) => {
            Err("a user name has no colon")
        }
        CredentialField::Username => Ok(Some(value.to_owned())),
        CredentialField::Password => base64().map(Some),
        CredentialField::Helper if Path::new(value).is_absolute() => Ok(Some(value.to_owned())),
        CredentialField::Helper => Err("it is not the absolute path of a program"),
        CredentialField::Pair => {
            let pair = base64()?;
            if !pair.contains(':') {
                return Err("it is not base64 of `user:password`");
            }
            Ok(Some(pair))
        }
    }
}

/// Whether a server could read the path as another one than its segments say.
fn is_ambiguous_path(path: &str) -> bool {
    let mut plain = path.to_ascii_lowercase();
    for _ in 0..3 {
        plain = plain.replace("%25", "%");
    }
    let plain = plain
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace("%2e", ".");
    plain
        .split(['/', '\\'])
        .any(|segment| segment == "." || segment == "..")
}

/// The key of a registry's address: `//host[:port]/path/`, without what follows the last slash.
pub fn credential_key(url: &Url) -> Option<String> {
    let end = url.path().rfind('/')?;
    key_with_path(url, &url.path()[..=end])
}

fn key_with_path(url: &Url, path: &str) -> Option<String> {
    let host = url.host_str()?;
    let port = url.port().map(|port| format!(":{port}"));
    let slash = if path.ends_with('/') { "" } else { "/" };
    let port = port.unwrap_or_default();
    Some(format!("//{host}{port}{path}{slash}"))
}

/// Brings the address part of a setting's key, `//host/path`, to the form of [`credential_key`].
pub(super) fn normalize_key(text: &str) -> Option<String> {
    let url = Url::parse(&format!("https:{text}")).ok()?;
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_bare || has_placeholder(text) {
        return None;
    }
    key_with_path(&url, url.path())
}

/// Whether an address is this machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
