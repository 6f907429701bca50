//! Which files of a commit become the package, and what becomes of its submodules.

use insta::assert_snapshot;
use serde_json::json;

use super::locked;
use crate::support::{Repository, SSH, Sandbox, path_with, program};

/// The hash of the package that is locked.
fn integrity(sandbox: &Sandbox) -> String {
    let text = sandbox.read("pkg.lock");
    let from = text.find("sha512-").expect("it has a hash");
    text[from..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_commit_is_packed_as_its_author_would_publish_it() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    lib.write(
        "package.json",
        &json!({"name": "lib", "version": "1.0.0", "files": ["dist", "!dist/*.map"], "bin": "cli.js",
            "dependencies": {"inner": "1"}, "bundleDependencies": ["inner"]})
        .to_string(),
    );
    for path in [
        "dist/a.js",
        "dist/a.js.map",
        "cli.js",
        "src/a.ts",
        "test/t.js",
        "yarn.lock",
        ".npmrc",
    ] {
        lib.write(path, "1\n");
    }
    for name in ["inner", "other"] {
        lib.write(
            &format!("node_modules/{name}/package.json"),
            &json!({"name": name, "version": "1.0.0"}).to_string(),
        );
    }
    lib.commit_all("files");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    README.md
    cli.js
    dist/a.js
    node_modules/inner/package.json
    package.json
    ");

    // By the ignore file, where there is no `files`; the same commit elsewhere is the same package.
    lib.write("package.json", r#"{"name": "lib", "version": "1.0.1"}"#);
    lib.write(".gitignore", "test\n");
    lib.write("dist/.npmignore", "*.map\n");
    lib.git(&["rm", "--quiet", "-r", "node_modules"]);
    lib.git(&["add", "--force", "test"]);
    lib.commit_all("no files");
    std::fs::create_dir(sandbox.path("../elsewhere")).unwrap();
    lib.git(&["clone", "--quiet", ".", "../elsewhere/lib"]);
    let ran = sandbox.run(&["update", "lib"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    README.md
    cli.js
    dist/a.js
    package.json
    src/a.ts
    ");
    let here = integrity(&sandbox);
    sandbox.set_dependencies(&[("lib", "git+file:../elsewhere/lib")]);
    sandbox.install(&[]);
    assert!(locked(&sandbox).contains("elsewhere"));
    assert_eq!(integrity(&sandbox), here);
}

/// What this program locked before it packed: the hash of all tracked files.
const ALL_FILES: &str = "sha512-gcqPr4KPv9rspKoevnTUiwNqvJVmvugIJ6Zu0jQak0sslzxT2xeOEaTr1F2OuJa1I0YqovhWET78TnkO9F3v7Q==";

#[test]
fn a_lockfile_of_all_files_keeps_them_until_it_is_updated() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    lib.write(
        "package.json",
        r#"{"name":"lib","version":"1.0.0","files":["index.js"]}"#,
    );
    lib.write("index.js", "1\n");
    lib.write("test.js", "2\n");
    let commit = lib.commit_all("x");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    sandbox.install(&[]);
    assert!(!sandbox.has("node_modules/lib/test.js"));
    let packed = sandbox.read("pkg.lock");
    let before = packed.replace(&integrity(&sandbox), ALL_FILES);
    sandbox.write("pkg.lock", &before);
    sandbox.remove("node_modules");

    let ran = sandbox.run(&["install", "--frozen-lockfile"]);
    assert_snapshot!(ran.to_string().replace(&commit, "[COMMIT]"), @"
    exit: 0
    ----- stdout
      1 package added  isolated · [TIME]
    ----- stderr
    warning: `lib@git+file:../lib#[COMMIT]` is locked with all files of its commit, as packages of repositories once were: `pkg update lib` leaves out what its author does not publish
    ");
    assert!(sandbox.has("node_modules/lib/test.js"));
    assert_eq!(sandbox.read("pkg.lock"), before);

    let ran = sandbox.run(&["update", "lib"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(!sandbox.has("node_modules/lib/test.js"));
    assert_eq!(sandbox.read("pkg.lock"), packed);
}

#[test]
fn submodules_are_read_from_beside_their_repository() {
    let sandbox = Sandbox::new();
    let (deep, deep_commit) = (Repository::new(&sandbox, "deep"), "deep\n");
    deep.write("deep.js", deep_commit);
    let deep_commit = deep.commit_all("deep");
    let sub = Repository::new(&sandbox, "sub");
    sub.write("sub.js", "sub\n");
    sub.link("inner/deep", "../deep", &deep_commit);
    let sub_commit = sub.commit_all("sub");
    let lib = Repository::new(&sandbox, "lib");
    lib.write("package.json", r#"{"name": "lib", "version": "1.0.0"}"#);
    lib.link("vendor/sub", "../sub", &sub_commit);
    lib.commit_all("lib");
    let path = path_with(&program(&sandbox, "ssh", SSH));
    let place = lib.path().display().to_string();
    sandbox.set_dependencies(&[("lib", &format!("git+ssh://git@git.example.test{place}"))]);
    let ran = sandbox.pkg(&["install"]).env("PATH", &path).run();
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.is_empty(), "{ran}");
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    .gitmodules
    README.md
    package.json
    vendor/sub/.gitmodules
    vendor/sub/README.md
    vendor/sub/inner/deep/README.md
    vendor/sub/inner/deep/deep.js
    vendor/sub/sub.js
    ");
    let asked = sandbox.read("../home/asked");
    assert!(
        asked.lines().any(|line| line.ends_with("/deep'")),
        "{asked}"
    );
}

#[test]
fn a_submodule_leads_neither_to_this_machine_nor_to_a_helper() {
    let sandbox = Sandbox::new();
    let secret = Repository::new(&sandbox, "secret");
    secret.write("secret.js", "1\n");
    let commit = secret.commit_all("secret");
    let lib = Repository::new(&sandbox, "lib");
    lib.write("package.json", r#"{"name": "lib", "version": "1.0.0"}"#);
    let place = secret.path().display().to_string();
    let addresses = [
        "../secret".to_owned(),
        place.clone(),
        format!("file://{place}"),
        format!("ext::sh -c touch% {}", sandbox.path("../ran").display()),
        "-u".to_owned(),
        "http://git.example.test/x".to_owned(),
    ];
    for (number, address) in addresses.iter().enumerate() {
        lib.link(&format!("sub{number}"), address, &commit);
    }
    let commit = lib.commit_all("lib");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    let ran = sandbox.run(&["install"]);
    assert_snapshot!(ran.to_string().replace(&commit, "[COMMIT]"), @"
    exit: 0
    ----- stdout
    + lib git+file:../lib#[COMMIT]
      1 package added  isolated · [TIME]
    ----- stderr
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub0`: a submodule that is on this machine
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub1`: a submodule that is on this machine
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub2`: a submodule that is on this machine
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub3`: a submodule at an address that cannot be
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub4`: a submodule at an address that cannot be
    warning: `lib@git+file:../lib#[COMMIT]`: left out `sub5`: a submodule by a transport that is not safe
    ");
    assert!(!sandbox.has("../ran"));
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    .gitmodules
    README.md
    package.json
    ");
}

#[test]
fn a_folder_that_a_killed_process_left_is_gone_after_the_next_one() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    lib.release("1.0.0");
    let left = sandbox.pkg_home("cache").join("git/0123456789abcdef");
    std::fs::create_dir_all(left.join("objects")).unwrap();
    std::fs::write(left.with_extension("lock"), "1\n").unwrap();
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    sandbox.install(&[]);
    assert!(!left.exists());
    let names: Vec<String> = std::fs::read_dir(left.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    // What is remembered of the commit, and nothing else.
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(names[0].len(), 64);
}
