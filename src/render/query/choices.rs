//! What an update may move, as lines to choose from.

use pkg_engine::UpdateChoice;

use super::{
    age::age,
    table::{Align, table},
};
use crate::{prompt::Item, render::escape};

/// A line each, in columns, under the groups that ask for them.
pub(crate) fn update_items(choices: &[UpdateChoice], now: i64) -> Vec<Item> {
    let row = |choice: &UpdateChoice| {
        let published = choice.published.map(|published| age(published, now));
        vec![
            escape(choice.alias.as_str()).into_owned(),
            choice.from.to_string(),
            "→".to_owned(),
            choice.to.to_string(),
            published.unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = choices.iter().map(row).collect();
    let columns = [("", Align::Left); 5];
    let text = table(&columns, &rows, None);
    // The first line is that of the headings, which have no text.
    let lines = text.lines().skip(1);
    lines
        .zip(choices)
        .map(|(line, choice)| Item {
            text: line.to_owned(),
            group: choice.field.to_owned(),
        })
        .collect()
}
