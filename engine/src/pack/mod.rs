//! Which files of a folder or a commit make the package: what npm packs, decided without touching a disk.
//!
//! Reference: npm-packlist 11, by the vectors of `shared/spec`, publish, 1. The package's `files` counts, else `.npmignore`,
//! else `.gitignore`; some files are always in and some always out; bundled dependencies are in where they are there.

mod bundled;
mod listed;
mod pattern;
mod rules;
mod segment;
mod tree;

use std::collections::BTreeSet;

use pkg_manifest::Manifest;
use serde_json::Value;

use self::{
    bundled::bundled,
    listed::Listed,
    rules::{Asked, Rules, Seen},
    tree::Folder,
};

/// Lines of ignore files, or entries of `files`, of one package, at most.
const RULES: usize = 5000;
/// All of them are held against all paths: so often, at most.
const WORK: usize = 20_000_000;

/// The package says more about its files than is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyRules;

/// Finds the files of a package that are packed, among the paths of all its files.
///
/// `read` gives the text of a file; what it does not give says nothing.
pub(crate) fn packed<'p>(
    paths: impl Iterator<Item = &'p str>,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeSet<&'p str>, TooManyRules> {
    let paths: Vec<&str> = paths.collect();
    let root = Folder::new(paths.iter().copied());
    let mut packing = Packing {
        read,
        paths: paths.len(),
        rules: 0,
        found: BTreeSet::new(),
    };
    let manifest = manifest(read, "package.json");
    packing.note(listed_count(manifest.as_ref()))?;
    let own = Own::new(manifest.as_ref(), &root, 0);
    packing.note(own.always.len())?;
    let ignore = packing.ignore_file(&root)?;
    let rules = Rules::of_package(ignore.as_deref(), own.listed, &own.always);
    packing.walk(&root, &mut vec![Level::top(rules)])?;
    for folder in manifest
        .iter()
        .flat_map(|manifest| bundled(manifest, &root, read))
    {
        packing.bundle(&root, &folder)?;
    }
    Ok(packing.found)
}

/// The manifest of a package, if it has one that can be read.
fn manifest(read: &dyn Fn(&str) -> Option<String>, path: &str) -> Option<Manifest> {
    Manifest::parse(read(path)?.as_bytes()).ok()
}

/// How many entries `files` has.
fn listed_count(manifest: Option<&Manifest>) -> usize {
    let files = manifest.and_then(|manifest| manifest.fields.get("files")?.as_array());
    files.map_or(0, Vec::len)
}

/// What a package's manifest says of its files.
struct Own<'p> {
    listed: Option<Listed<'p>>,
    /// Rules that nothing overrules.
    always: Vec<String>,
}

impl<'p> Own<'p> {
    /// `prefix` bytes of each path lead to the package's folder.
    fn new(manifest: Option<&Manifest>, folder: &Folder<'p>, prefix: usize) -> Self {
        let field = |name: &str| manifest.and_then(|manifest| manifest.fields.get(name));
        let text = |name: &str| field(name).and_then(Value::as_str);
        let paths = || folder.paths(prefix);
        let files = field("files").and_then(Value::as_array);
        let listed =
            files.map(|files| Listed::find(files.iter().filter_map(Value::as_str), &paths()));
        let named = [text("browser"), text("main")].into_iter().flatten();
        let mut always: Vec<String> = named
            .filter(|path| !path.is_empty())
            .map(|path| format!("!/{path}"))
            .collect();
        let bins = manifest.iter().flat_map(|manifest| manifest.bins.values());
        always.extend(bins.map(|path| format!("!/{path}")));
        let directory = manifest
            .filter(|manifest| !manifest.fields.contains_key("bin"))
            .and_then(|_| field("directories")?.get("bin")?.as_str());
        if let Some(directory) = directory.map(|path| path.trim_matches(['.', '/'])) {
            always.push(format!("!/{directory}/**"));
        }
        let patches = field("patchedDependencies").and_then(Value::as_object);
        let patches = patches.into_iter().flat_map(|patches| patches.values());
        always.extend(
            patches
                .filter_map(Value::as_str)
                .map(|path| format!("/{path}")),
        );
        Self { listed, always }
    }
}

/// One package while it is being packed.
struct Packing<'r, 'p> {
    read: &'r dyn Fn(&str) -> Option<String>,
    /// How many paths there are.
    paths: usize,
    /// How many rules there were so far.
    rules: usize,
    found: BTreeSet<&'p str>,
}

/// A folder that is being walked, and how it came to that.
struct Level<'p> {
    name: &'p str,
    rules: Rules<'p>,
    /// Whether it is wanted itself, not only for what may be in it.
    is_wanted: bool,
}

impl<'p> Level<'p> {
    fn top(rules: Rules<'p>) -> Self {
        Self {
            name: "",
            rules,
            is_wanted: true,
        }
    }
}

impl<'p> Packing<'_, 'p> {
    fn note(&mut self, rules: usize) -> Result<(), TooManyRules> {
        self.rules += rules;
        if self.rules > RULES || self.rules.saturating_mul(self.paths) > WORK {
            Err(TooManyRules)
        } else {
            Ok(())
        }
    }

    /// The text of the ignore file that counts in a folder.
    fn ignore_file(&mut self, folder: &Folder<'p>) -> Result<Option<String>, TooManyRules> {
        let path = folder
            .files
            .get(".npmignore")
            .or_else(|| folder.files.get(".gitignore"));
        let text = path.and_then(|path| (self.read)(path));
        self.note(text.iter().flat_map(|text| text.lines()).count())?;
        Ok(text)
    }

    fn walk(
        &mut self,
        folder: &Folder<'p>,
        levels: &mut Vec<Level<'p>>,
    ) -> Result<(), TooManyRules> {
        for (name, path) in &folder.files {
            if !name.contains('*') && is_in(levels, name, Asked::Itself) {
                self.found.insert(path);
            }
        }
        for (name, below) in &folder.folders {
            if name.contains('*') || !is_in(levels, name, Asked::MayHold) {
                continue;
            }
            let is_wanted = is_in(levels, name, Asked::Itself)
                || is_in(levels, &format!("{name}/"), Asked::Itself);
            let ignore = self.ignore_file(below)?;
            levels.push(Level {
                name,
                rules: Rules::of_folder(ignore.as_deref()),
                is_wanted,
            });
            let walked = self.walk(below, levels);
            levels.pop();
            walked?;
        }
        Ok(())
    }

    /// Packs a bundled package by what it says itself.
    fn bundle(&mut self, root: &Folder<'p>, path: &str) -> Result<(), TooManyRules> {
        let Some(folder) = root.at(path) else {
            return Ok(());
        };
        let manifest = manifest(self.read, &format!("{path}/package.json"));
        self.note(listed_count(manifest.as_ref()))?;
        let own = Own::new(manifest.as_ref(), folder, path.len() + 1);
        self.note(own.always.len())?;
        let rules = Rules::of_bundled(own.listed, &own.always);
        self.walk(folder, &mut vec![Level::top(rules)])
    }
}

/// Asks the folders from the outermost to the innermost about something that lies in the innermost.
fn is_in(levels: &[Level<'_>], name: &str, asked: Asked) -> bool {
    let mut is_in = true;
    for (place, level) in levels.iter().enumerate() {
        if !is_in && !level.is_wanted {
            return false;
        }
        let below = &levels[place + 1..];
        let mut path: Vec<&str> = below.iter().map(|level| level.name).collect();
        path.push(name);
        is_in = level.rules.apply(
            is_in,
            &Seen {
                path: &path.join("/"),
                name: (!below.is_empty()).then_some(name),
                asked,
            },
        );
    }
    is_in
}

#[cfg(test)]
mod tests;
