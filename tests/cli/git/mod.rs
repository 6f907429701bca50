//! Packages from git repositories: real repositories beside the project, read by the real `git`.

mod packing;
mod prepare;

use insta::assert_snapshot;
use serde_json::json;

use crate::{
    change::told,
    support::{Repository, SSH, Sandbox, path_with, program},
};

/// What the lockfile has of the package.
fn locked(sandbox: &Sandbox) -> String {
    let text = sandbox.read("pkg.lock");
    let from = text.find("\"packages\"").unwrap();
    let from = from + text[from..].find("lib@git").expect("it is locked");
    text[from..].split('"').next().unwrap().to_owned()
}

fn version(sandbox: &Sandbox) -> String {
    let text = sandbox.read("node_modules/lib/package.json");
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["version"].as_str().unwrap().to_owned()
}

#[test]
fn a_repository_is_added_and_its_commit_is_locked() {
    let sandbox = Sandbox::new();
    sandbox.set_manifest(&json!({"name": "app"}));
    let lib = Repository::new(&sandbox, "lib");
    let first = lib.release("1.0.0");
    let ran = told(&sandbox, &["add", "git+file:../lib"]);
    assert_snapshot!(ran.replace(&first, "[COMMIT]"), @r#"
    exit: 0
    ----- stdout
    + lib git+file:../lib#[COMMIT]
      1 package added, 1 from the store  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "lib": "git+file:../lib"
      }
    }
    "#);
    assert_eq!(locked(&sandbox), format!("lib@git+file:../lib#{first}"));
    assert!(sandbox.has("node_modules/.bin/lib"));
    assert!(!sandbox.has("node_modules/lib/.git"));

    // It stays until it is updated.
    let second = lib.release("1.1.0");
    assert_eq!(sandbox.install(&["--force"]).code, 0);
    assert_eq!(version(&sandbox), "1.0.0");
    let ran = sandbox.run(&["update", "lib"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(version(&sandbox), "1.1.0");
    assert_eq!(locked(&sandbox), format!("lib@git+file:../lib#{second}"));

    // What is locked and stored needs no repository.
    std::fs::rename(sandbox.path("../lib"), sandbox.path("../gone")).unwrap();
    sandbox.remove("node_modules");
    sandbox.install(&["--offline", "--frozen-lockfile"]);
    assert_eq!(version(&sandbox), "1.1.0");
    let verified = sandbox.run(&["verify"]);
    assert_eq!(verified.code, 0, "{verified}");
    let deduped = sandbox.run(&["dedupe", "--check"]);
    assert_eq!(deduped.code, 0, "{deduped}");
}

#[test]
fn branches_tags_versions_commits_and_folders_are_found() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let first = lib.release("1.0.0");
    lib.release("1.2.0");
    lib.git(&["branch", "old"]);
    lib.release("2.0.0");
    lib.write(
        "packages/part/package.json",
        r#"{"name": "lib", "version": "0.0.7"}"#,
    );
    lib.write("packages/part/part.js", "1\n");
    lib.commit_all("a part");
    let url = format!("git+file://{}", lib.path().display());
    for (fragment, expected) in [
        ("", "2.0.0"),
        ("#v1.0.0", "1.0.0"),
        ("#old", "1.2.0"),
        ("#refs/heads/old", "1.2.0"),
        ("#semver:^1", "1.2.0"),
        ("#semver:1.0.x", "1.0.0"),
        (&*format!("#{first}"), "1.0.0"),
        (&*format!("#{}", &first[..10]), "1.0.0"),
        ("#main&path:packages/part", "0.0.7"),
        ("#path:/packages/part", "0.0.7"),
    ] {
        sandbox.set_dependencies(&[("lib", &format!("{url}{fragment}"))]);
        sandbox.install(&[]);
        assert_eq!(version(&sandbox), expected, "{fragment}");
    }
    assert!(sandbox.has("node_modules/lib/part.js"));
    assert!(!sandbox.has("node_modules/lib/README.md"));
    assert!(locked(&sandbox).ends_with("&path:packages/part"));
}

#[test]
fn what_is_not_there_is_told() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    lib.release("1.0.0");
    let told = |specifier: &str| {
        sandbox.set_dependencies(&[("lib", specifier)]);
        let commit = lib.git(&["rev-parse", "HEAD"]);
        sandbox
            .run(&["install"])
            .to_string()
            .replace(&commit, "[COMMIT]")
    };
    assert_snapshot!(told("git+file:../lib#mian"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `lib` cannot be had: `git+file:../lib` has no branch, tag or commit `mian`; did you mean `main`?
      wanted by the project
      help: check what package.json says of it: a path is relative to the folder of package.json
    ");
    assert_snapshot!(told("git+file:../lib#semver:^2"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `lib` cannot be had: `git+file:../lib` has no tag that is a version in `^2`; it has `main`, `v1.0.0`
      wanted by the project
      help: check what package.json says of it: a path is relative to the folder of package.json
    ");
    assert_snapshot!(told("git+file:../lib#path:nowhere"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `lib` cannot be had: `git+file:../lib#[COMMIT]&path:nowhere` has no folder `nowhere`
      wanted by the project
      help: check what package.json says of it: a path is relative to the folder of package.json
    ");
    assert_snapshot!(told("git+file:../nowhere"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_GIT]: git cannot list the names of `git+file:../nowhere`
      caused by: fatal: '[SANDBOX]/project/../nowhere' does not appear to be a git repository
      help: git asks nothing here: see that `git ls-remote` with this address works without a prompt
    ");
}

#[test]
fn what_git_is_not_asked_is_told() {
    let sandbox = Sandbox::new();
    let told = |specifier: &str| {
        sandbox.set_dependencies(&[("lib", specifier)]);
        sandbox.run(&["install"])
    };
    assert_snapshot!(told("git+https://me:secret@git.example.test/x.git"), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `git+https://git.example.test/x.git` is no specifier for `lib`: a git repository is asked for that cannot be: it holds a password or a token: keep it in git's credential helper instead
      wanted by the project
      help: write it as `"some-name": "^1.0.0"`
    "#);
    assert_snapshot!(told("git+ext::sh -c id"), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `git+ext::sh -c id` is no specifier for `lib`: `git+ext::sh -c id` has a protocol that is not supported
      wanted by the project
      help: write it as `"some-name": "^1.0.0"`
    "#);
    sandbox.set_dependencies(&[("lib", "git+ssh://git@git.example.test/x.git")]);
    assert_snapshot!(sandbox.run(&["install", "--offline"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OFFLINE_MISSING]: `git+ssh://git@git.example.test/x.git` must be asked for a commit, and `offline` is set
      help: run it once without `--offline`; the commit is then in pkg.lock and in the store
    ");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    assert_snapshot!(sandbox.pkg(&["install"]).env("PATH", "/nowhere").run(), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_GIT]: `git+file:../lib` is a git repository, and there is no `git` on PATH
      help: install git
    ");
}

#[test]
fn nothing_of_a_repository_is_run() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let ran = sandbox.path("../ran").display().to_string();
    lib.write(
        "package.json",
        &json!({"name": "lib", "version": "1.0.0", "scripts": {"prepare": format!("touch {ran}")}})
            .to_string(),
    );
    lib.write(
        ".gitattributes",
        "* filter=bad diff=bad merge=bad text eol=crlf\n",
    );
    lib.write("index.js", "1\n");
    std::os::unix::fs::symlink("/etc/passwd", lib.path().join("link.js")).unwrap();
    lib.commit_all("hostile");
    lib.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        "160000,0123456789abcdef0123456789abcdef01234567,sub",
    ]);
    lib.git(&["commit", "--quiet", "--message", "a submodule"]);
    // What the user's own settings would run for other commands of git.
    let hook = program(&sandbox, "post-checkout", &format!("touch {ran}"));
    sandbox.write(
        "../home/.gitconfig",
        format!(
            "[filter \"bad\"]\n\tsmudge = touch {ran}\n\tprocess = touch {ran}\n[core]\n\thooksPath = {}\n\t\
             fsmonitor = touch {ran}\n\tsshCommand = touch {ran}\n",
            hook.display()
        ),
    );
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    let invocation = sandbox
        .pkg(&["install"])
        .env("GIT_DIR", "/nowhere")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "core.fsmonitor")
        .env("GIT_CONFIG_VALUE_0", format!("touch {ran}"))
        .env("GIT_EXTERNAL_DIFF", "/nowhere");
    let commit = lib.git(&["rev-parse", "HEAD"]);
    assert_snapshot!(invocation.run().to_string().replace(&commit, "[COMMIT]"), @"
    exit: 0
    ----- stdout
    + lib git+file:../lib#[COMMIT]
      1 package added  isolated · [TIME]
      install scripts were not run: lib@git+file:../lib#[COMMIT]
        look at them and decide: `pkg approve-builds`
    ----- stderr
    warning: the script `prepare` of `lib@git+file:../lib#[COMMIT]` was not run, its files are as they were committed; look at it, and let it run: `pkg approve-builds 'lib@git+file:../lib#[COMMIT]'`
    warning: `lib@git+file:../lib#[COMMIT]`: left out `link.js`: a link
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub`: a submodule without an address in .gitmodules
    ");
    assert!(!sandbox.has("../ran"));
    assert_eq!(sandbox.read("node_modules/lib/index.js"), "1\n");
    assert!(!sandbox.has("node_modules/lib/link.js"));
}

#[test]
fn ssh_is_asked_in_batch_mode_also_where_the_user_rewrites_addresses() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let commit = lib.release("1.0.0");
    let path = path_with(&program(&sandbox, "ssh", SSH));
    let place = lib.path().display().to_string();
    sandbox.set_dependencies(&[(
        "lib",
        &format!("git+ssh://git@git.example.test{place}#semver:^1"),
    )]);
    let ran = sandbox.pkg(&["install"]).env("PATH", &path).run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        locked(&sandbox),
        format!("lib@git+ssh://git@git.example.test{place}#{commit}")
    );
    let asked = sandbox.read("../home/asked");
    for word in [
        "-oBatchMode=yes",
        "-oStrictHostKeyChecking=yes",
        "git@git.example.test",
    ] {
        assert!(asked.lines().any(|line| line == word), "{word}: {asked}");
    }

    // The lockfile has the address that was asked for; git goes where the user sends it.
    sandbox.write(
        "../home/.gitconfig",
        format!("[url \"ssh://git@git.example.test{place}\"]\n\tinsteadOf = https://github.com/user/lib.git\n"),
    );
    sandbox.set_manifest(&json!({"name": "app"}));
    let ran = sandbox
        .pkg(&["add", "user/lib#v1.0.0"])
        .env("PATH", &path)
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        sandbox
            .read("package.json")
            .contains("\"lib\": \"github:user/lib#v1.0.0\"")
    );
    assert_eq!(
        locked(&sandbox),
        format!("lib@git+https://github.com/user/lib.git#{commit}")
    );

    // But not to a transport that no address may have.
    sandbox.write(
        "../home/.gitconfig",
        "[url \"ext::sh -c 'touch $HOME/ran' \"]\n\tinsteadOf = https://github.com/user/lib.git\n",
    );
    let ran = sandbox.pkg(&["update", "lib"]).env("PATH", &path).run();
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_GIT")),
        "{ran}"
    );
    assert!(!sandbox.has("../home/ran"));
}

#[test]
fn a_lockfile_sends_git_nowhere_by_itself() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let commit = lib.release("1.0.0");
    Repository::new(&sandbox, "secret").release("1.0.0");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    sandbox.install(&[]);
    sandbox.remove("node_modules");
    let good = sandbox.read("pkg.lock");
    let started = sandbox.path("../started");
    let path = path_with(&program(
        &sandbox,
        "git",
        &format!("touch {}", started.display()),
    ));
    for (from, to, code) in [
        (
            format!("../lib#{commit}"),
            format!("../secret#{commit}"),
            "ERR_PKG_LOCKFILE_REPOSITORY",
        ),
        (
            format!("#{commit}"),
            "#--upload-pack=touch".to_owned(),
            "ERR_PKG_LOCKFILE_VALUE",
        ),
        (
            format!("#{commit}"),
            format!("#{}", &commit[..12]),
            "ERR_PKG_LOCKFILE_VALUE",
        ),
        (
            format!("git+file:../lib#{commit}"),
            format!("git+ext::sh#{commit}"),
            "ERR_PKG_LOCKFILE_VALUE",
        ),
    ] {
        sandbox.write("pkg.lock", good.replace(&from, &to));
        let ran = sandbox.pkg(&["install"]).env("PATH", &path).run();
        assert_eq!(ran.error_code(), Some(code), "{to}: {ran}");
        assert!(!started.exists(), "{to}");
    }
    // Another hash than the commit's own content has.
    let at = good.find("sha512-").unwrap() + "sha512-".len();
    let other = if good[at..].starts_with('A') {
        "B"
    } else {
        "A"
    };
    let mut bad = good.clone();
    bad.replace_range(at..=at, other);
    sandbox.write("pkg.lock", bad);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_TARBALL_INTEGRITY"), "{ran}");
    assert!(!sandbox.has("node_modules/lib"));
}

#[test]
fn a_package_of_a_repository_may_not_lead_to_another_one() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let dependencies = json!({"greet": "git+file:../greet"});
    lib.write(
        "package.json",
        &json!({"name": "lib", "version": "1.0.0", "dependencies": dependencies}).to_string(),
    );
    lib.commit_all("exotic");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_EXOTIC_DEPENDENCY"), "{ran}");
}
