//! Certificate authorities and certificates that live as long as a test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// What a certificate's maker promises: these parameters are ours.
const VALID: &str = "the parameters of a certificate are valid";

/// A certificate authority that nobody knows unless told.
#[derive(Clone)]
pub struct Authority {
    pem: String,
    issuer: Arc<Issuer<'static, KeyPair>>,
}

/// A certificate with its key, both as PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

/// For how long a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Validity {
    Current,
    Over,
}

impl Authority {
    /// Makes an authority of this name.
    ///
    /// # Panics
    /// When the system has no random numbers.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("the system has random numbers");
        let certificate = params.self_signed(&key).expect(VALID);
        Self {
            pem: certificate.pem(),
            issuer: Arc::new(Issuer::new(params, key)),
        }
    }

    /// Its own certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server of these hosts: names or addresses.
    pub fn server(&self, hosts: &[&str]) -> Identity {
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        self.issue(hosts, usage, Validity::Current)
    }

    /// One that was valid once.
    pub fn expired_server(&self, hosts: &[&str]) -> Identity {
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        self.issue(hosts, usage, Validity::Over)
    }

    /// A certificate by which a client of this name shows who it is.
    pub fn client(&self, name: &str) -> Identity {
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        self.issue(&[name], usage, Validity::Current)
    }

    fn issue(
        &self,
        hosts: &[&str],
        usage: ExtendedKeyUsagePurpose,
        validity: Validity,
    ) -> Identity {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect(VALID);
        params.extended_key_usages = vec![usage];
        if validity == Validity::Over {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().expect("the system has random numbers");
        let certificate = params.signed_by(&key, &*self.issuer).expect(VALID);
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}
