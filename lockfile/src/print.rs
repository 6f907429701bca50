//! From the graph to the one text of it: one entry a line, sorted by bytes.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use pkg_manifest::PackageName;

use crate::{
    DependencyRef, Importer, ImporterDependency, LockedSettings, Lockfile, Package, Resolution,
    Snapshot,
    extra::Fields,
    reader::{Commas, Reader},
};

impl Lockfile {
    /// The text of the lockfile: the only spelling there is, so equal graphs have equal bytes.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(1024 + 220 * self.packages.len());
        let extra = &self.extra;
        text.push_str("{\n\"lockfileVersion\": ");
        text.push_str(extra.version.as_deref().unwrap_or("1"));
        print_settings(&mut text, self);
        section(&mut text, "importers", self.importers.len(), |lines| {
            for (id, importer) in &self.importers {
                let unknown = extra.importers.get(id.as_str());
                lines.entry(id.as_str(), unknown, |object| {
                    print_importer(importer, object);
                });
            }
        });
        section(&mut text, "packages", self.packages.len(), |lines| {
            for (id, package) in &self.packages {
                let unknown = extra.packages.get(id.as_str());
                lines.entry(id.as_str(), unknown, |object| {
                    print_package(package, object);
                });
            }
        });
        section(&mut text, "snapshots", self.snapshots.len(), |lines| {
            for (key, snapshot) in &self.snapshots {
                let unknown = extra.snapshots.get(key.as_str());
                lines.entry(key.as_str(), unknown, |object| {
                    print_snapshot(snapshot, object);
                });
            }
        });
        for (key, value) in &extra.top {
            print_unknown(&mut text, key, value);
        }
        text.push_str("\n}\n");
        text
    }
}

/// Prints a section behind what is there already.
fn section(text: &mut String, name: &str, length: usize, fill: impl FnOnce(&mut Lines<'_>)) {
    text.push_str(",\n");
    print_string(text, name);
    if length == 0 {
        text.push_str(": {}");
        return;
    }
    text.push_str(": {");
    fill(&mut Lines {
        text,
        is_first: true,
    });
    text.push_str("\n}");
}

/// The entries of a section, each on its line.
struct Lines<'a> {
    text: &'a mut String,
    is_first: bool,
}

impl Lines<'_> {
    fn start(&mut self, key: &str) {
        self.text.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        print_string(self.text, key);
        self.text.push_str(": ");
    }

    fn entry(&mut self, key: &str, unknown: Option<&Fields>, fill: impl FnOnce(&mut Object<'_>)) {
        self.start(key);
        let mut object = Object::open(self.text, '{');
        fill(&mut object);
        for (field, value) in unknown.into_iter().flatten() {
            object.key(field).push_str(value);
        }
        object.close('}');
    }
}

/// An object or array on one line.
struct Object<'a> {
    text: &'a mut String,
    is_first: bool,
}

impl<'a> Object<'a> {
    fn open(text: &'a mut String, bracket: char) -> Self {
        text.push(bracket);
        Self {
            text,
            is_first: true,
        }
    }

    fn close(self, bracket: char) {
        self.text.push(bracket);
    }

    /// What the next item is to be written to.
    fn item(&mut self) -> &mut String {
        if !self.is_first {
            self.text.push(',');
        }
        self.is_first = false;
        self.text
    }

    /// What the value of `key` is to be written to.
    fn key(&mut self, key: &str) -> &mut String {
        let text = self.item();
        print_string(text, key);
        text.push(':');
        text
    }

    fn string(&mut self, key: &str, value: &str) {
        print_string(self.key(key), value);
    }

    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).push_str("true");
        }
    }

    fn strings<'s>(&mut self, key: &str, values: impl ExactSizeIterator<Item = &'s str>) {
        if values.len() == 0 {
            return;
        }
        let mut array = Object::open(self.key(key), '[');
        for value in values {
            print_string(array.item(), value);
        }
        array.close(']');
    }

    fn map<K, V>(
        &mut self,
        key: &str,
        entries: impl ExactSizeIterator<Item = (K, V)>,
        print: impl Fn(&mut Object<'_>, K, V),
    ) {
        if entries.len() == 0 {
            return;
        }
        let mut object = Object::open(self.key(key), '{');
        for (key, value) in entries {
            print(&mut object, key, value);
        }
        object.close('}');
    }
}

/// Prints the settings that are not the defaults, and those of a newer version.
fn print_settings(text: &mut String, lockfile: &Lockfile) {
    let mut fields = lockfile.extra.settings.clone();
    let settings = lockfile.settings;
    if settings != LockedSettings::default() {
        let value = settings.auto_install_peers.to_string();
        fields.insert("autoInstallPeers".to_owned(), value);
    }
    if fields.is_empty() {
        return;
    }
    section(text, "settings", fields.len(), |lines| {
        for (key, value) in &fields {
            lines.start(key);
            lines.text.push_str(value);
        }
    });
}

fn print_importer(importer: &Importer, object: &mut Object<'_>) {
    for (group, dependencies) in [
        ("dependencies", &importer.dependencies),
        ("devDependencies", &importer.dev_dependencies),
    ] {
        object.map(group, dependencies.iter(), |object, name, dependency| {
            print_direct(
                object,
                name,
                &dependency.specifier,
                Some(&dependency.target),
            );
        });
    }
    let optional = importer.optional_dependencies.iter();
    let optional = optional.map(|(name, dependency)| {
        let ImporterDependency { specifier, target } = dependency;
        (name, (specifier, Some(target)))
    });
    let left_out = importer.left_out.iter();
    let left_out = left_out.map(|(name, specifier)| (name, (specifier, None)));
    let all: BTreeMap<_, _> = left_out.chain(optional).collect();
    object.map(
        "optionalDependencies",
        all.into_iter(),
        |object, name, (specifier, target)| print_direct(object, name, specifier, target),
    );
    object.map("peers", importer.peers.iter(), |object, name, version| {
        print_displayed(object.key(name.as_str()), version);
    });
}

/// Prints a dependency of a project, which has no target if it was left out.
fn print_direct(
    object: &mut Object<'_>,
    name: &PackageName,
    specifier: &str,
    target: Option<&DependencyRef>,
) {
    let mut pair = Object::open(object.key(name.as_str()), '[');
    print_string(pair.item(), specifier);
    if let Some(target) = target {
        print_target(pair.item(), name, target);
    }
    pair.close(']');
}

fn print_package(package: &Package, object: &mut Object<'_>) {
    let (integrity, place) = match &package.resolution {
        Resolution::Registry { integrity, tarball } => {
            let place = tarball.as_ref().map(|tarball| ("tarball", tarball));
            (Some(integrity), place)
        }
        Resolution::Tarball { integrity } => (Some(integrity), None),
        Resolution::File { integrity, path } => (Some(integrity), Some(("file", path))),
        Resolution::Directory { path } => (None, Some(("directory", path))),
    };
    if let Some(integrity) = integrity {
        print_displayed(object.key("integrity"), integrity);
    }
    if let Some((kind, place)) = place {
        object.string(kind, place);
    }
    if let Some(version) = &package.version {
        print_displayed(object.key("version"), version);
    }
    object.map(
        "engines",
        package.engines.0.iter(),
        |object, name, range| {
            object.string(name, range);
        },
    );
    let platform = &package.platform;
    object.strings("os", platform.os.iter().map(String::as_str));
    object.strings("cpu", platform.cpu.iter().map(String::as_str));
    object.strings("libc", platform.libc.iter().map(String::as_str));
    if let Some(message) = &package.deprecated {
        object.string("deprecated", message);
    }
    object.flag("hasBin", package.has_bin);
    object.flag("hasInstallScript", package.has_install_scripts);
    object.strings("bundled", package.bundled.iter().map(PackageName::as_str));
    let peers = package.peer_dependencies.iter();
    object.map("peerDependencies", peers, |object, name, range| {
        object.string(name.as_str(), range);
    });
    let optional = package.optional_peers.iter().map(PackageName::as_str);
    object.strings("optionalPeers", optional);
}

fn print_snapshot(snapshot: &Snapshot, object: &mut Object<'_>) {
    for (group, edges) in [
        ("dependencies", &snapshot.dependencies),
        ("optionalDependencies", &snapshot.optional_dependencies),
    ] {
        object.map(group, edges.iter(), |object, name, target| {
            print_target(object.key(name.as_str()), name, target);
        });
    }
    let peers = snapshot.transitive_peers.iter().map(PackageName::as_str);
    object.strings("transitivePeers", peers);
    object.flag("optional", snapshot.optional);
    object.flag("dev", snapshot.dev);
}

/// Prints what the dependency `name` leads to. A package under its own name is its version alone.
fn print_target(text: &mut String, name: &PackageName, target: &DependencyRef) {
    let (prefix, rest) = target.as_parts(name);
    text.push('"');
    print_escaped(text, prefix);
    print_escaped(text, rest);
    text.push('"');
}

impl DependencyRef {
    /// The two halves of how a dependency under `name` is written.
    fn as_parts(&self, name: &PackageName) -> (&'static str, &str) {
        match self {
            Self::Link(path) => ("link:", path),
            Self::Snapshot(key) => {
                let reference = key.reference();
                // A package that is a linked folder looks like a link without its name.
                let is_short = key.id().name() == name && !reference.starts_with("link:");
                ("", if is_short { reference } else { key.as_str() })
            }
        }
    }

    /// How a dependency under `name` is written: `1.2.3`, `other@1.2.3` or `link:PATH`.
    pub fn to_text(&self, name: &PackageName) -> String {
        let (prefix, rest) = self.as_parts(name);
        format!("{prefix}{rest}")
    }
}

/// Prints a field that a newer version wrote, in the manner of the house: an object has a line for
/// each of its entries.
fn print_unknown(text: &mut String, key: &str, value: &str) {
    let mut entries = Vec::new();
    let mut reader = Reader::new(value, Commas::Strict);
    let is_object = reader.object(|reader, key| {
        entries.push((key, reader.raw()?));
        Ok(())
    });
    if is_object.is_ok() {
        section(text, key, entries.len(), |lines| {
            for (key, value) in &entries {
                lines.start(key);
                lines.text.push_str(value);
            }
        });
    } else {
        text.push_str(",\n");
        print_string(text, key);
        text.push_str(": ");
        text.push_str(value);
    }
}

/// Prints something whose text is to stand in quotes.
fn print_displayed(text: &mut String, value: &impl fmt::Display) {
    text.push('"');
    write!(Escaped(text), "{value}").expect("a string takes every text");
    text.push('"');
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        print_escaped(self.0, text);
        Ok(())
    }
}

/// Prints a string with its quotes: what must be escaped is, and nothing else.
pub(crate) fn print_string(text: &mut String, value: &str) {
    text.push('"');
    print_escaped(text, value);
    text.push('"');
}

fn print_escaped(text: &mut String, value: &str) {
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    let mut rest = value;
    while let Some(at) = rest.bytes().position(needs_escape) {
        text.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            byte => write!(text, "\\u{byte:04x}").expect("a string takes every text"),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}
