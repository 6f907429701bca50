//! Connections: trusted roots, proxies, and nothing that reqwest would do by itself.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, NoProxy, Proxy, redirect};

use crate::error::RegistryError;
use crate::http::{Lane, deepest};
use crate::limits;
use crate::options::{Certificates, Connections, RegistryOptions};

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

    /// Makes the pool of a lane; a certificate or proxy of the settings that is unusable is an error.
    pub(crate) fn build(&self, lane: Lane) -> Result<Client, RegistryError> {
        let certificates = self.certificates()?;
        let proxies = self.proxies()?;
        let build = |roots| self.client(lane, roots, &certificates, &proxies);
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
    ) -> Result<Client, reqwest::Error> {
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
        builder.build()
    }

    fn certificates(&self) -> Result<Vec<Certificate>, RegistryError> {
        let mut certificates = Vec::new();
        for path in &self.connections.ca_files {
            let pem = pkg_fs::read_regular_file(path, limits::PACKAGE_JSON_BYTES)?;
            let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if found.is_empty() {
                return Err(RegistryError::Setup {
                    path: path.clone(),
                    reason: "it holds no certificate in PEM".to_owned(),
                });
            }
            certificates.extend(found);
        }
        for pem in &self.connections.ca {
            let found = Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(|error| setup("the setting `ca`", &error))?;
            certificates.extend(found);
        }
        Ok(certificates)
    }

    fn proxies(&self) -> Result<Vec<Proxy>, RegistryError> {
        let connections = &self.connections;
        let no_proxy = connections
            .no_proxy
            .as_deref()
            .and_then(NoProxy::from_string);
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
            assert!(builder.client(lane, Roots::Bundled, &[], &[]).is_ok());
        }
    }
}
