//! The commands that a package brings: `bin`, or all files below `directories.bin`.
//!
//! Reference: `npm-normalize-package-bin`; names and targets that could leave their folder lose what leads out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::package_json::PackageJson;
use crate::limits::MAX_COMPONENT;

/// A command's name and the path of its file inside the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedBin {
    pub(crate) name: String,
    pub(crate) path: String,
}

/// Finds the commands, sorted by name, and tells the names that were refused.
///
/// `paths` are the package's files; only `directories.bin` asks for them.
pub(crate) fn find_bins<'p>(
    package: &PackageJson,
    paths: impl Iterator<Item = &'p str>,
) -> (Vec<NamedBin>, Vec<String>) {
    let mut found = Found::default();
    match (&package.bin, &package.bin_directory) {
        (Some(Value::String(path)), _) => {
            if let Some(name) = &package.name {
                found.add(name, path);
            }
        }
        (Some(Value::Array(paths)), _) => {
            for path in paths.iter().filter_map(Value::as_str) {
                found.add(path, path);
            }
        }
        (Some(Value::Object(bins)), _) => {
            for (name, path) in bins {
                if let Some(path) = path.as_str() {
                    found.add(name, path);
                }
            }
        }
        (Some(Value::Null) | None, Some(directory)) => found.add_directory(directory, paths),
        (Some(_) | None, _) => {}
    }
    let bins = found
        .bins
        .into_iter()
        .map(|(name, path)| NamedBin { name, path })
        .collect();
    (bins, found.refused)
}

#[derive(Default)]
struct Found {
    bins: BTreeMap<String, String>,
    refused: Vec<String>,
}

impl Found {
    fn add(&mut self, name: &str, path: &str) {
        let plain_name = normalize_name(name);
        let path = normalize_path(path);
        if plain_name.is_empty() || path.is_empty() {
            return;
        }
        if !is_file_name(&plain_name) || path.contains('\0') {
            self.refused.push(name.to_owned());
            return;
        }
        self.bins.insert(plain_name, path);
    }

    /// All files below the folder, whatever their depth, under their own names; hidden ones are left out.
    fn add_directory<'p>(&mut self, directory: &str, paths: impl Iterator<Item = &'p str>) {
        let leads_out = directory.starts_with(['/', '\\'])
            || directory
                .split(['/', '\\'])
                .any(|component| component == "..");
        let folder = normalize_path(directory);
        if leads_out || folder.is_empty() {
            self.refused.push(directory.to_owned());
            return;
        }
        for path in paths {
            let below = path
                .strip_prefix(&*folder)
                .and_then(|rest| rest.strip_prefix('/'));
            let name = below.map(|below| below.rsplit('/').next().unwrap_or(below));
            if let Some(name) = name.filter(|name| !name.starts_with('.')) {
                self.add(name, path);
            }
        }
    }
}

/// The last component of a name, where `\` and `:` separate too; a scope goes with the rest.
fn normalize_name(name: &str) -> String {
    let mut components = name.rsplit(['/', '\\', ':']);
    let last = components
        .find(|component| !component.is_empty())
        .unwrap_or_default();
    if matches!(last, "." | "..") {
        String::new()
    } else {
        last.to_owned()
    }
}

/// A path below the package's folder: `.` and `..` are applied, and nothing leads above it.
fn normalize_path(path: &str) -> String {
    let mut components: Vec<&str> = Vec::new();
    for component in path.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." => drop(components.pop()),
            _ => components.push(component),
        }
    }
    components.join("/")
}

/// Whether a name can stand in a folder of commands without surprise.
fn is_file_name(name: &str) -> bool {
    name.len() <= MAX_COMPONENT && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::parse_package_json;

    fn bins(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let package = parse_package_json(text.as_bytes()).unwrap();
        let paths = ["bin/a.js", "bin/.hidden", "bin/deep/b", "binary", "lib/c"];
        let (found, refused) = find_bins(&package, paths.into_iter());
        (
            found.into_iter().map(|bin| (bin.name, bin.path)).collect(),
            refused,
        )
    }

    #[test]
    fn names_and_paths_are_those_of_the_reference() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bin-normalize.json");
        let text = pkg_fs::read_regular_file(std::path::Path::new(path), 1 << 20).unwrap();
        let table: Value = serde_json::from_slice(&text).unwrap();
        let vectors = table["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 20);
        for vector in vectors {
            let (found, _) = bins(&vector[0].to_string());
            let mut expected: Vec<(String, String)> = Vec::new();
            for (name, path) in vector[1].as_object().into_iter().flatten() {
                expected.push((name.clone(), path.as_str().unwrap().to_owned()));
            }
            expected.sort();
            assert_eq!(found, expected, "{}", vector[0]);
        }
    }

    /// BIN-01, BIN-02.
    #[test]
    fn names_that_are_no_file_names_are_refused_or_lose_what_leads_out() {
        let long = "x".repeat(300);
        for name in [
            "..",
            ".",
            "",
            "@s/..",
            "@",
            "a\\u0000",
            "a\\n",
            &long,
            "@s/../../x",
        ] {
            let (found, _) = bins(&format!(r#"{{"name":"p","bin":{{"{name}":"x.js"}}}}"#));
            for (name, _) in found {
                assert!(
                    is_file_name(&name) && !name.contains('/') && name != "..",
                    "{name:?}"
                );
            }
        }
        assert_eq!(bins(r#"{"name":"p","bin":{"a\n":"x.js"}}"#).1, ["a\n"]);
    }

    /// BIN-04.
    #[test]
    fn a_folder_of_commands_must_lie_inside() {
        let (found, _) = bins(r#"{"directories":{"bin":"./bin/"}}"#);
        let expected = [("a.js", "bin/a.js"), ("b", "bin/deep/b")];
        assert_eq!(
            found,
            expected.map(|(name, path)| (name.to_owned(), path.to_owned()))
        );
        for bad in ["..", "/bin", "bin/../..", ".", "\\\\bin"] {
            let (found, refused) = bins(&format!(r#"{{"directories":{{"bin":"{bad}"}}}}"#));
            assert_eq!((found.len(), refused.len()), (0, 1), "{bad}");
        }
        assert!(
            bins(r#"{"bin":{},"directories":{"bin":"bin"}}"#)
                .0
                .is_empty()
        );
    }
}
