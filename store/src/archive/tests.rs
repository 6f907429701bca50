//! The archive lines of the table of attacks that need no store; numbers are those of the table.

use flate2::Decompress;
use proptest::prelude::*;

use super::*;
use crate::test_archive::{TestArchive, gzip, record};

/// What an archive lists as: path, content, whether it is executable.
type Listing = Vec<(String, Vec<u8>, bool)>;

fn read(tarball: &[u8]) -> Result<(Listing, usize), ArchiveError> {
    let mut inflated = Vec::new();
    let map = read_tarball(tarball, &mut Decompress::new(false), &mut inflated)?;
    let listing = map
        .files()
        .map(|file| {
            (
                file.path.to_owned(),
                file.bytes.to_vec(),
                file.is_executable,
            )
        })
        .collect();
    Ok((listing, map.dropped.len()))
}

fn paths(archive: TestArchive) -> Vec<String> {
    let (listing, _) = read(&archive.tgz()).unwrap();
    listing.into_iter().map(|(path, ..)| path).collect()
}

#[track_caller]
fn assert_refused(archive: TestArchive, is_expected: fn(&ArchiveError) -> bool) {
    let error = read(&archive.tgz()).unwrap_err();
    assert!(is_expected(&error), "{error:?}");
}

fn is_unsafe(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::UnsafePath { .. })
}

fn is_conflict(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Conflict { .. })
}

fn is_corrupt(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Corrupt(_))
}

fn is_limit(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Limit { .. })
}

fn package() -> TestArchive {
    TestArchive::of(&[("package/package.json", "{}")])
}

/// TAR-01, TAR-02, TAR-03, TAR-04.
#[test]
fn an_entry_that_leads_out_refuses_the_archive() {
    let bad = [
        "package/../../../x",
        "/tmp/canary",
        "package\\..\\..\\x",
        "package/a\\..\\..\\x",
        "C:x",
        "C:\\x",
        "\\\\host\\share\\x",
        "\\\\?\\C:\\x",
        "package/a/../b",
    ];
    for path in bad {
        assert_refused(package().file(path, b"x"), is_unsafe);
        assert_refused(package().directory(path), is_unsafe);
        assert_refused(
            package().pax("path", path).file("package/ok", b"x"),
            is_unsafe,
        );
    }
    assert_eq!(
        paths(package().file("package/a:b", b"")),
        ["a:b", "package.json"]
    );
}

/// TAR-05, TAR-06.
#[test]
fn dots_and_doubled_slashes_in_paths_change_nothing() {
    let plain = paths(TestArchive::of(&[("package/a/b", ""), ("package/c", "")]));
    assert_eq!(plain, ["a/b", "c"]);
    for files in [
        ["package/./a/b", "package//c"],
        ["./package/a/b", "./package/c"],
    ] {
        assert_eq!(
            paths(TestArchive::of(&[(files[0], ""), (files[1], "")])),
            plain
        );
    }
}

/// TAR-08.
#[test]
fn entries_without_a_name_inside_the_package_are_skipped_or_refused() {
    assert_refused(package().file("//", b"x"), is_corrupt_or_unsafe);
    assert_refused(package().directory("//"), is_unsafe);
    assert_eq!(paths(package().file("", b"x")), ["package.json"]);
    assert_eq!(
        paths(package().directory("package/").directory("./")),
        ["package.json"]
    );
    assert_eq!(paths(package().file("stray", b"x")), ["package.json"]);
    assert_refused(package().file("package", b"x"), is_conflict);
    assert!(paths(TestArchive::new().file("package", b"x")).is_empty());
}

fn is_corrupt_or_unsafe(error: &ArchiveError) -> bool {
    is_corrupt(error) || is_unsafe(error)
}

/// TAR-09, TAR-11.
#[test]
fn a_link_that_another_entry_would_use_refuses_the_archive() {
    assert_refused(
        package()
            .symlink("package/d", "/etc")
            .file("package/d/x", b""),
        is_conflict,
    );
    assert_refused(
        package()
            .file("package/d/x", b"")
            .symlink("package/d", "/etc"),
        is_conflict,
    );
    assert_refused(
        package()
            .symlink("package/d", "/etc")
            .directory("package/d"),
        is_conflict,
    );
    assert_refused(
        package()
            .hard_link("package/f", "/etc/x")
            .file("package/f", b""),
        is_conflict,
    );
    assert_refused(
        package().file("package/f", b"").hard_link("package/f", "f"),
        is_conflict,
    );
    assert_refused(package().symlink("package", "/etc"), is_conflict);
    assert_refused(
        package().file("package/a", b"").symlink("package/a/b", "x"),
        is_conflict,
    );
}

/// TAR-10.
#[test]
fn a_link_that_nobody_uses_is_dropped_and_named() {
    let archive = package()
        .symlink("package/l", "package.json")
        .hard_link("package/h", "x");
    let (listing, dropped) = read(&archive.tgz()).unwrap();
    assert_eq!((listing.len(), dropped), (1, 2));
}

/// TAR-12.
#[test]
fn a_hard_link_through_links_refuses_the_archive() {
    let chain = package()
        .symlink("package/a/b/c/up", "../..")
        .symlink("package/a/b/e", "c/up/../..");
    assert_refused(
        chain
            .clone()
            .hard_link("package/a/b/e/x", "package/package.json"),
        is_conflict,
    );
    assert_refused(chain.hard_link("package/x", "package/a/b/e/x"), is_conflict);
}

/// TAR-13.
#[test]
fn what_is_no_file_is_dropped_or_refused() {
    for flag in [b'3', b'4', b'6', b'V', b'A', b'Z', b'~'] {
        let (listing, dropped) = read(&package().entry(flag, b"package/x", b"").tgz()).unwrap();
        assert_eq!((listing.len(), dropped), (1, 1), "{flag}");
        assert_refused(
            package()
                .entry(flag, b"package/x", b"")
                .file("package/x/y", b""),
            is_conflict,
        );
    }
    for flag in [b'S', b'M', b'X', b'N', b'D'] {
        assert_refused(package().entry(flag, b"package/x", b""), is_corrupt);
    }
    assert_refused(
        package()
            .pax("GNU.sparse.major", "1")
            .file("package/x", b""),
        is_corrupt,
    );
    for flag in [b'1', b'2', b'3', b'4', b'5', b'6'] {
        assert_refused(package().entry(flag, b"package/x", b"data"), is_corrupt);
    }
}

/// TAR-14.
#[test]
fn of_the_mode_only_whether_it_executes_is_kept() {
    let modes = [
        (0o7755, true),
        (0o666, false),
        (0o777, true),
        (0, false),
        (0o100, true),
        (0o010, true),
    ];
    for (mode, executable) in modes {
        let archive = TestArchive::new().file_with_mode("package/x", b"", mode);
        assert_eq!(read(&archive.tgz()).unwrap().0[0].2, executable, "{mode:o}");
    }
}

/// TAR-17.
#[test]
fn equal_duplicates_are_one_file_and_different_ones_refuse_the_archive() {
    assert_eq!(
        paths(package().file("package/package.json", b"{}")),
        ["package.json"]
    );
    assert_refused(package().file("package/package.json", b"{ }"), is_conflict);
    assert_refused(
        package().file("package/./package.json", b"{ }"),
        is_conflict,
    );
    assert_refused(package().file("other/package.json", b"{ }"), is_conflict);
    assert_eq!(paths(package().file("other/x", b"")), ["package.json", "x"]);
}

/// TAR-18, TAR-19.
#[test]
fn names_that_fold_alike_are_two_files() {
    let archive = TestArchive::of(&[("package/Readme.md", "a"), ("package/README.md", "b")]);
    assert_eq!(paths(archive), ["README.md", "Readme.md"]);
    let archive = TestArchive::of(&[("package/\u{e9}", "a"), ("package/e\u{301}", "b")]);
    assert_eq!(paths(archive), ["e\u{301}", "\u{e9}"]);
}

/// TAR-21.
#[test]
fn a_name_ends_at_its_first_nul_and_an_extended_one_may_hold_none() {
    let archive = package().entry(b'0', b"package/a\0/../../x", b"");
    assert_eq!(paths(archive), ["a", "package.json"]);
    let pax = package()
        .pax("path", "package/a\0/../../x")
        .file("package/a", b"");
    assert_refused(pax, is_corrupt);
    let long = package()
        .entry(b'L', b"././@LongLink", b"package/a\0/../../x")
        .file("x", b"");
    assert_refused(long, is_corrupt);
}

/// TAR-22.
#[test]
fn a_path_is_a_file_or_a_folder() {
    assert_refused(
        package().file("package/a", b"").file("package/a/b", b""),
        is_conflict,
    );
    assert_refused(
        package().file("package/a/b", b"").file("package/a", b""),
        is_conflict,
    );
    assert_refused(
        package().directory("package/a/").file("package/a", b""),
        is_conflict,
    );
    assert_refused(
        package().file("package/a", b"").directory("package/a/b"),
        is_conflict,
    );
    let between = [
        ("package/a", ""),
        ("package/a-b", ""),
        ("package/a.b/c", ""),
    ];
    assert_eq!(paths(TestArchive::of(&between)), ["a", "a-b", "a.b/c"]);
    assert_refused(
        TestArchive::of(&between).file("package/a/z", b""),
        is_conflict,
    );
}

/// TAR-23.
#[test]
fn an_extended_size_covers_what_looks_like_a_header() {
    let smuggled = TestArchive::of(&[("package/package.json", "smuggled")]).unfinished();
    let archive = TestArchive::new()
        .pax("size", &smuggled.len().to_string())
        .entry_with(b'0', b"package/cover", &smuggled, |header| {
            header.set_size(0)
        });
    let (listing, _) = read(&archive.tgz()).unwrap();
    assert_eq!(listing, [("cover".to_owned(), smuggled, false)]);
}

/// TAR-25.
#[test]
fn malformed_extended_headers_refuse_the_archive() {
    let bodies: [&[u8]; 5] = [
        b"path=12345",
        b"99 path=a\n",
        b"9 path=a",
        b"4294967296 path=a\n",
        b"11 path=a\n",
    ];
    for body in bodies {
        let archive = package().entry(b'x', b"x", body).file("package/a", b"");
        assert_refused(archive, is_corrupt);
    }
    let huge = |header: &mut tar::Header| header.set_size(4 << 30);
    assert_refused(package().entry_with(b'x', b"x", b"", huge), is_limit);
    assert_refused(
        package().pax("path", "a").pax("path", "a").file("x", b""),
        is_corrupt,
    );
    assert_refused(package().pax("path", "package/a"), is_corrupt);
    let both = package()
        .pax("path", "package/a")
        .entry(b'L', b"l", b"package/b\0");
    assert_refused(both.file("x", b""), is_corrupt);
}

/// TAR-26.
#[test]
fn a_global_header_is_never_applied() {
    for (key, value) in [
        ("path", "package/evil"),
        ("size", "3"),
        ("linkpath", "x"),
        ("comment", "c"),
    ] {
        let archive = TestArchive::new().entry(b'g', b"pax_global_header", &record(key, value));
        assert_eq!(paths(archive.file("package/a", b"bytes")), ["a"], "{key}");
    }
    assert_refused(package().entry(b'g', b"g", b"x"), is_corrupt);
}

/// TAR-27.
#[test]
fn paths_have_limits() {
    let deep = format!("package{}", "/d".repeat(1000));
    for path in ["x/".repeat(2500), "y".repeat(300), deep] {
        let archive = package()
            .pax("path", &format!("package/{path}f"))
            .file("x", b"");
        assert_refused(archive, is_limit);
    }
    let fits = format!("package{}", "/d".repeat(128));
    assert_eq!(
        paths(TestArchive::new().pax("path", &fits).file("x", b"")).len(),
        1
    );
}

/// TAR-28, TAR-37.
#[test]
fn sizes_that_cannot_be_refuse_the_archive() {
    let negative = |header: &mut tar::Header| header.as_old_mut().size = [0xff; 12];
    assert_refused(
        package().entry_with(b'0', b"package/x", b"", negative),
        is_corrupt,
    );
    let huge = |header: &mut tar::Header| {
        header.as_old_mut().size = [0x80, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0];
    };
    assert_refused(
        package().entry_with(b'0', b"package/x", b"", huge),
        is_limit,
    );
    let beyond = |header: &mut tar::Header| header.set_size(1 << 20);
    assert_refused(
        package().entry_with(b'0', b"package/x", b"abc", beyond),
        is_corrupt,
    );
    let five_gib = |header: &mut tar::Header| header.set_size(5 << 30);
    assert_refused(
        package().entry_with(b'0', b"package/x", &[7; 1024], five_gib),
        is_limit,
    );
    let words = |header: &mut tar::Header| header.as_old_mut().size = *b"-00000000001";
    assert_refused(
        package().entry_with(b'0', b"package/x", b"", words),
        is_corrupt,
    );
}

/// TAR-29.
#[test]
fn a_wrong_checksum_in_the_middle_refuses_the_archive() {
    let mut tar = package()
        .file("package/a", b"")
        .file("package/b", b"")
        .tar();
    tar[1024 + 3] ^= 1;
    assert!(is_corrupt(&read(&gzip(&tar)).unwrap_err()));
    let garbage = package().raw(&[0x41; 512]).file("package/b", b"");
    assert_refused(garbage, is_corrupt);
}

/// TAR-31.
#[test]
fn the_final_blocks_and_the_last_padding_may_be_missing() {
    let archive = package().file("package/x", b"bytes");
    let whole = read(&archive.clone().tgz()).unwrap();
    let bytes = archive.unfinished();
    assert_eq!(read(&gzip(&bytes)).unwrap(), whole);
    assert_eq!(read(&gzip(&bytes[..bytes.len() - 507])).unwrap(), whole);
    assert!(is_corrupt(
        &read(&gzip(&bytes[..bytes.len() - 508])).unwrap_err()
    ));
    let lone = package().raw(&[0; 512]).file("package/x", b"");
    assert_refused(lone, is_corrupt);
}

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
    let read = read_tarball(&huge, &mut Decompress::new(false), &mut inflated);
    assert!(matches!(read, Err(ArchiveError::Limit { .. })));
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

/// TAR-36.
#[test]
fn an_archive_of_too_many_entries_is_refused() {
    let one = TestArchive::new().file("package/x", b"").unfinished();
    let many = one.repeat(200_001);
    assert!(is_limit(&read(&many).unwrap_err()));
}

/// TAR-45, TAR-46.
#[test]
fn names_that_mean_something_to_other_programs_are_plain_content() {
    let names = [
        ".npmrc",
        ".pkg/state",
        "CON",
        "aux.js",
        "node_modules/.bin/node",
        "x.",
        "y ",
    ];
    let archive = names.iter().fold(TestArchive::new(), |archive, name| {
        archive.file(&format!("package/{name}"), b"")
    });
    assert_eq!(paths(archive), names);
}

#[test]
fn long_names_of_gnu_tar_are_read() {
    let long = format!("package/{}", "d/".repeat(80));
    let name = format!("{long}file\0");
    let archive = package()
        .entry(b'L', b"././@LongLink", name.as_bytes())
        .file("package/x", b"1");
    assert_eq!(
        paths(archive),
        [&name["package/".len()..name.len() - 1], "package.json"]
    );
}

/// Packed without a folder, with Apple's `._` files, and with `./` before all.
#[test]
fn packages_packed_in_other_ways_are_read() {
    let bare = [
        ("package.json", "{}"),
        ("lib/a.js", ""),
        ("esm/package.json", "{}"),
    ];
    assert_eq!(
        paths(TestArchive::of(&bare)),
        ["esm/package.json", "lib/a.js", "package.json"]
    );
    let dotted = [("./package.json", "{}"), ("./lib/a.js", "")];
    assert_eq!(
        paths(TestArchive::of(&dotted)),
        ["lib/a.js", "package.json"]
    );
    let apple = TestArchive::of(&[("._package", "mac"), ("package/._a", "mac")]);
    assert_eq!(paths(apple.file("package/a", b"")), ["._a", "a"]);
    let windows = TestArchive::of(&[("package\\package.json", "{}"), ("package\\lib\\a.js", "")]);
    assert_eq!(paths(windows), ["lib/a.js", "package.json"]);
    let named = TestArchive::of(&[("some-name-1.0.0/package.json", "{}")]);
    assert_eq!(paths(named), ["package.json"]);
}

/// What the `tar` crate lists, under the same rules for folders.
fn reference_listing(tar: &[u8]) -> Listing {
    let mut archive = tar::Archive::new(tar);
    let mut listing: Listing = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type() != tar::EntryType::Regular {
            continue;
        }
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let mode = entry.header().mode().unwrap();
        listing.push((
            path["package/".len()..].to_owned(),
            bytes,
            mode & 0o111 != 0,
        ));
    }
    listing.sort();
    listing.dedup();
    listing
}

fn files() -> impl Strategy<Value = Vec<(String, Vec<u8>, bool)>> {
    let component = "[a-zA-Z0-9._ü-]{1,40}x";
    let path = proptest::collection::vec(component, 1..8).prop_map(|parts| parts.join("/"));
    let bytes = proptest::collection::vec(any::<u8>(), 0..1500);
    proptest::collection::vec((path, bytes, any::<bool>()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Archives of the `tar` crate's own builder (ustar, GNU long names) list as the crate itself lists them.
    #[test]
    fn our_listing_is_that_of_the_tar_crate(files in files(), gnu in any::<bool>()) {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes, executable) in &files {
            let mut header = if gnu { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
            header.set_size(bytes.len() as u64);
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            let added = builder.append_data(&mut header, format!("package/{path}"), &bytes[..]);
            prop_assume!(added.is_ok());
        }
        let tar = builder.into_inner().unwrap();
        match read(&tar) {
            Ok((listing, dropped)) => {
                prop_assert_eq!(dropped, 0);
                prop_assert_eq!(listing, reference_listing(&tar));
            }
            Err(ArchiveError::Conflict { .. }) => {}
            Err(error) => prop_assert!(false, "{:?}", error),
        }
    }

    /// No bytes make the reader panic, and what it accepts is sorted, unique and inside.
    #[test]
    fn any_change_of_an_archive_is_read_or_refused(
        at in 0_usize..4096,
        value in any::<u8>(),
        cut in 0_usize..4096,
    ) {
        let mut tar = TestArchive::of(&[("package/package.json", "{}")])
            .pax("path", "package/long")
            .file("package/x", &[1; 600])
            .symlink("package/l", "x")
            .tar();
        let at = at % tar.len();
        tar[at] = value;
        tar.truncate(tar.len().saturating_sub(cut % 600));
        if let Ok((listing, _)) = read(&tar) {
            prop_assert!(listing.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (path, ..) in &listing {
                prop_assert!(!path.is_empty() && !path.starts_with('/'));
                prop_assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(read(&bytes).is_err());
        prop_assert!(read(&gzip(&bytes)).is_err() || bytes.iter().all(|&byte| byte == 0));
    }
}
