//! Entries, paths and headers.

use super::{assert_refused, is_conflict, is_corrupt, is_limit, is_unsafe, package, paths, read};
use crate::archive::ArchiveError;
use crate::test_archive::{TestArchive, gzip, record};

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
            header.set_size(0);
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

#[test]
fn an_extended_header_of_an_unknown_format_refuses_the_archive() {
    for flag in [b'x', b'g', b'L', b'K'] {
        let body = record("path", "package/a");
        let archive = package().entry_with(flag, b"x", &body, |header| {
            header.as_mut_bytes()[257..265].copy_from_slice(b"ustar7 \0");
        });
        assert_refused(archive.file("package/b", b""), is_corrupt);
    }
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
