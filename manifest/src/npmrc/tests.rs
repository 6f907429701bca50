use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use url::Url;

use super::*;

type Built = Result<(RegistryConfig, Vec<String>), NpmrcError>;

fn environment(name: &str) -> Option<String> {
    let variables = [
        ("TOKEN", "t-env"),
        ("HOST", "h.example.test"),
        ("EMPTY", ""),
    ];
    let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
    Some((*value).to_owned())
}

fn build(files: &[(ConfigSource, &str)]) -> Built {
    let layers: Vec<_> = files
        .iter()
        .map(|(source, text)| ConfigLayer::from_ini(*source, &format!("{source:?}"), text))
        .collect();
    RegistryConfig::build(&layers, &environment)
}

fn built(files: &[(ConfigSource, &str)]) -> (RegistryConfig, Vec<String>) {
    build(files).unwrap_or_else(|error| unreachable!("{error}"))
}

fn header(config: &RegistryConfig, url: &str) -> Option<String> {
    let header = config.authorization(&Url::parse(url).unwrap());
    header.map(|header| header.expose_secret().to_owned())
}

/// The header that one setting of the user's file leads to, and the number of warnings.
fn header_of(setting: &str) -> (Option<String>, usize) {
    let (config, warnings) = built(&[(ConfigSource::User, setting)]);
    (header(&config, "https://h.example.test/a"), warnings.len())
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[test]
fn a_projects_registry_reads_no_variable() {
    for line in [
        "registry=https://h.example.test/${TOKEN}/",
        "registry=https://${HOST}/",
        "@s:registry=https://${HOST}/",
        "@${TOKEN}:registry=https://h.example.test/",
    ] {
        let error = build(&[(ConfigSource::Project, line)]).err().unwrap();
        assert!(
            matches!(error, NpmrcError::ProjectPlaceholder { .. }),
            "{line}"
        );
        assert!(!error.to_string().contains("t-env"), "{error}");
        assert!(build(&[(ConfigSource::User, line)]).is_ok(), "{line}");
    }
}

#[test]
fn a_projects_credential_reads_no_variable() {
    for line in [
        "//h.example.test/:_authToken=${TOKEN}",
        "//${HOST}/:_authToken=abc",
        "//h.example.test/:_auth=${TOKEN}",
    ] {
        let (config, warnings) = built(&[(ConfigSource::Project, line)]);
        assert_eq!(header(&config, "https://h.example.test/a"), None, "{line}");
        assert_eq!(warnings.len(), 1, "{line}");
        assert!(!warnings[0].contains("t-env") && !warnings[0].contains("abc"));
    }
}

#[test]
fn a_users_file_reads_variables_in_keys_and_values() {
    let text = "registry=https://${HOST}/npm\n//${HOST}/npm/:_authToken=${TOKEN}";
    let (config, warnings) = built(&[(ConfigSource::User, text)]);
    assert!(warnings.is_empty(), "{warnings:?}");
    let url = Url::parse("https://h.example.test/npm/").unwrap();
    assert_eq!(config.default_registry(), Some(&RegistryUrl::Http(url)));
    let sent = header(&config, "https://h.example.test/npm/a");
    assert_eq!(sent.as_deref(), Some("Bearer t-env"));
    assert_eq!(header(&config, "https://h.example.test/a"), None);
}

#[test]
fn an_unset_variable_is_never_sent() {
    let unset = build(&[(
        ConfigSource::User,
        "registry=https://h.example.test/${NOPE}/",
    )]);
    assert!(matches!(unset, Err(NpmrcError::UnsetVariable { .. })));
    assert_eq!(header_of("//h.example.test/:_authToken=${NOPE}"), (None, 1));
    assert_eq!(
        header_of("//h.example.test/:_authToken=${NOPE?}"),
        (None, 0)
    );
    assert_eq!(
        header_of("//h.example.test/:_authToken=${EMPTY}"),
        (None, 0)
    );
}

#[test]
fn an_unscoped_token_belongs_to_the_registry_of_its_own_file() {
    let project = (ConfigSource::Project, "registry=https://evil.example.test/");
    let (config, warnings) = built(&[(ConfigSource::User, "_authToken=secret"), project]);
    assert_eq!(header(&config, "https://evil.example.test/a"), None);
    assert_eq!(warnings.len(), 1);
    let text = "registry=https://h.example.test/npm/\n_authToken=secret";
    let (config, warnings) = built(&[(ConfigSource::User, text), project]);
    assert!(warnings.is_empty());
    assert_eq!(header(&config, "https://evil.example.test/a"), None);
    let sent = header(&config, "https://h.example.test/npm/a");
    assert_eq!(sent.as_deref(), Some("Bearer secret"));
    assert_eq!(header(&config, "https://h.example.test/other/a"), None);
}

#[test]
fn a_credential_goes_to_its_origin_and_path_only() {
    let text = "//h.example.test/a/:_authToken=in-a\n//h.example.test:8080/:_authToken=port\n\
                //H2.example.test:443/:_authToken=two";
    let (config, _) = built(&[(ConfigSource::User, text)]);
    let rows = [
        ("https://h.example.test/a/x", Some("Bearer in-a")),
        ("https://h.example.test/a/b/x.tgz?q=1", Some("Bearer in-a")),
        ("https://h.example.test/a/@s%2fx", Some("Bearer in-a")),
        ("https://h.example.test/ab/x", None),
        ("https://h.example.test/", None),
        ("https://h.example.test/a/../b/x", None),
        ("https://h.example.test/a/..%2fb/x", None),
        ("https://h.example.test/a/%252e%252e%252fb/x", None),
        ("https://h.example.test/a/%2E%2E%5Cb/x", None),
        ("https://sub.h.example.test/a/x", None),
        ("https://h.example.test.evil.test/a/x", None),
        ("https://h.example.test@evil.test/a/x", None),
        ("http://h.example.test/a/x", None),
        ("https://h.example.test:8080/a/x", Some("Bearer port")),
        ("https://h.example.test:8081/a/x", None),
        ("https://h2.example.test/", Some("Bearer two")),
    ];
    for (url, wanted) in rows {
        assert_eq!(header(&config, url).as_deref(), wanted, "{url}");
    }
}

#[test]
fn the_longest_path_with_a_whole_credential_wins() {
    let text = "//h.example.test/:_authToken=root\n//h.example.test/a/:username=u\n\
                //h.example.test/a/b:_authToken=deep";
    let (config, _) = built(&[(ConfigSource::User, text)]);
    let sent = |url| header(&config, url).unwrap();
    assert_eq!(sent("https://h.example.test/a/x"), "Bearer root");
    assert_eq!(sent("https://h.example.test/a/b/x"), "Bearer deep");
}

#[test]
fn a_token_beats_a_password_beats_a_pair() {
    let password = STANDARD.encode("p:w");
    let pair = STANDARD.encode("x:y");
    let both = format!(
        "//h.example.test/:_auth={pair}\n//h.example.test/:username=u\n\
         //h.example.test/:_password={password}"
    );
    assert_eq!(header_of(&both), (Some(basic("u:p:w")), 0));
    let all = format!("{both}\n//h.example.test/:_authToken=t");
    assert_eq!(header_of(&all), (Some("Bearer t".to_owned()), 0));
}

#[test]
fn a_malformed_credential_is_never_sent() {
    let unpadded = STANDARD.encode("u:p").trim_end_matches('=').to_owned();
    let rows = [
        ("_auth=%%%not-base64%%%".to_owned(), None, 1),
        (format!("_auth={}", STANDARD.encode("no-colon")), None, 1),
        (
            "_password=plain text\n//h.example.test/:username=u".to_owned(),
            None,
            1,
        ),
        ("_authToken=\"a b\"".to_owned(), None, 1),
        ("_authToken=\"a\\r\\nX: y\"".to_owned(), None, 1),
        ("_authToken=".to_owned(), None, 0),
        (
            "_authToken=\"quoted=\"".to_owned(),
            Some("Bearer quoted=".to_owned()),
            0,
        ),
        (format!("_auth={unpadded}"), Some(basic("u:p")), 0),
        (
            format!("_auth=\"{}\"", STANDARD.encode("u:p")),
            Some(basic("u:p")),
            0,
        ),
    ];
    for (setting, wanted, warnings) in rows {
        let line = format!("//h.example.test/:{setting}");
        assert_eq!(header_of(&line), (wanted, warnings), "{setting}");
    }
}

#[test]
fn a_project_says_nothing_of_tls_proxies_and_token_programs() {
    let text = "strict-ssl=false\ncafile=evil.pem\nca=-----BEGIN CERTIFICATE-----\n\
                proxy=http://evil.test/\nhttps-proxy=http://evil.test/\nnoproxy=*\ncert=x\nkey=x\n\
                tokenHelper=/bin/evil\n//h.example.test/:tokenHelper=/bin/evil\n\
                //h.example.test/:certfile=x";
    let (config, warnings) = built(&[(ConfigSource::Project, text)]);
    assert_eq!(warnings.len(), 11, "{warnings:?}");
    assert!(config.strict_ssl() && config.ca().is_empty() && config.cafile().is_none());
    assert!(config.proxy().is_none() && config.https_proxy().is_none());
    assert!(config.noproxy().is_none());
    assert!(config.other_entries()[0].entries.is_empty());
}

#[test]
fn a_user_sets_tls_and_proxies() {
    let text = "strict-ssl=false\ncafile=c.pem\nca[]=\"-----BEGIN CERTIFICATE-----\\nA\"\n\
                ca[]=\"-----BEGIN CERTIFICATE-----\\nB\"\nproxy=http://u:p@proxy.test:3128/\n\
                https-proxy=null\nnoproxy=a.test,b.test";
    let (config, warnings) = built(&[(ConfigSource::User, text)]);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!(!config.strict_ssl());
    assert_eq!(config.ca().len(), 2);
    assert_eq!(
        config.cafile().map(|file| file.path.as_str()),
        Some("c.pem")
    );
    let proxy = config.proxy().unwrap().expose_secret();
    assert_eq!(proxy, "http://u:p@proxy.test:3128/");
    assert!(config.https_proxy().is_none());
    assert_eq!(config.noproxy(), Some("a.test,b.test"));
}

#[test]
fn the_usual_variables_are_the_weakest_proxies() {
    let variables = |name: &str| match name {
        "HTTPS_PROXY" => Some("proxy.test:1".to_owned()),
        "no_proxy" => Some("a.test".to_owned()),
        _ => None,
    };
    let (config, _) = RegistryConfig::build(&[], &variables).ok().unwrap();
    let proxy = config.https_proxy().unwrap().expose_secret();
    assert_eq!(proxy, "http://proxy.test:1");
    assert_eq!(config.noproxy(), Some("a.test"));
    let off = ConfigLayer::from_ini(ConfigSource::User, "user", "https-proxy=false");
    let (config, _) = RegistryConfig::build(&[off], &variables).ok().unwrap();
    assert!(config.https_proxy().is_none());
}

#[test]
fn plain_http_needs_the_users_registry_and_the_users_credential() {
    let token = "//h.example.test/:_authToken=t";
    let registry = "registry=http://h.example.test/";
    let url = "http://h.example.test/a";
    let (config, warnings) = built(&[
        (ConfigSource::User, token),
        (ConfigSource::Project, registry),
    ]);
    assert_eq!((header(&config, url), warnings.len()), (None, 1));
    let (config, warnings) = built(&[
        (ConfigSource::User, registry),
        (ConfigSource::Project, token),
    ]);
    assert_eq!((header(&config, url), warnings.len()), (None, 1));
    let (config, warnings) = built(&[(ConfigSource::User, &format!("{token}\n{registry}"))]);
    assert_eq!(header(&config, url).as_deref(), Some("Bearer t"));
    assert!(warnings.is_empty());
    let local = "//127.0.0.1:4873/:_authToken=t\n//[::1]:4873/:_authToken=t";
    let (config, _) = built(&[(ConfigSource::Project, local)]);
    assert!(header(&config, "http://127.0.0.1:4873/a").is_some());
    assert!(header(&config, "http://[::1]:4873/a").is_some());
}

#[test]
fn a_project_does_not_replace_the_users_credential() {
    let user = (ConfigSource::User, "//h.example.test/:_authToken=mine");
    let project = (ConfigSource::Project, "//h.example.test/:_authToken=theirs");
    let (config, warnings) = built(&[project, user]);
    let sent = header(&config, "https://h.example.test/a");
    assert_eq!((sent.as_deref(), warnings.len()), (Some("Bearer mine"), 1));
    let command_line = (
        ConfigSource::CommandLine,
        "//h.example.test/:_authToken=now",
    );
    let (config, warnings) = built(&[user, command_line]);
    let sent = header(&config, "https://h.example.test/a");
    assert_eq!((sent.as_deref(), warnings.len()), (Some("Bearer now"), 0));
}

#[test]
fn a_scope_has_its_own_registry() {
    let user = (
        ConfigSource::User,
        "registry=https://h.example.test\n@s:registry=file:./mirror",
    );
    let project = (ConfigSource::Project, "registry=https://p.example.test/x");
    let (mut config, _) = built(&[user, project]);
    let of = |config: &RegistryConfig, name: &str| {
        config
            .registry_for(&name.parse().unwrap())
            .cloned()
            .unwrap()
    };
    let http = |text: &str| RegistryUrl::Http(Url::parse(text).unwrap());
    assert_eq!(of(&config, "a"), http("https://p.example.test/x/"));
    let folder = RegistryUrl::Folder {
        directory: "./mirror".to_owned(),
        declared_in: Some("User".to_owned()),
    };
    assert_eq!(of(&config, "@s/a"), folder);
    config.set_default_registry(RegistryUrl::parse("https://c.example.test").unwrap());
    assert_eq!(of(&config, "@other/a"), http("https://c.example.test/"));
}

#[test]
fn what_is_no_registry_is_refused_without_its_text() {
    for text in [
        "",
        "h.example.test",
        "ftp://h.example.test/",
        "https://u:pw@h.example.test/",
        "file:",
    ] {
        let error = RegistryUrl::parse(text).unwrap_err().to_string();
        assert!(!error.contains("pw"), "{error}");
        let line = format!("registry={text}");
        assert!(build(&[(ConfigSource::Project, &line)]).is_err(), "{text}");
    }
}

#[test]
fn other_settings_stay_with_their_layer() {
    let user = (
        ConfigSource::User,
        "store-dir=${HOST}\nfoo[]=1\nfoo[]=2\nbare\n[section]\nx=1",
    );
    let project = (ConfigSource::Project, "layout=${HOST}");
    let (config, warnings) = built(&[project, user]);
    assert!(warnings.is_empty());
    let [user, project] = config.other_entries() else {
        unreachable!("two layers");
    };
    assert_eq!(user.source, ConfigSource::User);
    assert_eq!(user.get("store-dir"), Some("h.example.test"));
    assert_eq!(user.get("bare"), Some("true"));
    assert_eq!(
        user.entries.iter().filter(|(key, _)| key == "foo").count(),
        2
    );
    assert_eq!(project.get("layout"), Some("${HOST}"));
}

#[test]
fn every_secret_is_listed_for_the_scrubber() {
    let password = STANDARD.encode("word");
    let text = format!(
        "//h.example.test/:_authToken=tok\nproxy=http://u:pw@proxy.test/\n\
         //i.example.test/:username=u\n//i.example.test/:_password={password}"
    );
    let (config, _) = built(&[(ConfigSource::User, &text)]);
    let secrets: Vec<_> = config
        .secrets()
        .map(|secret| secret.expose_secret().to_owned())
        .collect();
    let pair = STANDARD.encode("u:word");
    for wanted in [
        "tok",
        "word",
        &STANDARD.encode("word"),
        &pair,
        "http://u:pw@proxy.test/",
    ] {
        assert!(secrets.iter().any(|secret| secret == wanted), "{wanted}");
    }
}

#[test]
fn messages_show_keys_as_written() {
    let text = "//${HOST}/${TOKEN}/:tokenHelper=x\n//${HOST}/${TOKEN}=x";
    let (_, warnings) = built(&[(ConfigSource::User, text)]);
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings.iter().all(|warning| !warning.contains("t-env")),
        "{warnings:?}"
    );
    let error = build(&[(ConfigSource::User, "@${TOKEN}:registry=none")])
        .err()
        .unwrap();
    assert!(!error.to_string().contains("t-env"), "{error}");
}

proptest! {
    #[test]
    fn no_text_stops_the_readers(text in "(?s).{0,200}", lines in "([a-z@:/.=\\[\\]\"'\\\\;#$ {}?_\n]{0,200})") {
        for text in [&text, &lines] {
            parse_ini(text);
            expand(text, &environment);
            for source in [ConfigSource::User, ConfigSource::Project] {
                drop(build(&[(source, text)]));
            }
        }
    }

    #[test]
    fn text_without_a_dollar_expands_to_itself(text in "[^$]{0,100}") {
        prop_assert_eq!(expand(&text, &environment), text);
    }
}
