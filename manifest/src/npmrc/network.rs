//! TLS and proxies. Only the user's own settings may say anything about them.

use secrecy::SecretString;
use url::Url;

use super::address_tls::DeclaredFile;

/// The variable by which Node.js, and so npm, learns of more authorities.
const EXTRA_CA: &str = "NODE_EXTRA_CA_CERTS";

/// How connections are made. A proxy's address may hold a password, so it is a secret.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) strict_ssl: bool,
    pub(super) ca: Vec<String>,
    pub(super) cafile: Option<DeclaredFile>,
    /// What `NODE_EXTRA_CA_CERTS` names.
    pub(super) extra_cafile: Option<DeclaredFile>,
    pub(super) proxy: Proxy,
    pub(super) https_proxy: Proxy,
    pub(super) noproxy: Option<String>,
}

/// A proxy setting.
#[derive(Clone)]
pub(super) enum Proxy {
    /// Nothing is said, so the environment decides.
    Unset,
    Off,
    At(SecretString),
}

/// Settings about TLS, proxies and programs that print tokens, which a project's file may not have.
pub const NETWORK_KEYS: [&str; 10] = [
    "strict-ssl",
    "ca",
    "cafile",
    "proxy",
    "http-proxy",
    "https-proxy",
    "noproxy",
    "no-proxy",
    "local-address",
    "_tokenHelper",
];

/// Whether a key is about TLS, proxies or programs that print tokens.
pub(super) fn is_network_key(key: &str) -> bool {
    NETWORK_KEYS.contains(&key)
}

impl Default for Network {
    fn default() -> Self {
        Self {
            strict_ssl: true,
            ca: Vec::new(),
            cafile: None,
            extra_cafile: None,
            proxy: Proxy::Unset,
            https_proxy: Proxy::Unset,
            noproxy: None,
        }
    }
}

impl Network {
    /// Takes one setting over.
    ///
    /// # Errors
    /// The reason, without the value, why the setting is not used.
    pub(super) fn set(
        &mut self,
        key: &str,
        value: &str,
        declared_in: &str,
    ) -> Result<(), &'static str> {
        let value = value.trim();
        let is_off = matches!(value, "" | "null" | "false");
        match key {
            "strict-ssl" => {
                self.strict_ssl = match value {
                    "" | "true" => true,
                    "false" => false,
                    _ => return Err("it is neither `true` nor `false`"),
                };
            }
            "ca" if is_off => self.ca.clear(),
            "ca" if value.contains("-----BEGIN CERTIFICATE-----") => {
                // Files hold a certificate in one line, with `\n` for its line breaks.
                self.ca.push(value.replace("\\n", "\n"));
            }
            "ca" => return Err("it is no PEM certificate"),
            "cafile" => {
                self.cafile = (!is_off).then(|| DeclaredFile {
                    path: value.to_owned(),
                    declared_in: declared_in.to_owned(),
                });
            }
            "proxy" | "http-proxy" => self.proxy = Proxy::parse(value)?,
            "https-proxy" => self.https_proxy = Proxy::parse(value)?,
            "noproxy" | "no-proxy" => self.noproxy = (!is_off).then(|| value.to_owned()),
            _ => return Err("it is not supported"),
        }
        Ok(())
    }

    /// Fills what no setting says from the variables that most programs follow.
    pub(super) fn add_environment(&mut self, lookup: &dyn Fn(&str) -> Option<String>) {
        let either = |name: &str| {
            let value = lookup(name).or_else(|| lookup(&name.to_ascii_lowercase()));
            value.filter(|value| !value.is_empty())
        };
        let proxy = |name| either(name).and_then(|value| Proxy::parse(&value).ok());
        if let (Proxy::Unset, Some(proxy)) = (&self.https_proxy, proxy("HTTPS_PROXY")) {
            self.https_proxy = proxy;
        }
        if let (Proxy::Unset, Some(proxy)) = (&self.proxy, proxy("HTTP_PROXY")) {
            self.proxy = proxy;
        }
        let extra = lookup(EXTRA_CA).filter(|value| !value.is_empty());
        self.extra_cafile = extra.map(|path| DeclaredFile {
            path,
            declared_in: EXTRA_CA.to_owned(),
        });
        if self.noproxy.is_none() {
            self.noproxy = either("NO_PROXY");
        }
    }
}

impl Proxy {
    fn parse(value: &str) -> Result<Self, &'static str> {
        if matches!(value, "" | "null" | "false") {
            return Ok(Self::Off);
        }
        let text = if value.contains("://") {
            value.to_owned()
        } else {
            format!("http://{value}")
        };
        let url = Url::parse(&text).map_err(|_| "it is no URL")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("a proxy is an `http:` or `https:` address");
        }
        Ok(Self::At(text.into()))
    }

    /// The address, if there is a proxy.
    pub(super) fn address(&self) -> Option<&SecretString> {
        match self {
            Self::At(address) => Some(address),
            Self::Off | Self::Unset => None,
        }
    }
}
