//! Packages that are made out of their sources: who decides about it, what it reaches, and what comes of it.

use insta::assert_snapshot;
use pkg_registry_fixtures::FixtureServer;
use serde_json::{Value, json};

use crate::{
    builds::has_jail,
    support::{Ran, Repository, Sandbox, served, server},
};

/// What it is developed with: a command that makes `dist` of `src`.
const TOOL: &str = "#!/usr/bin/env node\n\
    const fs = require('fs');\n\
    fs.mkdirSync('dist/deep', { recursive: true });\n\
    fs.writeFileSync('dist/index.js', fs.readFileSync('src/index.js', 'utf8').toUpperCase());\n\
    fs.writeFileSync('dist/deep/more.js', String(require('helper')));\n\
    fs.writeFileSync('dist/cli.js', '#!/usr/bin/env node\\nconsole.log(42)\\n');\n\
    fs.writeFileSync('dist/drop.map', '');\n";

/// A registry with the tool, a repository that needs it, and a project that needs the repository. Gives the id of the package.
fn project<'s>(
    server: &FixtureServer,
    sandbox: &'s Sandbox,
    manifest: &Value,
) -> (Repository<'s>, String) {
    let tool = json!({"bin": "tool.js", "scripts": {"postinstall": "node no.js"}});
    server.publish("tool", "1.0.0", tool, &[("tool.js", TOOL)]);
    server.publish(
        "helper",
        "1.0.0",
        json!({}),
        &[("index.js", "module.exports = 42\n")],
    );
    let lib = Repository::new(sandbox, "lib");
    let id = commit(&lib, manifest);
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    (lib, id)
}

fn commit(lib: &Repository<'_>, manifest: &Value) -> String {
    lib.write("package.json", &manifest.to_string());
    lib.write("src/index.js", "made\n");
    lib.write(".gitignore", "dist\nnode_modules\n");
    let commit = lib.commit_all("sources");
    format!("lib@git+file:../lib#{commit}")
}

fn made_by(prepare: &str) -> Value {
    json!({"name": "lib", "version": "1.0.0", "files": ["dist", "!**/*.map"], "bin": "dist/cli.js",
        "scripts": {"prepare": prepare}, "devDependencies": {"tool": "1", "helper": "^1.0.0"}})
}

/// What was said, without what differs.
fn told(ran: &Ran, id: &str) -> String {
    let commit = id.split('#').nth(1).unwrap();
    ran.to_string()
        .replace(id, "[LIB]")
        .replace(commit, "[COMMIT]")
}

/// SCR-03.
#[test]
fn nothing_is_prepared_before_somebody_looked_at_it() {
    let server = server();
    let sandbox = served(&server, &[]);
    let (_lib, id) = project(&server, &sandbox, &made_by("tool"));
    let ran = sandbox.run(&["install"]);
    assert_snapshot!(told(&ran, &id), @"
    exit: 0
    ----- stdout
    + lib git+file:../lib#[COMMIT]
      1 package added  isolated · [TIME]
      install scripts were not run: [LIB]
        look at them and decide: `pkg approve-builds`
    ----- stderr
    warning: the script `prepare` of `[LIB]` was not run, its files are as they were committed; look at it, and let it run: `pkg approve-builds '[LIB]'`
    ");
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    README.md
    package.json
    ");
    // The name alone is a registry's package, and this is none.
    let ran = sandbox.run(&["approve-builds", "lib"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_NO_BUILD"), "{ran}");
    if !has_jail() {
        return;
    }
    let ran = sandbox.run(&["approve-builds", &id]);
    assert_snapshot!(told(&ran, &id), @"
    exit: 0
    ----- stdout
      1 package added, 1 from the store, 1 built  isolated · [TIME]
    ----- stderr
    [LIB]  new
      prepare  tool
    approved: [LIB]
    written to pkg-builds.json: commit it with the project
    $ tool ([LIB] prepare)
    ");
    assert_snapshot!(sandbox.tree("node_modules/lib"), @"
    README.md
    dist/cli.js
    dist/deep/more.js
    dist/index.js
    package.json
    ");
    assert_eq!(sandbox.read("node_modules/lib/dist/index.js"), "MADE\n");
    assert_eq!(sandbox.read("node_modules/lib/dist/deep/more.js"), "42");
    assert!(!sandbox.has("node_modules/tool"));
    let command = sandbox.run(&["exec", "lib"]);
    assert_eq!(
        (command.code, command.stdout.trim()),
        (0, "42"),
        "{command}"
    );
    assert_eq!(
        std::fs::read_dir(sandbox.pkg_home("cache/git"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn what_was_made_is_kept_and_is_that_of_one_commit() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = served(&server, &[]);
    let (lib, id) = project(&server, &sandbox, &made_by("tool"));
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["approve-builds", &id]).code, 0);
    // Neither the repository nor the registry is asked again.
    std::fs::rename(sandbox.path("../lib"), sandbox.path("../gone")).unwrap();
    sandbox.remove("node_modules");
    let ran = sandbox.run(&["install", "--frozen-lockfile", "--offline"]);
    assert_snapshot!(told(&ran, &id), @"
    exit: 0
    ----- stdout
      1 package added, 1 from the store, 1 built before  isolated · [TIME]
    ");
    assert_eq!(sandbox.read("node_modules/lib/dist/index.js"), "MADE\n");
    let verified = sandbox.run(&["verify"]);
    assert_eq!(verified.code, 0, "{verified}");

    // Another commit is another package.
    std::fs::rename(sandbox.path("../gone"), sandbox.path("../lib")).unwrap();
    let next = commit(&lib, &made_by("tool && tool"));
    let ran = sandbox.run(&["update", "lib"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        ran.stderr
            .contains(&format!("the script `prepare` of `{next}` was not run")),
        "{ran}"
    );
    assert!(!sandbox.has("node_modules/lib/dist"));
}

#[test]
fn what_prepares_a_package_reaches_neither_the_store_nor_the_project() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = served(&server, &[]);
    sandbox.write("../home/secret", "token");
    let probe = format!(
        "const fs = require('fs'), net = require('net'), path = require('path');\n\
         const found = {{}};\n\
         const tried = (name, act) => {{ try {{ act(); found[name] = 'done'; }} catch (error) {{\n\
           found[name] = ['EACCES', 'EROFS', 'ENOENT'].includes(error.code) ? 'refused' : error.code;\n\
         }} }};\n\
         tried('own', () => fs.writeFileSync('own.js', '1'));\n\
         tried('tool', () => fs.writeFileSync(require.resolve('tool/tool.js'), 'bad'));\n\
         tried('beside', () => fs.writeFileSync('../beside', 'bad'));\n\
         tried('read tool', () => fs.readFileSync(require.resolve('tool/tool.js')));\n\
         tried('project', () => fs.readFileSync('{project}/package.json'));\n\
         tried('home', () => fs.readFileSync('{home}/secret'));\n\
         tried('settings', () => fs.readFileSync('{home}/.npmrc'));\n\
         found.variables = Object.keys(process.env).filter((name) => /token|npm_config__/i.test(name)).length;\n\
         fs.writeFileSync('found.json', JSON.stringify(found));\n",
        project = sandbox.path("").display(),
        home = sandbox.beside("home").display(),
    );
    let mut manifest = made_by("node probe.js");
    manifest["files"] = json!(["found.json", "own.js"]);
    let (lib, _) = project(&server, &sandbox, &manifest);
    lib.write("probe.js", &probe);
    lib.write(".npmrc", "registry=http://127.0.0.1:1/\n");
    let id = commit(&lib, &manifest);
    sandbox.install(&[]);
    let ran = sandbox.run(&["approve-builds", &id]);
    assert_eq!(ran.code, 0, "{ran}");
    let found: Value = serde_json::from_str(&sandbox.read("node_modules/lib/found.json")).unwrap();
    assert_eq!(
        found,
        json!({"own": "done", "tool": "refused", "beside": "refused", "read tool": "done", "project": "refused",
            "home": "refused", "settings": "refused", "variables": 0})
    );
}

#[test]
fn a_folder_of_a_repository_is_made_with_what_lies_around_it() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = served(&server, &[]);
    let lib = Repository::new(&sandbox, "lib");
    lib.write("base.txt", "from above\n");
    let prepare = "node -e \"fs.copyFileSync('../../base.txt', 'out.txt'); try { fs.writeFileSync('../../base.txt', '') } \
        catch { fs.appendFileSync('out.txt', 'refused') }\"";
    let manifest = json!({"name": "lib", "version": "1.0.0", "files": ["out.txt"], "scripts": {"prepare": prepare}});
    lib.write("packages/part/package.json", &manifest.to_string());
    let commit = lib.commit_all("a part");
    sandbox.set_dependencies(&[("lib", "git+file:../lib#path:packages/part")]);
    sandbox.install(&[]);
    let id = format!("lib@git+file:../lib#{commit}&path:packages/part");
    let ran = sandbox.run(&["approve-builds", &id]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        sandbox.read("node_modules/lib/out.txt"),
        "from above\nrefused"
    );
}

#[test]
fn what_cannot_be_prepared_says_why() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = served(&server, &[]);
    let (lib, id) = project(&server, &sandbox, &made_by("node -e 'process.exit(3)'"));
    sandbox.install(&[]);
    let ran = sandbox.run(&["approve-builds", &id]);
    assert_snapshot!(told(&ran, &id), @"
    exit: 1
    ----- stderr
    [LIB]  new
      prepare  node -e 'process.exit(3)'
    approved: [LIB]
    written to pkg-builds.json: commit it with the project
    $ node -e 'process.exit(3)' ([LIB] prepare)
    error[ERR_PKG_BUILD_FAILED]: the script `prepare` of `[LIB]` failed with exit code 3
      help: run it again with `pkg rebuild lib`, or deny it: `pkg approve-builds '![LIB]'`
    ");
    // What it asks for comes from a registry, and from nowhere else.
    for (name, specifier) in [("near", "file:../near"), ("far", "git+file:../lib")] {
        let mut manifest = made_by("tool");
        manifest["devDependencies"] = json!({name: specifier});
        let id = commit(&lib, &manifest);
        assert_eq!(sandbox.run(&["update", "lib"]).code, 0);
        let ran = sandbox.run(&["approve-builds", &id]);
        assert_eq!(ran.error_code(), Some("ERR_PKG_PREPARE"), "{ran}");
        assert!(
            ran.stderr
                .contains(&format!("its `{name}` comes from no registry")),
            "{ran}"
        );
    }
    let mut manifest = made_by("tool");
    manifest["devDependencies"] = json!({"nobody": "1"});
    let id = commit(&lib, &manifest);
    assert_eq!(sandbox.run(&["update", "lib"]).code, 0);
    let ran = sandbox.run(&["approve-builds", &id]);
    assert_snapshot!(told(&ran, &id), @"
    exit: 1
    ----- stderr
    [LIB]  new
      prepare  tool
    approved: [LIB]
    written to pkg-builds.json: commit it with the project
    error[ERR_PKG_PREPARE]: `git+file:../lib#[COMMIT]` cannot be prepared: what it asks for to be made is not to be had
      caused by: `nobody` cannot be had: http://127.0.0.1:PORT/nobody answered 404
      wanted by the project
      help: the package needs it while it is made, not later; deny its scripts to use it as it was committed
    ");
    assert!(sandbox.has("node_modules/lib/package.json"));
}

#[test]
fn scripts_of_an_install_run_before_and_the_package_is_denied_or_ignored_as_any_other() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = served(&server, &[]);
    let append = |name: &str| format!("node -e \"fs.appendFileSync('ran.txt', '{name} ')\"");
    let manifest = json!({"name": "lib", "version": "1.0.0", "files": ["ran.txt"], "scripts": {
        "install": append("install"), "postinstall": append("postinstall"), "preprepare": append("preprepare"),
        "prepare": append("prepare"), "postprepare": append("postprepare"), "prepack": append("prepack")}});
    let (_, id) = project(&server, &sandbox, &manifest);
    sandbox.install(&[]);
    sandbox.run(&["approve-builds", &id, "--no-install"]);
    let ran = sandbox.run(&["install", "--ignore-scripts"]);
    assert!(ran.stderr.contains("`ignore-scripts` is set"), "{ran}");
    assert!(!sandbox.has("node_modules/lib/ran.txt"));
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 0, "{ran}");
    // There as in a project of its own, then once more where it is installed.
    assert_eq!(
        sandbox.read("node_modules/lib/ran.txt"),
        "install postinstall preprepare prepare postprepare install postinstall "
    );
    let ran = sandbox.run(&["approve-builds", &format!("!{id}")]);
    assert_eq!(ran.code, 0, "{ran}");
    let ran = sandbox.run(&["install"]);
    assert!(!ran.stderr.contains("prepare"), "{ran}");
    assert!(!sandbox.has("node_modules/lib/ran.txt"));
}
