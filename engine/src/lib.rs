//! The operations: install, run, verify. An operation takes a project, services and options, emits
//! events, and returns a report; it prints nothing and reads neither environment nor clock.

mod change;
mod doctor;
mod error;
mod event;
mod host;
mod install;
mod layout;
mod locations;
mod node;
mod node_version;
mod project;
pub mod query;
mod run;
mod settings;
mod state;
mod store;
mod store_prune;
mod verify;

pub use change::{
    AddRequest, Change, ChangeError, RemoveRequest, SaveGroup, SaveStyle, UpdateLevel,
    UpdateRequest, change,
};
pub use doctor::{Finding, Health, check_registry, doctor};
pub use error::InstallError;
pub use event::{Event, Reporter, Warning};
pub use host::Host;
pub use install::{InstallOptions, InstallReport, Outcome, SWEEP, empty_trash, install};
pub use layout::{LayoutError, Switched, is_kept_by_project, switch_layout};
pub use locations::Locations;
pub use node::{NodeError, node_command};
#[cfg(debug_assertions)]
pub use pkg_fs::arm_fault;
pub use pkg_fs::{FsError, create_directory_all, write_atomic};
pub use pkg_linker::{CheckCounts, Difference, DifferenceKind, Item, Layout, Owner};
pub use pkg_resolver::Update;
pub use project::{Project, ProjectError};
pub use run::{RunError, RunRequest, ScriptExit, run_script};
pub use settings::{
    ConfigEdit, ConfigPlace, ConfigValue, Layer, LoadedSettings, Origin, Said, SettingRow,
    Settings, SettingsError, SettingsRequest, Source, Verdict, VirtualStore, WriteError,
    edit_config,
};
pub use state::{UpToDate, up_to_date};
pub use store::{DamagedPackage, StoreReport, store_repair, store_sums, store_verify};
pub use store_prune::{StorePruneReport, store_prune};
pub use verify::{
    Fixed, PackageDifferences, StoreDamage, Unchecked, UncheckedReason, VerifyError, VerifyReport,
    fix, verify,
};
