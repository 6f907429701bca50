//! Compression: what is a tarball at all, and what unpacks to too much.

use flate2::Decompress;

use super::{is_corrupt, is_limit, package, read};
use crate::archive::{ArchiveError, Room, escape, read_tarball};
use crate::test_archive::{TestArchive, gzip};

/// TAR-32, TAR-33.
#[test]
fn a_gzip_that_breaks_off_or_has_a_wrong_trailer_is_corrupt() {
    let good = package().tgz();
    for length in 2..good.len() {
        assert!(is_corrupt(&read(&good[..length]).unwrap_err()), "{length}");
    }
    for index in good.len() - 8..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        assert!(is_corrupt(&read(&bad).unwrap_err()), "{index}");
    }
    let mut trailing = good.clone();
    trailing.extend_from_slice(b"trailing");
    assert!(is_corrupt(&read(&trailing).unwrap_err()));
    let mut padded = good;
    padded.extend_from_slice(&[0; 100]);
    assert!(read(&padded).is_ok());
}

#[test]
fn the_members_of_a_gzip_are_joined() {
    let tar = package().file("package/x", b"bytes").tar();
    let (head, tail) = tar.split_at(700);
    let joined = [gzip(head), gzip(tail)].concat();
    assert_eq!(read(&joined).unwrap(), read(&gzip(&tar)).unwrap());
    let mut spoilt = joined.clone();
    let first = gzip(head).len();
    spoilt[first - 1] ^= 1;
    assert!(is_corrupt(&read(&spoilt).unwrap_err()));
}

#[test]
fn all_fields_of_a_gzip_header_are_skipped() {
    let plain = package().tgz();
    let mut encoder = flate2::GzBuilder::new()
        .extra([1, 2, 3])
        .filename("name")
        .comment("comment")
        .write(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &package().tar()).unwrap();
    assert_eq!(
        read(&encoder.finish().unwrap()).unwrap(),
        read(&plain).unwrap()
    );
    let mut reserved = plain;
    reserved[3] |= 0x80;
    assert!(is_corrupt(&read(&reserved).unwrap_err()));
}

/// TAR-34, TAR-48.
#[test]
fn a_plain_tar_is_read_and_anything_else_is_named_by_its_first_bytes() {
    assert_eq!(
        read(&package().tar()).unwrap(),
        read(&package().tgz()).unwrap()
    );
    let others: [&[u8]; 6] = [
        b"",
        b"<!DOCTYPE html><html>\x1b[2J",
        b"PK\x03\x04zip",
        b"\xfd7zXZ\0xz",
        b"\x28\xb5\x2f\xfdzstd",
        b"\x0b\x02\x80brotli",
    ];
    for bytes in others {
        let ArchiveError::NotATarball(shown) = read(bytes).unwrap_err() else {
            panic!("{bytes:?} was read as a tarball");
        };
        assert_eq!(shown, escape(bytes));
        assert!(shown.is_ascii() && !shown.contains('\x1b'));
    }
    assert!(read(&gzip(b"<html>")).is_err());
}

/// TAR-35.
#[test]
fn a_bomb_is_refused_by_its_ratio() {
    let zeros = gzip_best(&vec![0; 4 << 20]);
    assert!(is_limit(&read(&zeros.repeat(12)).unwrap_err()));
    let header = TestArchive::new().entry_with(b'0', b"package/bomb", b"", |header| {
        header.set_size(48 << 20);
    });
    let inside = [gzip(&header.unfinished()), zeros.repeat(12)].concat();
    assert!(is_limit(&read(&inside).unwrap_err()));
    let small = TestArchive::new()
        .file("package/zeros", &[0; 4 << 20])
        .tar();
    assert_eq!(read(&gzip_best(&small)).unwrap().0.len(), 1);
}

/// TAR-35: ten gibibytes in ten megabytes are refused before a hundredth of them is unpacked.
#[test]
fn a_huge_bomb_is_refused_early() {
    let mut inflated = Vec::new();
    let huge = gzip_best(&vec![0; 4 << 20]).repeat(2560);
    for most in [usize::MAX >> 1, 32 << 20] {
        let room = Room {
            inflater: &mut Decompress::new(false),
            inflated: &mut inflated,
            most,
        };
        let read = read_tarball(&huge, room);
        assert!(matches!(read, Err(ArchiveError::Limit { .. })));
    }
    assert!(
        inflated.len() <= 100 << 20,
        "{} bytes were unpacked",
        inflated.len()
    );
}

fn gzip_best(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}
