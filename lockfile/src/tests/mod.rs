//! Tests of the format and of the graph's questions.

mod attacks;
mod format;
mod graph;
mod keys;
mod laws;
mod merge;
mod salvage;

use crate::{Lockfile, LockfileError};

/// An integrity of the length that sha512 has, different for every `seed`.
fn integrity(seed: &str) -> String {
    pkg_manifest::Integrity::sha512(seed.as_bytes()).to_string()
}

/// A text with three sections, in which `SHA` followed by a letter stands for an integrity.
fn document(importers: &str, packages: &str, snapshots: &str) -> String {
    let text = format!(
        "{{\n\"lockfileVersion\": 1,\n\"importers\": {{\n{importers}\n}},\n\
         \"packages\": {{\n{packages}\n}},\n\"snapshots\": {{\n{snapshots}\n}}\n}}\n"
    );
    ["A", "B", "C", "D"].iter().fold(text, |text, letter| {
        text.replace(&format!("SHA{letter}"), &integrity(letter))
    })
}

/// `express` and `vitest` with its peer, as the page of the format has them.
fn sample() -> String {
    document(
        r#"".": {"dependencies":{"express":["^5.0.0","5.3.0"]},"devDependencies":{"vitest":["^5.1.1","5.1.1(vite@8.3.8)"]}},
"packages/app": {"dependencies":{"here":["workspace:*","link:packages/here"],"other":["npm:express@5","express@5.3.0"]}}"#,
        r#""accepts@2.0.0": {"integrity":"SHAA","engines":{"node":">= 0.6"}},
"express@5.3.0": {"integrity":"SHAB","engines":{"node":">= 18"},"hasBin":true},
"vite@8.3.8": {"integrity":"SHAC","os":["linux","!win32"],"cpu":["x64"],"libc":["glibc"],"hasInstallScript":true},
"vitest@5.1.1": {"integrity":"SHAD","deprecated":"say \"no\"\n","peerDependencies":{"vite":"^8"},"optionalPeers":["jsdom"]}"#,
        r#""accepts@2.0.0": {},
"express@5.3.0": {"dependencies":{"accepts":"2.0.0"}},
"vite@8.3.8": {"dev":true},
"vitest@5.1.1(vite@8.3.8)": {"dependencies":{"vite":"8.3.8"},"transitivePeers":["jsdom"],"dev":true}"#,
    )
}

fn parse(text: &str) -> Lockfile {
    Lockfile::parse(text).unwrap()
}

fn refusal(text: &str) -> LockfileError {
    Lockfile::parse(text).unwrap_err()
}

fn code(error: &LockfileError) -> String {
    miette::Diagnostic::code(error)
        .map(|code| code.to_string())
        .unwrap_or_default()
}
