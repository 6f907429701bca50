//! The server, spoken to without any HTTP library, so that nothing hides what is on the wire.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::{Fault, FixtureServer, ServerOptions, packages_dir};

fn get(server: &FixtureServer, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return (String::new(), answer);
    };
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap(), body)
}

#[test]
fn full_and_abbreviated_packuments_differ_in_what_installing_does_not_need() {
    let server = FixtureServer::start(ServerOptions::default());
    let (_, full) = get(&server, "/greet", "");
    let accept = "accept: application/vnd.npm.install-v1+json\r\n";
    let (head, short) = get(&server, "/greet", accept);
    assert!(head.contains("content-type: application/vnd.npm.install-v1+json"));
    let full: Value = serde_json::from_slice(&full).unwrap();
    let short: Value = serde_json::from_slice(&short).unwrap();
    assert_eq!(full["time"]["1.0.0"], "2021-06-01T08:00:00.000Z");
    assert_eq!(short["time"], Value::Null);
    assert_eq!(short["dist-tags"], full["dist-tags"]);
    assert_eq!(short["versions"]["1.0.0"]["license"], Value::Null);
    assert_eq!(
        short["versions"]["1.0.0"]["dist"],
        full["versions"]["1.0.0"]["dist"]
    );
    let tarball = full["versions"]["1.0.0"]["dist"]["tarball"].as_str();
    let expected = format!("{}greet/-/greet-1.0.0.tgz", server.url());
    assert_eq!(tarball, Some(expected.as_str()));
}

#[test]
fn a_known_etag_is_answered_with_304_and_no_body() {
    let server = FixtureServer::start(ServerOptions::default());
    let (head, _) = get(&server, "/greet", "");
    let etag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap();
    let (head, body) = get(&server, "/greet", &format!("if-none-match: {etag}\r\n"));
    assert!(head.starts_with("HTTP/1.1 304 "), "{head}");
    assert_eq!(body, b"");
}

#[test]
fn what_a_test_publishes_is_served_and_counted() {
    let server = FixtureServer::start(ServerOptions::default());
    server.publish(
        "@a/b",
        "1.0.0",
        json!({"dependencies": {"c": "1"}}),
        &[("i.js", "1")],
    );
    server.publish("@a/b", "2.0.0-rc.1", json!({}), &[]);
    server.tag("@a/b", "next", "2.0.0-rc.1");
    let (_, body) = get(&server, "/@a%2fb", "");
    let packument: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        packument["dist-tags"],
        json!({"latest": "1.0.0", "next": "2.0.0-rc.1"})
    );
    let (head, tarball) = get(&server, "/@a/b/-/b-1.0.0.tgz", "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(tarball.starts_with(&[0x1f, 0x8b]));
    assert_eq!(server.count("/@a%2fb"), 1);
    assert_eq!(server.counts().len(), 2);
}

#[test]
fn faults_strike_as_often_as_they_should() {
    let server = FixtureServer::start(ServerOptions::default());
    let fault = Fault::Status {
        status: 503,
        body: "no".to_owned(),
    };
    server.fault("/gre*", 1, fault);
    server.fault("/greet", 1, Fault::Close);
    assert!(get(&server, "/greet", "").0.starts_with("HTTP/1.1 503 "));
    assert_eq!(get(&server, "/greet", ""), (String::new(), Vec::new()));
    assert!(get(&server, "/greet", "").0.starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_token_is_demanded_when_one_is_set() {
    let server = FixtureServer::start(ServerOptions {
        bearer: Some("t".to_owned()),
        ..ServerOptions::default()
    });
    assert!(get(&server, "/greet", "").0.starts_with("HTTP/1.1 401 "));
    let (head, _) = get(&server, "/greet", "authorization: Bearer t\r\n");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

#[test]
fn paths_out_of_the_folder_are_not_found() {
    let server = FixtureServer::start(ServerOptions::default());
    for path in [
        "/../Cargo.toml",
        "/..%2fsrc",
        "/greet/-/../../x.tgz",
        "/%2e%2e",
    ] {
        assert!(
            get(&server, path, "").0.starts_with("HTTP/1.1 404 "),
            "{path}"
        );
    }
}

#[test]
fn the_folder_of_packages_is_where_it_says() {
    assert!(packages_dir().join("greet/1.0.0/package.json").is_file());
}
