//! A list of which some are chosen: what it looks like, and what keys do to it.

use super::keys::Key;

/// How many items are shown at once at most.
const SHOWN: usize = 20;

/// One line to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its text, in columns already; nothing of others that is not escaped.
    pub(crate) text: String,
    /// The heading that it stands under; items of one group follow one another.
    pub(crate) group: String,
}

/// What is chosen so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checklist {
    question: String,
    items: Vec<Item>,
    is_chosen: Vec<bool>,
    at: usize,
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It goes on.
    Open,
    /// It was answered.
    Done,
    /// It was left without an answer.
    Left,
    /// The whole program was interrupted.
    Interrupted,
}

impl Checklist {
    /// A list of which nothing is chosen.
    pub(crate) fn new(question: String, items: Vec<Item>) -> Self {
        Self {
            question,
            is_chosen: vec![false; items.len()],
            items,
            at: 0,
        }
    }

    /// Which items are chosen.
    pub(crate) fn chosen(&self) -> Vec<usize> {
        let all = self.is_chosen.iter().enumerate();
        all.filter_map(|(index, is_chosen)| is_chosen.then_some(index))
            .collect()
    }

    /// Does what a key says.
    pub(super) fn press(&mut self, key: Key) -> Progress {
        let last = self.items.len().saturating_sub(1);
        match key {
            Key::Up => self.at = self.at.checked_sub(1).unwrap_or(last),
            Key::Down => self.at = if self.at == last { 0 } else { self.at + 1 },
            Key::Home => self.at = 0,
            Key::End => self.at = last,
            Key::Space => {
                if let Some(is_chosen) = self.is_chosen.get_mut(self.at) {
                    *is_chosen = !*is_chosen;
                }
            }
            Key::All => {
                let is_all = self.is_chosen.iter().all(|is_chosen| *is_chosen);
                self.is_chosen.fill(!is_all);
            }
            Key::Invert => {
                for is_chosen in &mut self.is_chosen {
                    *is_chosen = !*is_chosen;
                }
            }
            Key::Enter => return Progress::Done,
            Key::Leave => return Progress::Left,
            Key::Interrupt => return Progress::Interrupted,
        }
        Progress::Open
    }

    /// What the keys do: as much as there is room for, the most important first.
    fn keys(&self, columns: usize) -> String {
        const KEYS: [&[&str]; 4] = [
            &[
                "space: choose",
                "a: all",
                "i: invert",
                "enter: go",
                "esc: leave",
            ],
            &["space: choose", "enter: go", "esc: leave"],
            &["space", "enter", "esc"],
            &[],
        ];
        let chosen = format!("  {} chosen", self.chosen().len());
        let lines = KEYS.map(|keys| [&[chosen.as_str()], keys].concat().join(" · "));
        let fits = |line: &&String| line.chars().count() <= columns;
        lines.iter().find(fits).unwrap_or(&chosen).clone()
    }

    /// The lines to show on a terminal of so many rows and columns: none is wider, and all fit.
    pub(super) fn lines(&self, rows: usize, columns: usize) -> Vec<String> {
        // The question, the keys, two lines that say what is outside, and a heading.
        let room = rows.saturating_sub(6).clamp(1, SHOWN);
        let first = self.at.saturating_sub(room / 2);
        let first = first.min(self.items.len().saturating_sub(room));
        let last = self.items.len().min(first + room);
        let mut lines = vec![self.question.clone()];
        if first > 0 {
            lines.push(format!("    … {first} more"));
        }
        let mut group = None;
        for index in first..last {
            let Some(item) = self.items.get(index) else {
                break;
            };
            // Headings may push the last lines out of a terminal that is low: then they are left out.
            if group != Some(&item.group) && room > 3 {
                lines.push(format!("  {}", item.group));
            }
            group = Some(&item.group);
            let cursor = if index == self.at { '>' } else { ' ' };
            let is_chosen = self.is_chosen.get(index) == Some(&true);
            let mark = if is_chosen { 'x' } else { ' ' };
            lines.push(format!("{cursor} [{mark}] {}", item.text));
        }
        if last < self.items.len() {
            lines.push(format!("    … {} more", self.items.len() - last));
        }
        lines.push(self.keys(columns));
        lines.truncate(rows.max(1));
        let narrow = |line: String| line.chars().take(columns.max(1)).collect();
        lines.into_iter().map(narrow).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize) -> Checklist {
        let item = |index: usize| Item {
            text: format!("item {index}"),
            group: (if index < 2 { "first" } else { "second" }).to_owned(),
        };
        Checklist::new("Which?".to_owned(), (0..count).map(item).collect())
    }

    #[test]
    fn keys_choose() {
        let mut list = list(3);
        for key in [Key::Space, Key::Up, Key::Space, Key::Down, Key::Down] {
            assert_eq!(list.press(key), Progress::Open);
        }
        assert_eq!(list.chosen(), [0, 2]);
        assert_eq!(
            list.lines(24, 80).join("\n"),
            "Which?\n  first\n  [x] item 0\n> [ ] item 1\n  second\n  [x] item 2\n  \
             2 chosen · space: choose · a: all · i: invert · enter: go · esc: leave"
        );
        list.press(Key::Invert);
        assert_eq!(list.chosen(), [1]);
        list.press(Key::All);
        assert_eq!(list.chosen(), [0, 1, 2]);
        list.press(Key::All);
        assert_eq!(list.chosen(), [0_usize; 0]);
        assert_eq!(list.press(Key::Enter), Progress::Done);
        assert_eq!(list.press(Key::Leave), Progress::Left);
        assert_eq!(list.press(Key::Interrupt), Progress::Interrupted);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut list = list(100);
        for _ in 0..50 {
            list.press(Key::Down);
        }
        for (rows, columns) in [(24, 80), (10, 20), (6, 5), (2, 1), (0, 0)] {
            let lines = list.lines(rows, columns);
            assert!(lines.len() <= rows.max(1), "{rows}");
            let is_narrow = |line: &String| line.chars().count() <= columns.max(1);
            assert!(lines.iter().all(is_narrow), "{columns}");
        }
        let lines = list.lines(12, 80).join("\n");
        assert!(lines.contains("> [ ] item 50"), "{lines}");
        assert!(lines.contains("    … 47 more\n"), "{lines}");
    }

    #[test]
    fn the_keys_are_told_as_far_as_there_is_room() {
        let list = list(1);
        let last = |columns| list.lines(24, columns).pop().unwrap_or_default();
        assert_eq!(
            last(60),
            "  0 chosen · space: choose · enter: go · esc: leave"
        );
        assert_eq!(last(39), "  0 chosen · space · enter · esc");
        assert_eq!(last(12), "  0 chosen");
    }

    #[test]
    fn an_empty_list_can_be_left() {
        let mut list = list(0);
        for key in [Key::Up, Key::Down, Key::Space, Key::All, Key::End] {
            list.press(key);
        }
        assert_eq!(list.press(Key::Enter), Progress::Done);
    }
}
