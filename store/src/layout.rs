//! The folders of the store below its root, made when something is first written.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pkg_fs::{Folder, FsError, create_directory_all};

use crate::contents::Contents;

/// Folders of format 1; another format gets another folder beside it.
#[derive(Debug)]
pub(crate) struct Layout {
    base: PathBuf,
    reading: OnceLock<Reading>,
    links: OnceLock<Folder>,
    writing: OnceLock<Writing>,
}

/// What reading needs.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) contents: Contents,
    pub(crate) packages: Folder,
}

/// What writing needs besides.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) temporary: Folder,
    pub(crate) epochs: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            base: root.join("v1"),
            reading: OnceLock::new(),
            links: OnceLock::new(),
            writing: OnceLock::new(),
        }
    }

    pub(crate) fn files_path(&self) -> PathBuf {
        self.base.join("files")
    }

    pub(crate) fn packages_path(&self) -> PathBuf {
        self.base.join("packages")
    }

    pub(crate) fn temporary_path(&self) -> PathBuf {
        self.base.join("tmp")
    }

    pub(crate) fn epochs_path(&self) -> PathBuf {
        self.base.join("epochs")
    }

    pub(crate) fn projects_path(&self) -> PathBuf {
        self.base.join("projects")
    }

    /// The shared virtual store, opened so that its path is not walked for each slot; `None` while it is not there.
    pub(crate) fn links(&self) -> Result<Option<&Folder>, FsError> {
        if let Some(links) = self.links.get() {
            return Ok(Some(links));
        }
        match Folder::open(&self.links_path()) {
            Ok(links) => Ok(Some(self.links.get_or_init(|| links))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The shared virtual store.
    pub(crate) fn links_path(&self) -> PathBuf {
        self.base.join("links")
    }

    /// Which slots of it each project links to.
    pub(crate) fn uses_path(&self) -> PathBuf {
        self.base.join("uses")
    }

    /// What each project needs that is not on the disk of the store.
    pub(crate) fn needs_path(&self) -> PathBuf {
        self.base.join("needs")
    }

    /// What install scripts made.
    pub(crate) fn builds_path(&self) -> PathBuf {
        self.base.join("builds")
    }

    /// What was found damaged and moved aside.
    pub(crate) fn quarantine_path(&self) -> PathBuf {
        self.base.join("quarantine")
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.base.join("lock")
    }

    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    /// The folders to read from; `None` while nothing was ever stored.
    pub(crate) fn reading(&self) -> Result<Option<&Reading>, FsError> {
        if let Some(reading) = self.reading.get() {
            return Ok(Some(reading));
        }
        let opened = Folder::open(&self.files_path())
            .and_then(|files| Ok((files, Folder::open(&self.packages_path())?)));
        match opened {
            Ok((files, packages)) => {
                let contents = Contents::new(files);
                Ok(Some(
                    self.reading.get_or_init(|| Reading { contents, packages }),
                ))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folders to write to, which are made when missing.
    pub(crate) fn writing(&self) -> Result<(&Reading, &Writing), FsError> {
        if self.writing.get().is_none() {
            let (temporary, epochs) = (self.temporary_path(), self.epochs_path());
            for folder in [
                &self.files_path(),
                &self.packages_path(),
                &temporary,
                &epochs,
            ] {
                create_directory_all(folder, 0o755)?;
            }
            let temporary = Folder::open(&temporary)?;
            self.writing.get_or_init(|| Writing { temporary, epochs });
        }
        let writing = self.writing.get().expect("it was just set");
        let reading = self.reading()?.ok_or_else(|| {
            FsError::new(
                "open",
                &self.base,
                std::io::Error::from(std::io::ErrorKind::NotFound),
            )
        })?;
        Ok((reading, writing))
    }
}
