//! What an install changed, for people and for programs.

use std::time::Duration;

use pkg_engine::{InstallReport, Layout, Outcome, VirtualStore, Warning};
use serde_json::{Value, json};

use super::{Output, escape};
use crate::{args::ReporterKind, env::columns};

/// Where the right column ends, at most.
const WIDTH: usize = 80;

/// Two texts on one line, the second at the right; on two lines where a terminal is too narrow for both.
pub(super) fn right_aligned(left: &str, right: &str, columns: Option<usize>) -> String {
    let used = left.chars().count() + right.chars().count();
    if columns.is_some_and(|columns| columns < used + 2) {
        return format!("{left}\n  {right}\n");
    }
    let width = columns.map_or(WIDTH, |columns| columns.min(WIDTH));
    format!(
        "{left}{}{right}\n",
        " ".repeat(width.saturating_sub(used).max(2))
    )
}

/// A time as people say it.
pub(super) fn duration(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{} ms", elapsed.as_millis().max(1))
    } else {
        format!("{:.2} s", elapsed.as_secs_f64())
    }
}

/// `1 package`, `2 packages`.
fn packages(count: usize) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}

/// Prints the report.
pub(crate) fn install_report(output: Output, report: &InstallReport, elapsed: Duration) {
    if output.reporter != ReporterKind::Ndjson {
        report
            .warnings
            .iter()
            .for_each(|warning| output.warning(warning));
    }
    if output.is_json {
        output.json(&to_json(report, elapsed));
    } else if output.reporter == ReporterKind::Ndjson {
        output.out(&format!(
            "{}\n",
            json!({"event": "done", "report": to_json(report, elapsed)})
        ));
    } else if !output.is_silent() {
        output.say(&to_text(report, elapsed, output.columns()));
    }
}

/// Says what was installed before something else runs, whose standard output stays its own.
pub(crate) fn readied(output: Output, report: &InstallReport, elapsed: Duration) {
    report
        .warnings
        .iter()
        .for_each(|warning| output.warning(warning));
    let is_told = !output.is_silent() && !output.is_json && report.outcome != Outcome::UpToDate;
    if is_told {
        output.tell(&to_text(report, elapsed, columns(std::io::stderr())));
    }
}

fn to_text(report: &InstallReport, elapsed: Duration, columns: Option<usize>) -> String {
    let mut text = String::new();
    for line in &report.changes {
        text.push_str(&format!("{}\n", coloured(&escape(line))));
    }
    let summary = match report.outcome {
        Outcome::UpToDate => "Already up to date".to_owned(),
        Outcome::LockfileOnly => format!("  pkg.lock holds {}", packages(report.packages)),
        Outcome::DryRun => format!(
            "  would install {}; nothing was written",
            packages(report.packages)
        ),
        Outcome::Installed => installed(report),
    };
    let right = match report.outcome {
        Outcome::Installed => format!("{} · {}", layout(report), duration(elapsed)),
        Outcome::UpToDate | Outcome::LockfileOnly | Outcome::DryRun => duration(elapsed),
    };
    text.push_str(&right_aligned(&summary, &right, columns));
    if !report.unbuilt.is_empty() {
        let names: Vec<_> = report.unbuilt.iter().map(|name| escape(name)).collect();
        text.push_str(&format!(
            "  install scripts were not run: {}\n    look at them and decide: `pkg approve-builds`\n",
            names.join(", ")
        ));
    }
    if !report.changed_builds.is_empty() {
        let names: Vec<_> = report
            .changed_builds
            .iter()
            .map(|name| escape(name))
            .collect();
        text.push_str(&format!(
            "    other scripts than those that you approved: {}\n",
            names.join(", ")
        ));
    }
    text
}

/// The sign of a change in its colour: `+`, `-` or `~`.
fn coloured(line: &str) -> String {
    let color = match line.chars().next() {
        Some('+') => "\x1b[32m",
        Some('-') => "\x1b[31m",
        Some('~') => "\x1b[33m",
        _ => return line.to_owned(),
    };
    format!("{color}{}\x1b[0m{}", &line[..1], &line[1..])
}

fn layout(report: &InstallReport) -> String {
    let name = report.layout.name();
    match (report.layout, report.virtual_store) {
        (Layout::Isolated, VirtualStore::Shared) => format!("{name}/shared"),
        (_, VirtualStore::Shared | VirtualStore::Project) => name.to_owned(),
    }
}

fn installed(report: &InstallReport) -> String {
    let mut parts = Vec::new();
    if report.added > 0 {
        let stored = report.added.saturating_sub(report.fetched + report.local);
        let from_store = if stored > 0 {
            format!(", {stored} from the store")
        } else {
            String::new()
        };
        parts.push(format!("{} added{from_store}", packages(report.added)));
    }
    if report.removed > 0 {
        parts.push(format!("{} removed", packages(report.removed)));
    }
    if report.built > 0 {
        parts.push(format!("{} built", report.built));
    }
    if report.restored > 0 {
        parts.push(format!("{} built before", report.restored));
    }
    if parts.is_empty() {
        parts.push(format!("{} in place", packages(report.packages)));
    }
    format!("  {}", parts.join(", "))
}

/// Warnings for programs.
pub(super) fn warnings_json<'w>(warnings: impl IntoIterator<Item = &'w Warning>) -> Value {
    warnings
        .into_iter()
        .map(|warning| json!({"code": warning.code, "message": escape(&warning.message)}))
        .collect()
}

pub(super) fn to_json(report: &InstallReport, elapsed: Duration) -> Value {
    let outcome = match report.outcome {
        Outcome::Installed => "installed",
        Outcome::UpToDate => "up-to-date",
        Outcome::LockfileOnly => "lockfile-only",
        Outcome::DryRun => "dry-run",
    };
    json!({
        "ok": true,
        "outcome": outcome,
        "layout": report.layout.name(),
        "virtualStore": report.virtual_store.name(),
        "changes": report.changes,
        "packages": report.packages,
        "added": report.added,
        "removed": report.removed,
        "local": report.local,
        "fetched": report.fetched,
        "bytes": report.bytes,
        "skipped": report.skipped,
        "unbuilt": report.unbuilt,
        "changedBuilds": report.changed_builds,
        "built": report.built,
        "restored": report.restored,
        "warnings": warnings_json(&report.warnings),
        "milliseconds": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    })
}
