//! Scripts of packages, as people look at them before they decide.

use pkg_engine::{Approved, Review, ReviewState};
use serde_json::{Value, json};

use super::escape;

/// So many files are named.
const FILES: usize = 12;

fn state(review: &Review) -> &'static str {
    match review.state {
        ReviewState::Approved => "approved",
        ReviewState::Denied => "denied",
        ReviewState::Changed => "changed",
        ReviewState::New => "new",
    }
}

/// One package: its scripts, the files that they name, and what changed since they were approved.
pub(crate) fn review_text(review: &Review) -> String {
    let mut text = format!(
        "\x1b[1m{}\x1b[0m  {}\n",
        escape(&review.package),
        state(review)
    );
    let scripts = review.scripts.iter();
    let width = scripts
        .map(|script| script.name.chars().count())
        .max()
        .unwrap_or_default()
        .max(5);
    for script in &review.scripts {
        let implied = if script.is_implied {
            "  (implied by binding.gyp)"
        } else {
            ""
        };
        text.push_str(&format!(
            "  {:width$}  {}{implied}\n",
            escape(&script.name),
            escape(&script.text)
        ));
    }
    if !review.files.is_empty() {
        let more = review.files.len().saturating_sub(FILES);
        let names = review
            .files
            .iter()
            .take(FILES)
            .map(|name| escape(name).into_owned());
        let mut names: Vec<String> = names.collect();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        text.push_str(&format!("  {:width$}  {}\n", "files", names.join(", ")));
    }
    if !review.grants.is_empty() {
        let grants: Vec<String> = review.grants.iter().map(ToString::to_string).collect();
        text.push_str(&format!(
            "  {:width$}  {}\n",
            "may",
            escape(&grants.join(", "))
        ));
    }
    if !review.difference.is_empty() {
        text.push_str("  since they were approved:\n");
    }
    for line in &review.difference {
        let color = match line.chars().next() {
            Some('+') => "\x1b[32m",
            Some('-') => "\x1b[31m",
            Some('@') => "\x1b[1m",
            _ => "",
        };
        text.push_str(&format!("    {color}{}\x1b[0m\n", escape(line)));
    }
    text
}

/// All packages, for programs.
pub(crate) fn reviews_json(reviews: &[Review]) -> Value {
    let script = |script: &pkg_engine::ReviewedScript| json!({"name": script.name, "text": script.text, "implied": script.is_implied});
    let review = |review: &Review| {
        json!({
            "package": review.package,
            "name": review.name,
            "state": state(review),
            "scripts": review.scripts.iter().map(script).collect::<Vec<_>>(),
            "files": review.files,
            "difference": review.difference,
            "grants": review.grants.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    json!({"ok": true, "packages": reviews.iter().map(review).collect::<Vec<_>>()})
}

/// What was decided, for programs.
pub(crate) fn approved_json(decided: &Approved) -> Value {
    json!({"ok": true, "approved": decided.approved, "denied": decided.denied})
}

/// What was decided.
pub(crate) fn approved_text(decided: &Approved) -> String {
    let line = |what: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!("{what}: {}\n", escape(&names.join(", "))),
    };
    let text = line("approved", &decided.approved) + &line("denied", &decided.denied);
    if text.is_empty() {
        "nothing was decided\n".to_owned()
    } else {
        text + "written to pkg-builds.json: commit it with the project\n"
    }
}
