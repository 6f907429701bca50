//! What a script is told by its environment, as npm tells it.
//!
//! Only what is set here is added: all that we were given reaches the script as it is, whatever its name or encoding. Of
//! `.npmrc` no credential is among it (`settings/foreign.rs`).

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use pkg_manifest::Manifest;
use serde_json::Value;

use super::path::search_path;
use crate::{Host, LoadedSettings, node::node_options, node_version::known_node_version};

/// The longest value that a variable is given: the system takes no longer ones.
const LONGEST: usize = 100_000;

/// Where something runs, and what it may know.
pub(crate) struct Scene<'a> {
    /// The folder whose commands come first: the project's.
    pub(crate) root: &'a Path,
    /// The project, where there is one.
    pub(crate) manifest: Option<&'a Manifest>,
    pub(crate) host: &'a Host,
    pub(crate) settings: &'a LoadedSettings,
    /// What `npm_command` says.
    pub(crate) command: &'static str,
    /// The map that programs load, in the layout without folders.
    pub(crate) map: Option<&'a Path>,
    /// Folders of commands that come before the project's.
    pub(crate) first: &'a [PathBuf],
}

/// The variables of one script.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// What a program of this scene is told, besides the environment that we were given.
pub(crate) fn variables(scene: &Scene<'_>) -> Variables {
    let mut variables = Variables::new();
    let set = &mut |name: &str, value: &OsStr| set(&mut variables, name, value);
    of_settings(scene, set);
    if let Some(manifest) = scene.manifest {
        of_manifest(scene.root, manifest, set);
    }
    let shim = of_gyp(scene.host, set);
    let path = search_path(scene.first, scene.root, scene.host, scene.map);
    set("PATH", &with_shim(path, shim.as_ref()));
    if let Some(map) = scene.map {
        set("NODE_OPTIONS", &node_options(map, scene.host));
    }
    set("npm_command", scene.command.as_ref());
    set("INIT_CWD", scene.host.directory.as_os_str());
    if let Some(program) = &scene.host.program {
        set("npm_execpath", program.as_os_str());
    }
    if let Some(node) = scene.host.find_program("node") {
        set("npm_node_execpath", node.as_os_str());
        set("NODE", node.as_os_str());
    }
    let user_agent = script_user_agent(scene.host, &scene.settings.locations.cache);
    set("npm_config_user_agent", user_agent.as_ref());
    // Whoever calls us from a script has a tree that was looked at already; an install of its own is not ours to do.
    set("pkg_config_verify_deps_before_run", "false".as_ref());
    variables
}

/// Sets a variable, unless the system could not.
fn set(variables: &mut Variables, name: &str, value: &OsStr) {
    let is_name = !name.is_empty() && !name.contains(['=', '\0']);
    let bytes = value.as_encoded_bytes();
    if is_name && bytes.len() <= LONGEST && !bytes.contains(&0) {
        variables.insert(name.into(), value.to_owned());
    }
}

/// `npm_package_*`: what npm tells of the manifest.
fn of_manifest(root: &Path, manifest: &Manifest, set: &mut impl FnMut(&str, &OsStr)) {
    set("npm_package_json", root.join("package.json").as_os_str());
    set("PNPM_SCRIPT_SRC_DIR", root.as_os_str());
    let name = manifest.name.as_ref().map_or("", |name| name.as_str());
    set("npm_package_name", name.as_ref());
    let version = manifest.version.as_ref().map(ToString::to_string);
    set("npm_package_version", version.unwrap_or_default().as_ref());
    for field in ["config", "engines"] {
        if let Some(value) = manifest.fields.get(field) {
            flatten(&format!("npm_package_{field}"), value, set);
        }
    }
    for (name, file) in &manifest.bins {
        set(&format!("npm_package_bin_{name}"), file.as_str().as_ref());
    }
}

/// One variable a leaf: keys and places in arrays are joined by `_`; what is null or false is empty.
fn flatten(name: &str, value: &Value, set: &mut impl FnMut(&str, &OsStr)) {
    match value {
        Value::Null | Value::Bool(false) => set(name, "".as_ref()),
        Value::Bool(true) => set(name, "true".as_ref()),
        Value::Number(number) => set(name, number.to_string().as_ref()),
        Value::String(text) => set(name, text.as_ref()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name}_{index}"), item, set);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                flatten(&format!("{name}_{key}"), item, set);
            }
        }
    }
}

/// `npm_config_*`: where npm would have its things, and what `.npmrc` says to others than us: the settings of native builds
/// and their downloads are read so.
fn of_settings(scene: &Scene<'_>, set: &mut impl FnMut(&str, &OsStr)) {
    let (host, settings) = (scene.host, scene.settings);
    let home = host.home();
    let foreign = &settings.foreign;
    let mut usual = BTreeMap::new();
    if let Some(prefix) = npm_prefix(host, foreign) {
        usual.insert("global-prefix", prefix.clone());
        usual.insert("globalconfig", prefix.join("etc/npmrc"));
        usual.insert("prefix", prefix);
    }
    usual.extend(home.map(|home| ("cache", home.join(".npm"))));
    usual.extend(home.map(|home| ("init-module", home.join(".npm-init.js"))));
    for (key, value) in &usual {
        set_config(host, key, value.as_os_str(), set);
    }
    for (key, value) in foreign {
        set_config(host, key, value.as_ref(), set);
    }
    if let Some(file) = &settings.user_file {
        set_config(host, "userconfig", file.as_os_str(), set);
    }
    set("npm_config_local_prefix", scene.root.as_os_str());
}

/// Sets `npm_config_KEY` unless the environment says it already: that is stronger than any file.
fn set_config(host: &Host, key: &str, value: &OsStr, set: &mut impl FnMut(&str, &OsStr)) {
    let name = format!("npm_config_{}", key.replace('-', "_"));
    if !host.variables.contains_key(&name) && !host.variables.contains_key(&name.to_uppercase()) {
        set(&name, value);
    }
}

/// Where npm puts what is installed for the whole machine.
fn npm_prefix(host: &Host, foreign: &BTreeMap<String, String>) -> Option<PathBuf> {
    if let Some(prefix) = foreign.get("prefix").or(host.variables.get("PREFIX")) {
        return Some(PathBuf::from(prefix));
    }
    let node = host.find_program("node")?;
    Some(node.parent()?.parent()?.to_path_buf())
}

/// The node-gyp that comes with npm: what builds native packages, and the folder of its command.
fn of_gyp(host: &Host, set: &mut impl FnMut(&str, &OsStr)) -> Option<PathBuf> {
    let npm = host.find_program("npm")?.canonicalize().ok()?;
    let modules = npm.parent()?.parent()?.join("node_modules");
    let program = modules.join("node-gyp/bin/node-gyp.js");
    if program.is_file() {
        set("npm_config_node_gyp", program.as_os_str());
    }
    let shim = modules.join("@npmcli/run-script/lib/node-gyp-bin");
    shim.is_dir().then_some(shim)
}

/// PATH with the folder of node-gyp's command between the project's commands and those that were there before.
fn with_shim(path: OsString, shim: Option<&PathBuf>) -> OsString {
    let (Some(shim), Some(text)) = (shim, path.to_str()) else {
        return path;
    };
    let mut entries: Vec<&OsStr> = text.split(':').map(OsStr::new).collect();
    if entries.contains(&shim.as_os_str()) || shim.as_os_str().as_encoded_bytes().contains(&b':') {
        return path;
    }
    let is_bin = |entry: &&OsStr| Path::new(entry).ends_with("node_modules/.bin");
    let after = entries.iter().rposition(is_bin).map_or(0, |last| last + 1);
    entries.insert(after, shim.as_os_str());
    entries.join(OsStr::new(":"))
}

/// How this program names itself to registries.
pub(crate) fn user_agent() -> String {
    user_agent_of("?")
}

/// How it names itself to scripts: with the version of Node.js, where an install has found it out.
fn script_user_agent(host: &Host, cache: &Path) -> String {
    match known_node_version(host, cache) {
        Some(version) => user_agent_of(&format!("v{version}")),
        None => user_agent(),
    }
}

fn user_agent_of(node: &str) -> String {
    format!(
        "pkg/{} npm/? node/{node} {} {}",
        env!("CARGO_PKG_VERSION"),
        Host::os(),
        Host::cpu()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_and_arrays_are_flattened_as_npm_does() {
        let mut variables = Variables::new();
        let value = json!({"port": 8080, "hosts": ["a", "b"], "deep": {"on": true, "off": false, "none": null}, "a=b": 1});
        flatten("c", &value, &mut |name: &str, value: &OsStr| {
            set(&mut variables, name, value);
        });
        let found: Vec<_> = variables
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        assert_eq!(
            found,
            [
                "c_deep_none=",
                "c_deep_off=",
                "c_deep_on=true",
                "c_hosts_0=a",
                "c_hosts_1=b",
                "c_port=8080"
            ]
        );
    }

    #[test]
    fn the_shim_stands_behind_the_projects_commands() {
        let shim = PathBuf::from("/npm/gyp");
        let path = with_shim("/a/node_modules/.bin:/bin".into(), Some(&shim));
        assert_eq!(path, "/a/node_modules/.bin:/npm/gyp:/bin");
        assert_eq!(with_shim(path.clone(), Some(&shim)), path);
    }
}
