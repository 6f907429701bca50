//! What was found of this machine.

use pkg_engine::{Finding, Health};
use serde_json::{Value, json};

use super::{escape, escape::escape_lines};

/// A line each, and below what is not well what to do.
pub(crate) fn doctor_text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.topic.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let word = match finding.health {
            Health::Ok => "\x1b[32mok\x1b[0m  ",
            Health::Warn => "\x1b[33mwarn\x1b[0m",
            Health::Bad => "\x1b[1;31mbad\x1b[0m ",
        };
        let message = finding.message.lines().next().unwrap_or_default();
        text.push_str(&format!(
            "{word}  {:width$}  {}\n",
            finding.topic,
            escape(message)
        ));
        if let Some(help) = &finding.help {
            text.push_str(&format!("      {:width$}  {}\n", "", escape(help)));
        }
    }
    text
}

/// All findings as one document.
pub(crate) fn doctor_json(findings: &[Finding]) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "topic": finding.topic,
            "health": name(finding.health),
            "message": escape_lines(&finding.message),
            "help": finding.help.as_deref().map(escape_lines),
        })
    };
    let is_bad = findings.iter().any(|it| it.health == Health::Bad);
    json!({ "ok": !is_bad, "findings": findings.iter().map(finding).collect::<Vec<_>>() })
}

fn name(health: Health) -> &'static str {
    match health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Bad => "bad",
    }
}
