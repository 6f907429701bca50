//! A set of small numbers.

/// A set of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        let word = self.0.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds another set; whether that changed anything.
    pub(crate) fn union(&mut self, other: &Self) -> bool {
        let mut is_changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            is_changed |= *other & !*word != 0;
            *word |= other;
        }
        is_changed
    }
}
