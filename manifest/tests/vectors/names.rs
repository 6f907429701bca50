use pkg_manifest::PackageName;

use crate::{Tally, document, rows};

/// The rule for old packages, which all still install. Beyond the vectors there is one difference: a name
/// of more than 255 bytes is none here, because no folder can have it.
#[test]
fn names_are_those_that_the_reference_installs() {
    let Some(document) = document("package-names.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let text = row[0].as_str().expect("it is a text");
        let found = text.parse::<PackageName>().is_ok();
        let wanted = row[1]["validForOldPackages"]
            .as_bool()
            .expect("it is a truth value");
        tally.compare(text, &found.to_string(), &wanted.to_string());
    }
    tally.finish(51, &[]);
}
