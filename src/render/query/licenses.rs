//! The licences of packages.

use pkg_engine::query::{LicenseGroup, LicensedPackage};
use serde_json::{Map, Value, json};

use crate::render::escape;

/// The licences for people, each with its packages.
pub(crate) fn licenses_text(groups: &[LicenseGroup], is_long: bool) -> String {
    let mut text = String::new();
    for group in groups {
        let license = escape(&group.license);
        text.push_str(&format!(
            "\x1b[1m{license}\x1b[0m  {}\n",
            group.packages.len()
        ));
        for package in &group.packages {
            text.push_str(&format!("  {}\n", escape(package.id.as_str())));
            let facts = [&package.author, &package.homepage];
            for fact in facts.into_iter().flatten().filter(|_| is_long) {
                text.push_str(&format!("    {}\n", escape(fact)));
            }
        }
    }
    if groups.is_empty() {
        text.push_str("the project depends on no packages\n");
    }
    text
}

/// The licences for programs.
pub(crate) fn licenses_json(groups: &[LicenseGroup]) -> Value {
    let package = |package: &LicensedPackage| {
        json!({
            "package": package.id.as_str(),
            "name": package.id.name().as_str(),
            "version": package.id.reference(),
            "author": package.author,
            "homepage": package.homepage,
        })
    };
    let entries = groups.iter().map(|group| {
        let packages: Vec<Value> = group.packages.iter().map(package).collect();
        (group.license.clone(), Value::Array(packages))
    });
    Value::Object(entries.collect::<Map<_, _>>())
}
