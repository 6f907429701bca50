//! `pkg approve-builds`.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    process::ExitCode,
};

use clap::Args;
use miette::Diagnostic;
use pkg_engine::{
    ApprovalError, ApprovalRequest, Grant, LoadedSettings, Project, Rebuild, Review, ReviewState,
    SettingsError, approve, review,
};
use thiserror::Error;

use super::{Context, install};
use crate::render::{approved_json, approved_text, review_text, reviews_json};

/// Arguments of `pkg approve-builds`.
#[derive(Debug, Args)]
pub(crate) struct ApproveBuildsArgs {
    /// Packages whose scripts may run; `!NAME` for those whose scripts never may
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Approve all that nobody has decided about
    #[arg(long)]
    pub(crate) all: bool,
    /// What the scripts of NAMES may do besides: network:HOST, read:PATH, write:PATH or env:NAME
    #[arg(long, value_name = "GRANT", requires = "names")]
    pub(crate) grant: Vec<Grant>,
    /// Show the scripts and decide nothing
    #[arg(long, conflicts_with_all = ["names", "all"])]
    pub(crate) list: bool,
    /// Decide, and build nothing yet
    #[arg(long)]
    pub(crate) no_install: bool,
}

/// Why nothing could be asked.
#[derive(Debug, Error, Diagnostic)]
enum AskError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Approval(#[from] ApprovalError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    #[error("there is no terminal to ask on")]
    #[diagnostic(
        code(ERR_PKG_NO_TERMINAL),
        help("name the packages: `pkg approve-builds NAME`, `'!NAME'` to deny one, or `--all`")
    )]
    NoTerminal,
}

/// Shows scripts of packages, asks or is told about them, writes it down, and builds.
pub(crate) fn run(context: &Context<'_>, args: &ApproveBuildsArgs) -> ExitCode {
    match decide(context, args) {
        Ok(true) => install::run_again(context, Rebuild::Nothing),
        Ok(false) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

/// Decides; tells whether something is to be built now.
fn decide(context: &Context<'_>, args: &ApproveBuildsArgs) -> Result<bool, AskError> {
    let output = context.output;
    let project = Project::load(&context.host.directory).map_err(ApprovalError::from)?;
    let request = context.settings_request();
    let settings = LoadedSettings::load(&project.root, &context.host, &request)?;
    let reviews = review(&project, &settings)?;
    if args.list {
        show(context, &reviews);
        return Ok(false);
    }
    let is_open =
        |review: &&Review| matches!(review.state, ReviewState::New | ReviewState::Changed);
    let open: Vec<&Review> = reviews.iter().filter(is_open).collect();
    let is_told = args.all || !args.names.is_empty();
    if !is_told && open.is_empty() {
        if output.is_json {
            output.json(&reviews_json(&reviews));
        } else {
            output.out(
                "No install script waits for a decision; `pkg approve-builds --list` shows all\n",
            );
        }
        return Ok(false);
    }
    let request = if is_told {
        told(args, &reviews, context)
    } else {
        let is_seen = !output.is_json && !output.is_silent() && io::stdin().is_terminal();
        if !is_seen || !context.environment.is_terminal {
            if !output.is_json {
                open.iter()
                    .for_each(|review| output.say(&review_text(review)));
            }
            return Err(AskError::NoTerminal);
        }
        ask(context, &open)
    };
    let decided = approve(&project, &settings, &request)?;
    if !output.is_json {
        output.tell(&approved_text(&decided));
    }
    let is_nothing = decided.approved.is_empty() && decided.denied.is_empty();
    let is_over = args.no_install || is_nothing;
    // Else the install that follows has the one document.
    if is_over && output.is_json {
        output.json(&approved_json(&decided));
    }
    Ok(!is_over)
}

/// What the arguments say. What is approved is shown all the same.
fn told(args: &ApproveBuildsArgs, reviews: &[Review], context: &Context<'_>) -> ApprovalRequest {
    let (deny, approve): (Vec<&String>, Vec<&String>) =
        args.names.iter().partition(|name| name.starts_with('!'));
    let request = ApprovalRequest {
        approve: approve.into_iter().cloned().collect(),
        deny: deny.into_iter().map(|name| name[1..].to_owned()).collect(),
        all: args.all,
        grants: args.grant.clone(),
    };
    let is_open = |review: &Review| matches!(review.state, ReviewState::New | ReviewState::Changed);
    let is_named = |review: &Review| {
        request
            .approve
            .iter()
            .any(|name| *name == review.name || *name == review.package)
    };
    let shown = reviews
        .iter()
        .filter(|review| is_named(review) || (request.all && is_open(review)));
    if !context.output.is_json && !context.output.is_silent() {
        shown.for_each(|review| context.output.tell(&review_text(review)));
    }
    request
}

/// Asks about each; what is not answered stays undecided.
fn ask(context: &Context<'_>, open: &[&Review]) -> ApprovalRequest {
    let mut request = ApprovalRequest::default();
    let mut lines = io::stdin().lock().lines();
    for review in open {
        context.output.tell(&review_text(review));
        context
            .output
            .tell("  run these scripts, in the jail? [y]es, [n]ever, or Enter to decide later: ");
        let Some(Ok(answer)) = lines.next() else {
            break;
        };
        match answer.trim() {
            "y" | "Y" | "yes" => request.approve.push(review.package.clone()),
            "n" | "N" | "no" | "never" => request.deny.push(review.package.clone()),
            _ => {}
        }
    }
    request
}

fn show(context: &Context<'_>, reviews: &[Review]) {
    let output = context.output;
    if output.is_json {
        output.json(&reviews_json(reviews));
        return;
    }
    if reviews.is_empty() {
        output.out("No package of this project has install scripts\n");
    }
    reviews
        .iter()
        .for_each(|review| output.say(&review_text(review)));
}
