//! package.json, names, specifiers, packuments, integrity.
