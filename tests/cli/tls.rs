//! Secure registries, client certificates, proxies and token helpers, as settings name them.

use std::process::Command;

use insta::assert_snapshot;
use pkg_registry_fixtures::{
    Authority, FixtureServer, Identity, ProxyOptions, ProxyServer, ServerOptions, Tls,
};

use crate::support::Sandbox;

const HOST: &str = "127.0.0.1";

fn secure(tls: Tls) -> FixtureServer {
    FixtureServer::start(ServerOptions {
        tls: Some(tls),
        ..ServerOptions::default()
    })
}

/// A project of a secure registry, and the authority's file in the user's home.
fn sandbox(authority: &Authority) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    std::fs::write(sandbox.beside("home/ca.pem"), authority.pem()).unwrap();
    sandbox
}

/// The user's settings for a server that is asked once, with these lines besides.
fn settings(server: &FixtureServer, lines: &str) -> String {
    format!("registry={}\nfetch-retries=0\n{lines}\n", server.url())
}

/// The key of a server's credentials.
fn key(server: &FixtureServer) -> String {
    format!("//{}/", server.address())
}

fn one_line(pem: &str) -> String {
    format!("\"{}\"", pem.trim().replace('\n', "\\n"))
}

#[test]
fn an_authority_is_trusted_from_every_place_where_it_can_be_named() {
    let authority = Authority::new("ours");
    let server = secure(Tls::new(authority.server(&[HOST])));
    let text = one_line(authority.pem());
    for lines in [
        "cafile=ca.pem".to_owned(),
        "cafile=~/ca.pem".to_owned(),
        format!("ca={text}"),
        format!(
            "ca[]={}\nca[]={text}",
            one_line(Authority::new("other").pem())
        ),
        format!("{}:cafile=ca.pem", key(&server)),
        format!("{}:ca={text}", key(&server)),
    ] {
        let sandbox = sandbox(&authority);
        sandbox.set_user_settings(&settings(&server, &lines));
        sandbox.install(&[]);
        assert!(sandbox.has("node_modules/greet/package.json"), "{lines}");
    }
    let sandbox = sandbox(&authority);
    sandbox.set_user_settings(&settings(&server, ""));
    let install = sandbox.pkg(&["install"]);
    let ran = install
        .env("NODE_EXTRA_CA_CERTS", sandbox.beside("home/ca.pem"))
        .run();
    assert_eq!(ran.code, 0, "{ran}");
}

/// NET-26, in part: the clock is named where a certificate is out of its time.
#[test]
fn a_server_that_nobody_vouches_for_is_refused() {
    let authority = Authority::new("ours");
    let server = secure(Tls::new(Authority::new("theirs").server(&[HOST])));
    let sandbox = sandbox(&authority);
    sandbox.set_user_settings(&settings(&server, "cafile=ca.pem"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_TLS]: the connection to https://127.0.0.1:PORT/greet cannot be trusted: the authority that signed its certificate is unknown
      help: a proxy that opens TLS, or a registry of your own, needs its authority in `cafile`
    ");
    let expired = secure(Tls::new(authority.expired_server(&[HOST])));
    sandbox.set_user_settings(&settings(&expired, "cafile=ca.pem"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_TLS]: the connection to https://127.0.0.1:PORT/greet cannot be trusted: its certificate is expired
      help: check the clock of this machine; else the certificate has to be renewed there
    ");
    let other = secure(Tls::new(authority.server(&["registry.example.test"])));
    sandbox.set_user_settings(&settings(&other, "cafile=ca.pem"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_TLS]: the connection to https://127.0.0.1:PORT/greet cannot be trusted: its certificate is for another host
      help: check the registry's address: somebody else answers there
    ");
    assert_eq!(sandbox.tree(""), "package.json\n");
    assert_eq!(server.requests().len() + expired.requests().len(), 0);
}

/// NET-15.
#[test]
fn an_authority_that_is_not_there_is_told() {
    let server = secure(Tls::new(Authority::new("ours").server(&[HOST])));
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_user_settings(&settings(&server, "cafile=missing.pem"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_REGISTRY_FILE]: cannot open `[SANDBOX]/home/missing.pem`
      caused by: No such file or directory (os error 2)
      help: look at the path in the message
    ");
    sandbox.set_user_settings(&settings(&server, ""));
    std::fs::write(sandbox.beside("home/empty.pem"), "").unwrap();
    let install = sandbox.pkg(&["install"]);
    let ran = install
        .env("NODE_EXTRA_CA_CERTS", sandbox.beside("home/empty.pem"))
        .run();
    assert_snapshot!(ran, @"
    exit: 1
    ----- stderr
    error[ERR_PKG_REGISTRY_SETUP]: `[SANDBOX]/home/empty.pem` is unusable: it holds no certificate in PEM
      help: `pkg config why cafile` shows who names it
    ");
}

/// CFG-11.
#[test]
fn a_project_cannot_say_whom_to_trust() {
    let authority = Authority::new("ours");
    let server = secure(Tls::new(authority.server(&[HOST])));
    let sandbox = sandbox(&authority);
    sandbox.set_user_settings(&settings(&server, ""));
    let text = one_line(authority.pem());
    sandbox.write(
        ".npmrc",
        format!("strict-ssl=false\nca={text}\n{}:ca={text}\n", key(&server)),
    );
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    warning: `//127.0.0.1:PORT/:ca` in [SANDBOX]/project/.npmrc is ignored: only the user's own settings may have it, a project's file may not
    warning: `ca` in [SANDBOX]/project/.npmrc is ignored: only the user's own settings may have it, a project's file may not
    warning: `strict-ssl` in [SANDBOX]/project/.npmrc is ignored: only the user's own settings may have it, a project's file may not
    error[ERR_PKG_FETCH_TLS]: the connection to https://127.0.0.1:PORT/greet cannot be trusted: the authority that signed its certificate is unknown
      help: a proxy that opens TLS, or a registry of your own, needs its authority in `cafile`
    ");
    assert_eq!(server.requests(), []);
}

fn choosy(authority: &Authority) -> FixtureServer {
    secure(Tls {
        client_authority: Some(authority.clone()),
        ..Tls::new(authority.server(&[HOST]))
    })
}

#[test]
fn a_client_certificate_is_shown_where_the_users_settings_say_so() {
    let authority = Authority::new("ours");
    let server = choosy(&authority);
    let Identity {
        certificate,
        key: private,
    } = authority.client("ada");
    let sandbox = sandbox(&authority);
    std::fs::write(sandbox.beside("home/ada.pem"), &certificate).unwrap();
    std::fs::write(sandbox.beside("home/ada.key"), &private).unwrap();
    sandbox.set_user_settings(&settings(&server, "cafile=ca.pem"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_TLS]: the connection to https://127.0.0.1:PORT/greet cannot be trusted: it wants another client certificate than it got, if any
      help: set `//HOST/:certfile` and `//HOST/:keyfile` in your user's .npmrc
    ");
    let key = key(&server);
    let (certificate, private) = (one_line(&certificate), one_line(&private));
    for lines in [
        format!("{key}:certfile=ada.pem\n{key}:keyfile=~/ada.key"),
        format!("{key}:cert={certificate}\n{key}:key={private}"),
        format!("cert={certificate}\nkey={private}"),
    ] {
        sandbox.set_user_settings(&settings(&server, &format!("cafile=ca.pem\n{lines}")));
        sandbox.install(&["--force"]);
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|seen| seen.has_client_certificate)
    );
    let half = format!("cafile=ca.pem\n{key}:certfile=ada.pem");
    sandbox.set_user_settings(&settings(&server, &half));
    let ran = sandbox.run(&["install", "--force"]);
    assert!(
        ran.stderr.contains("certificate and key are set together"),
        "{ran}"
    );
}

/// A program that prints one word, and the word.
fn word() -> (String, String) {
    let output = |program: &str, argument: &str| {
        let ran = Command::new(program).arg(argument).output().unwrap();
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders = path.split(':');
    let program = folders
        .find_map(|folder| {
            let program = format!("{folder}/nproc");
            std::path::Path::new(&program).exists().then_some(program)
        })
        .expect("the system can count its processors");
    let word = output(&program, "--ignore=0");
    (program, word)
}

#[test]
fn a_token_helper_of_the_user_is_asked_for_the_token() {
    let (program, word) = word();
    let server = FixtureServer::start(ServerOptions {
        bearer: Some(word),
        ..ServerOptions::default()
    });
    let helper = format!("{}:tokenHelper={program}", key(&server));
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_user_settings(&settings(&server, &helper));
    sandbox.install(&[]);
    for request in server.requests() {
        assert!(request.header("authorization").is_some());
    }
}

/// CFG-12.
#[test]
fn a_token_helper_of_a_project_is_never_run() {
    let (program, word) = word();
    let server = FixtureServer::start(ServerOptions {
        bearer: Some(word),
        ..ServerOptions::default()
    });
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_user_settings(&settings(&server, ""));
    let project = format!(
        "tokenHelper={program}\n{}:tokenHelper={program}\n",
        key(&server)
    );
    sandbox.write(".npmrc", project);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    warning: `//127.0.0.1:PORT/:tokenHelper` in [SANDBOX]/project/.npmrc is ignored: only the user's own settings may have it, a project's file may not
    warning: `tokenHelper` in [SANDBOX]/project/.npmrc is ignored: it is for no registry; write `//HOST/:` before it
    error[ERR_PKG_FETCH_UNAUTHORIZED]: http://127.0.0.1:PORT/greet asks for authentication (401): who are you?
      help: no credentials are configured for this address: log in, or set `//host/:_authToken` in your user's .npmrc
    ");
    for request in server.requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn a_token_helper_that_fails_ends_the_install_before_a_request() {
    let server = FixtureServer::start(ServerOptions::default());
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let helper = format!("{}:tokenHelper=/bin/false", key(&server));
    sandbox.set_user_settings(&settings(&server, &helper));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_TOKEN_HELPER]: no credentials for http://127.0.0.1:PORT/greet: the token helper `/bin/false` exited with 1
      help: run it by hand: it prints the token alone and exits with 0
    ");
    assert_eq!(server.requests(), []);
    assert_eq!(sandbox.tree(""), "package.json\n");
}

#[test]
fn a_secure_registry_behind_a_proxy_is_installed_from() {
    let authority = Authority::new("ours");
    let server = FixtureServer::start(ServerOptions {
        tls: Some(Tls::new(authority.server(&["registry.example.test"]))),
        host: Some("registry.example.test".to_owned()),
        bearer: Some("secret-token".to_owned()),
        ..ServerOptions::default()
    });
    let port = server.address().port();
    let proxy = ProxyServer::start(ProxyOptions {
        routes: vec![(format!("registry.example.test:{port}"), server.address())],
        credentials: Some("ada:secret-word".to_owned()),
    });
    let sandbox = sandbox(&authority);
    let token = format!("//registry.example.test:{port}/:_authToken=secret-token");
    let behind = |proxy: &str| {
        let lines = format!("cafile=ca.pem\nhttps-proxy={proxy}\n{token}");
        settings(&server, &lines)
    };
    sandbox.set_user_settings(&behind(&proxy.url_with("ada:wrong-word")));
    let ran = sandbox.run(&["install"]);
    let without_port = ran.to_string().replace(&port.to_string(), "PORT");
    assert_snapshot!(without_port, @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_REFUSED]: https://registry.example.test:PORT/greet is not fetched: the proxy asks for authentication (407)
      help: look at the reason in the message. The registry or a mirror sends you elsewhere
    ");
    sandbox.set_user_settings(&behind(&proxy.url_with("ada:secret-word")));
    let ran = sandbox.install(&[]);
    assert!(!ran.to_string().contains("secret"), "{ran}");
    for tunnel in proxy.requests() {
        assert_eq!(tunnel.header("authorization"), None);
    }
    for request in server.requests() {
        assert_eq!(request.header("proxy-authorization"), None);
    }
}

#[test]
fn the_usual_variables_name_the_proxy_and_the_hosts_without_one() {
    let authority = Authority::new("ours");
    let server = secure(Tls::new(authority.server(&[HOST])));
    let proxy = ProxyServer::start(ProxyOptions {
        routes: vec![(server.address().to_string(), server.address())],
        credentials: None,
    });
    let install = |variables: &[(&str, &str)]| {
        let sandbox = sandbox(&authority);
        sandbox.set_user_settings(&settings(&server, "cafile=ca.pem"));
        let mut install = sandbox.pkg(&["install"]);
        for (name, value) in variables {
            install = install.env(name, value);
        }
        let ran = install.run();
        assert_eq!(ran.code, 0, "{ran}");
        proxy.requests().len()
    };
    let url = proxy.url();
    assert_eq!(install(&[("HTTPS_PROXY", &url), ("NO_PROXY", HOST)]), 0);
    assert_eq!(install(&[("https_proxy", &url), ("no_proxy", "*")]), 0);
    assert_eq!(install(&[("HTTP_PROXY", &url)]), 0);
    assert_eq!(install(&[("HTTPS_PROXY", &url)]), 2);
}
