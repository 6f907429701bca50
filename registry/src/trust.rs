//! Why a secure connection ended, in words.

use std::error::Error as _;
use std::io;

use rustls::{AlertDescription, CertificateError};
use thiserror::Error;

/// What stood in the way of trust.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustProblem {
    /// Nobody that is known vouches for the server.
    #[error("the authority that signed its certificate is unknown")]
    UnknownAuthority,
    /// The server's certificate was valid once, or this machine's clock is wrong.
    #[error("its certificate is expired")]
    Expired,
    /// The server's certificate will be valid, or this machine's clock is wrong.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// The server is somebody else.
    #[error("its certificate is for another host")]
    OtherHost,
    /// The certificate is one of clients, or of something else.
    #[error("its certificate is not for servers")]
    OtherPurpose,
    /// The server wants to know who asks, or to hear another answer to that.
    #[error("it wants another client certificate than it got, if any")]
    ClientCertificate,
    /// Something that TLS says in its own words.
    #[error("{0}")]
    Other(String),
}

impl TrustProblem {
    /// What ended the connection, where that was TLS and not the network.
    pub(crate) fn of(error: &reqwest::Error) -> Option<Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<rustls::Error>() {
                return Self::said(found);
            }
            let mut io = error.downcast_ref::<io::Error>();
            // An I/O error hides what it wraps from `source`.
            while let Some(error) = io {
                let inner = error.get_ref();
                if let Some(found) = inner.and_then(|it| it.downcast_ref::<rustls::Error>()) {
                    return Self::said(found);
                }
                io = inner.and_then(|inner| inner.downcast_ref());
            }
            cause = error.source();
        }
        None
    }

    fn said(error: &rustls::Error) -> Option<Self> {
        Some(match error {
            rustls::Error::InvalidCertificate(error) => Self::of_certificate(error),
            rustls::Error::AlertReceived(alert) if is_about_the_client(*alert) => {
                Self::ClientCertificate
            }
            error => Self::Other(error.to_string()),
        })
    }

    fn of_certificate(error: &CertificateError) -> Self {
        use CertificateError as Bad;
        match error {
            Bad::UnknownIssuer => Self::UnknownAuthority,
            Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::NotYetValid,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::OtherHost,
            Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => Self::OtherPurpose,
            // The verifier of the system's authorities has a check of its own for this.
            Bad::Other(error) if format!("{error:?}").contains("EkuError") => Self::OtherPurpose,
            error => Self::Other(error.to_string()),
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "a proxy that opens TLS, or a registry of your own, needs its authority in `cafile`"
            }
            Self::Expired | Self::NotYetValid => {
                "check the clock of this machine; else the certificate has to be renewed there"
            }
            Self::OtherHost => "check the registry's address: somebody else answers there",
            Self::OtherPurpose => "the server has to show a certificate that is for servers",
            Self::ClientCertificate => {
                "set `//HOST/:certfile` and `//HOST/:keyfile` in your user's .npmrc"
            }
            Self::Other(_) => {
                "check that the address speaks https, and whether a proxy stands between"
            }
        }
    }
}

/// Whether a server's alert is what it says to a client that it does not let in.
fn is_about_the_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}
