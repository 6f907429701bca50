//! `remove`: fewer packages.

use pkg_manifest::{PackageName, nearest};
use pkg_resolver::Update;

use super::{ChangeError, Drafting, NOTHING, groups, unlink::forget};

/// What to remove.
#[derive(Debug, Clone)]
pub struct RemoveRequest {
    /// Names as they stand in the manifest.
    pub packages: Vec<String>,
    /// Only from this field, such as `devDependencies`; from all by default.
    pub field: Option<&'static str>,
}

/// Takes the packages out of the manifest: all of them, or none.
pub(super) fn draft(
    drafting: &mut Drafting<'_>,
    request: &RemoveRequest,
) -> Result<Update, ChangeError> {
    let groups = groups(&drafting.project.manifest);
    let is_wanted = |field: &str| request.field.is_none_or(|wanted| wanted == field);
    let mut unknown = Vec::new();
    for text in &request.packages {
        let name: Option<PackageName> = text.parse().ok();
        let mut is_found = false;
        for (field, group) in groups {
            let Some(name) = name.as_ref().filter(|_| is_wanted(field)) else {
                continue;
            };
            if group.contains_key(name) {
                is_found |= drafting.editor.remove_dependency(field, name);
                forget(&mut drafting.editor, name);
            }
        }
        if !is_found {
            unknown.push(text.as_str());
        }
    }
    if unknown.is_empty() {
        return Ok(NOTHING);
    }
    let known: Vec<&str> = groups
        .iter()
        .filter(|(field, _)| is_wanted(field))
        .flat_map(|(_, group)| group.keys())
        .map(PackageName::as_str)
        .collect();
    let near: Vec<String> = unknown
        .iter()
        .flat_map(|name| nearest(name, known.iter().copied()))
        .map(|name| format!("`{name}`"))
        .collect();
    let elsewhere = groups.iter().filter(|(field, group)| {
        let has = |name: &&str| group.keys().any(|known| known.as_str() == *name);
        !is_wanted(field) && unknown.iter().any(has)
    });
    let elsewhere: Vec<_> = elsewhere.map(|(field, _)| format!("`{field}`")).collect();
    let help = match (near.is_empty(), known.is_empty()) {
        _ if !elsewhere.is_empty() => {
            format!("it stands in {}; nothing was removed", elsewhere.join(", "))
        }
        (false, _) => format!("did you mean {}? nothing was removed", near.join(", ")),
        (true, true) => "it asks for nothing".to_owned(),
        (true, false) => "`pkg list` shows what it asks for; nothing was removed".to_owned(),
    };
    Err(ChangeError::NotADependency {
        names: unknown
            .iter()
            .map(|name| format!("`{}`", name.escape_debug()))
            .collect(),
        help,
    })
}
