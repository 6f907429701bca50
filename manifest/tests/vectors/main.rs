//! This crate against what the reference implementation answered. The vectors lie outside of the
//! repository; where they are not there, a test says so and checks nothing.

mod bins;
mod names;
mod npmrc;
mod platform;
mod specifiers;

use std::{collections::BTreeMap, fs};

use serde_json::Value;

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/spec/");

/// The document with the vectors, or `None` in a checkout that comes without them.
#[expect(clippy::print_stderr, reason = "a test says that it checks nothing")]
fn document(name: &str) -> Option<Value> {
    let Ok(text) = fs::read(format!("{SPEC}{name}")) else {
        eprintln!("skipped: the vectors `{name}` are not there");
        return None;
    };
    Some(serde_json::from_slice(&text).expect("vectors are JSON"))
}

/// The rows of a table.
fn rows<'d>(document: &'d Value, table: &str) -> &'d [Value] {
    document[table].as_array().expect("vectors are a list")
}

/// Counts rows that agree, that are known not to, by reason, and those that surprise.
#[derive(Default)]
struct Tally {
    same: usize,
    different: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Tally {
    /// A row that has to agree.
    fn compare(&mut self, row: &str, found: &str, wanted: &str) {
        if found == wanted {
            self.same += 1;
        } else {
            self.wrong.push(format!("{row}: {found}, wanted {wanted}"));
        }
    }

    /// A row for which another answer than the reference's is the right one here.
    fn differs(&mut self, reason: &'static str, row: &str, found: &str, wanted: &str) {
        *self.different.entry(reason).or_default() += 1;
        if found == wanted {
            self.wrong
                .push(format!("{row}: does not differ ({reason})"));
        }
    }

    fn finish(&self, same: usize, different: &[(&'static str, usize)]) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        assert_eq!(self.same, same);
        assert_eq!(self.different, different.iter().copied().collect());
    }
}
