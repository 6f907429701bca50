//! Connections: trusted roots, proxies, and nothing that reqwest would do by itself.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, Identity, NoProxy, Proxy, redirect};
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};

use crate::error::RegistryError;
use crate::http::{Lane, deepest};
use crate::limits;
use crate::options::{Certificates, Connections, Pem, RegistryOptions};

/// Makes the pools of connections.
pub(crate) struct ClientBuilder {
    connections: Connections,
    user_agent: String,
    connect_timeout: Duration,
}

/// Whose certificates are trusted besides those of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roots {
    System,
    /// Those that this program brings along, for systems that have none, as many containers do.
    Bundled,
}

impl ClientBuilder {
    pub(crate) fn new(options: &RegistryOptions) -> Self {
        Self {
            connections: options.connections.clone(),
            user_agent: options.user_agent.clone(),
            connect_timeout: options.timeouts.connect,
        }
    }

    /// How many addresses have settings of their own.
    pub(crate) fn addresses(&self) -> usize {
        self.connections.addresses.len()
    }

    /// Makes the pool of a lane; a certificate or proxy of the settings that is unusable is an error.
    ///
    /// `address` is the place of the settings that one server has besides those for all.
    pub(crate) fn build(
        &self,
        lane: Lane,
        address: Option<usize>,
    ) -> Result<Client, RegistryError> {
        let address = address.and_then(|place| self.connections.addresses.get(place));
        let of_address = address.map_or(&[][..], |address| &address.authorities);
        let authorities = self.connections.authorities.iter().chain(of_address);
        let certificates = certificates(authorities)?;
        let identity = address.and_then(|address| address.identity.as_ref());
        let identity = identity.map(identity_of).transpose()?;
        let proxies = self.proxies()?;
        let build = |roots| {
            let mut builder = self.client(lane, roots, &certificates, &proxies);
            if let Some(identity) = &identity {
                builder = builder.identity(identity.clone());
            }
            builder.build()
        };
        build(Roots::System)
            .or_else(|_| build(Roots::Bundled))
            .map_err(|error| setup("the HTTP client", &error))
    }

    fn client(
        &self,
        lane: Lane,
        roots: Roots,
        certificates: &[Certificate],
        proxies: &[Proxy],
    ) -> reqwest::ClientBuilder {
        let mut builder = Client::builder()
            .user_agent(&self.user_agent)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_proxy()
            .connect_timeout(self.connect_timeout);
        if lane == Lane::Tarballs {
            builder = builder.http1_only();
        }
        if self.connections.certificates == Certificates::Ignore {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        let certificates = certificates.iter().cloned();
        builder = match roots {
            Roots::System => builder.tls_certs_merge(certificates),
            Roots::Bundled => builder.tls_certs_only(bundled().chain(certificates)),
        };
        for proxy in proxies {
            builder = builder.proxy(proxy.clone());
        }
        builder
    }

    fn proxies(&self) -> Result<Vec<Proxy>, RegistryError> {
        let connections = &self.connections;
        let list = connections.no_proxy.as_deref().unwrap_or_default();
        if list.split(',').any(|host| host.trim() == "*") {
            return Ok(Vec::new());
        }
        let no_proxy = NoProxy::from_string(list);
        let mut proxies = Vec::new();
        if let Some(url) = &connections.http_proxy {
            let proxy = Proxy::http(url.clone()).map_err(|error| setup("`proxy`", &error))?;
            proxies.push(proxy.no_proxy(no_proxy.clone()));
        }
        if let Some(url) = &connections.https_proxy {
            let proxy =
                Proxy::https(url.clone()).map_err(|error| setup("`https-proxy`", &error))?;
            proxies.push(proxy.no_proxy(no_proxy));
        }
        Ok(proxies)
    }
}

fn certificates<'a>(
    authorities: impl Iterator<Item = &'a Pem>,
) -> Result<Vec<Certificate>, RegistryError> {
    let mut certificates = Vec::new();
    for pem in authorities {
        let found = Certificate::from_pem_bundle(&read(pem)?).unwrap_or_default();
        if found.is_empty() {
            return Err(unusable(pem, "it holds no certificate in PEM"));
        }
        certificates.extend(found);
    }
    Ok(certificates)
}

/// The certificate that a client shows, with its key.
fn identity_of((certificate, key): &(Pem, Pem)) -> Result<Identity, RegistryError> {
    let (chain, private) = (read(certificate)?, read(key)?);
    if Certificate::from_pem_bundle(&chain)
        .unwrap_or_default()
        .is_empty()
    {
        return Err(unusable(certificate, "it holds no certificate in PEM"));
    }
    let whole = Zeroizing::new([chain.as_slice(), b"\n", &private].concat());
    Identity::from_pem(&whole).map_err(|_| unusable(key, "it holds no key in PEM"))
}

fn read(pem: &Pem) -> Result<Zeroizing<Vec<u8>>, RegistryError> {
    Ok(Zeroizing::new(match pem {
        Pem::File(path) => pkg_fs::read_regular_file(path, limits::PACKAGE_JSON_BYTES)?,
        Pem::Text { text, .. } => text.expose_secret().as_bytes().to_vec(),
    }))
}

fn unusable(pem: &Pem, reason: &str) -> RegistryError {
    let path = match pem {
        Pem::File(path) => path.clone(),
        Pem::Text { setting, .. } => PathBuf::from(setting),
    };
    RegistryError::Setup {
        path,
        reason: reason.to_owned(),
    }
}

fn bundled() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
}

fn setup(what: &str, error: &reqwest::Error) -> RegistryError {
    RegistryError::Setup {
        path: PathBuf::from(what),
        reason: deepest(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_roots_that_come_along_make_a_client() {
        let builder = ClientBuilder {
            connections: Connections::default(),
            user_agent: "test".to_owned(),
            connect_timeout: Duration::from_secs(1),
        };
        assert!(bundled().count() > 50);
        for lane in [Lane::Packuments, Lane::Tarballs] {
            let client = builder.client(lane, Roots::Bundled, &[], &[]);
            assert!(client.build().is_ok());
        }
    }

    /// A port that answers one request on IPv4, and on IPv6 nothing at all, as where a network drops what it has no way
    /// for: its queue of connections is full, so that the system drops who comes. `None` where there is no IPv6.
    fn black_hole() -> Option<(TcpListener, tokio::net::TcpListener, Vec<TcpStream>)> {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        let hole = tokio::net::TcpSocket::new_v6().ok()?;
        hole.bind(address).ok()?;
        let hole = hole.listen(1).ok()?;
        let patience = Duration::from_millis(100);
        let waiting: Vec<_> = (0..64)
            .map_while(|_| TcpStream::connect_timeout(&address, patience).ok())
            .collect();
        assert!(waiting.len() < 64, "the queue never was full");
        Some((server, hole, waiting))
    }

    /// NET-25.
    #[test]
    fn an_address_of_ipv6_that_leads_nowhere_costs_less_than_half_a_second() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let entered = runtime.enter();
        let Some((server, _hole, _waiting)) = black_hole() else {
            // Nothing can be shown where there is no IPv6.
            return;
        };
        drop(entered);
        let port = server.local_addr().unwrap().port();
        let answer = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(response).unwrap();
        });
        let builder = ClientBuilder {
            connections: Connections::default(),
            user_agent: "test".to_owned(),
            connect_timeout: Duration::from_secs(10),
        };
        let client = builder.client(Lane::Packuments, Roots::Bundled, &[], &[]);
        let addresses = [
            SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        ];
        let client = client.resolve_to_addrs("registry.example.test", &addresses);
        let client = client.build().unwrap();
        let started = Instant::now();
        let url = format!("http://registry.example.test:{port}/");
        let response = runtime.block_on(client.get(url).send()).unwrap();
        let waited = started.elapsed();
        assert_eq!(response.status(), 200);
        assert!(
            waited > Duration::from_millis(100),
            "IPv6 answered: {waited:?}"
        );
        // It is 0.3 s and what the machine is busy with; without a second try beside it, 10 s would be waited.
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        answer.join().unwrap();
    }
}
