//! Proxies: used where they are set, and told apart from the registry when they refuse.

use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::setup::{Client, Settings, server, shown};

const REGISTRY: &str = "http://registry.example.test/";

fn behind(proxy: &FixtureServer) -> Client {
    let mut client = Client::new(Settings {
        registry: REGISTRY.to_owned(),
        ..Settings::default()
    });
    let address = proxy.address();
    let url = format!("http://user:secret-word@{address}/");
    client.options.connections.http_proxy = Some(url.parse().unwrap());
    client
}

#[test]
fn requests_go_through_the_proxy_with_its_own_credentials() {
    let proxy = FixtureServer::start(ServerOptions::default());
    let body = json!({"name": "greet", "versions": {}}).to_string();
    let path = format!("{REGISTRY}greet");
    proxy.fault(&path, 1, Fault::Body(body.into_bytes()));
    assert!(behind(&proxy).packument("greet").is_ok());
    let request = proxy.requests().remove(0);
    assert_eq!(request.path, path);
    assert!(request.header("proxy-authorization").is_some());
    assert_eq!(request.header("authorization"), None);
}

/// NET-17, CFG-22.
#[test]
fn a_proxy_that_wants_other_credentials_ends_it_without_showing_ours() {
    let proxy = FixtureServer::start(ServerOptions::default());
    let body = String::new();
    proxy.fault(
        &format!("{REGISTRY}*"),
        9,
        Fault::Status { status: 407, body },
    );
    let error = behind(&proxy).packument("greet").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the proxy asks for authentication"),
        "{error}"
    );
    assert!(!shown(&error).contains("secret-word"));
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_proxy_that_is_not_there_is_a_failed_connection() {
    let mut client = Client::new(Settings {
        registry: REGISTRY.to_owned(),
        ..Settings::default()
    });
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://user:secret-word@{address}/");
    client.options.connections.http_proxy = Some(url.parse().unwrap());
    let text = shown(&client.packument("greet").unwrap_err());
    assert!(text.contains("cannot connect"), "{text}");
    assert!(!text.contains("secret-word"), "{text}");
}

#[test]
fn hosts_without_a_proxy_are_reached_directly() {
    let proxy = FixtureServer::start(ServerOptions::default());
    let registry = server(ServerOptions::default());
    let mut client = Client::of(&registry);
    client.options.connections.http_proxy = Some(proxy.url().parse().unwrap());
    client.options.connections.no_proxy = Some("127.0.0.1,.example.test".to_owned());
    assert!(client.packument("greet").is_ok());
    assert_eq!(proxy.requests(), []);
}
