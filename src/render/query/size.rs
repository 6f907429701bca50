//! How big packages are.

use pkg_engine::query::{PackageSize, SizeReport};
use serde_json::{Value, json};

use super::table::{Align, table};
use crate::render::escape;

/// `23.1 MB`, in units of a thousand.
fn bytes(count: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.into_iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => {
            let tenths = count.saturating_mul(10) / size;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

/// The sizes for people, the biggest first.
pub(crate) fn size_text(report: &SizeReport, limit: usize, terminal: Option<usize>) -> String {
    let columns = [
        ("size", Align::Right),
        ("files", Align::Right),
        ("alone", Align::Right),
        ("package", Align::Left),
        ("because of", Align::Left),
    ];
    let reason = |package: &PackageSize| match (&package.because_of, package.alone) {
        (_, Some(_)) => "package.json".to_owned(),
        (Some(name), None) => name.to_string(),
        (None, None) => "-".to_owned(),
    };
    let rows: Vec<Vec<String>> = report
        .packages
        .iter()
        .take(limit)
        .map(|package| {
            vec![
                bytes(package.bytes),
                package.files.to_string(),
                package.alone.map_or("-".to_owned(), bytes),
                escape(package.id.as_str()).into_owned(),
                escape(&reason(package)).into_owned(),
            ]
        })
        .collect();
    let mut text = table(&columns, &rows, terminal);
    let hidden = report.packages.len().saturating_sub(limit);
    if hidden > 0 {
        text.push_str(&format!(
            "… and {hidden} more: `--limit {}` shows them\n",
            report.packages.len()
        ));
    }
    text.push_str(&format!(
        "\n{} packages, {} files, {}; {} with equal files counted once\n",
        report.packages.len(),
        report.files,
        bytes(report.bytes),
        bytes(report.unique_bytes)
    ));
    if !report.unknown.is_empty() {
        let names: Vec<_> = report
            .unknown
            .iter()
            .map(|id| escape(id.as_str()))
            .collect();
        text.push_str(&format!(
            "not in the store, so not counted: {}\n",
            names.join(", ")
        ));
    }
    text
}

/// The sizes for programs.
pub(crate) fn size_json(report: &SizeReport) -> Value {
    let package = |package: &PackageSize| {
        json!({
            "package": package.id.as_str(),
            "bytes": package.bytes,
            "files": package.files,
            "alone": package.alone,
            "becauseOf": package.because_of.as_ref().map(pkg_manifest::PackageName::as_str),
        })
    };
    json!({
        "ok": true,
        "size": report.bytes,
        "uniqueSize": report.unique_bytes,
        "fileCount": report.files,
        "packages": report.packages.iter().map(package).collect::<Vec<_>>(),
        "unknown": report.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_three_digits_or_so() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(23_190_000), "23.1 MB");
        assert_eq!(bytes(4_200_000_000), "4.2 GB");
    }
}
