//! One header block of a tar archive, with its checksum and numbers held to their rules.

use tar::Header;

use super::error::ArchiveError;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 512;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Directory,
    HardLink,
    Symlink,
    /// A pipe or device, or something only another program knows.
    Other(u8),
    /// Extended header for the next entry.
    LocalPax,
    /// Extended header for all entries that follow.
    GlobalPax,
    LongName,
    LongLink,
    /// A kind whose layout depends on the program that wrote it: two readers would disagree.
    Unsupported(u8),
}

impl EntryKind {
    fn of(flag: u8) -> Self {
        match flag {
            b'0' | b'\0' | b'7' => Self::File,
            b'1' => Self::HardLink,
            b'2' => Self::Symlink,
            b'5' => Self::Directory,
            b'x' => Self::LocalPax,
            b'g' => Self::GlobalPax,
            b'L' => Self::LongName,
            b'K' => Self::LongLink,
            b'S' | b'M' | b'X' | b'N' | b'D' => Self::Unsupported(flag),
            other => Self::Other(other),
        }
    }
}

/// Reads a header block whose checksum must be right.
pub(crate) fn read_header(block: &[u8; BLOCK]) -> Result<&Header, ArchiveError> {
    let header = Header::from_byte_slice(block);
    let said = octal(&header.as_old().cksum).filter(|&said| said == checksum(block));
    if said.is_none() {
        return Err(ArchiveError::corrupt(
            "tar: the checksum of a header is wrong",
        ));
    }
    Ok(header)
}

pub(crate) fn kind(header: &Header) -> EntryKind {
    EntryKind::of(header.as_old().linkflag[0])
}

/// The size that the header itself gives.
pub(crate) fn size(header: &Header) -> Result<u64, ArchiveError> {
    let field = &header.as_old().size;
    let size = if field[0] & 0x80 == 0 {
        octal(field)
    } else {
        base_256(field)
    };
    size.ok_or_else(|| ArchiveError::corrupt("tar: the size of an entry is not a number"))
}

/// Whether anyone may execute the file; a mode that cannot be read counts as zero.
pub(crate) fn is_executable(header: &Header) -> bool {
    octal(&header.as_old().mode).is_some_and(|mode| mode & 0o111 != 0)
}

/// Sum of all bytes, where those of the checksum itself count as spaces.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    const FIELD: std::ops::Range<usize> = 148..156;
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    sum(block) - sum(&block[FIELD]) + 8 * u64::from(b' ')
}

/// Octal digits after spaces, ended by a space, a NUL or the end of the field; an empty field is zero.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field
        .iter()
        .position(|&byte| byte != b' ')
        .unwrap_or(field.len());
    let digits = &field[start..];
    let end = digits
        .iter()
        .position(|&byte| byte == b' ' || byte == 0)
        .unwrap_or(digits.len());
    let (digits, tail) = digits.split_at(end);
    if tail.iter().any(|&byte| byte != b' ' && byte != 0) {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &byte| match byte {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// GNU's form for large numbers: a marker byte, then a big-endian number; negative ones have another marker.
fn base_256(field: &[u8; 12]) -> Option<u64> {
    let (head, number) = field.split_first_chunk::<4>()?;
    let number: [u8; 8] = number.try_into().ok()?;
    (*head == [0x80, 0, 0, 0]).then(|| u64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_marked_and_never_negative() {
        assert_eq!(octal(b"0000644\0"), Some(0o644));
        assert_eq!(octal(b" 644 \0\0\0"), Some(0o644));
        assert_eq!(octal(b"\0\0\0\0"), Some(0));
        assert_eq!(octal(b"77777777777"), Some(0o77_777_777_777));
        for bad in [
            &b"+644\0"[..],
            b"-1\0",
            b"0x1\0",
            b"8\0",
            b"1\x002",
            b"12 3",
        ] {
            assert_eq!(octal(bad), None, "{bad:?}");
        }
        assert_eq!(
            base_256(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
            Some(258)
        );
        assert_eq!(base_256(&[0xff; 12]), None);
        assert_eq!(base_256(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
