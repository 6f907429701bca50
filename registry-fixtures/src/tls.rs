//! The secure side of a server on loopback.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, Identity};

/// How a server is made secure.
#[derive(Clone)]
pub struct Tls {
    /// What it shows its clients.
    pub identity: Identity,
    pub protocols: Protocols,
    /// Clients must show a certificate of this authority.
    pub client_authority: Option<Authority>,
}

/// The versions of HTTP that a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocols {
    Http1,
    /// The client chooses.
    Http1AndHttp2,
}

impl Tls {
    /// Both protocols, and clients need not say who they are.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            protocols: Protocols::Http1AndHttp2,
            client_authority: None,
        }
    }

    /// What shakes hands with clients.
    ///
    /// # Panics
    /// When the identity is none.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions");
        let builder = match &self.client_authority {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots
                    .add(certificate(authority.pem()))
                    .expect("an authority's certificate is a root");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .expect("one root is enough");
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(self.identity.key.as_bytes());
        let mut config = builder
            .with_single_cert(
                vec![certificate(&self.identity.certificate)],
                key.expect("an identity has a key"),
            )
            .expect("key and certificate belong together");
        if self.protocols == Protocols::Http1AndHttp2 {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        TlsAcceptor::from(Arc::new(config))
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate in PEM")
}
