//! What a deduplication changed, for people and for programs.

use std::{collections::BTreeMap, time::Duration};

use pkg_engine::{InstallReport, Move};
use serde_json::{Value, json};

use super::{
    Output, escape,
    install::{duration, install_report, right_aligned, to_json},
};

/// How many dependents of one move are named.
const NAMED: usize = 3;

/// Prints which versions went, and which took their places.
pub(crate) fn dedupe_report(
    output: Output,
    report: &InstallReport,
    is_check: bool,
    elapsed: Duration,
) {
    if output.is_json {
        return output.json(&json(report, is_check, elapsed));
    }
    if !output.is_silent() {
        output.out(&moves_text(&report.graph.moves));
    }
    if !is_check {
        return install_report(output, report, elapsed);
    }
    report
        .warnings
        .iter()
        .for_each(|warning| output.warning(warning));
    if !report.graph.is_changed && !output.is_silent() {
        let right = duration(elapsed);
        let line = right_aligned("Nothing to deduplicate", &right, output.columns());
        output.out(&line);
    }
}

/// `c 1.0.0 → 1.1.0  (for a@1.0.0)`, a line for each version that gave way.
fn moves_text(moves: &[Move]) -> String {
    let mut by_version: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for one in moves {
        let name = one.before.name();
        let after = match one.after.name() == name {
            true => one.after.reference().to_owned(),
            false => one.after.to_string(),
        };
        let before = format!("{name} {}", one.before.reference());
        let dependents = by_version.entry((before, after)).or_default();
        dependents.push(match one.dependent.as_str() {
            "." => "package.json",
            other => other,
        });
    }
    let mut text = String::new();
    for ((before, after), dependents) in by_version {
        let named = &dependents[..dependents.len().min(NAMED)];
        let more = match dependents.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let line = format!("~ {before} → {after}  (for {}{more})", named.join(", "));
        text.push_str(&format!("{}\n", escape(&line)));
    }
    text
}

fn json(report: &InstallReport, is_check: bool, elapsed: Duration) -> Value {
    let graph = &report.graph;
    let moves: Vec<_> = graph
        .moves
        .iter()
        .map(|one| {
            json!({
                "dependent": one.dependent,
                "name": one.alias.as_str(),
                "before": one.before.to_string(),
                "after": one.after.to_string(),
            })
        })
        .collect();
    let mut document = to_json(report, elapsed);
    document["ok"] = json!(!(is_check && graph.is_changed));
    document["changed"] = json!(graph.is_changed);
    document["packagesAdded"] = json!(graph.added);
    document["packagesRemoved"] = json!(graph.removed);
    document["moves"] = json!(moves);
    document
}
