//! What holds for all archives, also for those that nobody thought of.

use proptest::prelude::*;

use super::{Listing, read};
use crate::archive::ArchiveError;
use crate::test_archive::{TestArchive, gzip};

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
