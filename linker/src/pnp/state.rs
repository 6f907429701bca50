//! The map as data, before it is text.

use std::borrow::Cow;

/// All that a map says.
#[derive(Debug, Default)]
pub(crate) struct State<'a> {
    /// The projects, the root first: name and reference.
    pub(crate) roots: Vec<(String, String)>,
    /// Whether a package may see what the root has, though it does not ask for it.
    pub(crate) has_fallback: bool,
    /// A regular expression: what it matches is not the map's business.
    pub(crate) ignore: Option<String>,
    /// Who may not see what the root has: sorted names and references.
    pub(crate) excluded: Vec<(String, String)>,
    /// Sorted by name, then by reference; the root without a name first.
    pub(crate) packages: Vec<Information<'a>>,
}

/// One instance of a package, or a project.
#[derive(Debug)]
pub(crate) struct Information<'a> {
    /// `None` for the root as what has no name asks it.
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) reference: Option<Cow<'a, str>>,
    /// From the project's root: begins with `./` or `../`, ends with a slash.
    pub(crate) location: String,
    /// Sorted by name; has the package itself.
    pub(crate) dependencies: Vec<(Cow<'a, str>, Target<'a>)>,
    /// Sorted.
    pub(crate) peers: Vec<Cow<'a, str>>,
    pub(crate) kind: Kind,
    /// Whether files there belong to whatever else contains them.
    pub(crate) is_discarded: bool,
}

/// Whose the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours.
    Hard,
    /// The user's; or they are reached by the paths of instances.
    Soft,
}

/// What a dependency leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// A peer that nobody provides.
    Missing,
    /// This reference of the same name.
    Same(Cow<'a, str>),
    /// Another name and its reference.
    Other(Cow<'a, str>, Cow<'a, str>),
}
