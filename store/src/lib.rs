//! The content-addressed store: contents once per machine, packages by the hash of their tarballs.
//!
//! Laws: an index appears only after all it names; `sha256sum` alone can check every content; a file that was changed
//! is never linked; a loss of power costs a second look; the same package is the same bytes on every machine. The
//! format on disk is described in `store/README.md`.

mod access;
mod archive;
mod builds;
mod contents;
mod epoch;
mod error;
mod expected;
mod file_name;
mod file_writer;
mod hash_file;
mod hashes;
mod import;
mod import_directory;
mod index;
mod index_name;
mod inspect;
mod inventory;
mod layout;
mod limits;
mod locks;
mod needs;
mod package;
mod package_facts;
mod package_files;
mod projects;
mod prune;
mod prune_slots;
mod publish;
mod slot_name;
mod slot_uses;
mod slots;
mod store;
#[cfg(test)]
mod test_archive;
#[cfg(test)]
mod tests;
mod verified;
mod verify;

pub use archive::Portability;
pub use builds::BuildResult;
pub use error::StoreError;
pub use expected::Expected;
pub use hash_file::hash_file;
pub use import::{ImportWarning, Imported};
pub use import_directory::SourceFile;
pub use locks::StoreLock;
pub use package_files::{PackageFiles, StoredBin, StoredFile};
pub use prune::{Keep, PruneReport, Pruning};
pub use slot_name::SlotName;
pub use slot_uses::SlotSet;
pub use slots::SlotState;
pub use store::{PackageState, Store};
pub use verify::{DamagedPackage, VerifyReport};
