//! Why a package has the version that it has.

use pkg_engine::PackageId;
use pkg_engine::query::{Blocker, Choice, Demand, Standing, Target, Unlock};
use serde_json::{Value, json};

use crate::render::{counted, escape};

/// For people: what there is, who asks, what all accept, what stands in the way.
pub(crate) fn explain_text(choices: &[Choice]) -> String {
    let texts: Vec<String> = choices.iter().map(choice_text).collect();
    texts.join("\n")
}

fn choice_text(choice: &Choice) -> String {
    let mut text = format!(
        "\x1b[1m{}\x1b[0m  {}\n\nAsked for by\n",
        escape(choice.name.as_str()),
        escape(&standing_text(choice))
    );
    let most = choice.demands.iter().map(|demand| demand.asker.len()).max();
    let width = most.unwrap_or_default().min(40);
    for demand in &choice.demands {
        text.push_str(&demand_text(demand, width));
    }
    text.push_str(&format!("\n{}\n", common_text(choice)));
    if let Some(target) = &choice.target {
        text.push_str(&target_text(choice, target));
    }
    if let Standing::Failed { message, .. } = &choice.standing {
        let mut lines = message.lines();
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("\nAn install fails: {}\n", escape(first)));
        lines.for_each(|line| text.push_str(&format!("{}\n", escape(line))));
    }
    text
}

/// What is installed, or what would be.
fn standing_text(choice: &Choice) -> String {
    let installed: Vec<_> = choice.installed.iter().map(PackageId::reference).collect();
    let installed = installed.join(", ");
    match (&choice.standing, installed.as_str()) {
        (Standing::Locked, _) => installed,
        (Standing::Expected, _) => {
            format!("{installed} (would be installed: pkg.lock does not say)")
        }
        (Standing::Failed { .. }, "") => "cannot be installed".to_owned(),
        (Standing::Failed { .. }, _) => {
            format!("{installed} (but the project cannot be installed)")
        }
    }
}

fn demand_text(demand: &Demand, width: usize) -> String {
    let range = demand.range.as_deref().unwrap_or("(not known here)");
    let peer = if demand.is_peer { " as a peer" } else { "" };
    let got = demand.got.as_ref();
    let newest = match &demand.newest {
        Some(newest) if Some(newest) != got.and_then(PackageId::version) => {
            format!(", could have {newest}")
        }
        _ => String::new(),
    };
    let has = match (got, &demand.failure) {
        (Some(got), _) => format!("has {}", got.reference()),
        (None, Some(failure)) => failure.clone(),
        (None, None) => "has none yet".to_owned(),
    };
    let way = match demand.chain.as_slice() {
        [] | [_] => String::new(),
        chain => format!("\n    {}", escape(&chain.join(" > "))),
    };
    format!(
        "  {:width$}  {}{peer}: {}{newest}{way}\n",
        escape(&demand.asker),
        escape(range),
        escape(&has)
    )
}

fn common_text(choice: &Choice) -> String {
    let Some(published) = choice.published else {
        return "Which versions there are is not known on this machine: run it once with the network".to_owned();
    };
    let all = if choice.demands.len() == 1 {
        "It accepts"
    } else {
        "All of them accept"
    };
    match &choice.newest_common {
        Some(newest) => format!(
            "{all} {} of {published} published; the newest is {newest}",
            counted(choice.common, "version")
        ),
        None if choice.demands.len() == 1 => {
            format!("It accepts none of {published} published versions")
        }
        None => format!("No version of {published} published is accepted by all of them"),
    }
}

fn target_text(choice: &Choice, target: &Target) -> String {
    let latest = if target.is_latest { " (latest)" } else { "" };
    let version = &target.version;
    if target.blockers.is_empty() {
        return format!(
            "Nothing stands in the way of {version}{latest}: `pkg update {}`\n",
            escape(choice.name.as_str())
        );
    }
    let mut text = format!("\nIn the way of {version}{latest}\n");
    for blocker in &target.blockers {
        text.push_str(&format!("  {}\n", blocker_text(choice, target, blocker)));
    }
    text
}

fn blocker_text(choice: &Choice, target: &Target, blocker: &Blocker) -> String {
    let asks = format!(
        "{} asks for {}",
        escape(&blocker.asker),
        escape(&blocker.range)
    );
    let (asker, _) = blocker
        .asker
        .rsplit_once('@')
        .unwrap_or((&blocker.asker, ""));
    match &blocker.unlock {
        Unlock::Manifest => format!(
            "{asks}: `pkg add {}@^{}`",
            escape(choice.name.as_str()),
            target.version
        ),
        Unlock::Newer {
            version,
            range: Some(range),
        } => format!(
            "{asks}: {}@{version} is the first that asks for {}",
            escape(asker),
            escape(range)
        ),
        Unlock::Newer {
            version,
            range: None,
        } => {
            format!(
                "{asks}: {}@{version} is the first that does without it",
                escape(asker)
            )
        }
        Unlock::Nothing => format!("{asks}: no newer version of it accepts {}", target.version),
        Unlock::Unknown => {
            format!("{asks}: whether a newer version of it would accept it is not known here")
        }
    }
}

/// For programs.
pub(crate) fn explain_json(choices: &[Choice]) -> Value {
    choices.iter().map(choice_json).collect()
}

fn choice_json(choice: &Choice) -> Value {
    let demand = |demand: &Demand| {
        json!({
            "by": demand.asker,
            "chain": demand.chain,
            "range": demand.range,
            "peer": demand.is_peer,
            "has": demand.got.as_ref().map(PackageId::reference),
            "failure": demand.failure,
            "couldHave": demand.newest.as_ref().map(ToString::to_string),
        })
    };
    let target = choice.target.as_ref().map(|target| {
        json!({
            "version": target.version.to_string(),
            "latest": target.is_latest,
            "blockers": target.blockers.iter().map(blocker_json).collect::<Vec<_>>(),
        })
    });
    json!({
        "name": choice.name.as_str(),
        "standing": match choice.standing {
            Standing::Locked => "locked",
            Standing::Expected => "expected",
            Standing::Failed { .. } => "failed",
        },
        "failure": match &choice.standing {
            Standing::Failed { code, message } => json!({"code": code, "message": message}),
            Standing::Locked | Standing::Expected => Value::Null,
        },
        "installed": choice.installed.iter().map(PackageId::reference).collect::<Vec<_>>(),
        "demands": choice.demands.iter().map(demand).collect::<Vec<_>>(),
        "published": choice.published,
        "acceptedByAll": choice.common,
        "newestAcceptedByAll": choice.newest_common.as_ref().map(ToString::to_string),
        "target": target,
    })
}

fn blocker_json(blocker: &Blocker) -> Value {
    let (kind, version, range) = match &blocker.unlock {
        Unlock::Manifest => ("manifest", None, None),
        Unlock::Newer { version, range } => ("newer", Some(version.to_string()), range.clone()),
        Unlock::Nothing => ("nothing", None, None),
        Unlock::Unknown => ("unknown", None, None),
    };
    json!({
        "by": blocker.asker,
        "range": blocker.range,
        "unlock": {"kind": kind, "version": version, "range": range},
    })
}
