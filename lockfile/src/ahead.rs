//! A long text is read by two threads: one from its beginning, and one from where its snapshots begin, which are half of it.
//!
//! Where they begin is guessed by the spelling that is printed. The first thread passes over them; only if it came there, at
//! the top of the document, and found the end where the second one did, was the guess right. Else one thread reads it all.

use std::thread;

use crate::{
    parse::Parser,
    reader::{Commas, Reader},
};

/// Bytes of a text that is worth a thread.
const LONG: usize = 64 << 10;
/// What stands before the snapshots.
const BEGINNING: &str = "\n\"snapshots\":";

/// Where the snapshots seem to begin, behind the colon; `None` in a short text.
pub(crate) fn seem_to_begin(text: &str) -> Option<usize> {
    if text.len() < LONG {
        return None;
    }
    Some(text.rfind(BEGINNING)? + BEGINNING.len())
}

/// Reads a text whose snapshots seem to begin at `start`; `None` where they do not, or anything is wrong.
pub(crate) fn read_in_two(text: &str, start: usize) -> Option<Parser> {
    thread::scope(|scope| {
        let second = thread::Builder::new().spawn_scoped(scope, || {
            let mut reader = Reader::new_at(text, start, Commas::Strict);
            let mut parser = Parser::default();
            parser.snapshots(&mut reader).ok()?;
            Some((parser, reader.at()))
        });
        let mut parser = Parser::that_passes(start);
        let read = parser.document(&mut Reader::new(text, Commas::Strict));
        let (other, end) = second.ok()?.join().ok()??;
        (read.is_ok() && parser.take_snapshots(other, end)).then_some(parser)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

    fn sample() -> String {
        format!(
            "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n\".\": {{\"dependencies\":{{\"a\":[\"^1.0.0\",\"1.0.0\"]}}}}\n}},\n\
             \"packages\": {{\n\"a@1.0.0\": {{\"integrity\":\"{HASH}\"}}\n}},\n\"snapshots\": {{\n\"a@1.0.0\": {{\"new\":1}}\n}}\n}}\n"
        )
    }

    fn start(text: &str) -> usize {
        text.rfind(BEGINNING).unwrap() + BEGINNING.len()
    }

    fn in_one(text: &str) -> Parser {
        let mut parser = Parser::default();
        parser
            .document(&mut Reader::new(text, Commas::Strict))
            .unwrap();
        parser
    }

    #[test]
    fn two_threads_read_what_one_does() {
        let text = sample();
        let parser = read_in_two(&text, start(&text)).unwrap();
        assert_eq!(parser.lockfile, in_one(&text).lockfile);
        assert_eq!(parser.lockfile.snapshots.len(), 1);
        assert!(!parser.lockfile.extra.is_empty());
    }

    #[test]
    fn a_wrong_guess_is_found_out() {
        let text = sample();
        // Somewhere else, and inside something that is not known here.
        assert!(read_in_two(&text, 0).is_none());
        assert!(read_in_two(&text, start(&text) - 3).is_none());
        let nested = text.replacen(
            "\"packages\"",
            "\"other\": {\n\"snapshots\": {}},\n\"packages\"",
            1,
        );
        let inner = nested.find(BEGINNING).unwrap() + BEGINNING.len();
        assert!(read_in_two(&nested, inner).is_none());
        let parser = read_in_two(&nested, start(&nested)).unwrap();
        assert_eq!(parser.lockfile, in_one(&nested).lockfile);
    }

    #[test]
    fn what_is_broken_is_left_to_one_thread() {
        let text = sample();
        let at = start(&text);
        for broken in [
            text.replace("\"new\":1", "\"new\":"),
            text.replace("\"lockfileVersion\": 1", "\"lockfileVersion\": 9"),
            text.replace("\n}\n}\n", "\n}\n"),
        ] {
            assert!(read_in_two(&broken, at).is_none(), "{broken}");
        }
    }
}
