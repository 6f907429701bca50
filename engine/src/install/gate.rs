//! What a lockfile may not ask for, whoever wrote it.

use std::collections::BTreeSet;

use pkg_lockfile::{DependencyRef, Groups, Importer, Lockfile, SnapshotKey};
use pkg_manifest::{GitSource, GitWanted, Specifier};

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

/// Refuses a package from a repository that no project asks for by its address: so neither another host nor a
/// repository on this machine is read because of what a lockfile says alone.
pub(crate) fn check_repositories(lockfile: &Lockfile) -> Result<(), InstallError> {
    let sources = lockfile.packages.keys().filter_map(|id| {
        let source = id.reference().parse::<GitSource>().ok()?;
        Some((id, source))
    });
    for (id, source) in sources {
        let mut dependencies = lockfile.importers.values().flat_map(Importer::all);
        let is_asked = dependencies.any(|(_, _, dependency)| {
            dependency.target.snapshot().map(SnapshotKey::id) == Some(id)
                && asks_for(&dependency.specifier, &source)
        });
        if !is_asked {
            return Err(InstallError::ForeignRepository {
                package: id.to_string(),
            });
        }
    }
    Ok(())
}

/// Whether a specifier is that of a repository, whatever commit a name or a range has now.
fn asks_for(specifier: &str, source: &GitSource) -> bool {
    match Specifier::parse(specifier) {
        Ok(Specifier::Git(specifier)) => {
            let is_commit = match specifier.wanted() {
                GitWanted::Commit(commit) => commit == source.commit(),
                GitWanted::Default | GitWanted::Name(_) | GitWanted::Range(_) => true,
            };
            is_commit
                && specifier.address() == source.address()
                && specifier.folder() == source.folder()
        }
        _ => false,
    }
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

    /// LCK-07: what is locked is what the manifest asks for.
    #[test]
    fn a_repository_is_the_one_that_the_project_asks_for() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let hash = pkg_manifest::Integrity::sha512(b"");
        let check = |specifier: &str, source: &str| {
            let text = format!(
                "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n\".\": {{\"dependencies\":{{\"a\":[\"{specifier}\",\"{source}\"]}}}}\n}},\n\
                 \"packages\": {{\n\"a@{source}\": {{\"integrity\":\"{hash}\"}}\n}},\n\
                 \"snapshots\": {{\n\"a@{source}\": {{}}\n}}\n}}\n"
            );
            check_repositories(&Lockfile::parse(&text).unwrap()).is_ok()
        };
        assert!(check(
            "github:u/r#main",
            &format!("git+https://github.com/u/r.git#{commit}")
        ));
        assert!(check("git+file:./r", &format!("git+file:r#{commit}")));
        assert!(check(
            &format!("u/r#{commit}"),
            &format!("git+https://github.com/u/r.git#{commit}")
        ));
        let other = commit.replace('0', "1");
        for (specifier, source) in [
            ("^1.0.0", format!("git+file:/home/me/secret#{commit}")),
            (
                "github:u/r",
                format!("git+https://github.com/u/other.git#{commit}"),
            ),
            ("git+file:r", format!("git+file:../r#{commit}")),
            (
                "github:u/r",
                format!("git+https://github.com/u/r.git#{commit}&path:x"),
            ),
            (
                &format!("u/r#{other}"),
                format!("git+https://github.com/u/r.git#{commit}"),
            ),
        ] {
            assert!(!check(specifier, &source), "{specifier} {source}");
        }
    }
}
