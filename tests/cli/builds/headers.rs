//! The headers of Node.js: where they come from, and what scripts can do with them.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use pkg_registry_fixtures::{Fault, FixtureServer};
use serde_json::{Value, json};

use super::{append_user_settings, has_jail};
use crate::support::{Ran, Sandbox, served, server};

/// A program in the place of node-gyp: it asserts what it is given, and leaves what a compiler would.
const GYP: &str = "const fs = require('fs'), path = require('path'), assert = require('assert');\n\
    const folder = process.env.npm_config_nodedir;\n\
    const header = path.join(folder, 'include/node/node.h');\n\
    assert(process.env.npm_config_node_gyp.endsWith('node-gyp.js'));\n\
    assert.deepStrictEqual(process.argv.slice(2), ['rebuild']);\n\
    const refused = ['EACCES', 'EROFS', 'EPERM'];\n\
    const write = (act) => assert.throws(act, (error) => refused.includes(error.code));\n\
    write(() => fs.writeFileSync(header, 'x'));\n\
    write(() => fs.writeFileSync(path.join(folder, 'new'), 'x'));\n\
    write(() => fs.unlinkSync(header));\n\
    fs.mkdirSync('build/Release', { recursive: true });\n\
    fs.writeFileSync('build/Release/addon.node', fs.readFileSync(header));\n";

/// The headers as the tests publish them.
const HEADER: &str = "/* of the tests */\n";

/// A Node.js that has no headers beside it, with a node-gyp of the tests': its folder on PATH. The program is the machine's.
fn lonely_node(sandbox: &Sandbox) -> Option<PathBuf> {
    let output = Command::new("node")
        .args(["-p", "process.execPath"])
        .output();
    let real = String::from_utf8(output.ok()?.stdout).ok()?;
    let bin = sandbox.beside("node/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let node = bin.join("node");
    let linked = std::fs::hard_link(real.trim(), &node);
    linked
        .or_else(|_| std::fs::copy(real.trim(), &node).map(drop))
        .ok()?;
    let gyp = sandbox.beside("node/lib/node_modules/npm/node_modules/node-gyp/bin");
    std::fs::create_dir_all(&gyp).unwrap();
    std::fs::write(gyp.join("node-gyp.js"), GYP).unwrap();
    Some(bin)
}

fn node_version() -> String {
    let output = Command::new("node")
        .args(["-p", "process.versions.node"])
        .output();
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

/// Eight packages of which each has nothing but a `binding.gyp`, in a project that has approved them all.
fn native(server: &FixtureServer) -> Sandbox {
    let names: Vec<String> = (1..=8).map(|number| format!("native-{number}")).collect();
    for name in &names {
        server.publish(
            name,
            "1.0.0",
            json!({"gypfile": true}),
            &[("binding.gyp", "{}")],
        );
    }
    let wanted: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let sandbox = served(server, &wanted);
    let mirror = format!(
        "disturl={}dist\nchild-concurrency=8\nsandbox=required\n",
        server.url()
    );
    append_user_settings(&sandbox, &mirror);
    sandbox.install(&[]);
    let approved = sandbox.run(&["approve-builds", "--all", "--no-install"]);
    assert_eq!(approved.code, 0, "{approved}");
    sandbox
}

fn install_with(sandbox: &Sandbox, bin: &Path, arguments: &[&str]) -> Ran {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", bin.display());
    sandbox
        .pkg(&[&["install"], arguments].concat())
        .env("PATH", path)
        .run()
}

/// How often the headers and their list were asked for.
fn asked(server: &FixtureServer) -> Vec<usize> {
    let version = node_version();
    [
        "SHASUMS256.txt".to_owned(),
        format!("node-v{version}-headers.tar.gz"),
    ]
    .map(|file| server.count(&format!("/dist/v{version}/{file}")))
    .to_vec()
}

/// SCR-29: with a node-gyp of the tests', which asserts what it is given.
#[test]
fn scr_29_eight_native_packages_build_at_once_with_headers_that_are_fetched_once() {
    if !has_jail() {
        return;
    }
    let server = server();
    server.publish_headers(&node_version(), &[("include/node/node.h", HEADER)]);
    let sandbox = native(&server);
    let Some(bin) = lonely_node(&sandbox) else {
        eprintln!("skipped: Node.js cannot be copied");
        return;
    };
    let ran = install_with(&sandbox, &bin, &[]);
    assert_eq!(ran.code, 0, "{ran}");
    for number in 1..=8 {
        let built = format!("node_modules/native-{number}/build/Release/addon.node");
        assert_eq!(sandbox.read(&built), HEADER);
    }
    assert_eq!(asked(&server), [1, 1]);
    sandbox.remove("node_modules");
    let offline = sandbox.pkg(&["rebuild", "native-3"]);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let again = offline
        .env("PATH", path)
        .env("PKG_CONFIG_OFFLINE", "true")
        .run();
    assert_eq!(again.code, 0, "{again}");
    assert_eq!(asked(&server), [1, 1], "they are kept");
}

/// SCR-29: headers that are not those of the list are not used, and nothing of them is kept; nor is there a way without https.
#[test]
fn scr_29_headers_that_are_not_what_their_list_says_are_refused() {
    if !has_jail() {
        return;
    }
    let server = server();
    let version = node_version();
    server.publish_headers(&version, &[("include/node/node.h", HEADER)]);
    let sandbox = native(&server);
    let Some(bin) = lonely_node(&sandbox) else {
        eprintln!("skipped: Node.js cannot be copied");
        return;
    };
    let archive = format!("/dist/v{version}/node-v{version}-headers.tar.gz");
    let kept = || std::fs::read_dir(sandbox.beside("home/pkg/cache/node-headers/v1"));
    server.fault(&archive, u32::MAX, Fault::Body(b"other".to_vec()));
    let ran = install_with(&sandbox, &bin, &[]);
    assert_ne!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("headers of Node.js"), "{ran}");
    let folders = kept()
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir());
    assert_eq!(folders.count(), 0);
    let plain = "--config.disturl=http://node.example.test/dist";
    let ran = install_with(&sandbox, &bin, &[plain]);
    assert!(
        ran.stderr
            .contains("`http://node.example.test/dist` is no https address"),
        "{ran}"
    );
}

/// Headers beside Node.js are taken where they are of its version, without the network; those of another version are not.
#[test]
fn scr_29_headers_beside_node_are_taken_where_they_are_of_its_version() {
    if !has_jail() {
        return;
    }
    let server = server();
    let version = node_version();
    server.publish_headers(&version, &[("include/node/node.h", HEADER)]);
    let sandbox = native(&server);
    let Some(bin) = lonely_node(&sandbox) else {
        eprintln!("skipped: Node.js cannot be copied");
        return;
    };
    let numbers: Vec<&str> = version.split('.').collect();
    let beside = |major: &str| {
        let include = sandbox.beside("node/include/node");
        std::fs::create_dir_all(&include).unwrap();
        std::fs::write(include.join("node.h"), "beside").unwrap();
        let names = ["MAJOR", "MINOR", "PATCH"]
            .into_iter()
            .zip([major, numbers[1], numbers[2]]);
        let lines = names.map(|(name, value)| format!("#define NODE_{name}_VERSION {value}\n"));
        std::fs::write(include.join("node_version.h"), lines.collect::<String>()).unwrap();
    };
    let built = "node_modules/native-1/build/Release/addon.node";
    beside(numbers[0]);
    let ran = install_with(&sandbox, &bin, &["--offline"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(sandbox.read(built), "beside");
    assert_eq!(asked(&server), [0, 0]);
    beside("1");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let ran = sandbox.pkg(&["rebuild"]).env("PATH", path).run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(sandbox.read(built), HEADER);
}

/// SCR-29: with the machine's node-gyp, compiler and headers, where it has them.
#[test]
fn scr_29_eight_addons_are_compiled_at_once() {
    const ADDON: &str = "#include <node_api.h>\n\
        static napi_value start(napi_env env, napi_value exports) {\n\
          napi_value value; napi_create_int32(env, 42, &value); return value;\n\
        }\n\
        NAPI_MODULE(addon, start)\n";
    const BINDING: &str = "{'targets': [{'target_name': 'addon', 'sources': ['addon.c']}]}";
    let output = Command::new("node")
        .args(["-p", "process.execPath"])
        .output();
    let node = PathBuf::from(String::from_utf8(output.unwrap().stdout).unwrap().trim());
    let prefix = node.parent().unwrap().parent().unwrap().to_path_buf();
    let needed = [
        prefix.join("lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js"),
        prefix.join("include/node/node_version.h"),
        "/usr/bin/python3".into(),
        "/usr/bin/make".into(),
        "/usr/bin/cc".into(),
    ];
    if let Some(missing) = needed.iter().find(|path| !path.exists()) {
        eprintln!("skipped: there is no `{}`", missing.display());
        return;
    }
    if !has_jail() {
        return;
    }
    let server = server();
    let names: Vec<String> = (1..=8).map(|number| format!("addon-{number}")).collect();
    for name in &names {
        let files = [("binding.gyp", BINDING), ("addon.c", ADDON)];
        server.publish(name, "1.0.0", Value::Object(serde_json::Map::new()), &files);
    }
    let wanted: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let sandbox = served(&server, &wanted);
    append_user_settings(
        &sandbox,
        "child-concurrency=8\nsandbox=required\noffline=false\n",
    );
    sandbox.install(&[]);
    let ran = sandbox.run(&["approve-builds", "--all"]);
    assert_eq!(ran.code, 0, "{ran}");
    for name in &names {
        let addon = format!("node_modules/{name}/build/Release/addon.node");
        let mode = std::fs::metadata(sandbox.path(&addon))
            .unwrap()
            .permissions()
            .mode();
        assert_ne!(mode & 0o400, 0);
        let tell = format!("process.exit(require('./{addon}'))");
        assert_eq!(sandbox.run(&["node", "-e", &tell]).code, 42);
    }
}
