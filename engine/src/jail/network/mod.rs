//! What of the network a script reaches: nothing, single places through a broker, or all of it.
//!
//! With single places, the script makes streams but connects none of them: each `connect` is answered by the supervisor
//! (`redirect.rs`), which puts a connection to the broker (`broker.rs`) in the place of the script's own socket, whatever
//! address the script named. Law: the script's own calls never reach an address, so that nothing depends on what it is told.

mod address;
#[cfg(target_os = "linux")]
mod broker;
mod endpoint;
#[cfg(target_os = "linux")]
mod redirect;
mod request;

use serde::{Deserialize, Serialize};

pub use endpoint::{Endpoint, EndpointError};

#[cfg(target_os = "linux")]
pub(super) use self::{
    broker::Broker,
    redirect::{answer_connects, hand_over_connects},
};

/// What of the network a script reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Network {
    /// Nothing.
    Closed,
    /// These places, through the broker.
    Places(Vec<Endpoint>),
    /// All of it.
    Open,
}

/// A place that a script wanted to reach and did not, because nothing grants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// What it asked for.
    pub(crate) wanted: Endpoint,
    /// What would have to be granted.
    pub(crate) grant: Endpoint,
}
