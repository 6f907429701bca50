//! Takes out of a text what differs from run to run: times, ports, paths, the program's version.

use std::path::Path;

use pkg_registry_fixtures::packages_dir;

/// Replaces the sandbox's path, the fixtures' path, ports and times.
pub(crate) fn filter(text: &str, sandbox: &Path) -> String {
    let text = text.replace(&sandbox.display().to_string(), "[SANDBOX]");
    let text = text.replace(&packages_dir().display().to_string(), "[PACKAGES]");
    let text = without_hashes(&without_ports(&text));
    let text = text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    let mut filtered: String = text
        .lines()
        .map(|line| format!("{}\n", without_time(line)))
        .collect();
    if !text.ends_with('\n') {
        filtered.pop();
    }
    filtered
}

/// Shortens hashes.
fn without_hashes(text: &str) -> String {
    const START: &str = "sha512-";
    let is_base64 =
        |character: char| character.is_ascii_alphanumeric() || "+/=*".contains(character);
    let mut parts = text.split(START);
    let mut filtered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(is_base64);
        filtered.push_str(START);
        filtered.push_str(if part.len() - rest.len() > 64 {
            "[HASH]"
        } else {
            &part[..part.len() - rest.len()]
        });
        filtered.push_str(rest);
    }
    filtered
}

/// Replaces the ports of loopback.
fn without_ports(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut parts = text.split(HOST);
    let mut filtered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        filtered.push_str(HOST);
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit());
        filtered.push_str(if rest.len() < part.len() { "PORT" } else { "" });
        filtered.push_str(rest);
    }
    filtered
}

/// Replaces the time at the end of a line, with the spaces that push it to the right.
fn without_time(line: &str) -> String {
    // Bytes too: how small a tarball gets is a matter of the library that compresses it.
    for key in ["\"milliseconds\": ", "\"bytes\": "] {
        if let Some((start, rest)) = line.split_once(key) {
            let rest = rest.trim_start_matches(|character: char| character.is_ascii_digit());
            return format!("{start}{key}0{rest}");
        }
    }
    let Some(number) = line.strip_suffix(" ms").or_else(|| line.strip_suffix(" s")) else {
        return line.to_owned();
    };
    let start =
        number.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    if start.len() == number.len() {
        return line.to_owned();
    }
    match start.strip_suffix(" · ") {
        Some(start) => {
            let (start, layout) = start.rsplit_once(' ').unwrap_or((start, ""));
            format!("{}  {layout} · [TIME]", start.trim_end())
        }
        None => format!("{}  [TIME]", start.trim_end()),
    }
}
