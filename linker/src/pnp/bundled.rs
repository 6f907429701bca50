//! Packages that come inside another one: they find one another, and what the package that brings them finds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::pnp::state::{Information, Kind, Target};

/// Finds the folders of bundled packages among the paths of a package's files: `node_modules/a`, and those inside it.
pub fn bundled_folders<'a>(files: impl Iterator<Item = &'a str>) -> Vec<String> {
    let folders = files.filter_map(|path| path.strip_suffix("/package.json"));
    let mut folders: Vec<String> = folders
        .filter(|folder| split(folder).is_some())
        .map(str::to_owned)
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The folder that a bundled package is found from, and its name.
fn split(folder: &str) -> Option<(&str, &str)> {
    let (above, name) = match folder.rsplit_once("node_modules/")? {
        ("", name) => ("", name),
        (above, name) => (above.strip_suffix('/')?, name),
    };
    let is_name = match name.split_once('/') {
        Some((scope, bare)) => scope.starts_with('@') && !bare.contains('/'),
        None => !name.starts_with('@'),
    };
    let is_inside = above.is_empty() || split(above).is_some();
    (is_name && !name.is_empty() && is_inside).then_some((above, name))
}

/// Adds what a package brings to what it finds, and gives the packages that it brings.
pub(crate) fn add_bundled<'a>(
    holder: &mut Information<'a>,
    folders: &[String],
) -> Vec<Information<'a>> {
    let name = holder.name.as_deref().unwrap_or_default();
    let prefix = format!(
        "bundled:{name}@{}",
        holder.reference.as_deref().unwrap_or_default()
    );
    let found_from = |folder: &str| {
        let children = folders.iter().filter_map(|bundled| {
            let (above, name) = split(bundled).filter(|(above, _)| *above == folder)?;
            debug_assert!(above.len() <= bundled.len());
            let target = Target::Same(Cow::Owned(format!("{prefix}/{bundled}")));
            Some((Cow::Owned(name.to_owned()), target))
        });
        children.collect::<Vec<(Cow<'a, str>, Target<'a>)>>()
    };
    let mut visible: BTreeMap<Cow<'a, str>, Target<'a>> = holder.dependencies.drain(..).collect();
    visible.extend(found_from(""));
    holder.dependencies = visible.clone().into_iter().collect();
    let mut brought = Vec::with_capacity(folders.len());
    for folder in folders {
        let Some((_, name)) = split(folder) else {
            continue;
        };
        // What lies deeper is found first.
        let mut dependencies = visible.clone();
        for (end, _) in folder.match_indices("/node_modules/") {
            dependencies.extend(found_from(&folder[..end]));
        }
        dependencies.extend(found_from(folder));
        let reference = format!("{prefix}/{folder}");
        let own = Target::Same(Cow::Owned(reference.clone()));
        dependencies.insert(Cow::Owned(name.to_owned()), own);
        brought.push(Information {
            name: Some(Cow::Owned(name.to_owned())),
            reference: Some(Cow::Owned(reference)),
            location: format!("{}{folder}/", holder.location),
            dependencies: dependencies.into_iter().collect(),
            peers: Vec::new(),
            kind: Kind::Hard,
            is_discarded: false,
        });
    }
    brought
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_in_node_modules_are_bundled() {
        let files = [
            "package.json",
            "lib/package.json",
            "node_modules/a/package.json",
            "node_modules/a/lib/package.json",
            "node_modules/@s/b/package.json",
            "node_modules/a/node_modules/c/package.json",
            "lib/node_modules/d/package.json",
            "node_modules/package.json",
        ];
        assert_eq!(
            bundled_folders(files.into_iter()),
            [
                "node_modules/@s/b",
                "node_modules/a",
                "node_modules/a/node_modules/c"
            ]
        );
    }

    #[test]
    fn what_lies_deeper_is_found_first() {
        let mut holder = Information {
            name: Some("h".into()),
            reference: Some("npm:1.0.0".into()),
            location: "./h/".to_owned(),
            dependencies: vec![
                ("b".into(), Target::Same("npm:1.0.0".into())),
                ("h".into(), Target::Same("npm:1.0.0".into())),
                ("z".into(), Target::Missing),
            ],
            peers: Vec::new(),
            kind: Kind::Hard,
            is_discarded: false,
        };
        let folders = [
            "node_modules/a",
            "node_modules/a/node_modules/b",
            "node_modules/b",
        ];
        let folders = folders.map(str::to_owned);
        let brought = add_bundled(&mut holder, &folders);
        let shown = |information: &Information<'_>| {
            let targets = information
                .dependencies
                .iter()
                .map(|(name, target)| match target {
                    Target::Same(reference) => {
                        format!(
                            "{name}={}",
                            reference.trim_start_matches("bundled:h@npm:1.0.0/")
                        )
                    }
                    other => format!("{name}={other:?}"),
                });
            targets.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            shown(&holder),
            "a=node_modules/a b=node_modules/b h=npm:1.0.0 z=Missing"
        );
        assert_eq!(
            brought.iter().map(shown).collect::<Vec<_>>(),
            [
                "a=node_modules/a b=node_modules/a/node_modules/b h=npm:1.0.0 z=Missing",
                "a=node_modules/a b=node_modules/a/node_modules/b h=npm:1.0.0 z=Missing",
                "a=node_modules/a b=node_modules/b h=npm:1.0.0 z=Missing",
            ]
        );
        assert_eq!(brought[1].location, "./h/node_modules/a/node_modules/b/");
    }
}
