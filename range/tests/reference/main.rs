//! Every vector that the reference implementation answered, row by row.
//!
//! The small files are beside this test; the large ones are read from the specification where it is
//! checked out next to the repository, else their test says that it was skipped.

mod ranges;
mod vectors;
mod versions;
