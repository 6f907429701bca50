//! The operations: install, run, verify. An operation takes a project, services and options, emits
//! events, and returns a report; it prints nothing and reads neither environment nor clock.

mod allow;
mod builds;
mod change;
mod dlx;
mod doctor;
mod error;
mod event;
mod exec;
mod git;
mod host;
mod init;
mod install;
mod interrupt;
mod jail;
mod layout;
mod locations;
mod node;
mod node_version;
mod pack;
mod project;
mod prune;
pub mod query;
mod readiness;
mod run;
mod settings;
mod state;
mod store;
mod store_prune;
mod verify;

pub use allow::{change_allowing, install_allowing};
pub use builds::{
    ApprovalError, ApprovalRequest, Approved, BuildError, Grant, GrantError, Rebuild, Review,
    ReviewState, ReviewedScript, approve, review,
};
pub use change::{
    AddRequest, Change, ChangeError, RemoveRequest, SaveGroup, SaveStyle, UnlinkRequest,
    UpdateChoice, UpdateLevel, UpdateRequest, change, update_choices,
};
pub use dlx::{DlxError, NoMainCommand, Tool, ToolRequest, cached_tool, install_tool};
pub use doctor::{Finding, Health, check_registry, doctor};
pub use error::InstallError;
pub use event::{Event, Reporter, Warning};
pub use exec::{ExecError, ExecProgram, ExecScene, exec};
pub use git::GitError;
pub use host::{Host, is_ci};
pub use init::{InitAnswers, InitError, initializer, write_manifest};
pub use install::{
    GraphChanges, InstallOptions, InstallReport, Outcome, SEAL, SWEEP, empty_trash, install,
    seal_store,
};
pub use interrupt::{
    announce_end, is_ending, remove_temporaries, scripts_ended, take_over_signals,
};
pub use jail::{Endpoint, EndpointError, JAIL, JAIL_ENTER, JailError, enter, supervise};
pub use layout::{LayoutError, Switched, is_kept_by_project, switch_layout};
pub use locations::Locations;
pub use node::{NodeError, commands_folder, node_command, packages_folder};
#[cfg(debug_assertions)]
pub use pkg_fs::arm_fault;
pub use pkg_fs::{FsError, create_directory_all, write_atomic};
pub use pkg_linker::{CheckCounts, Difference, DifferenceKind, Item, Layout, Owner};
pub use pkg_lockfile::{Move, PackageId};
pub use pkg_resolver::Update;
pub use project::{Project, ProjectError};
pub use prune::{PruneError, prune};
pub use readiness::{NotReady, Readiness, Shape, can_install, make_ready, readiness};
pub use run::{
    Ended, EndedBySignal, GUARD, Missing, RunError, RunRequest, Runner, ScriptExit, SeveralRequest,
    UnknownCommand, end_by_signal, guard_script,
};
pub use settings::{
    ConfigEdit, ConfigPlace, ConfigValue, Layer, LoadedSettings, Origin, Said, Sandbox, SettingRow,
    Settings, SettingsError, SettingsRequest, Source, Verdict, VerifyDeps, VirtualStore,
    WriteError, edit_config,
};
pub use state::{UpToDate, up_to_date};
pub use store::{DamagedPackage, StoreReport, store_repair, store_sums, store_verify};
pub use store_prune::{
    StorePruneError, StorePruneOptions, StorePruneReport, UnreadProject, store_prune,
};
pub use verify::{
    Fixed, PackageDifferences, StoreDamage, Unchecked, UncheckedReason, VerifyError, VerifyReport,
    fix, verify,
};
