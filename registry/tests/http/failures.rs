//! Servers and networks at their worst: what is tried again, what ends, and how soon.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use pkg_registry::{Detail, ErrorClass, RegistryError};
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::setup::{Client, Settings, TARBALL, block_on, name, server, shown, tarball_url};

fn status(status: u16) -> Fault {
    Fault::Status {
        status,
        body: "server\u{1b}[31m says".to_owned(),
    }
}

#[test]
fn what_may_go_away_is_tried_three_times() {
    for fault in [
        status(500),
        status(503),
        status(408),
        status(425),
        status(429),
        Fault::Close,
        Fault::Truncate,
        Fault::Stall,
    ] {
        let server = server(ServerOptions::default());
        server.fault("/greet", 2, fault.clone());
        let client = Client::impatient(&server);
        let packument = client.packument("greet");
        assert!(packument.is_ok(), "{fault:?}: {packument:?}");
        assert_eq!(server.count("/greet"), 3, "{fault:?}");
        server.forget_requests();
        server.fault("/greet", 9, fault.clone());
        let client = Client::impatient(&server);
        let error = client.packument("greet").unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient, "{fault:?}");
        assert!(error.to_string().contains("(3 tries)"), "{error}");
        assert_eq!(server.count("/greet"), 3, "{fault:?}");
    }
}

/// NET-12.
#[test]
fn what_stays_wrong_is_tried_once() {
    for (code, class) in [
        (400, ErrorClass::Corrupt),
        (401, ErrorClass::Auth),
        (403, ErrorClass::Auth),
        (404, ErrorClass::NotFound),
        (204, ErrorClass::Corrupt),
        (206, ErrorClass::Corrupt),
    ] {
        let server = server(ServerOptions::default());
        server.fault("/greet", 9, status(code));
        let error = Client::of(&server).packument("greet").unwrap_err();
        assert_eq!(error.class(), class, "{code}: {error}");
        assert_eq!(server.count("/greet"), 1, "{code}");
    }
}

/// NET-20.
#[test]
fn refusals_have_messages_of_their_own_with_the_servers_text_escaped() {
    let mut codes = Vec::new();
    for code in [401, 403, 404] {
        let server = server(ServerOptions::default());
        server.fault("/greet", 9, status(code));
        let error = Client::of(&server).packument("greet").unwrap_err();
        let text = shown(&error);
        assert!(text.contains("server\\u{1b}[31m says"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        codes.push(text.split(':').next().unwrap().to_owned());
        if code == 404 {
            assert!(
                text.contains("a private package also looks like this"),
                "{text}"
            );
        }
    }
    assert_eq!(
        codes,
        [
            "ERR_PKG_FETCH_UNAUTHORIZED",
            "ERR_PKG_FETCH_FORBIDDEN",
            "ERR_PKG_NOT_FOUND"
        ]
    );
}

/// NET-01.
#[test]
fn a_server_that_asks_for_time_gets_it() {
    let server = server(ServerOptions::default());
    let fault = Fault::RetryAfter {
        status: 503,
        seconds: 1,
    };
    server.fault("/greet", 2, fault);
    let begin = Instant::now();
    Client::of(&server).packument("greet").unwrap();
    // The client of these tests waits 40 ms at most where a server asks for more.
    assert!(begin.elapsed() >= Duration::from_millis(80));
    assert_eq!(server.count("/greet"), 3);
}

/// NET-03.
#[test]
fn a_crowd_that_is_told_to_slow_down_sends_no_more_than_its_tries() {
    let server = FixtureServer::start(ServerOptions {
        serve_folder: false,
        ..ServerOptions::default()
    });
    let names: Vec<_> = (0..50).map(|n| name(&format!("crowd-{n}"))).collect();
    for name in &names {
        server.publish(name.as_str(), "1.0.0", json!({}), &[]);
        let fault = Fault::RetryAfter {
            status: 429,
            seconds: 1,
        };
        server.fault(&format!("/{name}"), 1, fault);
    }
    let registry = Client::of(&server).registry();
    let asked = names
        .iter()
        .map(|name| registry.packument(name, Detail::Abbreviated));
    let answers = block_on(futures_util::future::join_all(asked));
    assert!(answers.iter().all(Result::is_ok));
    assert!(server.counts().values().all(|count| *count <= 3));
}

/// NET-04.
#[test]
fn a_refused_connection_names_the_host_and_offline() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = Client::new(Settings {
        registry: format!("http://{address}/"),
        ..Settings::default()
    });
    let text = shown(&client.packument("greet").unwrap_err());
    assert!(
        text.contains(&format!(
            "cannot fetch http://{address}/greet: cannot connect"
        )),
        "{text}"
    );
    assert!(text.contains("--offline"), "{text}");
}

/// NET-05.
#[test]
fn a_trickle_ends_at_the_lowest_speed() {
    let server = server(ServerOptions::default());
    server.fault(TARBALL, 9, Fault::Drip(Duration::from_millis(15)));
    let mut client = Client::of(&server);
    client.options.timeouts.speed_window = Duration::from_millis(60);
    client.options.retry.tries = 1;
    let error = client.tarball(&tarball_url(&server)).unwrap_err();
    assert!(error.to_string().contains("bytes came in"), "{error}");
}

/// NET-06.
#[test]
fn slow_but_steady_is_no_failure() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 1, Fault::Drip(Duration::from_millis(1)));
    let mut client = Client::of(&server);
    client.options.timeouts.speed_window = Duration::from_millis(50);
    client.options.timeouts.bytes_a_window = 1;
    assert!(client.packument("greet").is_ok());
    assert_eq!(server.count("/greet"), 1);
}

/// NET-07.
#[test]
fn one_that_stalls_does_not_hold_up_the_others() {
    let server = server(ServerOptions::default());
    server.publish("colour", "1.0.0", json!({}), &[]);
    server.fault("/greet", 1, Fault::Stall);
    let registry = Client::impatient(&server).registry();
    let (first, second) = (name("greet"), name("colour"));
    block_on(async {
        let slow = pin!(registry.packument(&first, Detail::Abbreviated));
        let quick = pin!(registry.packument(&second, Detail::Abbreviated));
        let Either::Right((quick, slow)) = select(slow, quick).await else {
            panic!("the one that stalls came first");
        };
        assert!(quick.is_ok());
        assert!(slow.await.is_ok());
    });
}

/// NET-10.
#[test]
fn heads_that_break_http_end_at_once() {
    for length in ["-1", "abc"] {
        let server = server(ServerOptions::default());
        server.fault("/greet", 9, Fault::ContentLength(length.to_owned()));
        let error = Client::of(&server).packument("greet").unwrap_err();
        assert_eq!(error.class(), ErrorClass::Corrupt, "{error}");
        assert_eq!(server.count("/greet"), 1, "{length}");
    }
}

/// NET-10.
#[test]
fn a_promise_of_too_much_ends_before_memory_is_taken() {
    let server = server(ServerOptions::default());
    for path in ["/greet", TARBALL] {
        server.fault(
            path,
            9,
            Fault::ContentLength("9000000000000000000".to_owned()),
        );
    }
    let client = Client::of(&server);
    let error = client.packument("greet").unwrap_err();
    assert!(
        error.to_string().contains("larger than the limit"),
        "{error}"
    );
    let error = client.tarball(&tarball_url(&server)).unwrap_err();
    assert!(
        error.to_string().contains("larger than the limit"),
        "{error}"
    );
}

/// NET-10.
#[test]
fn two_lengths_that_differ_end_at_once() {
    let server = server(ServerOptions::default());
    let fault = Fault::Header("content-length".to_owned(), "7".to_owned());
    server.fault("/greet", 9, fault);
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Corrupt, "{error}");
}

/// NET-28.
#[test]
fn thousands_of_headers_end_the_request() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 9, Fault::ManyHeaders(10_000));
    let error = Client::of(&server).packument("greet").unwrap_err();
    assert!(matches!(error, RegistryError::Corrupt { .. }), "{error}");
}

#[test]
fn a_server_without_tls_behind_an_https_address_fails_at_once() {
    let server = server(ServerOptions::default());
    let client = Client::new(Settings {
        registry: format!("https://{}/", server.address()),
        ..Settings::default()
    });
    let error = client.packument("greet").unwrap_err();
    assert!(
        matches!(error, RegistryError::Tls { .. }),
        "{}",
        shown(&error)
    );
}

/// Publishes many packages and fetches all their packuments at once.
fn fetch_many(server: &FixtureServer, client: &Client, count: usize) -> Vec<RegistryError> {
    let names: Vec<_> = (0..count).map(|n| name(&format!("many-{n}"))).collect();
    for name in &names {
        server.publish(name.as_str(), "1.0.0", json!({}), &[]);
    }
    let registry = client.registry();
    let asked = names
        .iter()
        .map(|name| registry.packument(name, Detail::Abbreviated));
    let answers = block_on(futures_util::future::join_all(asked));
    answers.into_iter().filter_map(Result::err).collect()
}

/// NET-27.
#[test]
fn a_server_that_bears_six_connections_is_not_asked_for_more() {
    let server = FixtureServer::start(ServerOptions {
        serve_folder: false,
        most_connections: Some(6),
        ..ServerOptions::default()
    });
    let mut client = Client::of(&server);
    client.options.retry.waits = vec![Duration::from_millis(20), Duration::from_millis(100)];
    let errors = fetch_many(&server, &client, 100);
    assert!(errors.is_empty(), "{errors:?}");
}

/// NET-22.
#[test]
fn one_broken_connection_in_twenty_is_survived() {
    let server = FixtureServer::start(ServerOptions {
        serve_folder: false,
        ..ServerOptions::default()
    });
    for n in (0..400).step_by(20) {
        server.fault(&format!("/many-{n}"), 1, Fault::Close);
    }
    let errors = fetch_many(&server, &Client::of(&server), 400);
    assert!(errors.is_empty(), "{errors:?}");
    let counts = server.counts();
    assert!(counts.values().all(|count| *count <= 3));
    assert!(counts.values().sum::<usize>() < 450);
}

/// NET-30.
#[test]
fn the_number_of_failures_of_a_host_is_told() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 9, status(500));
    let text = shown(&Client::of(&server).packument("greet").unwrap_err());
    assert!(
        text.contains("3 requests to this host failed in this run"),
        "{text}"
    );
}

/// NET-30.
#[test]
fn no_try_begins_after_the_time_for_retries() {
    let server = server(ServerOptions::default());
    server.fault("/greet", 9, status(500));
    let mut client = Client::of(&server);
    client.options.retry.budget = Duration::ZERO;
    let error = client.packument("greet").unwrap_err();
    assert!(error.to_string().contains("(1 try)"), "{error}");
    assert_eq!(server.count("/greet"), 1);
}
