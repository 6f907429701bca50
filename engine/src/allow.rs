//! An install that comes with the approval of some packages' scripts: everything is laid out first and nothing is run, then
//! what was asked for is approved as `pkg approve-builds` does it, with the content of the scripts, and then it is built.

use crate::{
    ApprovalError, ApprovalRequest, Change, ChangeError, Host, InstallError, InstallOptions,
    InstallReport, LoadedSettings, Outcome, Project, Reporter, Update, Warning, approve,
    builds::Approvals, change, install, review,
};

/// As [`install()`]; the scripts of the packages of these names may run.
///
/// # Errors
/// As [`install()`]; [`ApprovalError::Denied`] where the project says that they never run.
pub async fn install_allowing(
    project: &Project,
    settings: &mut LoadedSettings,
    host: &Host,
    (options, names): (&InstallOptions, &[String]),
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    if is_nothing(options, names) {
        return install(project, settings, host, options, reporter).await;
    }
    check(project, names)?;
    let is_idle = std::mem::replace(&mut settings.settings.ignore_scripts, true);
    let first = install(project, settings, host, options, reporter).await;
    settings.settings.ignore_scripts = is_idle;
    let first = first?;
    build(project, settings, host, (options, names, first), reporter).await
}

/// As [`change()`]; the scripts of the packages of these names may run.
///
/// # Errors
/// As [`change()`] and [`install_allowing`].
pub async fn change_allowing(
    project: &Project,
    settings: &mut LoadedSettings,
    host: &Host,
    (wanted, options, names): (&Change, &InstallOptions, &[String]),
    reporter: &dyn Reporter,
) -> Result<InstallReport, ChangeError> {
    if is_nothing(options, names) {
        return change(project, settings, host, (wanted, options), reporter).await;
    }
    check(project, names)?;
    let is_idle = std::mem::replace(&mut settings.settings.ignore_scripts, true);
    let first = change(project, settings, host, (wanted, options), reporter).await;
    settings.settings.ignore_scripts = is_idle;
    let first = first?;
    let project = Project::load(&project.root)?;
    Ok(build(&project, settings, host, (options, names, first), reporter).await?)
}

/// Whether nothing is to be built anyway.
fn is_nothing(options: &InstallOptions, names: &[String]) -> bool {
    names.is_empty() || options.dry_run || options.lockfile_only
}

/// A denial is not overruled in passing.
fn check(project: &Project, names: &[String]) -> Result<(), InstallError> {
    let denied = Approvals::read(&project.root)?.denied;
    match names.iter().find(|name| denied.contains(*name)) {
        Some(name) => Err(ApprovalError::Denied { name: name.clone() }.into()),
        None => Ok(()),
    }
}

/// Approves, and builds what was laid out.
async fn build(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    (options, names, first): (&InstallOptions, &[String], InstallReport),
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let reviews = review(project, settings)?;
    let (known, unknown): (Vec<String>, Vec<String>) = names.iter().cloned().partition(|name| {
        let mut reviews = reviews.iter();
        reviews.any(|review| review.name == *name || review.package == *name)
    });
    if !known.is_empty() {
        let request = ApprovalRequest {
            approve: known,
            ..ApprovalRequest::default()
        };
        approve(project, settings, &request)?;
    }
    let options = InstallOptions {
        force: false,
        fix_lockfile: false,
        update: Update::Nothing,
        ..options.clone()
    };
    let mut second = install(project, settings, host, &options, reporter).await?;
    second.warnings.extend(unknown.into_iter().map(|name| {
        let name = name.escape_debug();
        let message = format!("no package with install scripts is called `{name}` here");
        Warning::new("WARN_PKG_NOTHING_TO_ALLOW", message)
    }));
    Ok(joined(first, second))
}

/// What both did: the first laid out, the second built.
fn joined(first: InstallReport, second: InstallReport) -> InstallReport {
    let mut warnings = [first.warnings, second.warnings].concat();
    warnings.sort();
    warnings.dedup();
    let outcome = match first.outcome {
        Outcome::UpToDate => second.outcome,
        Outcome::Installed | Outcome::LockfileOnly | Outcome::DryRun => first.outcome,
    };
    InstallReport {
        outcome,
        changes: first.changes,
        graph: first.graph,
        added: first.added,
        removed: first.removed,
        local: first.local,
        fetched: first.fetched,
        bytes: first.bytes,
        warnings,
        ..second
    }
}
