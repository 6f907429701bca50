//! The JSON of a packument's versions: in memory, or where it is read from when a version is asked for.
//!
//! Of a popular package's document, which is megabytes, an answer needs two or three versions.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use bytes::Bytes;

/// Who has the bytes of a document that were left where they are.
pub trait FragmentSource: fmt::Debug + Send + Sync {
    /// The bytes of a range of the document; `None` where they cannot be had.
    fn fragment(&self, range: Range<usize>) -> Option<Vec<u8>>;
}

/// Where the fragments of a document are.
#[derive(Debug)]
pub(crate) enum Fragments {
    /// In the document itself.
    Held(Bytes),
    /// Elsewhere.
    Left(Arc<dyn FragmentSource>),
}

impl Fragments {
    /// The bytes of a range of the document; `None` where they cannot be had.
    pub(crate) fn get(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Held(bytes) => bytes.get(range).map(Cow::Borrowed),
            Self::Left(source) => {
                let length = range.len();
                let bytes = source.fragment(range)?;
                (bytes.len() == length).then_some(Cow::Owned(bytes))
            }
        }
    }
}
