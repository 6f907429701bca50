//! Answers about a project's dependencies, for people and for programs.

mod age;
mod choices;
mod explain;
mod licenses;
mod list;
mod outdated;
mod size;
mod table;
mod view;
mod why;

pub(crate) use self::{
    choices::update_items,
    explain::{explain_json, explain_text},
    licenses::{licenses_json, licenses_text},
    list::{listing_json, listing_parseable, listing_text},
    outdated::{outdated_json, outdated_list, outdated_text},
    size::{bytes, size_json, size_text},
    view::{view_fields, view_json, view_text},
    why::{why_json, why_text},
};
