//! How the server misbehaves when told to.

use std::time::Duration;

/// What happens to a request instead of, or on the way to, its proper answer.
///
/// Over HTTP/2 those that damage the framing of HTTP/1.1 do nothing, except for [`Fault::Close`] and
/// [`Fault::Truncate`], which end the stream.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Only a status, with a body.
    Status { status: u16, body: String },
    /// A status with `Retry-After`, in seconds.
    RetryAfter { status: u16, seconds: u64 },
    /// The proper answer, later.
    Delay(Duration),
    /// The connection closes without an answer.
    Close,
    /// The head promises the whole body, half of it comes, the connection closes.
    Truncate,
    /// `Content-Length` says this, whatever the body is.
    ContentLength(String),
    /// The proper body without a length: the end of the connection is its end.
    NoLength,
    /// The proper body, and then as many bytes more in a chunked body.
    TooLong(usize),
    /// The head and half of the body come, then nothing, with the connection open.
    Stall,
    /// The body comes a byte at a time with a pause before each.
    Drip(Duration),
    /// A page instead of the answer.
    Html,
    /// The proper body as gzip, cut in half but with a matching length.
    BrokenGzip,
    /// A redirect to this address, relative or absolute.
    Redirect { status: u16, location: String },
    /// 200 with another body, as JSON.
    Body(Vec<u8>),
    /// The same, and it may be kept for five minutes.
    FreshBody(Vec<u8>),
    /// The proper answer with one more header.
    Header(String, String),
    /// This many headers more.
    ManyHeaders(usize),
    /// 304, whatever was asked.
    NotModified,
}

/// A fault, the paths that it is for, and how often it strikes.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) path: String,
    pub(crate) fault: Fault,
    pub(crate) left: u32,
}

impl Rule {
    /// Whether the rule is for `path`: the same, or below a rule that ends with `*`.
    pub(crate) fn is_for(&self, path: &str) -> bool {
        match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => self.path == path,
        }
    }
}
