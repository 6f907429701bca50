//! Lockfiles and packages that somebody changed, or that are no files: what is refused, and what is told.

use std::{process::Command, time::Duration};

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::{Value, json};

use crate::support::{ALWAYS, GREET, Sandbox, served, server};

/// Publishes a package of one file, and gives the bytes and the hash of its tarball.
fn published(server: &FixtureServer, text: &str) -> Value {
    server.publish("subject", "1.0.0", json!({}), &[("index.js", text)]);
    let mut dist = Value::Null;
    server.edit_packument("subject", |packument| {
        dist = packument["versions"]["1.0.0"]["dist"].clone();
    });
    dist
}

/// The text of the lockfile's entry for `subject`, with its tarball elsewhere and another hash.
fn with_place(lockfile: &str, tarball: &str, integrity: Option<&Value>) -> String {
    let start = lockfile.find("\"integrity\":\"").unwrap();
    let end = start + lockfile[start..].find('}').unwrap();
    let own = &lockfile[start..end];
    let entry = match integrity {
        Some(integrity) => format!("\"tarball\":\"{tarball}\",\"integrity\":{integrity}"),
        None => format!("\"tarball\":\"{tarball}\",{own}"),
    };
    lockfile.replace(own, &entry)
}

/// LCK-02, LCK-03.
#[test]
fn a_lockfile_cannot_put_another_hosts_bytes_in_place_of_its_registrys() {
    let (own, thief) = (server(), server());
    published(&own, "good");
    let stolen = published(&thief, "evil");
    let sandbox = served(&own, &[("subject", "1")]);
    sandbox.install(&["--lockfile-only"]);
    let lockfile = sandbox.read("pkg.lock");
    let tarball = format!("{}subject/-/subject-1.0.0.tgz", thief.url());
    let mut told = Vec::new();
    for flags in [&["install"][..], &["install", "--frozen-lockfile"]] {
        let both = with_place(&lockfile, &tarball, Some(&stolen["integrity"]));
        sandbox.write("pkg.lock", &both);
        told.push(sandbox.run(flags).to_string());
        assert!(thief.requests().is_empty(), "{:?}", thief.requests());
        let place_alone = with_place(&lockfile, &tarball, None);
        sandbox.write("pkg.lock", &place_alone);
        let ran = sandbox.run(flags);
        assert_eq!(ran.error_code(), Some("ERR_PKG_TARBALL_INTEGRITY"), "{ran}");
        assert_eq!(sandbox.read("pkg.lock"), place_alone);
        thief.forget_requests();
    }
    assert_eq!(told[0], told[1]);
    assert_snapshot!(told[0], @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FOREIGN_TARBALL]: pkg.lock has `subject@1.0.0` at `127.0.0.1`, which is not the configured registry, and that knows no such tarball
      help: restore pkg.lock from version control; if the registry was changed on purpose, remove the entry and install again
    ");
    sandbox.write("pkg.lock", &lockfile);
    sandbox.install(&["--frozen-lockfile"]);
}

/// LCK-02: registries that keep tarballs elsewhere say so.
#[test]
fn a_tarball_on_another_host_is_fetched_where_the_registry_names_it() {
    let (own, other) = (server(), server());
    published(&other, "good");
    published(&own, "good");
    let tarball = format!("{}subject/-/subject-1.0.0.tgz", other.url());
    own.edit_packument("subject", |packument| {
        packument["versions"]["1.0.0"]["dist"]["tarball"] = json!(tarball);
    });
    let sandbox = served(&own, &[("subject", "1")]);
    sandbox.install(&["--lockfile-only"]);
    sandbox.install(&["--frozen-lockfile"]);
    assert!(sandbox.has("node_modules/subject/index.js"));
}

/// LCK-13.
#[test]
fn a_lockfile_that_is_no_file_is_refused_at_once() {
    let mut told = String::new();
    for kind in ["folder", "pipe", "device"] {
        let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
        let path = sandbox.path("pkg.lock");
        match kind {
            "folder" => std::fs::create_dir(&path).unwrap(),
            "pipe" => assert!(
                Command::new("mkfifo")
                    .arg(&path)
                    .status()
                    .unwrap()
                    .success()
            ),
            _ => std::os::unix::fs::symlink("/dev/zero", &path).unwrap(),
        }
        for flags in [
            &["install"][..],
            &["install", "--frozen-lockfile"],
            &["list"],
        ] {
            let ran = sandbox.run(flags);
            assert_eq!(ran.code, 1, "{kind}: {ran}");
            assert!(!sandbox.has("node_modules"), "{kind}");
            told = format!("{told}{}\n", ran.stderr.lines().next().unwrap());
        }
    }
    assert_snapshot!(told, @"
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a directory, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a directory, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a directory, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a named pipe, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a named pipe, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a named pipe, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a device, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a device, not a regular file
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/pkg.lock` is a device, not a regular file
    ");
}

/// LCK-15: none is read yet, so none may seem to be followed.
#[test]
fn every_other_managers_lockfile_is_named_and_its_versions_are_not_claimed() {
    for name in [
        "pnpm-lock.yaml",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "bun.lock",
        "bun.lockb",
    ] {
        let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
        sandbox.write(name, "greet@^1.0.0:\n  version 1.1.0\n");
        let ran = sandbox.install(&[]);
        let told = format!("warning: {name} cannot be read yet: versions are resolved anew");
        assert!(ran.stderr.contains(&told), "{ran}");
        assert_eq!(sandbox.read(name), "greet@^1.0.0:\n  version 1.1.0\n");
        let frozen = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
        frozen.write(name, "");
        assert_eq!(
            frozen.run(&["install", "--frozen-lockfile"]).code,
            1,
            "{name}"
        );
    }
}

/// LCK-18: there are no patches yet. What a lockfile says of them is kept, and no file of theirs is read.
#[test]
fn patches_in_a_lockfile_are_kept_and_lead_nowhere() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.2.3")]);
    sandbox.install(&["--lockfile-only"]);
    let made = Command::new("mkfifo")
        .arg(sandbox.beside("outside.patch"))
        .status();
    assert!(made.unwrap().success());
    let patches = "\"lockfileVersion\": 1,\n\"patchedDependencies\": {\"greet@1.2.3\":{\"path\":\"../outside.patch\"}},";
    let lockfile = sandbox
        .read("pkg.lock")
        .replace("\"lockfileVersion\": 1,", patches);
    sandbox.write("pkg.lock", &lockfile);
    sandbox.install(&["--frozen-lockfile"]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
    sandbox.set_dependencies(&[("greet", "1.2.3"), ("tiny-status", "*")]);
    sandbox.install(&[]);
    let rewritten = sandbox.read("pkg.lock");
    assert!(rewritten.contains("outside.patch"), "{rewritten}");
}

/// LCK-20, LCK-21: there is no flag that takes a new hash for one that stands.
#[test]
fn a_version_that_was_published_anew_is_not_taken_for_the_locked_one() {
    let server = server();
    published(&server, "first");
    let sandbox = served(&server, &[("subject", "1")]);
    sandbox.install(&["--lockfile-only"]);
    let lockfile = sandbox.read("pkg.lock");
    published(&server, "second");
    for flags in [
        &["install"][..],
        &["install", "--frozen-lockfile"],
        &["install", "--force"],
        &["install", "--fix-lockfile"],
    ] {
        let ran = sandbox.run(flags);
        assert_eq!(ran.code, 1, "{ran}");
        assert_eq!(ran.error_code(), Some("ERR_PKG_TARBALL_INTEGRITY"), "{ran}");
        assert_eq!(sandbox.read("pkg.lock"), lockfile, "{flags:?}");
        assert!(!sandbox.has("node_modules/subject"), "{flags:?}");
    }
    let ran = sandbox.run(&["install", "--fix-lockfile", "--frozen-lockfile"]);
    assert_eq!(ran.code, 2, "{ran}");
}

/// LCK-27.
#[test]
fn fifty_installs_with_shuffled_answers_write_one_lockfile() {
    const WANTED: [(&str, &str); 6] = [
        ("tiny-http-app", "1"),
        ("plug-set", "1"),
        ("peer-ring-a", "*"),
        ("wide", "1"),
        ("number-chart", "1"),
        ("optional-user", "*"),
    ];
    let mut first = None;
    for seeds in (0..50_u64).collect::<Vec<_>>().chunks(5) {
        let runs: Vec<_> = seeds
            .iter()
            .map(|seed| {
                let server = FixtureServer::start(ServerOptions {
                    shuffle: Some((*seed, Duration::from_millis(30))),
                    ..ServerOptions::default()
                });
                let sandbox = served(&server, &WANTED);
                let child = sandbox.pkg(&["install", "--lockfile-only"]).spawn();
                (server, sandbox, child)
            })
            .collect();
        for (server, sandbox, child) in runs {
            let ran = sandbox.finish(child);
            assert_eq!(ran.code, 0, "{ran}");
            let lockfile = sandbox.read("pkg.lock").replace(&server.url(), "");
            assert_eq!(*first.get_or_insert_with(|| lockfile.clone()), lockfile);
        }
    }
}

/// PKU-28.
#[test]
fn a_deprecation_of_a_megabyte_is_one_short_line() {
    let server = server();
    let text = "\u{1b}[31mold\n".repeat(100_000);
    server.publish("old", "1.0.0", json!({"deprecated": text}), &[]);
    let sandbox = served(&server, &[("old", "1")]);
    let ran = sandbox.install(&[]);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    assert!(
        ran.stderr.len() < 2000 && ran.stderr.ends_with("…\n"),
        "{ran}"
    );
    assert!(!ran.stderr.contains('\u{1b}'), "{ran}");
}

/// PKU-19, PKU-30.
#[test]
fn a_packument_that_is_deep_or_said_to_be_known_already_is_no_trap() {
    let server = server();
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    server.fault("/greet", ALWAYS, Fault::Body(deep));
    let sandbox = served(&server, &[("greet", "1")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(
        ran.error_code().is_some() && !sandbox.has("pkg.lock"),
        "{ran}"
    );
    server.clear_faults();
    server.fault("/greet", 1, Fault::NotModified);
    sandbox.install(&[]);
    assert!(server.count("/greet") >= 3 && server.count(GREET) == 1);
}

/// PKU-18.
#[test]
fn a_packument_beyond_the_limits_is_refused() {
    let server = server();
    let versions: Vec<_> = (0..200_000).map(|n| format!("\"{n}.0.0\":{{}}")).collect();
    let body = format!(
        "{{\"name\":\"greet\",\"versions\":{{{}}}}}",
        versions.join(",")
    );
    server.fault("/greet", ALWAYS, Fault::Body(body.into_bytes()));
    let sandbox = served(&server, &[("greet", "1")]);
    let ran = sandbox.run(&["install"]);
    assert!(
        ran.stderr.contains("more than the limit of 100000"),
        "{ran}"
    );
    assert_eq!(sandbox.tree(""), "package.json\n");
}

/// PKU-21.
#[test]
fn cycles_of_one_and_of_three_are_installed() {
    let sandbox = Sandbox::with_dependencies(&[("ring-self", "*"), ("ring-a", "*")]);
    sandbox.install(&[]);
    sandbox.install(&["--frozen-lockfile", "--force"]);
    for package in ["ring-self", "ring-a"] {
        assert!(sandbox.has(&format!("node_modules/{package}/package.json")));
    }
}

/// TAR-43: what the registry says is what is installed, in every layout, with a cold store and with a warm one.
#[test]
fn the_registry_and_not_the_archive_says_what_a_package_depends_on() {
    let server = server();
    server.publish(
        "subject",
        "1.0.0",
        json!({"dependencies": {"hidden": "1"}}),
        &[],
    );
    server.publish("hidden", "1.0.0", json!({}), &[]);
    server.edit_packument("subject", |packument| {
        packument["versions"]["1.0.0"]["dependencies"] = json!({"greet": "1"});
    });
    let sandbox = served(&server, &[("subject", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + subject 1.0.0
      2 packages added  isolated · [TIME]
    ----- stderr
    warning: `subject@1.0.0`: its package.json is not what its registry says of it: it also depends on `hidden`, not installed; it does not depend on `greet`, installed
    ");
    let lockfile = sandbox.read("pkg.lock");
    assert!(lockfile.contains("greet@1.2.3") && !lockfile.contains("hidden"));
    for layout in ["isolated", "flat", "nested", "pnp"] {
        sandbox.install(&["--layout", layout, "--frozen-lockfile"]);
        assert_eq!(sandbox.read("pkg.lock"), lockfile, "{layout}");
    }
    sandbox.remove("pkg.lock");
    sandbox.install(&[]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}
