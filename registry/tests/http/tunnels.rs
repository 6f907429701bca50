//! A registry behind a proxy: what each of the two gets to see.

use pkg_registry::ErrorClass;
use pkg_registry_fixtures::{
    Authority, FixtureServer, ProxyOptions, ProxyServer, ServerOptions, Tls,
};

use crate::setup::{Client, Settings, server, shown};
use crate::tls::text;

const HOST: &str = "registry.example.test";
const PROXY_PASSWORD: &str = "proxy-password";
const TOKEN: &str = "secret-token";

/// A registry that is reached by its name only through the proxy, and its token.
struct Behind {
    registry: FixtureServer,
    proxy: ProxyServer,
    client: Client,
}

impl Behind {
    fn new(authority: Option<&Authority>) -> Self {
        let registry = server(ServerOptions {
            tls: authority.map(|authority| Tls::new(authority.server(&[HOST]))),
            host: Some(HOST.to_owned()),
            bearer: Some(TOKEN.to_owned()),
            ..ServerOptions::default()
        });
        let address = registry.address();
        let proxy = ProxyServer::start(ProxyOptions {
            routes: vec![(format!("{HOST}:{}", address.port()), address)],
            credentials: Some(format!("ada:{PROXY_PASSWORD}")),
        });
        let mut client = Client::new(Settings {
            registry: registry.url(),
            credentials: vec![(registry.url(), format!("Bearer {TOKEN}"))],
            ..Settings::default()
        });
        let url = proxy.url_with(&format!("ada:{PROXY_PASSWORD}"));
        let connections = &mut client.options.connections;
        connections.http_proxy = Some(url.parse().unwrap());
        connections.https_proxy = Some(url.parse().unwrap());
        connections.authorities = authority.iter().map(|it| text(it.pem())).collect();
        Self {
            registry,
            proxy,
            client,
        }
    }

    fn fetch(&self) {
        self.client.packument("greet").unwrap();
        let url = format!("{}greet/-/greet-1.0.0.tgz", self.registry.url());
        self.client.tarball(&url).unwrap();
    }
}

/// CFG-22.
#[test]
fn a_secure_registry_is_reached_through_a_tunnel_that_shows_the_proxy_no_token() {
    let authority = Authority::new("ours");
    let behind = Behind::new(Some(&authority));
    behind.fetch();
    let tunnels = behind.proxy.requests();
    // One for packuments, one for tarballs.
    assert_eq!(tunnels.len(), 2);
    for tunnel in tunnels {
        assert_eq!(tunnel.method, "CONNECT");
        assert!(tunnel.header("proxy-authorization").is_some());
        assert_eq!(tunnel.header("authorization"), None);
        assert!(!format!("{tunnel:?}").contains(TOKEN));
    }
    for request in behind.registry.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer secret-token"));
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[test]
fn a_plain_registry_is_asked_by_the_proxy_which_keeps_its_credentials_for_itself() {
    let behind = Behind::new(None);
    behind.fetch();
    for request in behind.proxy.requests() {
        assert_eq!(request.method, "GET");
        assert!(request.header("proxy-authorization").is_some());
    }
    assert_eq!(behind.registry.requests().len(), 2);
    for request in behind.registry.requests() {
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[test]
fn the_certificate_is_checked_through_a_tunnel_too() {
    let mut behind = Behind::new(Some(&Authority::new("theirs")));
    let ours = Authority::new("ours");
    behind.client.options.connections.authorities = vec![text(ours.pem())];
    let error = behind.client.packument("greet").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Policy, "{error}");
    assert!(shown(&error).starts_with("ERR_PKG_FETCH_TLS: "), "{error}");
}

/// NET-17.
#[test]
fn a_proxy_that_refuses_a_tunnel_is_told_apart_from_the_registry() {
    let authority = Authority::new("ours");
    let mut behind = Behind::new(Some(&authority));
    let with_wrong = behind.proxy.url_with("ada:wrong-word");
    behind.client.options.connections.https_proxy = Some(with_wrong.parse().unwrap());
    let text = shown(&behind.client.packument("greet").unwrap_err());
    assert!(
        text.contains("the proxy asks for authentication (407)"),
        "{text}"
    );
    assert!(
        !text.contains("wrong-word") && !text.contains(TOKEN),
        "{text}"
    );
    // Asking again would not help.
    assert_eq!(behind.proxy.requests().len(), 1);

    let elsewhere = format!(
        "https://other.example.test:{}/",
        behind.registry.address().port()
    );
    let mut client = Client::new(Settings {
        registry: elsewhere,
        ..Settings::default()
    });
    client.options.connections.https_proxy = Some(
        behind
            .proxy
            .url_with(&format!("ada:{PROXY_PASSWORD}"))
            .parse()
            .unwrap(),
    );
    let error = client.packument("greet").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    let text = shown(&error);
    assert!(text.contains("the proxy made no tunnel"), "{text}");
    assert!(!text.contains(PROXY_PASSWORD), "{text}");
}

/// CFG-22.
#[test]
fn hosts_of_noproxy_are_reached_without_a_tunnel() {
    let authority = Authority::new("ours");
    let registry = server(ServerOptions {
        tls: Some(Tls::new(authority.server(&["localhost", "127.0.0.1"]))),
        ..ServerOptions::default()
    });
    let proxy = ProxyServer::start(ProxyOptions::default());
    let fetch = |no_proxy: &str| {
        let mut client = Client::of(&registry);
        let connections = &mut client.options.connections;
        connections.https_proxy = Some(proxy.url().parse().unwrap());
        connections.no_proxy = Some(no_proxy.to_owned());
        connections.authorities = vec![text(authority.pem())];
        client.packument("greet").is_ok()
    };
    for no_proxy in ["127.0.0.1", "a.test, 127.0.0.1", "127.0.0.0/8", "*"] {
        assert!(fetch(no_proxy), "{no_proxy}");
    }
    assert_eq!(proxy.requests(), []);
    for no_proxy in ["", "127.0.0.2", "a.test", "0.0.1"] {
        assert!(!fetch(no_proxy), "{no_proxy}");
    }
    assert!(!proxy.requests().is_empty());
}
