//! The dependencies of a project, as a tree.

use pkg_engine::query::{ListedPackage, ListedProject};
use serde_json::{Map, Value, json};

use crate::render::escape;

/// The tree for people.
pub(crate) fn listing_text(projects: &[ListedProject], is_long: bool) -> String {
    let mut text = String::new();
    for (index, project) in projects.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let version = project
            .version
            .as_deref()
            .map(|version| format!("@{version}"));
        text.push_str(&format!(
            "\x1b[1m{}{}\x1b[0m {}\n",
            escape(&project.name),
            escape(&version.unwrap_or_default()),
            escape(&project.path.to_string_lossy())
        ));
        for group in &project.groups {
            text.push_str(&format!("\n{}\n", group.group.field()));
            branches(&mut text, &group.packages, "", is_long);
        }
        if project.groups.is_empty() {
            text.push_str("  nothing\n");
        }
    }
    text
}

fn branches(text: &mut String, packages: &[ListedPackage], indent: &str, is_long: bool) {
    for (index, package) in packages.iter().enumerate() {
        let is_last = index + 1 == packages.len();
        let (branch, below) = if is_last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        text.push_str(&format!("{indent}{branch}{}\n", label(package, is_long)));
        branches(
            text,
            &package.dependencies,
            &format!("{indent}{below}"),
            is_long,
        );
    }
}

fn label(package: &ListedPackage, is_long: bool) -> String {
    let name = match &package.name {
        Some(name) => format!("{} (npm:{name})", package.alias),
        None => package.alias.to_string(),
    };
    let (bold, plain) = if package.is_match {
        ("\x1b[1m", "\x1b[0m")
    } else {
        ("", "")
    };
    let mut label = format!(
        "{bold}{} {}{plain}",
        escape(&name),
        escape(&package.version)
    );
    if let Some(specifier) = package.specifier.as_ref().filter(|_| is_long) {
        label.push_str(&format!("  \x1b[2m{}\x1b[0m", escape(specifier)));
    }
    if package.is_repeated {
        label.push_str(" \x1b[2m(as above)\x1b[0m");
    }
    label
}

/// The tree for programs: pnpm's form.
pub(crate) fn listing_json(projects: &[ListedProject]) -> Value {
    let projects = projects.iter().map(|project| {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(project.name));
        if let Some(version) = &project.version {
            object.insert("version".to_owned(), json!(version));
        }
        object.insert("path".to_owned(), json!(project.path.to_string_lossy()));
        for group in &project.groups {
            object.insert(
                group.group.field().to_owned(),
                packages_json(&group.packages),
            );
        }
        Value::Object(object)
    });
    Value::Array(projects.collect())
}

fn packages_json(packages: &[ListedPackage]) -> Value {
    let entries = packages.iter().map(|package| {
        let mut object = Map::new();
        let name = package.name.as_ref().unwrap_or(&package.alias);
        object.insert("from".to_owned(), json!(name.as_str()));
        object.insert("version".to_owned(), json!(package.version));
        if let Some(specifier) = &package.specifier {
            object.insert("specifier".to_owned(), json!(specifier));
        }
        if let Some(place) = &package.place {
            object.insert("path".to_owned(), json!(place.to_string_lossy()));
        }
        if package.is_repeated {
            object.insert("deduped".to_owned(), json!(true));
        }
        if !package.dependencies.is_empty() {
            let below = packages_json(&package.dependencies);
            object.insert("dependencies".to_owned(), below);
        }
        (package.alias.to_string(), Value::Object(object))
    });
    Value::Object(entries.collect())
}

/// One direct dependency a line, as its path, the projects first; in the long form with `:NAME@VERSION` behind it, as pnpm
/// and npm do. What a map has no place for is left out.
pub(crate) fn listing_parseable(projects: &[ListedProject], is_long: bool) -> String {
    let mut text = String::new();
    for project in projects {
        let path = project.path.to_string_lossy();
        let id = match &project.version {
            Some(version) => format!("{}@{version}", project.name),
            None => project.name.clone(),
        };
        put_line(&mut text, &path, is_long.then_some(&id));
        for package in project.groups.iter().flat_map(|group| &group.packages) {
            let Some(place) = &package.place else {
                continue;
            };
            let name = package.name.as_ref().unwrap_or(&package.alias);
            let id = format!("{name}@{}", package.version);
            put_line(&mut text, &place.to_string_lossy(), is_long.then_some(&id));
        }
    }
    text
}

fn put_line(text: &mut String, path: &str, id: Option<&String>) {
    text.push_str(path);
    if let Some(id) = id {
        text.push_str(&format!(":{id}"));
    }
    text.push('\n');
}
