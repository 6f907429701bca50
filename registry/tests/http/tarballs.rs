//! Tarballs come whole, or not at all.

use pkg_manifest::Integrity;
use pkg_registry::{Detail, ErrorClass, Freshness, Network};
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};

use crate::setup::{Client, TARBALL, block_on, dist, name, server, tarball_url};

#[test]
fn a_tarball_has_the_hash_that_the_packument_says() {
    let server = FixtureServer::start(ServerOptions::default());
    let registry = Client::of(&server).registry();
    block_on(async {
        for text in ["greet", "@fixture/greet", "bundle-holder", "bin-many"] {
            let name = name(text);
            let packument = registry
                .packument(&name, Detail::Abbreviated)
                .await
                .unwrap();
            for version in packument.versions() {
                let document = packument.version(version).unwrap().unwrap();
                let dist = document.dist.as_ref().unwrap();
                let tarball = registry
                    .tarball(&name, dist, Freshness::Cached)
                    .await
                    .unwrap();
                let integrity = dist.integrity.as_ref().unwrap();
                assert!(integrity.matches(&tarball), "{name}@{version}");
                let conventional = registry.tarball_url(&name, version).unwrap();
                assert_eq!(conventional, dist.tarball);
            }
        }
    });
}

#[test]
fn a_tarball_is_asked_for_without_any_coding() {
    let server = server(ServerOptions::default());
    Client::of(&server).tarball(&tarball_url(&server)).unwrap();
    let request = server.requests().remove(0);
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("cache-control"), None);
}

/// NET-08.
#[test]
fn a_body_shorter_than_its_length_is_tried_again_and_then_fails() {
    let server = server(ServerOptions::default());
    server.fault(TARBALL, 2, Fault::Truncate);
    assert!(Client::of(&server).tarball(&tarball_url(&server)).is_ok());
    server.fault(TARBALL, 9, Fault::Truncate);
    let error = Client::of(&server)
        .tarball(&tarball_url(&server))
        .unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
}

/// NET-09.
#[test]
fn a_body_longer_than_its_length_does_not_pass_for_the_tarball() {
    let server = server(ServerOptions::default());
    let client = Client::of(&server);
    let whole = client.tarball(&tarball_url(&server)).unwrap();
    let integrity = Integrity::sha512(&whole);
    server.fault(TARBALL, 1, Fault::ContentLength("20".to_owned()));
    let cut = client.tarball(&tarball_url(&server)).unwrap();
    assert!(!integrity.matches(&cut));
    server.fault(TARBALL, 1, Fault::TooLong(10));
    let long = client.tarball(&tarball_url(&server)).unwrap();
    assert!(!integrity.matches(&long));
    // And the connection is not taken for good: the next answer is whole.
    let again = client.tarball(&tarball_url(&server)).unwrap();
    assert!(integrity.matches(&again));
}

/// NET-12.
#[test]
fn an_empty_tarball_is_refused() {
    let server = server(ServerOptions::default());
    server.set_tarball(TARBALL, Vec::new());
    let error = Client::of(&server)
        .tarball(&tarball_url(&server))
        .unwrap_err();
    assert!(error.to_string().contains("it is empty"), "{error}");
}

#[test]
fn a_second_request_can_go_past_every_cache() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).registry();
    let dist = dist(&tarball_url(&server));
    block_on(registry.tarball(&name("greet"), &dist, Freshness::Bypass)).unwrap();
    let request = server.requests().remove(0);
    assert_eq!(request.header("cache-control"), Some("no-cache"));
    assert_eq!(request.header("pragma"), Some("no-cache"));
}

/// PKU-23.
#[test]
fn a_tarball_that_is_gone_is_not_found() {
    let server = server(ServerOptions::default());
    let url = tarball_url(&server).replace("1.0.0", "9.0.0");
    let error = Client::of(&server).tarball(&url).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
    assert!(error.to_string().contains("greet-9.0.0.tgz"), "{error}");
}

/// NET-24.
#[test]
fn offline_sends_nothing() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).offline(Network::Offline);
    let dist = dist(&tarball_url(&server));
    let error = block_on(registry.tarball(&name("greet"), &dist, Freshness::Cached)).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Offline);
    assert_eq!(server.requests(), []);
}

#[test]
fn tarballs_larger_than_the_bytes_in_flight_come_one_after_the_other() {
    let server = server(ServerOptions::default());
    server.set_tarball(TARBALL, vec![7; 100_000]);
    let mut client = Client::of(&server);
    client.options.concurrency.bytes_in_flight = 4096;
    let registry = client.registry();
    let dist = dist(&tarball_url(&server));
    block_on(async {
        let greet = name("greet");
        let mut fetches = (0..5)
            .map(|_| Box::pin(registry.tarball(&greet, &dist, Freshness::Cached)))
            .collect::<Vec<_>>();
        let mut held = None;
        while !fetches.is_empty() {
            let (tarball, _, rest) = futures_util::future::select_all(fetches).await;
            assert_eq!(tarball.as_ref().unwrap().len(), 100_000);
            // Only one holds the bytes at any time: the former was dropped before this one came.
            drop(held.replace(tarball));
            held = None;
            fetches = rest;
        }
        assert!(held.is_none());
    });
}

#[test]
fn remote_tarballs_follow_the_same_rules() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).registry();
    let url = tarball_url(&server).parse().unwrap();
    assert!(block_on(registry.remote_tarball(&url, Freshness::Cached)).is_ok());
    let url = "file:///etc/passwd".parse().unwrap();
    let error = block_on(registry.remote_tarball(&url, Freshness::Cached)).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Policy);
}
