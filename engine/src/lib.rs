//! The operations: install, run, verify. An operation takes a project, services and options, emits
//! events, and returns a report; it prints nothing and reads neither environment nor clock.

mod error;
mod event;
mod host;
mod install;
mod layout;
mod locations;
mod node_version;
mod project;
pub mod query;
mod run;
mod settings;
mod state;
mod store;
mod store_prune;
mod verify;

pub use error::InstallError;
pub use event::{Event, Reporter, Warning};
pub use host::Host;
pub use install::{InstallOptions, InstallReport, Outcome, SWEEP, empty_trash, install};
pub use layout::{LayoutError, Switched, is_kept_by_project, switch_layout};
pub use locations::Locations;
pub use pkg_linker::{CheckCounts, Difference, DifferenceKind, Item, Layout, Owner};
pub use project::{Project, ProjectError};
pub use run::{RunError, RunRequest, ScriptExit, nearest_scripts, run_script};
pub use settings::{
    Layer, LoadedSettings, Origin, Settings, SettingsError, SettingsRequest, Source, VirtualStore,
};
pub use state::{UpToDate, up_to_date};
pub use store::{DamagedPackage, StoreReport, store_repair, store_sums, store_verify};
pub use store_prune::{StorePruneReport, store_prune};
pub use verify::{
    Fixed, PackageDifferences, StoreDamage, Unchecked, UncheckedReason, VerifyError, VerifyReport,
    fix, verify,
};
