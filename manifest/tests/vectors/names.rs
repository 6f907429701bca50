use pkg_manifest::PackageName;

use crate::{Tally, document, rows};

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
        let (found, wanted) = (found.to_string(), wanted.to_string());
        if text.len() > 255 {
            let reason = "a folder's name has at most 255 bytes";
            tally.differs(reason, text, &found, &wanted);
        } else {
            tally.compare(text, &found, &wanted);
        }
    }
    tally.finish(51, &[]);
}
