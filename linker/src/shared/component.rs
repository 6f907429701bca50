//! Packages that depend on one another, told in an order that depends on nothing but themselves.
//!
//! The packages of a cycle have no first one. They are told apart by colours: a hash of the package itself and of what
//! it links outside the cycle, then again and again one that takes in the colours of what it links inside, until that
//! tells no more of them apart. Packages that have one colour then can reach the same things in the same ways, so they
//! are told, and made, once.

use std::collections::BTreeSet;

use pkg_manifest::PackageName;
use pkg_store::SlotName;
use sha2::{Digest as _, Sha256};

use crate::shared::slot::HEADER;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// To a slot that is known already.
    Slot(SlotName),
    /// To a package of the same cycle, by its number.
    Member(usize),
}

/// One package of a cycle, or one that is in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) label: String,
    /// Sorted by name.
    pub(crate) links: Vec<(PackageName, Link)>,
}

/// Packages that can all reach one another, or a single one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Component {
    members: Vec<Member>,
    /// For each member, where it is told; two that cannot be told apart have one place.
    places: Vec<usize>,
}

type Colour = [u8; 32];

impl Component {
    pub(crate) fn new(members: Vec<Member>) -> Self {
        let colours = match members.len() {
            1 => vec![[0; 32]],
            _ => stable_colours(&members),
        };
        let order: BTreeSet<Colour> = colours.iter().copied().collect();
        let order: Vec<Colour> = order.into_iter().collect();
        let place = |colour: &Colour| {
            order
                .binary_search(colour)
                .expect("every colour is in the list of colours")
        };
        let places = colours.iter().map(place).collect();
        Self { members, places }
    }

    /// Where a member is told.
    pub(crate) fn place(&self, member: usize) -> usize {
        self.places[member]
    }

    /// All members in their order, each with its links: keys are hashes of this.
    pub(crate) fn text(&self) -> String {
        let mut told: Vec<(usize, &Member)> =
            self.places.iter().copied().zip(&self.members).collect();
        told.sort_by_key(|(place, _)| *place);
        told.dedup_by_key(|(place, _)| *place);
        let mut text = HEADER.to_owned();
        for (_, member) in told {
            text.push_str(&member.label);
            for (alias, link) in &member.links {
                match link {
                    Link::Slot(slot) => text.push_str(&format!("link {alias} {slot}\n")),
                    Link::Member(member) => {
                        text.push_str(&format!("link {alias} #{}\n", self.places[*member]));
                    }
                }
            }
        }
        text
    }
}

fn stable_colours(members: &[Member]) -> Vec<Colour> {
    let mut colours: Vec<Colour> = members.iter().map(first_colour).collect();
    let mut count = distinct(&colours);
    loop {
        let next: Vec<Colour> = members
            .iter()
            .zip(&colours)
            .map(|(member, own)| next_colour(member, own, &colours))
            .collect();
        let next_count = distinct(&next);
        // The same members are told apart whatever else is in the project: so are the rounds that this takes.
        if next_count == count {
            return colours;
        }
        (colours, count) = (next, next_count);
    }
}

fn distinct(colours: &[Colour]) -> usize {
    colours.iter().collect::<BTreeSet<_>>().len()
}

fn first_colour(member: &Member) -> Colour {
    let mut hash = Sha256::new();
    hash.update(&member.label);
    for (alias, link) in &member.links {
        match link {
            Link::Slot(slot) => hash.update(format!("link {alias} {slot}\n")),
            Link::Member(_) => hash.update(format!("link {alias}\n")),
        }
    }
    hash.finalize().into()
}

fn next_colour(member: &Member, own: &Colour, colours: &[Colour]) -> Colour {
    let mut hash = Sha256::new();
    hash.update(own);
    for (_, link) in &member.links {
        if let Link::Member(member) = link {
            hash.update(colours[*member]);
        }
    }
    hash.finalize().into()
}
