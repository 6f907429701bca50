//! Extended headers: `LENGTH KEY=VALUE` lines that override fields of the next entry.
//!
//! Reference: POSIX.1-2017, `pax`, "pax Extended Header".

use super::error::ArchiveError;

/// What an extended header overrides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link_path: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
}

/// Reads the extended header of one entry.
pub(crate) fn read_pax(mut body: &[u8]) -> Result<Overrides, ArchiveError> {
    let mut overrides = Overrides::default();
    while !body.is_empty() {
        let (key, value, rest) = read_record(body)
            .ok_or_else(|| ArchiveError::corrupt("tar: an extended header is malformed"))?;
        body = rest;
        apply(&mut overrides, key, value)?;
    }
    Ok(overrides)
}

/// Reads a header for all entries: it must be well-formed, and none of it is applied.
pub(crate) fn check_global_pax(body: &[u8]) -> Result<(), ArchiveError> {
    let mut rest = body;
    while !rest.is_empty() {
        let (key, _, after) = read_record(rest)
            .ok_or_else(|| ArchiveError::corrupt("tar: a global header is malformed"))?;
        refuse_sparse(key)?;
        rest = after;
    }
    Ok(())
}

/// Splits one record off: its length counts itself, the space, and the newline that must end it.
fn read_record(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = body.iter().take(10).position(|&byte| byte == b' ')?;
    let length = decimal(&body[..space])?;
    let record = body.get(..usize::try_from(length).ok()?)?;
    let (record, rest) = (record.get(space + 1..)?, &body[record.len()..]);
    let (b'\n', pair) = record.split_last()? else {
        return None;
    };
    let equals = pair.iter().position(|&byte| byte == b'=')?;
    (equals > 0).then(|| (&pair[..equals], &pair[equals + 1..], rest))
}

fn apply(overrides: &mut Overrides, key: &[u8], value: &[u8]) -> Result<(), ArchiveError> {
    refuse_sparse(key)?;
    let is_new = match key {
        b"path" => overrides.path.replace(value.to_vec()).is_none(),
        b"linkpath" => overrides.link_path.replace(value.to_vec()).is_none(),
        b"size" => {
            let size = decimal(value)
                .ok_or_else(|| ArchiveError::corrupt("tar: an extended size is not a number"))?;
            overrides.size.replace(size).is_none()
        }
        _ => return Ok(()),
    };
    // An empty value would mean "as in the header", and a second one "the last counts": readers differ in both.
    if value.is_empty() || !is_new {
        return Err(ArchiveError::corrupt(
            "tar: an extended header is ambiguous",
        ));
    }
    if value.contains(&0) {
        return Err(ArchiveError::corrupt("tar: an extended header holds a NUL"));
    }
    Ok(())
}

/// The content of a sparse file is not what stands in the archive.
fn refuse_sparse(key: &[u8]) -> Result<(), ArchiveError> {
    if key.starts_with(b"GNU.sparse.") {
        return Err(ArchiveError::corrupt("tar: sparse files are not supported"));
    }
    Ok(())
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_override_path_and_size() {
        let overrides = read_pax(b"12 path=a/b\n13 size=1024\n11 mtime=1\n").unwrap();
        assert_eq!(
            (overrides.path, overrides.size),
            (Some(b"a/b".to_vec()), Some(1024))
        );
        assert_eq!(read_pax(b"").unwrap(), Overrides::default());
    }

    /// TAR-25.
    #[test]
    fn malformed_records_are_refused() {
        let bad: [&[u8]; 12] = [
            b"path=12345",
            b"10 path=a/b\n",
            b"99 path=a/b\n",
            b"12 path=a/b ",
            b"4294967296 path=a\n",
            b"99999999999999999999 path=a\n",
            b"-1 path=a\n",
            b"9 path=a",
            b"5 =a\n",
            b"7 pat\n\n",
            b"9 size=x\n",
            b"0 \n",
        ];
        for record in bad {
            assert!(read_pax(record).is_err(), "{record:?}");
        }
    }

    #[test]
    fn ambiguous_records_are_refused() {
        let bad: [&[u8]; 4] = [
            b"8 path=\n",
            b"9 path=a\n9 path=b\n",
            b"10 path=a\0\n",
            b"22 GNU.sparse.major=1\n",
        ];
        for record in bad {
            assert!(read_pax(record).is_err(), "{record:?}");
        }
    }
}
