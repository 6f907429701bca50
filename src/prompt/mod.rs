//! Questions on a terminal that are answered by keys: what is shown and what a key does is plain data, which the
//! terminal only carries.

mod checklist;
mod keys;
mod terminal;

pub(crate) use self::{
    checklist::{Checklist, Item},
    terminal::{Answer, ask},
};
