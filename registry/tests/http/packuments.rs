//! What is asked, and what counts as an answer.

use pkg_registry::{Detail, ErrorClass};
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::setup::{Client, block_on, name, packument, server, shown, version};

#[test]
fn a_packument_is_asked_for_as_npm_does() {
    let server = server(ServerOptions::default());
    Client::of(&server).packument("greet").unwrap();
    let request = server.requests().remove(0);
    assert_eq!(
        request.header("accept"),
        Some("application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8")
    );
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert!(request.header("user-agent").unwrap().starts_with("pkg/"));
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn scoped_names_are_encoded_on_the_wire() {
    let server = FixtureServer::start(ServerOptions::default());
    let client = Client::of(&server);
    let packument = client.packument("@fixture/colour").unwrap();
    assert_eq!(server.count("/@fixture%2fcolour"), 1);
    assert_eq!(packument.versions().len(), 3);
}

/// PKU-29.
#[test]
fn short_and_full_documents_say_the_same_of_a_version() {
    let server = FixtureServer::start(ServerOptions::default());
    let registry = Client::of(&server).registry();
    let short = block_on(registry.packument(&name("greet"), Detail::Abbreviated)).unwrap();
    let full = block_on(registry.packument(&name("greet"), Detail::Full)).unwrap();
    assert_eq!(short.dist_tags(), full.dist_tags());
    assert!(short.versions().eq(full.versions()));
    for version in short.versions() {
        assert_eq!(short.version(version), full.version(version));
    }
    assert!(full.published(&version("1.0.0")).is_some());
}

#[test]
fn many_who_ask_at_once_share_one_request() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).registry();
    let greet = name("greet");
    let asked = (0..20).map(|_| registry.packument(&greet, Detail::Abbreviated));
    let answers = block_on(futures_util::future::join_all(asked));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(server.count("/greet"), 1);
}

#[test]
fn a_failure_is_forgotten_so_that_the_next_question_asks_again() {
    let server = server(ServerOptions::default());
    let registry = Client::of(&server).registry();
    server.fault(
        "/greet",
        1,
        Fault::Status {
            status: 404,
            body: String::new(),
        },
    );
    block_on(async {
        let greet = name("greet");
        assert!(
            registry
                .packument(&greet, Detail::Abbreviated)
                .await
                .is_err()
        );
        assert!(
            registry
                .packument(&greet, Detail::Abbreviated)
                .await
                .is_ok()
        );
    });
}

/// PKU-01.
#[test]
fn a_page_is_reported_with_its_address_type_and_beginning() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 9, Fault::Html);
    let error = Client::of(&server).packument("greet").unwrap_err();
    let text = shown(&error);
    assert!(text.starts_with("ERR_PKG_FETCH_NOT_JSON"), "{text}");
    assert!(
        text.contains("/greet is not JSON but text/html: <!DOCTYPE html>"),
        "{text}"
    );
    assert_eq!(server.count("/greet"), 2);
}

/// PKU-03.
#[test]
fn a_document_about_another_package_is_refused() {
    let server = server(ServerOptions::default());
    let body = json!({"name": "grunt", "versions": {}}).to_string();
    server.fault("/greet", 9, Fault::Body(body.into_bytes()));
    let error = Client::of(&server).packument("greet").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("asked for `greet`, it describes `grunt`"),
        "{text}"
    );
    assert_eq!(error.class(), ErrorClass::Corrupt);
}

/// PKU-02.
#[test]
fn json_that_ends_early_is_never_cached() {
    let server = server(ServerOptions::default());
    let client = Client::of(&server);
    server.fault(
        "/greet",
        2,
        Fault::Body(b"{\"name\":\"greet\",\"versions\":{".to_vec()),
    );
    assert_eq!(
        client.packument("greet").unwrap_err().class(),
        ErrorClass::Corrupt
    );
    assert_eq!(std::fs::read_dir(client.cache.path()).unwrap().count(), 0);
    assert!(client.packument("greet").is_ok());
}

/// NET-19.
#[test]
fn broken_gzip_gets_one_more_request_past_the_caches() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 1, Fault::BrokenGzip);
    assert!(Client::of(&server).packument("greet").is_ok());
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("cache-control"), None);
    assert_eq!(requests[1].header("cache-control"), Some("no-cache"));
    server.forget_requests();
    server.fault("/greet", 9, Fault::BrokenGzip);
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert!(error.to_string().contains("its gzip is broken"), "{error}");
    assert_eq!(server.count("/greet"), 2);
}

#[test]
fn a_coding_that_was_not_asked_for_is_refused() {
    let server = server(ServerOptions::default());
    let fault = Fault::Header("content-encoding".to_owned(), "br".to_owned());
    server.fault("/greet", 9, fault);
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert!(error.to_string().contains("it came as `br`"), "{error}");
}

/// PKU-04.
#[test]
fn a_bad_version_does_not_spoil_its_neighbours() {
    let server = server(ServerOptions::default());
    server.edit_packument("greet", |packument| {
        let good = packument["versions"]["1.0.0"].clone();
        packument["versions"]["../../../x"] = good;
        packument["versions"]["1.1.0"] = json!({"name": "greet", "version": "1.1.0"});
        packument["versions"]["1.2.0"] = json!({
            "name": "greet", "version": "1.2.0", "_npmUser": 3, "os": 7, "bin": [1],
            "dist": {"tarball": "/greet/-/greet-1.2.0.tgz", "unpackedSize": "12"},
        });
    });
    let packument = Client::of(&server).packument("greet").unwrap();
    assert_eq!(packument.versions().len(), 3);
    assert!(packument.version(&version("1.0.0")).is_ok());
    assert!(packument.version(&version("1.1.0")).is_err());
    assert!(packument.version(&version("1.2.0")).is_ok());
}

#[test]
fn any_order_of_answers_gives_the_same_packuments() {
    let names = [
        "greet",
        "colour-name",
        "plug-host",
        "number-list",
        "@fixture/greet",
    ];
    let mut seen = Vec::new();
    for seed in 0..3 {
        let server = FixtureServer::start(ServerOptions {
            shuffle: Some((seed, std::time::Duration::from_millis(20))),
            ..ServerOptions::default()
        });
        let registry = Client::of(&server).registry();
        let packuments = names.map(|text| packument(&registry, text).unwrap());
        let versions = packuments.map(|packument| {
            let versions: Vec<String> = packument.versions().map(ToString::to_string).collect();
            versions.join(" ")
        });
        seen.push(versions);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[1], seen[2]);
}
