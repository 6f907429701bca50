//! What is damaged in the store, for people and for programs.

use std::path::{Path, PathBuf};

use pkg_engine::{StorePruneOptions, StorePruneReport, StoreReport};
use serde_json::{Value, json};

use super::{Output, counted, escape, query::bytes};

/// What was done about it.
#[derive(Clone, Copy)]
pub(crate) enum Repaired<'a> {
    No,
    /// What is damaged was moved into this folder.
    Into(&'a Path),
}

/// Prints what was found, and what becomes of it.
pub(crate) fn store_report(output: Output, report: &StoreReport, repaired: Repaired<'_>) {
    if output.is_json {
        output.json(&to_json(report, repaired));
    } else if !output.is_silent() {
        output.out(&to_text(report, repaired));
    }
}

fn to_text(report: &StoreReport, repaired: Repaired<'_>) -> String {
    let mut text = String::new();
    for damaged in &report.damaged_packages {
        let files: Vec<_> = damaged.files.iter().map(|file| escape(file)).collect();
        text.push_str(&format!(
            "damaged: {}: {}\n",
            escape(&damaged.package),
            files.join(", ")
        ));
    }
    for path in report.damaged_files.iter().chain(&report.damaged_indexes) {
        text.push_str(&format!("  {path}\n"));
    }
    let (packages, files) = (
        counted(report.packages, "package"),
        counted(report.files, "file"),
    );
    let damaged = report.damaged_packages.len();
    let verdict = match (report.is_intact(), repaired) {
        (true, _) => "all as their names say".to_owned(),
        (false, Repaired::No) => {
            format!(
                "{damaged} damaged\n  help: the next install fetches what it needs of them; `pkg store repair` moves them aside"
            )
        }
        (false, Repaired::Into(folder)) => format!(
            "{damaged} damaged, moved aside into {}\n  help: the next install fetches what it needs of them; `pkg verify` looks at a project's files",
            escape(&folder.to_string_lossy())
        ),
    };
    text.push_str(&format!("{packages}, {files}: {verdict}\n"));
    text
}

fn to_json(report: &StoreReport, repaired: Repaired<'_>) -> Value {
    let damaged: Vec<_> = report
        .damaged_packages
        .iter()
        .map(|damaged| {
            json!({
                "package": escape(&damaged.package),
                "integrity": damaged.integrity,
                "files": damaged.files,
            })
        })
        .collect();
    let (is_repaired, quarantine) = match repaired {
        Repaired::No => (false, None),
        Repaired::Into(folder) => (true, Some(folder.to_string_lossy())),
    };
    json!({
        "ok": report.is_intact() || is_repaired,
        "packages": report.packages,
        "files": report.files,
        "damaged": damaged,
        "damagedFiles": report.damaged_files,
        "damagedIndexes": report.damaged_indexes,
        "unfinishedFiles": report.unfinished,
        "movedTo": quarantine.filter(|_| !report.is_intact()),
    })
}

/// Prints what cleaning the store removed, or would remove.
pub(crate) fn store_prune_report(
    output: Output,
    report: &StorePruneReport,
    options: StorePruneOptions,
) {
    if output.is_json {
        output.json(&prune_json(report, options));
    } else if !output.is_silent() {
        output.out(&prune_text(report, options));
    }
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

fn prune_text(report: &StorePruneReport, options: StorePruneOptions) -> String {
    let mut text = String::new();
    for project in &report.forgotten {
        let project = shown(project);
        text.push_str(&format!("  forgotten: {project}, which is gone\n"));
    }
    for project in &report.away {
        let project = shown(project);
        text.push_str(&format!(
            "  kept for {project}, whose disk may be out of reach: `--forget-missing` forgets it\n"
        ));
    }
    let pruned = &report.pruned;
    let removed = if options.dry_run {
        "would remove"
    } else {
        "removed"
    };
    text.push_str(&format!(
        "{removed} {}, {} ({}) and {} of the shared virtual store; {} kept\n",
        counted(pruned.removed_packages, "package"),
        counted(pruned.removed_files, "file"),
        bytes(pruned.removed_bytes),
        counted(pruned.removed_slots, "folder"),
        counted(pruned.kept_packages, "package"),
    ));
    text
}

fn prune_json(report: &StorePruneReport, options: StorePruneOptions) -> Value {
    let pruned = &report.pruned;
    let paths = |projects: &[PathBuf]| -> Vec<String> {
        let paths = projects.iter().map(|project| project.to_string_lossy());
        paths.map(Into::into).collect()
    };
    json!({
        "ok": true,
        "dryRun": options.dry_run,
        "removedPackages": pruned.removed_packages,
        "removedFiles": pruned.removed_files,
        "removedBytes": pruned.removed_bytes,
        "removedSlots": pruned.removed_slots,
        "keptPackages": pruned.kept_packages,
        "keptSlots": pruned.kept_slots,
        "forgotten": paths(&report.forgotten),
        "away": paths(&report.away),
    })
}

/// One line as `sha256sum` writes it: a path with a backslash or a line break is escaped, and the line says so.
pub(crate) fn sum_line(digest: &impl std::fmt::Display, path: &Path) -> String {
    let path = path.to_string_lossy();
    if path.contains(['\\', '\n', '\r']) {
        let escaped = path
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('\r', "\\r");
        format!("\\{digest}  {escaped}\n")
    } else {
        format!("{digest}  {path}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_would_break_a_line_is_escaped_as_coreutils_does() {
        let line = |path: &str| sum_line(&"00ff", Path::new(path));
        assert_eq!(line("/s/files/00/ff"), "00ff  /s/files/00/ff\n");
        assert_eq!(line("/a\\b\nc"), "\\00ff  /a\\\\b\\nc\n");
    }
}
