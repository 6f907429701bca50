//! Columns under headings.

/// Which side of its column a text stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// The heading of the column that names a row.
const NAME: &str = "package";

/// A table as text: each column as wide as its widest cell, two spaces between them, no space at the end of a line. On a
/// terminal (of so many columns) that is too narrow for it, each row is a list of its cells with their headings.
pub(super) fn table(
    columns: &[(&str, Align)],
    rows: &[Vec<String>],
    terminal: Option<usize>,
) -> String {
    let width = |column: usize, heading: &str| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .chain([heading.chars().count()])
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(column, (heading, _))| width(column, heading))
        .collect();
    let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    if let Some(width) = terminal.filter(|width| *width < whole) {
        return rows.iter().map(|row| listed(columns, row, width)).collect();
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, ((_, align), width)) in cells.zip(columns.iter().zip(&widths)) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            match align {
                Align::Left => line.extend([cell, &padding, "  "]),
                Align::Right => line.extend([padding.as_str(), cell, "  "]),
            }
        }
        format!("{}\n", line.trim_end())
    };
    let heading = line(&mut columns.iter().map(|(heading, _)| *heading));
    let mut text = format!("\x1b[2m{}\x1b[0m\n", heading.trim_end());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// One row as a few lines: its name, then the other cells with their headings, as many on a line as it holds.
fn listed(columns: &[(&str, Align)], row: &[String], width: usize) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for (cell, (heading, _)) in row.iter().zip(columns) {
        if *heading == NAME {
            text.insert_str(0, &format!("{cell}\n"));
            continue;
        }
        let word = format!("{heading} {cell}");
        let used = line.chars().count();
        if used > 0 && used + 3 + word.chars().count() > width {
            text.push_str(&format!("{line}\n"));
            line.clear();
        }
        line.push_str(if line.is_empty() { "  " } else { " · " });
        line.push_str(&word);
    }
    format!("{text}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::{Align, table};

    const COLUMNS: [(&str, Align); 4] = [
        ("size", Align::Right),
        ("package", Align::Left),
        ("current", Align::Left),
        ("wanted", Align::Left),
    ];

    fn rows() -> Vec<Vec<String>> {
        let row = ["1.2 MB", "some-package", "1.0.0", "1.10.0"];
        vec![row.map(str::to_owned).to_vec()]
    }

    #[test]
    fn a_table_that_fits_stands_in_columns() {
        let text = table(&COLUMNS, &rows(), Some(80));
        assert_eq!(text.lines().count(), 2);
        assert_eq!(text, table(&COLUMNS, &rows(), None));
    }

    #[test]
    fn a_table_wider_than_the_terminal_is_a_list() {
        let text = table(&COLUMNS, &rows(), Some(30));
        assert_eq!(
            text,
            "some-package\n  size 1.2 MB · current 1.0.0\n  wanted 1.10.0\n"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 30));
    }
}
