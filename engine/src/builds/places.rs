//! What of the network the grants of a package open, and what is said of what they do not.

use pkg_lockfile::PackageId;

use super::{approvals::key, denial::Denial, grant::Grant};
use crate::{
    Warning,
    jail::{Endpoint, Network, Refusal},
};

/// What of the network these grants open.
pub(super) fn network(grants: &[Grant]) -> Network {
    if grants.contains(&Grant::Network) {
        return Network::Open;
    }
    let place = |grant: &Grant| match grant {
        Grant::Place(place) => Some(place.clone()),
        Grant::Network | Grant::Read(_) | Grant::Write(_) | Grant::Variable(_) => None,
    };
    let places: Vec<Endpoint> = grants.iter().filter_map(place).collect();
    if places.is_empty() {
        Network::Closed
    } else {
        Network::Places(places)
    }
}

/// What the broker refused, with the grant that would allow it.
pub(super) fn refused(name: &str, refusal: &Refusal) -> String {
    let (wanted, grant) = (&refusal.wanted, &refusal.grant);
    let leads = if wanted == grant {
        ""
    } else {
        ", a name that leads to somebody's own address"
    };
    format!(
        "it wanted to reach {wanted}{leads}, which the jail denies; if it may: \
         `pkg approve-builds {name} --grant 'network:{grant}'`"
    )
}

/// What a script says that it was denied, with the grant that would allow it.
pub(super) fn denied(name: &str, denial: &Denial, grants: &[&Grant]) -> String {
    let (tried, grant) = (&denial.tried, &denial.grant);
    let has_it = |granted: &&Grant| match (granted, grant) {
        (Grant::Place(granted), Grant::Place(wanted)) => granted.has_host_of(wanted),
        _ => false,
    };
    if grants.iter().any(has_it) {
        return format!(
            "by its output it wanted {tried}, which is granted, and did not ask the proxy that HTTPS_PROXY names: the way to what \
             is granted; if it may reach all of the network: `pkg approve-builds {name} --grant 'network:*'`"
        );
    }
    format!(
        "by its output it wanted {tried}, which the jail denies; if it may: \
         `pkg approve-builds {name} --grant '{grant}'`"
    )
}

/// A word to the user about what a script that succeeded was refused.
pub(super) fn warning(package: &PackageId, refusal: &Refusal) -> Warning {
    let told = refused(key(package), refusal);
    let message = format!("the scripts of `{package}` succeeded, but {told}");
    Warning::new("WARN_PKG_BUILD_REFUSED", message)
}
