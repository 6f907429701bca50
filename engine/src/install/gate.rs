//! What a lockfile may not ask for, whoever wrote it.

use std::collections::BTreeSet;

use pkg_lockfile::{DependencyRef, Groups, Lockfile};

use crate::InstallError;

/// Refuses a package that depends on a linked folder which no project links itself: a registry's package cannot have
/// such a dependency, and a link made for it could lead anywhere.
pub(crate) fn check_links(lockfile: &Lockfile) -> Result<(), InstallError> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (id, importer) in &lockfile.importers {
        known.insert(id.as_str());
        known.extend(importer.targets(Groups::ALL).filter_map(link));
    }
    for (key, snapshot) in &lockfile.snapshots {
        for path in snapshot.targets().filter_map(link) {
            if !known.contains(path) {
                return Err(InstallError::ForeignLink {
                    package: key.id().to_string(),
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn link(target: &DependencyRef) -> Option<&str> {
    match target {
        DependencyRef::Link(path) => Some(path),
        DependencyRef::Snapshot(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lockfile(own: &str, of_package: &str) -> Lockfile {
        let hash = pkg_manifest::Integrity::sha512(b"");
        let text = format!(
            "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n\".\": {{\"dependencies\":{{\"a\":[\"1\",\"1.0.0\"],\
             \"lib\":[\"link:{own}\",\"link:{own}\"]}}}}\n}},\n\"packages\": {{\n\"a@1.0.0\": {{\"integrity\":\"{hash}\"}}\n}},\n\
             \"snapshots\": {{\n\"a@1.0.0\": {{\"dependencies\":{{\"b\":\"link:{of_package}\"}}}}\n}}\n}}\n"
        );
        Lockfile::parse(&text).unwrap()
    }

    #[test]
    fn a_package_may_use_a_folder_that_the_project_links_and_no_other() {
        assert!(check_links(&lockfile("../lib", "../lib")).is_ok());
        let error = check_links(&lockfile("../lib", "../../elsewhere")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pkg.lock gives `a@1.0.0` the folder `../../elsewhere`, which this project does not link"
        );
    }
}
