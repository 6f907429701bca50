//! When a request is sent at all, and which.

use std::sync::atomic::Ordering;

use pkg_registry::{Detail, Network, PackumentSource, RegistryEvent};
use pkg_registry_fixtures::{Fault, ServerOptions};
use serde_json::json;

use crate::setup::{Client, block_on, name, packument, server};

fn cache_control(value: &str) -> ServerOptions {
    ServerOptions {
        cache_control: Some(value.to_owned()),
        ..ServerOptions::default()
    }
}

fn sources(client: &Client) -> Vec<PackumentSource> {
    let events = client.events.lock().unwrap();
    events
        .iter()
        .filter_map(|event| match event {
            RegistryEvent::Packument { source, .. } => Some(*source),
            _ => None,
        })
        .collect()
}

#[test]
fn a_fresh_packument_needs_no_request_and_an_old_one_a_conditional_one() {
    let server = server(cache_control("max-age=300"));
    let client = Client::of(&server);
    client.packument("greet").unwrap();
    client.packument("greet").unwrap();
    assert_eq!(server.count("/greet"), 1);
    client.clock.fetch_add(300, Ordering::SeqCst);
    client.packument("greet").unwrap();
    assert_eq!(server.count("/greet"), 2);
    assert!(server.requests()[1].header("if-none-match").is_some());
    // The 304 made it fresh again.
    client.packument("greet").unwrap();
    assert_eq!(server.count("/greet"), 2);
    assert_eq!(
        sources(&client),
        [
            PackumentSource::Fetched,
            PackumentSource::Cache,
            PackumentSource::NotModified,
            PackumentSource::Cache
        ]
    );
}

#[test]
fn registries_that_forbid_keeping_are_asked_every_time_but_briefly() {
    for directive in ["no-store", "no-cache"] {
        let server = server(cache_control(directive));
        let client = Client::of(&server);
        client.packument("greet").unwrap();
        client.packument("greet").unwrap();
        assert_eq!(server.count("/greet"), 2, "{directive}");
        assert_eq!(
            sources(&client),
            [PackumentSource::Fetched, PackumentSource::NotModified]
        );
    }
}

#[test]
fn a_new_version_is_seen_when_the_old_answer_is_stale() {
    let server = server(cache_control("max-age=10"));
    let client = Client::of(&server);
    client.packument("greet").unwrap();
    server.publish("greet", "1.1.0", json!({}), &[]);
    client.clock.fetch_add(10, Ordering::SeqCst);
    let packument = client.packument("greet").unwrap();
    assert_eq!(packument.versions().len(), 2);
}

/// PKU-30.
#[test]
fn a_304_without_anything_cached_leads_to_an_unconditional_request() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 1, Fault::NotModified);
    let packument = Client::of(&server).packument("greet").unwrap();
    assert_eq!(packument.versions().len(), 1);
    assert_eq!(server.count("/greet"), 2);
    server.fault("/greet", 9, Fault::NotModified);
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert!(error.to_string().contains("304"), "{error}");
}

#[test]
fn registries_are_told_apart_by_their_whole_address() {
    let one = server(ServerOptions::default());
    let two = server(ServerOptions::default());
    two.publish("greet", "2.0.0", json!({}), &[]);
    let client = Client::of(&one);
    client.packument("greet").unwrap();
    let mut options = client.options.clone();
    options.access = Client::of(&two).options.access;
    let registry = pkg_registry::Registry::new(options);
    let packument = packument(&registry, "greet").unwrap();
    assert_eq!(packument.versions().len(), 2);
}

#[test]
fn offline_uses_what_is_there_and_names_what_is_not() {
    let server = server(cache_control("no-cache"));
    let client = Client::of(&server);
    client.packument("greet").unwrap();
    server.forget_requests();
    for network in [Network::Offline, Network::PreferOffline] {
        let registry = client.offline(network);
        assert!(packument(&registry, "greet").is_ok(), "{network:?}");
    }
    let error = packument(&client.offline(Network::Offline), "colour").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the packument of `colour` is not on this machine, and the network is switched off"
    );
    assert_eq!(server.requests(), []);
}

#[test]
fn a_full_document_answers_for_the_short_one() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).registry();
    block_on(async {
        let greet = name("greet");
        registry.packument(&greet, Detail::Full).await.unwrap();
        registry
            .packument(&greet, Detail::Abbreviated)
            .await
            .unwrap();
    });
    assert_eq!(server.count("/greet"), 1);
}

#[test]
fn a_cache_that_cannot_be_written_costs_nothing_but_time() {
    let server = server(ServerOptions::default());
    let mut client = Client::of(&server);
    let file = client.cache.path().join("a-file");
    pkg_fs::write_new(&file, b"", 0o600).unwrap();
    client.options.cache_dir = file;
    client.packument("greet").unwrap();
    let events = client.events.lock().unwrap();
    let is_told = |event: &RegistryEvent| matches!(event, RegistryEvent::CacheNotWritten { .. });
    assert!(events.iter().any(is_told));
}
