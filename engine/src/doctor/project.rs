//! The project: its manifest, its lockfile, its tree.

use std::path::Path;

use super::Finding;
use crate::{Project, ProjectError, UpToDate};

pub(super) fn check(root: &Path, up_to_date: UpToDate) -> Vec<Finding> {
    let project = match Project::load(root) {
        Ok(project) => project,
        Err(ProjectError::NoManifest { .. }) => {
            return vec![Finding::ok("project", "there is none here")];
        }
        Err(error) => {
            return vec![Finding::of_error("project", &error, "mend package.json")];
        }
    };
    vec![lockfile(&project), tree(&project, up_to_date)]
}

fn lockfile(project: &Project) -> Finding {
    const TOPIC: &str = "lockfile";
    match project.read_lockfile(false) {
        Ok(None) => Finding::warn(
            TOPIC,
            "there is no pkg.lock",
            "run `pkg install`, and commit it",
        ),
        Ok(Some(found)) => Finding::ok(
            TOPIC,
            format!(
                "pkg.lock is whole: {} packages",
                found.lockfile.packages.len()
            ),
        ),
        Err(error) => Finding::of_error(TOPIC, &error, "restore pkg.lock from version control"),
    }
}

fn tree(project: &Project, up_to_date: UpToDate) -> Finding {
    const TOPIC: &str = "tree";
    let is_there = crate::state::state_path(&project.root).exists();
    match up_to_date {
        UpToDate::Yes => Finding::ok(TOPIC, "what is installed is what pkg.lock says"),
        UpToDate::Unknown if is_there => Finding::warn(
            TOPIC,
            "something changed since the last install",
            "run `pkg install`; `pkg verify` looks at every file",
        ),
        UpToDate::Unknown => Finding::warn(TOPIC, "nothing is installed", "run `pkg install`"),
    }
}
