//! `unlink`: what a link to a folder took the place of comes back.
//!
//! `package.json` itself remembers it, in `pkg.linked`: whoever has the project can take a link back, whatever became of
//! `node_modules`.

use pkg_manifest::{ManifestEditor, PackageName};
use pkg_resolver::Update;
use serde_json::Value;

use super::{ChangeError, Drafting, RemoveRequest, groups, remove};
use crate::Project;

/// Where the specifiers stand that links took the place of, by name.
const LINKED: [&str; 2] = ["pkg", "linked"];
/// How a link begins.
const LINK: &str = "link:";

/// What is no longer to be linked.
#[derive(Debug, Clone)]
pub struct UnlinkRequest {
    /// Names as they stand in the manifest.
    pub packages: Vec<String>,
}

/// Gives the packages back what they were before they were linked; those that were nothing go.
pub(super) fn draft(
    drafting: &mut Drafting<'_>,
    request: &UnlinkRequest,
) -> Result<Update, ChangeError> {
    let project = drafting.project;
    let mut packages = Vec::new();
    for text in &request.packages {
        let name = text.parse::<PackageName>().ok();
        let restored = name.and_then(|name| {
            let (field, _) = linked(project, &name)?;
            Some((field, recorded(project, &name)?, name))
        });
        match restored {
            Some((field, specifier, name)) => {
                drafting.editor.set_dependency(field, &name, specifier);
                forget(&mut drafting.editor, &name);
            }
            None => packages.push(text.clone()),
        }
    }
    let request = RemoveRequest {
        packages,
        field: None,
    };
    remove::draft(drafting, &request)
}

/// Takes note of what a link is about to take the place of; whatever else is saved leaves nothing to go back to.
pub(super) fn note(drafting: &mut Drafting<'_>, name: &PackageName, specifier: &str) {
    if !specifier.starts_with(LINK) {
        forget(&mut drafting.editor, name);
        return;
    }
    let asked = asked(drafting.project, name);
    if let Some((_, before)) = asked.filter(|(_, before)| !is_link(before)) {
        let [field, linked] = LINKED;
        let path = [field, linked, name.as_str()];
        drafting.editor.set(&path, &Value::from(before));
    }
}

/// Takes away what is remembered of a package.
pub(super) fn forget(editor: &mut ManifestEditor, name: &PackageName) {
    let [field, linked] = LINKED;
    editor.remove(&[field, linked, name.as_str()]);
}

fn is_link(specifier: &str) -> bool {
    specifier.trim().starts_with(LINK)
}

/// What the manifest asks for under a name, and in which field.
fn asked<'p>(project: &'p Project, name: &PackageName) -> Option<(&'static str, &'p str)> {
    let groups = groups(&project.manifest).into_iter().take(3);
    let mut found = groups.filter_map(|(field, group)| Some((field, group.get(name)?.as_str())));
    found.next()
}

fn linked<'p>(project: &'p Project, name: &PackageName) -> Option<(&'static str, &'p str)> {
    asked(project, name).filter(|(_, specifier)| is_link(specifier))
}

fn recorded<'p>(project: &'p Project, name: &PackageName) -> Option<&'p str> {
    let [field, linked] = LINKED;
    let linked = project.manifest.fields.get(field)?.get(linked)?;
    linked.get(name.as_str())?.as_str()
}
