//! Addresses in texts that people read.

/// The text without users and passwords in its addresses: what stands between `://` and an `@`.
pub fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| c.is_whitespace() || "/'\"`".contains(c))
            .unwrap_or(part.len());
        let from = part[..end].rfind('@').map_or(0, |at| at + 1);
        clean.push_str("://");
        clean.push_str(&part[from..]);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_host_is_left_out() {
        let rows = [
            ("git+https://me:secret@h.test/r@1", "git+https://h.test/r@1"),
            ("'https://t@h.test/r/': no", "'https://h.test/r/': no"),
            ("a://b c@d://e@f", "a://b c@d://f"),
            ("@scope/name@^1", "@scope/name@^1"),
        ];
        for (text, wanted) in rows {
            assert_eq!(without_credentials(text), wanted);
        }
    }
}
