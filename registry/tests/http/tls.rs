//! Secure connections: who is trusted, who is not, and what is shown to whom.

use std::path::PathBuf;

use pkg_manifest::Version;
use pkg_registry::{AddressTls, Certificates, ErrorClass, Pem, RegistryError};
use pkg_registry_fixtures::{
    Authority, Fault, FixtureServer, Identity, Protocol, Protocols, ServerOptions, Tls,
};

use crate::setup::{Client, Settings, TARBALL, server, shown};

const HOST: &str = "127.0.0.1";

fn secure(identity: Identity) -> FixtureServer {
    secured(Tls::new(identity))
}

pub(crate) fn secured(tls: Tls) -> FixtureServer {
    server(ServerOptions {
        tls: Some(tls),
        ..ServerOptions::default()
    })
}

pub(crate) fn text(pem: &str) -> Pem {
    Pem::Text {
        setting: "the setting `ca`".to_owned(),
        text: pem.to_owned().into(),
    }
}

/// A client that trusts this authority.
pub(crate) fn trusting(authority: &Authority, server: &FixtureServer) -> Client {
    let mut client = Client::of(server);
    client.options.connections.authorities = vec![text(authority.pem())];
    client
}

fn tarball_of(client: &Client, server: &FixtureServer) -> Result<usize, RegistryError> {
    let url = format!("{}{}", server.url(), &TARBALL[1..]);
    client.tarball(&url).map(|tarball| tarball.bytes().len())
}

/// NET-15.
#[test]
fn an_authority_of_the_settings_is_trusted() {
    let authority = Authority::new("ours");
    let server = secure(authority.server(&[HOST]));
    let client = trusting(&authority, &server);
    let packument = client.packument("greet").unwrap();
    assert!(
        packument
            .versions()
            .any(|version| *version == Version::new(1, 0, 0))
    );
    assert!(tarball_of(&client, &server).unwrap() > 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    // A bundle: what else is in it does no harm.
    let other = Authority::new("other");
    pkg_fs::write_atomic(
        &path,
        format!("{}\n{}", other.pem(), authority.pem()).as_bytes(),
        0o644,
    )
    .unwrap();
    let mut client = Client::of(&server);
    client.options.connections.authorities = vec![Pem::File(path)];
    assert!(client.packument("greet").is_ok());
}

/// What a client that trusts only `authority` says of a server with this identity.
fn distrust(authority: &Authority, identity: Identity) -> RegistryError {
    let server = secure(identity);
    let client = trusting(authority, &server);
    let error = client.packument("greet").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Policy, "{error}");
    assert!(shown(&error).starts_with("ERR_PKG_FETCH_TLS: "), "{error}");
    let tarball = tarball_of(&client, &server).unwrap_err();
    assert_eq!(tarball.class(), ErrorClass::Policy, "{tarball}");
    // Neither was tried again, nor did anything get through.
    assert!(client.events.lock().unwrap().is_empty());
    assert_eq!(server.requests(), []);
    error
}

/// NET-14.
#[test]
fn what_cannot_be_trusted_is_refused_at_once_with_its_reason() {
    let ours = Authority::new("ours");
    let theirs = Authority::new("theirs");
    for (identity, reason) in [
        (
            theirs.server(&[HOST]),
            "the authority that signed its certificate is unknown",
        ),
        (ours.expired_server(&[HOST]), "its certificate is expired"),
        (
            ours.server(&["registry.example.test"]),
            "its certificate is for another host",
        ),
        (ours.client(HOST), "its certificate is not for servers"),
    ] {
        let error = distrust(&ours, identity);
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
}

#[test]
fn certificates_are_not_checked_where_the_user_says_so() {
    let server = secure(Authority::new("theirs").expired_server(&["registry.example.test"]));
    let mut client = Client::of(&server);
    client.options.connections.certificates = Certificates::Ignore;
    assert!(client.packument("greet").is_ok());
}

#[test]
fn packuments_come_over_http2_and_tarballs_over_connections_of_their_own() {
    let authority = Authority::new("ours");
    let server = secure(authority.server(&[HOST]));
    let client = trusting(&authority, &server);
    client.packument("greet").unwrap();
    tarball_of(&client, &server).unwrap();
    let protocols: Vec<_> = server.requests().iter().map(|seen| seen.protocol).collect();
    assert_eq!(protocols, [Protocol::Http2, Protocol::Http1]);
    let old = secured(Tls {
        protocols: Protocols::Http1,
        ..Tls::new(authority.server(&[HOST]))
    });
    trusting(&authority, &old).packument("greet").unwrap();
    assert_eq!(old.requests()[0].protocol, Protocol::Http1);
}

#[test]
fn a_stream_that_ends_early_is_asked_for_again() {
    let authority = Authority::new("ours");
    let server = secure(authority.server(&[HOST]));
    for fault in [Fault::Close, Fault::Truncate] {
        server.fault("/greet", 1, fault.clone());
        assert!(
            trusting(&authority, &server).packument("greet").is_ok(),
            "{fault:?}"
        );
        server.fault("/greet", 9, fault);
        let error = trusting(&authority, &server)
            .packument("greet")
            .unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient, "{error}");
        server.clear_faults();
    }
}

/// NET-17.
#[test]
fn a_body_is_whole_by_its_length_and_not_by_the_end_of_the_connection() {
    let authority = Authority::new("ours");
    let server = secure(authority.server(&[HOST]));
    let client = trusting(&authority, &server);
    let whole = tarball_of(&client, &server).unwrap();
    // The server closes without saying so: where the length is known that is no harm.
    let length = whole.to_string();
    server.fault(TARBALL, 1, Fault::ContentLength(length));
    assert_eq!(tarball_of(&client, &server).unwrap(), whole);
    server.fault(TARBALL, 9, Fault::NoLength);
    let error = tarball_of(&client, &server).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
}

/// CFG-05.
#[test]
fn a_redirect_from_tls_to_plain_http_is_refused() {
    let authority = Authority::new("ours");
    let server = secure(authority.server(&[HOST]));
    let plain = crate::setup::server(ServerOptions::default());
    let location = format!("{}greet", plain.url());
    server.fault(
        "/greet",
        1,
        Fault::Redirect {
            status: 302,
            location,
        },
    );
    let error = trusting(&authority, &server)
        .packument("greet")
        .unwrap_err();
    assert!(error.to_string().contains("insecure"), "{error}");
    assert_eq!(plain.requests(), []);
}

/// NET-15.
#[test]
fn an_authority_that_cannot_be_read_is_told_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        pkg_fs::write_atomic(&path, bytes, 0o644).unwrap();
        path
    };
    let server = secure(Authority::new("ours").server(&[HOST]));
    for path in [
        folder.path().join("missing.pem"),
        folder.path().to_path_buf(),
        write("empty.pem", b""),
        write("other.pem", b"no certificate"),
    ] {
        let mut client = Client::of(&server);
        client.options.connections.authorities = vec![Pem::File(path.clone())];
        let error = client.packument("greet").unwrap_err();
        assert_eq!(error.class(), ErrorClass::Local);
        let path = path.display().to_string();
        assert!(shown(&error).contains(&path), "{error}: {path}");
    }
    assert_eq!(server.requests(), []);
}

/// A server that lets only clients of its authority in.
fn choosy(authority: &Authority) -> FixtureServer {
    secured(Tls {
        client_authority: Some(authority.clone()),
        ..Tls::new(authority.server(&[HOST]))
    })
}

/// A client with an identity for the first server alone.
fn with_identity(authority: &Authority, server: &FixtureServer, identity: &Identity) -> Client {
    let mut client = Client::new(Settings {
        registry: server.url(),
        tls: vec![server.url()],
        ..Settings::default()
    });
    client.options.connections.authorities = vec![text(authority.pem())];
    client.options.connections.addresses = vec![AddressTls {
        authorities: Vec::new(),
        identity: Some((text(&identity.certificate), text(&identity.key))),
    }];
    client
}

/// NET-16.
#[test]
fn a_client_certificate_is_shown_to_its_address_and_to_no_other() {
    let authority = Authority::new("ours");
    let first = choosy(&authority);
    let second = secured(Tls {
        client_authority: None,
        ..Tls::new(authority.server(&[HOST]))
    });
    let client = with_identity(&authority, &first, &authority.client("ada"));
    client.packument("greet").unwrap();
    assert!(tarball_of(&client, &first).is_ok());
    assert!(
        first
            .requests()
            .iter()
            .all(|seen| seen.has_client_certificate)
    );
    assert!(tarball_of(&client, &second).is_ok());
    // A server that would take it does not get it by a redirect either.
    let third = choosy(&authority);
    let location = format!("{}greet", third.url());
    first.fault(
        "/greet",
        9,
        Fault::Redirect {
            status: 302,
            location,
        },
    );
    let error = with_identity(&authority, &first, &authority.client("ada"))
        .packument("greet")
        .unwrap_err();
    assert_eq!(error.class(), ErrorClass::Policy, "{error}");
    assert_eq!(third.requests(), []);
    assert!(!second.requests()[0].has_client_certificate);
}

#[test]
fn a_server_that_wants_another_certificate_is_told_apart() {
    let authority = Authority::new("ours");
    let server = choosy(&authority);
    let stranger = Authority::new("theirs").client("eve");
    for client in [
        trusting(&authority, &server),
        with_identity(&authority, &server, &stranger),
    ] {
        let error = client.packument("greet").unwrap_err();
        assert_eq!(error.class(), ErrorClass::Policy, "{error}");
        assert!(
            shown(&error).contains("`//HOST/:certfile`"),
            "{}",
            shown(&error)
        );
    }
    assert_eq!(server.requests(), []);
}

#[test]
fn an_identity_that_is_none_is_told_by_name_and_not_shown() {
    let authority = Authority::new("ours");
    let server = choosy(&authority);
    let ada = authority.client("ada");
    for (certificate, key) in [
        ("none".to_owned(), ada.key.clone()),
        (ada.certificate, "secret-key".to_owned()),
    ] {
        let identity = Identity { certificate, key };
        let error = with_identity(&authority, &server, &identity)
            .packument("greet")
            .unwrap_err();
        assert_eq!(error.class(), ErrorClass::Local, "{error}");
        assert!(!shown(&error).contains("secret-key"), "{error}");
    }
    let mut client = with_identity(&authority, &server, &authority.client("ada"));
    let missing = PathBuf::from("/nowhere/key.pem");
    let certificate = text(&authority.client("ada").certificate);
    client.options.connections.addresses[0].identity = Some((certificate, Pem::File(missing)));
    let error = client.packument("greet").unwrap_err();
    assert!(error.to_string().contains("/nowhere/key.pem"), "{error}");
}

#[test]
fn an_authority_of_one_address_is_not_trusted_for_another() {
    let authority = Authority::new("ours");
    let first = secure(authority.server(&[HOST]));
    let second = secure(authority.server(&[HOST]));
    let mut client = Client::new(Settings {
        registry: first.url(),
        tls: vec![first.url()],
        ..Settings::default()
    });
    client.options.connections.addresses = vec![AddressTls {
        authorities: vec![text(authority.pem())],
        identity: None,
    }];
    client.packument("greet").unwrap();
    assert!(tarball_of(&client, &first).is_ok());
    assert_eq!(
        tarball_of(&client, &second).unwrap_err().class(),
        ErrorClass::Policy
    );
}
