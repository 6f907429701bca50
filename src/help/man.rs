//! Man pages: clap's account of a command, then its examples and where to read on.

use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

/// The page of a command.
pub(crate) struct Page {
    /// `pkg-store-verify`.
    pub(crate) name: String,
    /// The page's source.
    pub(crate) text: Vec<u8>,
}

/// A page for a command and for each below it that people are told of; `date` is as `2026-01-31`.
pub(crate) fn pages(root: &clap::Command, date: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    add(root, root.get_name(), date, &mut pages);
    pages
}

fn add(command: &clap::Command, name: &str, date: &str, pages: &mut Vec<Page>) {
    let text = page(command, name, date);
    let name = name.to_owned();
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    pages.push(Page {
        name: name.clone(),
        text,
    });
    for below in below {
        add(below, &format!("{name}-{}", below.get_name()), date, pages);
    }
}

fn page(command: &clap::Command, name: &str, date: &str) -> Vec<u8> {
    let is_root = name == command.get_name();
    // What all commands take stands on the first page only.
    let own = command.clone().mut_args(|argument| {
        let is_hidden = argument.is_hide_set() || !is_root && argument.is_global_set();
        argument.hide(is_hidden)
    });
    let man = Man::new(own)
        .title(name.to_uppercase())
        .date(date)
        .source(concat!("pkg ", env!("CARGO_PKG_VERSION")))
        .manual("pkg");
    let mut text = Vec::new();
    let mut sections = || -> std::io::Result<()> {
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        Ok(())
    };
    // Writing to memory does not fail.
    drop(sections());
    let mut end = Roff::new();
    if let Some(after) = command.get_after_help() {
        examples(&mut end, &after.to_string());
    }
    end.control("SH", ["SEE ALSO"]);
    let also = if is_root {
        "`pkg help` lists topics beyond commands."
    } else {
        "pkg(1) has the options of all commands."
    };
    end.text([roman(also)]);
    text.extend_from_slice(end.render().as_bytes());
    without_double_breaks(&text)
}

/// What stands below a command's help: sentences, then lines to be typed.
fn examples(roff: &mut Roff, text: &str) {
    let (sentences, lines) = text.split_once("Examples:").unwrap_or((text, ""));
    if !sentences.trim().is_empty() {
        roff.control("SH", ["NOTES"]);
        roff.text([roman(
            sentences.split_whitespace().collect::<Vec<_>>().join(" "),
        )]);
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    roff.control("fi", []);
}

/// The page without a break of the line beside a space between lines, which breaks it anyway.
fn without_double_breaks(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    let is_space = |line: Option<&&str>| line.is_some_and(|line| line.is_empty() || *line == ".sp");
    let mut kept = String::with_capacity(text.len());
    for (index, line) in lines.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| lines.get(index));
        let is_double = *line == ".br" && (is_space(before) || is_space(lines.get(index + 1)));
        if is_double {
            continue;
        }
        kept.push_str(if line.is_empty() { ".sp" } else { line });
        kept.push('\n');
    }
    kept.into_bytes()
}

/// A day as `2026-01-31`, by the seconds since 1970.
pub(crate) fn day(seconds: i64) -> String {
    // Days from the first of March of the year 0, so that a leap day is the last of its year.
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (4_107_542_400, "2100-03-01"),
            (1_798_675_200, "2026-12-31"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(day(seconds), expected, "{seconds}");
        }
    }
}
