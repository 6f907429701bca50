//! Hashing a file by reading it once, with room that each thread keeps.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};

use pkg_manifest::Digest;
use sha2::{Digest as _, Sha256};

/// Most files of packages are read by one call with it, and it stays in the processor's cache.
const ROOM: usize = 256 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Hashes the first `size` bytes of a file, or all of it where it has fewer.
///
/// Memory does not grow with the file. `size` is what the system said of the open file: then a file that fits takes
/// one call to read.
///
/// # Errors
/// When it cannot be read; the caller knows the path.
pub fn hash_file(mut file: &File, size: u64) -> io::Result<Digest> {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(ROOM, 0);
        let mut hasher = Sha256::new();
        let mut rest = size;
        while rest > 0 {
            let room = usize::try_from(rest).map_or(ROOM, |rest| rest.min(ROOM));
            match file.read(&mut buffer[..room]) {
                Ok(0) => break,
                Ok(length) => {
                    hasher.update(&buffer[..length]);
                    rest -= length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Digest(hasher.finalize().into()))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_of_any_length_has_the_hash_of_its_bytes() {
        for length in [0, 1, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM + 7] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            for size in [length as u64, length as u64 + 9] {
                io::Seek::rewind(&mut file).unwrap();
                assert_eq!(hash_file(&file, size).unwrap(), Digest::of(&bytes));
            }
        }
    }
}
