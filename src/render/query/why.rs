//! Why packages are there.

use pkg_engine::query::{Explanation, PathStep, WhyPath};
use serde_json::{Value, json};

use crate::render::escape;

/// The ways for people: one step a line, each deeper than the one before.
pub(crate) fn why_text(explanations: &[Explanation]) -> String {
    let mut text = String::new();
    for (index, explanation) in explanations.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let more = if explanation.is_more {
            "more than "
        } else {
            ""
        };
        let ways = if explanation.count == 1 {
            "way"
        } else {
            "ways"
        };
        text.push_str(&format!(
            "\x1b[1m{}\x1b[0m  {more}{} {ways}\n",
            escape(explanation.id.as_str()),
            explanation.count
        ));
        for path in &explanation.paths {
            text.push_str(&format!("\n{}", path_text(path)));
        }
        let hidden = explanation.count - explanation.paths.len();
        if hidden > 0 {
            text.push_str(&format!(
                "\n  … and {hidden} more: `--limit {}` shows them\n",
                explanation.count
            ));
        }
    }
    text
}

fn path_text(path: &WhyPath) -> String {
    let mut text = String::new();
    let mut asker = path.project.clone();
    for (depth, step) in path.steps.iter().enumerate() {
        let indent = "  ".repeat(depth + 1);
        let field = match depth {
            0 => format!("  ({})", path.group.field()),
            _ => String::new(),
        };
        text.push_str(&format!(
            "{indent}{} needs {}{field}\n",
            escape(&asker),
            escape(&needs(step))
        ));
        asker = step.id.name().to_string();
    }
    text
}

/// `qs ^6.14.0: 6.14.1`.
fn needs(step: &PathStep) -> String {
    let range = step.range.as_deref().map(|range| format!(" {range}"));
    let peer = if step.is_peer { " as a peer" } else { "" };
    let is_alias = step.alias != *step.id.name();
    let target = if is_alias {
        step.id.to_string()
    } else {
        step.id.reference().to_owned()
    };
    format!(
        "{}{}{peer}: {target}",
        step.alias,
        range.unwrap_or_default()
    )
}

/// The ways for programs.
pub(crate) fn why_json(explanations: &[Explanation]) -> Value {
    let step = |step: &PathStep| {
        json!({
            "alias": step.alias.as_str(),
            "package": step.id.as_str(),
            "range": step.range,
            "peer": step.is_peer,
        })
    };
    let path = |path: &WhyPath| {
        json!({
            "project": path.project,
            "group": path.group.field(),
            "steps": path.steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    let packages: Vec<Value> = explanations
        .iter()
        .map(|explanation| {
            json!({
                "package": explanation.id.as_str(),
                "name": explanation.id.name().as_str(),
                "version": explanation.id.reference(),
                "count": explanation.count,
                "isMore": explanation.is_more,
                "paths": explanation.paths.iter().map(path).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"ok": true, "packages": packages})
}
