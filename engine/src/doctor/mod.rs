//! `doctor`: looks at everything that an install needs of this machine, and says of what is wrong what to do.

mod machine;
mod project;
mod registry;
mod store;

use std::path::Path;

pub use registry::check_registry;

use crate::{Host, LoadedSettings, UpToDate};

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could, or not for everything.
    Warn,
    /// Something does not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a word.
    pub topic: &'static str,
    /// How well it is.
    pub health: Health,
    /// What was found.
    pub message: String,
    /// What to do, where something is not as it should be.
    pub help: Option<String>,
}

impl Finding {
    fn ok(topic: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            topic,
            health: Health::Ok,
            message,
            help: None,
        }
    }

    fn warn(topic: &'static str, message: impl Into<String>, help: &str) -> Self {
        Self {
            health: Health::Warn,
            help: Some(help.to_owned()),
            ..Self::ok(topic, message)
        }
    }

    fn bad(topic: &'static str, message: impl Into<String>, help: &str) -> Self {
        Self {
            health: Health::Bad,
            ..Self::warn(topic, message, help)
        }
    }

    /// What an error says, as a finding; what to do is the error's own help, else what `help` says.
    pub fn of_error(topic: &'static str, error: &dyn miette::Diagnostic, help: &str) -> Self {
        let own = error.help().map(|help| help.to_string());
        Self::bad(topic, error.to_string(), own.as_deref().unwrap_or(help))
    }
}

/// Looks at everything but the registry, which takes a request: that is [`check_registry`].
///
/// `up_to_date` is what the state of the project's tree says of a plain install.
pub fn doctor(
    root: &Path,
    host: &Host,
    settings: &LoadedSettings,
    up_to_date: UpToDate,
) -> Vec<Finding> {
    let mut findings = vec![machine::settings(settings)];
    findings.extend(store::check(root, settings));
    findings.push(registry::proxy(settings));
    findings.push(machine::node(root, host, settings));
    findings.extend(project::check(root, up_to_date));
    findings.push(machine::git(host));
    findings.extend(machine::sandbox());
    findings
}
