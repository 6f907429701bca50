//! Secrets go to their origin and nowhere else, and into no message.

use pkg_registry::ErrorClass;
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};

use crate::setup::{Client, Settings, TARBALL, server, shown, tarball_url};

fn with_token(server: &FixtureServer) -> Client {
    Client::new(Settings {
        registry: server.url(),
        credentials: vec![(server.url(), "Bearer secret-token".to_owned())],
        ..Settings::default()
    })
}

fn protected() -> FixtureServer {
    server(ServerOptions {
        bearer: Some("secret-token".to_owned()),
        ..ServerOptions::default()
    })
}

#[test]
fn the_registrys_credentials_are_sent_for_packuments_and_tarballs() {
    let server = protected();
    let client = with_token(&server);
    assert!(client.packument("greet").is_ok());
    assert!(client.tarball(&tarball_url(&server)).is_ok());
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Auth);
    assert!(shown(&error).contains("no credentials are configured"));
}

#[test]
fn basic_credentials_are_sent_as_given() {
    let server = server(ServerOptions {
        basic: Some("ada:lovelace".to_owned()),
        ..ServerOptions::default()
    });
    let client = Client::new(Settings {
        registry: server.url(),
        credentials: vec![(server.url(), "Basic YWRhOmxvdmVsYWNl".to_owned())],
        ..Settings::default()
    });
    assert!(client.packument("greet").is_ok());
}

/// PKU-11.
#[test]
fn a_tarball_on_another_host_gets_no_credentials() {
    let registry = protected();
    let other = server(ServerOptions::default());
    let client = with_token(&registry);
    assert!(client.tarball(&tarball_url(&other)).is_ok());
    assert_eq!(other.requests()[0].header("authorization"), None);
}

/// CFG-05.
#[test]
fn a_redirect_to_another_origin_loses_the_credentials() {
    let registry = protected();
    let other = server(ServerOptions::default());
    let client = with_token(&registry);
    for path in ["/greet", TARBALL] {
        let location = format!("http://{}{path}", other.address());
        registry.fault(
            path,
            1,
            Fault::Redirect {
                status: 302,
                location,
            },
        );
    }
    assert!(client.packument("greet").is_ok());
    assert!(client.tarball(&tarball_url(&registry)).is_ok());
    assert_eq!(other.requests().len(), 2);
    for request in other.requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

/// CFG-05.
#[test]
fn a_redirect_within_the_origin_keeps_them() {
    let server = protected();
    for status in [301, 302, 307, 308] {
        let location = "/greet?again".to_owned();
        server.fault("/greet", 1, Fault::Redirect { status, location });
        assert!(with_token(&server).packument("greet").is_ok());
    }
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer secret-token"));
    }
}

/// NET-13.
#[test]
fn redirects_end_after_five() {
    let server = server(ServerOptions::default());
    let location = "/greet".to_owned();
    server.fault(
        "/greet",
        99,
        Fault::Redirect {
            status: 302,
            location,
        },
    );
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert!(error.to_string().contains("more than 5 times"), "{error}");
    assert_eq!(server.count("/greet"), 6);
}

/// NET-13.
#[test]
fn redirects_out_of_http_are_refused() {
    let server = server(ServerOptions::default());
    for location in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://user:pass@127.0.0.1/x",
    ] {
        let location = location.to_owned();
        server.fault(
            "/greet",
            1,
            Fault::Redirect {
                status: 302,
                location,
            },
        );
        let error = Client::of(&server).packument("greet").unwrap_err();
        assert_eq!(error.class(), ErrorClass::Policy, "{error}");
        assert!(!shown(&error).contains("pass@"), "{error}");
    }
}

/// PKU-12, PKU-13.
#[test]
fn addresses_of_tarballs_that_a_rule_forbids_are_never_connected_to() {
    let server = server(ServerOptions::default());
    let address = server.address();
    for url in [
        "file:///etc/passwd".to_owned(),
        "data:text/plain,x".to_owned(),
        "ftp://127.0.0.1/a.tgz".to_owned(),
        format!("http://user:pass@{address}{TARBALL}"),
        "http://169.254.169.254/latest".to_owned(),
    ] {
        let error = Client::of(&server).tarball(&url).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Policy, "{url}");
    }
    let secure = Client::new(Settings {
        registry: format!("https://{address}/"),
        ..Settings::default()
    });
    let error = secure.tarball(&tarball_url(&server)).unwrap_err();
    assert!(error.to_string().contains("insecure"), "{error}");
    assert_eq!(server.requests(), []);
}

/// CFG-17.
#[test]
fn no_error_prints_a_secret() {
    let server = server(ServerOptions::default());
    let mut errors = Vec::new();
    let echo = "you sent Bearer secret-token, or secret-token".to_owned();
    for status in [400, 401, 403, 404, 500] {
        let body = echo.clone();
        server.fault("/greet*", 9, Fault::Status { status, body });
        let client = with_token(&server);
        errors.push(client.packument("greet").unwrap_err());
        let url = format!("{}?signature=secret-token", tarball_url(&server));
        errors.push(client.tarball(&url).unwrap_err());
        server.clear_faults();
    }
    let echo = Fault::Body(b"<html>you are secret-token</html>".to_vec());
    server.fault("/greet", 9, echo);
    errors.push(with_token(&server).packument("greet").unwrap_err());
    for registry in [
        "http://user:secret-token@127.0.0.1:1/",
        "https://user:secret-token@127.0.0.1:1/",
    ] {
        let client = Client::new(Settings {
            registry: registry.to_owned(),
            ..Settings::default()
        });
        errors.push(client.packument("greet").unwrap_err());
    }
    assert_eq!(errors.len(), 13);
    for error in errors {
        assert!(!shown(&error).contains("secret-token"), "{}", shown(&error));
    }
}
