//! Content codings: only those that were asked for.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DecodeError {
    Coding(String),
    Broken(String),
    TooLarge(u64),
}

impl DecodeError {
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Coding(coding) => {
                format!(
                    "it came as `{}`, which was not asked for",
                    coding.escape_debug()
                )
            }
            Self::Broken(reason) => format!("its gzip is broken: {reason}"),
            Self::TooLarge(limit) => {
                format!("it is larger than the limit of {limit} bytes when decoded")
            }
        }
    }
}

/// Decodes a body whose header says `coding`; a gzip body that was cut is an error.
pub(crate) fn decode(coding: Option<&str>, body: Bytes, limit: u64) -> Result<Bytes, DecodeError> {
    match coding.map(str::trim) {
        None | Some("" | "identity") => Ok(body),
        Some("gzip" | "x-gzip") => gunzip(&body, limit),
        Some(other) => Err(DecodeError::Coding(other.chars().take(50).collect())),
    }
}

fn gunzip(body: &[u8], limit: u64) -> Result<Bytes, DecodeError> {
    let mut decoded = Vec::with_capacity(body.len().saturating_mul(5).min(8 << 20));
    MultiGzDecoder::new(body)
        .take(limit + 1)
        .read_to_end(&mut decoded)
        .map_err(|error| DecodeError::Broken(error.to_string()))?;
    if decoded.len() as u64 > limit {
        return Err(DecodeError::TooLarge(limit));
    }
    Ok(decoded.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_cut_anywhere_is_never_taken_as_whole() {
        let whole = gzip(b"{\"name\":\"greet\",\"versions\":{}}");
        for cut in 0..whole.len() {
            let body = Bytes::copy_from_slice(&whole[..cut]);
            assert!(decode(Some("gzip"), body, 1000).is_err(), "cut at {cut}");
        }
        let decoded = decode(Some("gzip"), whole.into(), 1000).unwrap();
        assert_eq!(decoded.len(), 30);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1 << 20]);
        let error = decode(Some("gzip"), bomb.into(), 1000).unwrap_err();
        assert_eq!(error, DecodeError::TooLarge(1000));
    }

    #[test]
    fn a_coding_that_was_not_asked_for_is_refused() {
        let error = decode(Some("br"), Bytes::new(), 10).unwrap_err();
        assert_eq!(error, DecodeError::Coding("br".to_owned()));
    }
}
