//! The environment of a package's scripts: what npm tells them, and of the user's own only what is listed here.
//!
//! A list of what passes, not of what does not: a secret has any name.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use pkg_store::{PackageFiles, Store};
use serde_json::Value;

use super::{grant::Grant, script_set::read_text, toolchain::Toolchain};
use crate::{Host, run::user_agent};

/// Variables of the user that pass: the language, the clock, and what compilers are told.
const PASSED: [&str; 24] = [
    "LANG",
    "LANGUAGE",
    "TZ",
    "CI",
    "SOURCE_DATE_EPOCH",
    "NODE_ENV",
    "CC",
    "CXX",
    "AR",
    "LD",
    "AS",
    "NM",
    "RANLIB",
    "STRIP",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "JOBS",
    "MAKEFLAGS",
    "MAKE",
    "PYTHON",
    "NODE_GYP_FORCE_PYTHON",
    "NO_COLOR",
];
/// So does what begins so.
const PASSED_PREFIX: &str = "LC_";
/// With all of the network, so does the way to it, unless it holds a password.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];
/// The system's programs, wherever the user's PATH leads.
const SYSTEM_PATH: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// What the variables of one build are made from.
pub(crate) struct Surroundings<'a> {
    pub(crate) host: &'a Host,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) store: &'a Store,
    pub(crate) files: &'a PackageFiles,
    /// The package's folder.
    pub(crate) folder: &'a Path,
    /// The folder that is the build's own: with `home`, `tmp` and `bin`.
    pub(crate) private: &'a Path,
    /// Folders with commands of its dependencies, nearest first.
    pub(crate) bins: &'a [PathBuf],
    pub(crate) grants: &'a [Grant],
}

/// The variables of one script.
pub(crate) fn variables(
    surroundings: &Surroundings<'_>,
    (event, script): (&str, &str),
) -> BTreeMap<String, OsString> {
    let mut variables = passed(surroundings);
    let mut set = |name: &str, value: OsString| drop(variables.insert(name.to_owned(), value));
    let Surroundings {
        host,
        toolchain,
        folder,
        private,
        ..
    } = surroundings;
    let home = private.join("home");
    for (name, folder) in [
        ("HOME", home.clone()),
        ("TMPDIR", private.join("tmp")),
        ("XDG_CACHE_HOME", home.join(".cache")),
        ("XDG_CONFIG_HOME", home.join(".config")),
        ("XDG_DATA_HOME", home.join(".local/share")),
        ("npm_config_cache", home.join(".npm")),
        ("npm_config_devdir", home.join(".node-gyp")),
        ("npm_config_userconfig", home.join(".npmrc")),
        ("PWD", folder.to_path_buf()),
        ("INIT_CWD", host.directory.clone()),
        ("NODE", toolchain.node.clone()),
        ("npm_node_execpath", toolchain.node.clone()),
        ("npm_package_json", folder.join("package.json")),
    ] {
        set(name, folder.into());
    }
    set("npm_lifecycle_event", event.into());
    set("npm_lifecycle_script", script.into());
    set("npm_command", "install".into());
    set("npm_config_user_agent", user_agent().into());
    set("PATH", search_path(surroundings));
    if let Some(program) = &host.program {
        set("npm_execpath", program.into());
    }
    if let Some(headers) = &toolchain.headers {
        set("npm_config_nodedir", headers.into());
    }
    if let Some(gyp) = &toolchain.gyp {
        set("npm_config_node_gyp", gyp.into());
    }
    let manifest = surroundings.files.file("package.json");
    let manifest = manifest.and_then(|file| read_text(surroundings.store, file));
    let manifest: Option<Value> = manifest.and_then(|text| serde_json::from_str(&text).ok());
    for (name, value) in manifest.iter().flat_map(package_variables) {
        set(&name, value.into());
    }
    variables
}

/// What passes of the user's own environment.
fn passed(surroundings: &Surroundings<'_>) -> BTreeMap<String, OsString> {
    let has_network = surroundings.grants.contains(&Grant::Network);
    let is_granted = |name: &str| {
        let mut names = surroundings.grants.iter();
        names.any(|grant| matches!(grant, Grant::Variable(granted) if granted == name))
    };
    let passes = |name: &str, value: &str| {
        PASSED.contains(&name)
            || name.starts_with(PASSED_PREFIX)
            || (has_network && PROXIES.contains(&name) && !value.contains('@'))
            || is_granted(name)
    };
    let all = surroundings.host.variables.iter();
    all.filter(|(name, value)| passes(name, value))
        .map(|(name, value)| (name.clone(), value.into()))
        .collect()
}

/// Commands of dependencies, then Node.js and node-gyp, then the system's.
fn search_path(surroundings: &Surroundings<'_>) -> OsString {
    let own = [surroundings.private.join("bin")];
    let system = SYSTEM_PATH.map(PathBuf::from);
    let mut path = OsString::new();
    for folder in surroundings.bins.iter().chain(&own).chain(&system) {
        // A colon would make two entries of one.
        if folder.as_os_str().to_string_lossy().contains(':') {
            continue;
        }
        if !path.is_empty() {
            path.push(":");
        }
        path.push(folder);
    }
    path
}

/// What npm tells of a package's own manifest.
fn package_variables(manifest: &Value) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for field in ["name", "version"] {
        if let Some(text) = manifest.get(field).and_then(Value::as_str) {
            variables.push((format!("npm_package_{field}"), text.to_owned()));
        }
    }
    for field in ["config", "engines"] {
        if let Some(value) = manifest.get(field) {
            flatten(&format!("npm_package_{field}"), value, &mut variables);
        }
    }
    variables.retain(|(name, value)| !name.contains(['=', '\0']) && !value.contains('\0'));
    variables
}

fn flatten(name: &str, value: &Value, variables: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                flatten(&format!("{name}_{key}"), value, variables);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&format!("{name}_{index}"), value, variables);
            }
        }
        Value::String(text) => variables.push((name.to_owned(), text.clone())),
        Value::Null => variables.push((name.to_owned(), String::new())),
        Value::Bool(_) | Value::Number(_) => variables.push((name.to_owned(), value.to_string())),
    }
}
