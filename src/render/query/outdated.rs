//! Direct dependencies that have newer versions.

use pkg_engine::query::{DependencyGroup, OutdatedPackage, UpdateKind};
use serde_json::{Map, Value, json};

use super::{
    age::age,
    table::{Align, table},
};
use crate::render::escape;

fn kind(package: &OutdatedPackage) -> &'static str {
    match package.kind {
        _ if package.deprecated.is_some() && package.latest.as_ref() == Some(&package.current) => {
            "deprecated"
        }
        UpdateKind::Patch => "patch",
        UpdateKind::Minor => "minor",
        UpdateKind::Major => "major",
        UpdateKind::Prerelease => "prerelease",
    }
}

/// The table for people.
pub(crate) fn outdated_text(
    packages: &[OutdatedPackage],
    is_long: bool,
    now: i64,
    terminal: Option<usize>,
) -> String {
    let mut columns = vec![
        ("package", Align::Left),
        ("current", Align::Left),
        ("wanted", Align::Left),
        ("latest", Align::Left),
        ("update", Align::Left),
        ("age", Align::Right),
    ];
    if is_long {
        columns.extend([("asked for", Align::Left), ("in", Align::Left)]);
    }
    let shown = |version: &Option<pkg_manifest::Version>| {
        version.as_ref().map_or("-".to_owned(), ToString::to_string)
    };
    let mut notes = String::new();
    let mut rows = Vec::new();
    for package in packages {
        let published = package
            .latest_published
            .map(|published| age(published, now));
        let mut row = vec![
            escape(package.alias.as_str()).into_owned(),
            package.current.to_string(),
            shown(&package.wanted),
            shown(&package.latest),
            kind(package).to_owned(),
            published.unwrap_or_else(|| "-".to_owned()),
        ];
        if is_long {
            row.push(escape(&package.specifier).into_owned());
            row.push(package.group.field().to_owned());
        }
        rows.push(row);
        if let Some(reason) = &package.deprecated {
            let (alias, current) = (&package.alias, &package.current);
            notes.push_str(&format!(
                "deprecated: {} {current}: {}\n",
                escape(alias.as_str()),
                escape(reason)
            ));
        }
    }
    let table = table(&columns, &rows, terminal);
    if notes.is_empty() {
        table
    } else {
        format!("{table}\n{notes}")
    }
}

/// One after the other for people: the package, then what it could be.
pub(crate) fn outdated_list(packages: &[OutdatedPackage], is_long: bool, now: i64) -> String {
    let texts = packages.iter().map(|package| {
        let group = match package.group {
            DependencyGroup::Prod => "",
            DependencyGroup::Dev => " (dev)",
            DependencyGroup::Optional => " (optional)",
        };
        let mut text = format!("\x1b[1m{}\x1b[0m{group}\n", escape(package.alias.as_str()));
        let mut facts = vec![kind(package).to_owned()];
        if let Some(wanted) = package.wanted.as_ref().filter(|wanted| {
            Some(*wanted) != package.latest.as_ref() && **wanted != package.current
        }) {
            facts.push(format!("package.json takes {wanted}"));
        }
        let published = package.latest_published;
        facts.extend(published.map(|published| format!("published {} ago", age(published, now))));
        if is_long {
            let specifier = escape(&package.specifier);
            facts.push(format!("{specifier} in {}", package.group.field()));
        }
        let newest = package.latest.as_ref().or(package.wanted.as_ref());
        let newest = newest.map_or_else(|| "-".to_owned(), ToString::to_string);
        let current = &package.current;
        text.push_str(&format!("  {current} => {newest}  {}\n", facts.join(", ")));
        if let Some(reason) = &package.deprecated {
            text.push_str(&format!("  deprecated: {}\n", escape(reason)));
        }
        text
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The table for programs: npm's form, with more fields.
pub(crate) fn outdated_json(packages: &[OutdatedPackage]) -> Value {
    let entries = packages.iter().map(|package| {
        let value = json!({
            "current": package.current.to_string(),
            "wanted": package.wanted.as_ref().map(ToString::to_string),
            "latest": package.latest.as_ref().map(ToString::to_string),
            "dependent": package.project,
            "name": package.name.as_str(),
            "specifier": package.specifier,
            "dependencyType": package.group.field(),
            "update": kind(package),
            "latestPublished": package.latest_published,
            "currentPublished": package.current_published,
            "isDeprecated": package.deprecated.is_some(),
        });
        (package.alias.to_string(), value)
    });
    Value::Object(entries.collect::<Map<_, _>>())
}
