//! How specifiers of repositories are read.

use super::*;

fn read(text: &str) -> String {
    match GitSpecifier::parse(text) {
        Ok(found) => {
            let wanted = match found.wanted() {
                GitWanted::Default => "-".to_owned(),
                GitWanted::Name(name) => format!("name {name}"),
                GitWanted::Commit(commit) => format!("commit {}", &commit.as_str()[..4]),
                GitWanted::Range(range) => format!("range {range}"),
            };
            let folder = found
                .folder()
                .map_or(String::new(), |it| format!(" in {it}"));
            format!("{found} | {} | {wanted}{folder}", found.address())
        }
        Err(reason) => reason.to_owned(),
    }
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn repositories_of_services_are_read_by_https() {
    let rows = [
        ("u/r", "github:u/r | https://github.com/u/r.git | -"),
        (
            "u/r.git#v1",
            "github:u/r#v1 | https://github.com/u/r.git | name v1",
        ),
        (
            "gitlab:g/s/r",
            "gitlab:g/s/r | https://gitlab.com/g/s/r.git | -",
        ),
        (
            "bitbucket:u/r",
            "bitbucket:u/r | https://bitbucket.org/u/r.git | -",
        ),
        (
            "gist:u/abc123",
            "gist:abc123 | https://gist.github.com/abc123.git | -",
        ),
        (
            "sourcehut:~u/r",
            "sourcehut:~u/r | https://git.sr.ht/~u/r | -",
        ),
        (
            "https://github.com/u/r",
            "git+https://github.com/u/r.git | https://github.com/u/r.git | -",
        ),
        (
            "https://github.com/u/r/tree/a/b",
            "git+https://github.com/u/r.git#a/b | https://github.com/u/r.git | name a/b",
        ),
        ("github:u", NAMELESS),
        ("github:", NAMELESS),
        ("github:u/..", NAMELESS),
        ("github:-u/r", NAMELESS),
    ];
    for (text, wanted) in rows {
        assert_eq!(read(text), wanted, "{text}");
    }
}

const NAMELESS: &str = "it does not name a repository";

#[test]
fn addresses_keep_their_transport() {
    let rows = [
        (
            "git+ssh://git@github.com:u/r.git#abc",
            "git+ssh://git@github.com/u/r.git#abc | ssh://git@github.com/u/r.git | name abc",
        ),
        (
            "git@github.com:u/r.git",
            "git+ssh://git@github.com/u/r.git | ssh://git@github.com/u/r.git | -",
        ),
        (
            "git@h.example.test:u/r.git",
            "git+ssh://git@h.example.test:u/r.git | ssh://git@h.example.test:u/r.git | -",
        ),
        (
            "ssh://h.example.test:2222/r",
            "git+ssh://h.example.test:2222/r | ssh://h.example.test:2222/r | -",
        ),
        (
            "git+ssh://git@[::1]:22/r",
            "git+ssh://git@[::1]:22/r | ssh://git@[::1]:22/r | -",
        ),
        (
            "git://h.example.test/r.git",
            "git://h.example.test/r.git | git://h.example.test/r.git | -",
        ),
        (
            "git+file:///repos/r.git#x",
            "git+file:/repos/r.git#x | file:/repos/r.git | name x",
        ),
        ("git+file:../r", "git+file:../r | file:../r | -"),
    ];
    for (text, wanted) in rows {
        assert_eq!(read(text), wanted, "{text}");
    }
    let address = |text: &str| GitSpecifier::parse(text).unwrap().address().remote();
    assert_eq!(
        address("git@h.example.test:u/r.git").as_deref(),
        Some("git@h.example.test:u/r.git")
    );
    assert_eq!(
        address("git+ssh://git@h.example.test/r").as_deref(),
        Some("ssh://git@h.example.test/r")
    );
    assert_eq!(address("git+file:../r"), None);
}

#[test]
fn fragments_say_which_commit_and_which_folder() {
    let wanted = |fragment: &str| {
        let read = read(&format!("u/r#{fragment}"));
        read.rsplit(" | ").next().unwrap_or_default().to_owned()
    };
    assert_eq!(wanted(COMMIT), "commit 0123");
    assert_eq!(wanted("v1::path:packages/a"), "name v1 in packages/a");
    assert_eq!(wanted("v1&path:/packages/a"), "name v1 in packages/a");
    assert_eq!(wanted("semver:^1%20||%20^2&path:x"), "range ^1 || ^2 in x");
    assert_eq!(wanted("semver=^1"), "range ^1");
    assert_eq!(wanted("head=main"), "name main");
    assert_eq!(wanted("unknown:x"), "-");
    for refused in [
        "a::b",
        "v1&semver:^1",
        "path:a&path:b",
        "path:../a",
        "-x",
        "--upload-pack=x",
        "a..b",
        "a b",
        "v1^{commit}",
        "x@{1}",
        "workspace=a",
        "semver:!",
        "%zz",
    ] {
        assert!(
            GitSpecifier::parse(&format!("u/r#{refused}")).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn what_git_could_misread_is_refused() {
    for text in [
        "git+ext::sh -c id",
        "git+ext://sh",
        "git+rsync://h.example.test/r",
        "ssh://-oProxyCommand=x/r",
        "git+ssh://-x@h.example.test/r",
        "git+ssh://git@-x/r",
        "https://user:secret@github.com/u/r.git",
        "git+https://token@h.example.test/r",
        "git+https://h.example.test/r?token=secret",
        "git+ssh://git:pw@h.example.test/r",
        "git+https:///r",
        "git+https://h.example.test",
        "git+https://h.example.test:x/r",
        "git+file:",
        "git+file:-x",
    ] {
        let reason = GitSpecifier::parse(text).unwrap_err();
        assert!(!reason.contains("secret"), "{text}");
    }
}

#[test]
fn a_commit_prints_to_the_text_that_it_was_read_from() {
    for address in [
        "https://h.example.test/r",
        "ssh://git@h.example.test:u/r",
        "file:../a b",
        "git://[::1]/r",
    ] {
        for folder in ["", "&path:packages/a"] {
            let text = format!("git+{address}#{COMMIT}{folder}");
            let source: GitSource = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
        }
    }
    for text in [
        "git+https://h.example.test/r#main".to_owned(),
        format!("git+https://h.example.test/r#{}", &COMMIT[1..]),
        format!("git+https://h.example.test/r#{}", COMMIT.to_uppercase()),
        format!("git+https://h.example.test/r#{COMMIT}&path:../x"),
        format!("git+ext::sh#{COMMIT}"),
        format!("https://h.example.test/r#{COMMIT}"),
    ] {
        assert!(text.parse::<GitSource>().is_err(), "{text}");
    }
}
