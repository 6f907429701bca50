//! The content-addressed store.
mod archive;
mod limits;
mod package;
#[cfg(test)]
mod test_archive;
