//! A host and a port, as somebody grants them and as a script asks for them.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};
use url::Host;

/// The port that is meant where none is named.
const PORT: u16 = 443;
/// The most characters that a name of the network has.
const LONGEST: usize = 253;

/// A place of the network: an address or a name, in one spelling, and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    host: Host<String>,
    port: u16,
}

/// A text that names no such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no host with a port")]
pub struct EndpointError;

impl Endpoint {
    /// Reads one; `port` is meant where it names none.
    pub(super) fn parse(text: &str, port: u16) -> Result<Self, EndpointError> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse().ok().filter(|port| is_number && *port != 0);
                (host, port.ok_or(EndpointError)?)
            }
            _ => (text, port),
        };
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = Host::parse(host).map_err(|_| EndpointError)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        match &host {
            Host::Domain(name)
                if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_plain) =>
            {
                Err(EndpointError)
            }
            Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Ok(Self { host, port }),
        }
    }

    /// Whether both are on the same host, at whichever port.
    pub(crate) fn has_host_of(&self, other: &Self) -> bool {
        self.host == other.host
    }

    /// The name that stands for addresses, where it is one.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => Some(name),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    /// The address, where it is one.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        let address = match self.host {
            Host::Domain(_) => return None,
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address).to_canonical(),
        };
        Some(SocketAddr::new(address, self.port))
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let host = match address.ip().to_canonical() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        let port = address.port();
        Self { host, port }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::parse(text, PORT)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, EndpointError> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.port == PORT {
            self.host.fmt(formatter)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_spelling_and_nothing_else_is_one() {
        for (text, shown) in [
            ("example.test", "example.test"),
            ("EXAMPLE.test.:443", "example.test"),
            ("example.test:80", "example.test:80"),
            ("127.1:80", "127.0.0.1:80"),
            ("0x7f000001:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("[::1]", "[::1]"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.to_string(), shown);
            assert_eq!(shown.parse::<Endpoint>().unwrap(), endpoint);
        }
        for text in [
            "", ":80", "a b", "a:", "a:0", "a:65536", "a:+1", "*", "*.test", "a/b", "u@a", "::1",
            "[::1", "a\nb",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_within_an_address_is_that_one() {
        let mapped: Endpoint = "[::ffff:127.0.0.1]:80".parse().unwrap();
        assert_eq!(mapped.address(), "127.0.0.1:80".parse().ok());
    }
}
