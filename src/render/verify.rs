//! What differs in a tree, package by package, for people and for programs.

use std::{path::Path, time::Duration};

use pkg_engine::{
    Difference, DifferenceKind, Fixed, Item, Owner, PackageDifferences, Unchecked, UncheckedReason,
    VerifyReport,
};
use serde_json::{Value, json};

use super::{
    Output, counted, escape,
    install::{duration, right_aligned},
};

/// Prints what a look at a tree found.
pub(crate) fn verify_report(output: Output, report: &VerifyReport, elapsed: Duration) {
    if output.is_json {
        let mut document = to_json(report);
        document["milliseconds"] = milliseconds(elapsed);
        output.json(&document);
    } else if !output.is_silent() {
        let mut text = details(report);
        text.push_str(&summary(report, &outcome(report), elapsed, output));
        text.push_str(help(report));
        output.out(&text);
    }
}

/// Prints what was put right, and what was not.
pub(crate) fn fix_report(output: Output, fixed: &Fixed, elapsed: Duration) {
    if output.is_json {
        output.json(&fixed_json(fixed, elapsed));
        return;
    }
    for warning in &fixed.warnings {
        output.warning(warning);
    }
    if output.is_silent() {
        return;
    }
    let mut text = details(&fixed.before);
    for (path, to) in &fixed.moved {
        text.push_str(&format!("moved aside: {} → {}\n", shown(path), shown(to)));
    }
    let before = outcome(&fixed.before);
    let result = if fixed.before.is_intact() {
        before
    } else if fixed.after.is_intact() {
        format!("{before}, put right")
    } else {
        format!("{before}, of which these remain:")
    };
    text.push_str(&summary(&fixed.after, &result, elapsed, output));
    if !fixed.after.is_intact() {
        text.push_str(&details(&fixed.after));
        text.push_str(
            "  help: see what keeps these from being changed, and run `pkg verify --fix` again\n",
        );
    }
    output.out(&text);
}

/// A line a difference, below the name of its package.
fn details(report: &VerifyReport) -> String {
    let mut text = String::new();
    for group in &report.packages {
        text.push_str(&format!("{}\n", owner_line(&group.owner)));
        for difference in &group.differences {
            text.push_str(&format!(
                "  {:<9} {}{}\n",
                word(&difference.kind),
                shown(&difference.path),
                detail(&difference.kind)
            ));
        }
        for damage in &group.store {
            let path = escape(damage.path.as_str());
            text.push_str(&format!("  store     {path} is damaged in the store too\n"));
        }
    }
    for unchecked in &report.unchecked {
        text.push_str(&format!(
            "{}\n  unchecked {}\n",
            escape(&unchecked.id.to_string()),
            escape(&reason(unchecked))
        ));
    }
    text
}

fn owner_line(owner: &Owner) -> String {
    match owner {
        Owner::Project => "this project".to_owned(),
        Owner::Package(id) => escape(&id.to_string()).into_owned(),
        Owner::Stranger(name) => format!("{} (not in pkg.lock)", escape(name)),
    }
}

fn word(kind: &DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Changed { .. } | DifferenceKind::Command => "changed",
        DifferenceKind::Mode { .. } => "mode",
        DifferenceKind::Missing { .. } => "missing",
        DifferenceKind::Replaced { .. } => "replaced",
        DifferenceKind::Elsewhere { .. } => "link",
        DifferenceKind::Foreign { .. } => "foreign",
        DifferenceKind::Unlisted { .. } => "unlisted",
        DifferenceKind::Unreadable { .. } => "unreadable",
    }
}

fn detail(kind: &DifferenceKind) -> String {
    match kind {
        DifferenceKind::Mode {
            executable: true,
            found,
        } => format!(" ({found:o}, should be executable)"),
        DifferenceKind::Mode {
            executable: false,
            found,
        } => format!(" ({found:o}, should not be executable)"),
        DifferenceKind::Missing {
            expected: Item::Package | Item::Archive,
        } => " (the whole package)".to_owned(),
        DifferenceKind::Replaced { expected, found } => {
            format!(" (is {found}, should be {})", item(*expected))
        }
        DifferenceKind::Elsewhere { expected, found } => {
            format!(" → {} (should be → {})", escape(found), escape(expected))
        }
        DifferenceKind::Unreadable { reason } => format!(" ({})", escape(reason)),
        DifferenceKind::Changed { .. }
        | DifferenceKind::Command
        | DifferenceKind::Missing { .. }
        | DifferenceKind::Foreign { .. }
        | DifferenceKind::Unlisted { .. } => String::new(),
    }
}

fn item(item: Item) -> &'static str {
    match item {
        Item::File => "a regular file",
        Item::Folder => "a directory",
        Item::Link => "a symbolic link",
        Item::Command => "a command",
        Item::Package => "the folder of a package",
        Item::Archive => "the zip file of a package",
    }
}

fn reason(unchecked: &Unchecked) -> String {
    match &unchecked.reason {
        UncheckedReason::NotInStore => {
            "the store does not have it, so nobody knows its files".to_owned()
        }
        UncheckedReason::OtherPackage(other) => {
            format!("the store has `{other}` under its hash")
        }
        UncheckedReason::Source(reason) => reason.clone(),
    }
}

fn outcome(report: &VerifyReport) -> String {
    if report.is_intact() {
        return "all as pkg.lock says".to_owned();
    }
    let mut parts = Vec::new();
    if !report.packages.is_empty() {
        parts.push(counted(report.differences(), "difference"));
    }
    if !report.unchecked.is_empty() {
        parts.push(format!(
            "{} not checked",
            counted(report.unchecked.len(), "package")
        ));
    }
    parts.join(", ")
}

fn summary(report: &VerifyReport, outcome: &str, elapsed: Duration, output: Output) -> String {
    let counts = report.counts;
    let left = format!(
        "{}, {}, {}: {outcome}",
        counted(counts.packages, "package"),
        counted(counts.files, "file"),
        counted(counts.links, "link"),
    );
    let right = format!("{} · {}", report.layout.name(), duration(elapsed));
    right_aligned(&left, &right, output.columns())
}

fn help(report: &VerifyReport) -> &'static str {
    if !report.packages.is_empty() {
        "  help: `pkg verify --fix` puts it right, and keeps what it moves aside\n"
    } else if report
        .unchecked
        .iter()
        .any(|unchecked| unchecked.reason == UncheckedReason::NotInStore)
    {
        "  help: `pkg install --force` or `pkg verify --fix` brings what the store does not have\n"
    } else {
        ""
    }
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

fn milliseconds(elapsed: Duration) -> Value {
    u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .into()
}

fn to_json(report: &VerifyReport) -> Value {
    let counts = report.counts;
    json!({
        "ok": report.is_intact(),
        "layout": report.layout.name(),
        "packages": counts.packages,
        "files": counts.files,
        "links": counts.links,
        "bytes": counts.bytes,
        "bytesRead": counts.bytes_read,
        "differences": report.differences(),
        "damaged": report.packages.iter().map(group_json).collect::<Vec<_>>(),
        "unchecked": report.unchecked.iter().map(|unchecked| json!({
            "package": unchecked.id.to_string(),
            "reason": reason(unchecked),
        })).collect::<Vec<_>>(),
    })
}

fn fixed_json(fixed: &Fixed, elapsed: Duration) -> Value {
    let moved = fixed
        .moved
        .iter()
        .map(|(path, to)| json!({"path": path.to_string_lossy(), "movedTo": to.to_string_lossy()}));
    json!({
        "ok": fixed.after.is_intact(),
        "before": to_json(&fixed.before),
        "after": to_json(&fixed.after),
        "moved": moved.collect::<Vec<_>>(),
        "fetched": fixed.fetched,
        "warnings": fixed.warnings.iter().map(|warning| json!({
            "code": warning.code,
            "message": escape(&warning.message),
        })).collect::<Vec<_>>(),
        "milliseconds": milliseconds(elapsed),
    })
}

fn group_json(group: &PackageDifferences) -> Value {
    let (package, is_listed) = match &group.owner {
        Owner::Project => (Value::Null, Value::Null),
        Owner::Package(id) => (id.to_string().into(), true.into()),
        Owner::Stranger(name) => (name.as_str().into(), false.into()),
    };
    let store = group
        .store
        .iter()
        .map(|damage| json!({"path": damage.path.as_str(), "sha256": damage.digest.to_string()}));
    json!({
        "package": package,
        "inLockfile": is_listed,
        "differences": group.differences.iter().map(difference_json).collect::<Vec<_>>(),
        "damagedInStore": store.collect::<Vec<_>>(),
    })
}

fn difference_json(difference: &Difference) -> Value {
    let mut document = json!({
        "kind": kind_name(&difference.kind),
        "path": difference.path.to_string_lossy(),
    });
    match &difference.kind {
        DifferenceKind::Changed { expected, found } => {
            document["expected"] = expected.to_string().into();
            document["found"] = found.map(|found| found.to_string()).into();
        }
        DifferenceKind::Mode { executable, found } => {
            document["executable"] = (*executable).into();
            document["mode"] = format!("{found:o}").into();
        }
        DifferenceKind::Missing { expected } => document["expected"] = item(*expected).into(),
        DifferenceKind::Replaced { expected, found } => {
            document["expected"] = item(*expected).into();
            document["found"] = found.to_string().into();
        }
        DifferenceKind::Elsewhere { expected, found } => {
            document["expected"] = expected.as_str().into();
            document["found"] = found.as_str().into();
        }
        DifferenceKind::Foreign { found } | DifferenceKind::Unlisted { found } => {
            document["found"] = found.to_string().into();
        }
        DifferenceKind::Unreadable { reason } => document["reason"] = reason.as_str().into(),
        DifferenceKind::Command => {}
    }
    document
}

/// What programs tell kinds by.
fn kind_name(kind: &DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Command => "command",
        kind => word(kind),
    }
}
