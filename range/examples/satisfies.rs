//! Prints which of some versions a range contains, best first, and says what is wrong with a range.
//!
//! `cargo run --example satisfies -- '^1.2 || 3' 1.2.3 1.9.0 3.0.0-rc.1 2.0.0`

use std::process::ExitCode;

use pkg_range::{Mode, Prereleases, Range, parse_version, sort_descending};

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example program prints"
)]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let text = arguments.next().unwrap_or_else(|| "*".to_owned());
    let range = match Range::parse(&text, Mode::Strict) {
        Ok(range) => range,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    println!("{range}");
    let mut versions = Vec::new();
    for text in arguments {
        match parse_version(&text, Mode::Strict) {
            Ok(version) => versions.push(version),
            Err(error) => eprintln!("{error:#}"),
        }
    }
    versions.retain(|version| range.contains(version, Prereleases::Gated));
    sort_descending(&mut versions);
    for version in versions {
        println!("  {version}");
    }
    ExitCode::SUCCESS
}
