//! Each kind of damage alone.

use super::{GREET, MANY, Rounds, installed, lines, link, make_pipe, replace, set_mode, stamps};
use crate::support::Sandbox;

#[test]
fn each_damage_to_a_file_of_a_package_is_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let index = format!("{GREET}/index.js");
    let part = format!("{MANY}/data/part-07.js");
    let length = sandbox.read(&index).len();
    let changed = format!("greet@1.2.3 changed {index}");
    rounds.check(|s| replace(s, &index, "longer or shorter"), &[&changed]);
    rounds.check(|s| replace(s, &index, &"x".repeat(length)), &[&changed]);
    let changed = format!("many-files@1.0.0 changed {part}");
    rounds.check(|s| replace(s, &part, ""), &[&changed]);
    let mode = format!("greet@1.2.3 mode {index}");
    rounds.check(|s| set_mode(s, &index, 0o755), &[&mode]);
    let bin = "node_modules/.pkg/@fixture+bin@1.0.0/node_modules/@fixture/bin/run.js";
    let mode = format!("@fixture/bin@1.0.0 mode {bin}");
    rounds.check(|s| set_mode(s, bin, 0o644), &[&mode]);
    let missing = format!("many-files@1.0.0 missing {part}");
    rounds.check(|s| s.remove(&part), &[&missing]);
}

#[test]
fn what_nobody_put_into_a_package_is_found_and_moved_aside() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let foreign = |path: &str| format!("greet@1.2.3 foreign {GREET}/{path}");
    rounds.check(
        |s| s.write(&format!("{GREET}/.cache"), "x"),
        &[&foreign(".cache")],
    );
    rounds.check(
        |s| s.write(&format!("{GREET}/node_modules/x/y"), "x"),
        &[&foreign("node_modules")],
    );
    rounds.check(
        |s| make_pipe(s, &format!("{GREET}/pipe")),
        &[&foreign("pipe")],
    );
    rounds.check(
        |s| s.write(&format!("{MANY}/data/more/x.js"), "x"),
        &[&format!("many-files@1.0.0 foreign {MANY}/data/more")],
    );
}

/// A folder that is not the project's, with a file.
fn outside(sandbox: &Sandbox) -> std::path::PathBuf {
    let outside = sandbox.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "not ours").unwrap();
    outside
}

#[test]
fn something_else_in_the_place_of_a_file_is_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let (outside, index) = (outside(&sandbox), format!("{GREET}/index.js"));
    let before = stamps(&outside);
    let replaced = format!("greet@1.2.3 replaced {index}");
    let instead = |make: &dyn Fn(&Sandbox)| {
        let damage = |s: &Sandbox| {
            s.remove(&index);
            make(s);
        };
        rounds.check(damage, &[&replaced]);
    };
    instead(&|s| make_pipe(s, &index));
    instead(&|s| link(s, "package.json", &index));
    instead(&|s| link(s, outside.join("file"), &index));
    instead(&|s| link(s, "/dev/zero", &index));
    instead(&|s| s.write(&format!("{index}/x"), "x"));
    assert_eq!(stamps(&outside), before);
}

#[test]
fn something_else_in_the_place_of_a_folder_is_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let (outside, data) = (outside(&sandbox), format!("{MANY}/data"));
    let before = stamps(&outside);
    let instead = |place: &str, owner: &str, make: &dyn Fn(&Sandbox)| {
        let damage = |s: &Sandbox| {
            s.remove(place);
            make(s);
        };
        rounds.check(damage, &[&format!("{owner} replaced {place}")]);
    };
    let many = "many-files@1.0.0";
    instead(&data, many, &|s| link(s, &outside, &data));
    instead(&data, many, &|s| make_pipe(s, &data));
    instead(&data, many, &|s| s.write(&data, "x"));
    instead(GREET, "greet@1.2.3", &|s| link(s, &outside, GREET));
    let scope = "node_modules/@fixture";
    instead(scope, "-", &|s| link(s, &outside, scope));
    let slot = "node_modules/.pkg/greet@1.2.3";
    instead(slot, "greet@1.2.3", &|s| link(s, &outside, slot));
    assert_eq!(stamps(&outside), before);
}

#[test]
fn every_file_of_a_folder_that_is_gone_is_named() {
    let sandbox = installed();
    let data = format!("{MANY}/data");
    let mut told: Vec<String> = std::fs::read_dir(sandbox.path(&data))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| format!("many-files@1.0.0 missing {data}/{name}"))
        .collect();
    told.sort();
    sandbox.remove(&data);
    let ran = sandbox.run(&["verify", "--json"]);
    assert_eq!(lines(&ran.json()), told);
}

#[test]
fn each_damage_to_a_link_is_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let greet = "node_modules/greet";
    let elsewhere = |s: &Sandbox| {
        s.remove(greet);
        link(s, ".pkg/elsewhere", greet);
    };
    rounds.check(elsewhere, &["greet@1.2.3 link node_modules/greet"]);
    let missing = "greet@1.2.3 missing node_modules/greet";
    rounds.check(|s| s.remove(greet), &[missing]);
    let folder = |s: &Sandbox| {
        s.remove(greet);
        s.write("node_modules/greet/index.js", "mine");
    };
    rounds.check(folder, &["greet@1.2.3 replaced node_modules/greet"]);
    let inner = "node_modules/.pkg/colour-mix@1.0.0/node_modules/colour-name";
    let to_root = |s: &Sandbox| {
        s.remove(inner);
        link(s, "/", inner);
    };
    rounds.check(to_root, &[&format!("colour-mix@1.0.0 link {inner}")]);
}

#[test]
fn each_damage_to_a_command_is_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let (bin, shim) = ("node_modules/.bin/bin", "node_modules/.bin/bin-crlf");
    let missing = "@fixture/bin@1.0.0 missing node_modules/.bin/bin";
    rounds.check(|s| s.remove(bin), &[missing]);
    let elsewhere = |s: &Sandbox| {
        s.remove(bin);
        link(s, "/bin/false", bin);
    };
    rounds.check(
        elsewhere,
        &["@fixture/bin@1.0.0 link node_modules/.bin/bin"],
    );
    let command = "bin-crlf@1.0.0 command node_modules/.bin/bin-crlf";
    rounds.check(|s| replace(s, shim, "#!/bin/sh\nexec evil\n"), &[command]);
    rounds.check(|s| set_mode(s, shim, 0o644), &[command]);
    let direct = |s: &Sandbox| {
        s.remove(shim);
        link(s, "../bin-crlf/cli.js", shim);
    };
    rounds.check(direct, &[command]);
    let foreign = "- foreign node_modules/.bin/evil";
    rounds.check(
        |s| link(s, "/bin/false", "node_modules/.bin/evil"),
        &[foreign],
    );
}

#[test]
fn packages_that_are_gone_or_that_the_lockfile_does_not_have_are_found_and_put_right() {
    let sandbox = installed();
    let rounds = Rounds::new(&sandbox);
    let missing = format!("greet@1.2.3 missing {GREET}");
    rounds.check(|s| s.remove(GREET), &[&missing]);
    let unlisted = "left-pad unlisted node_modules/left-pad";
    rounds.check(
        |s| s.write("node_modules/left-pad/index.js", "x"),
        &[unlisted],
    );
    rounds.check(|s| link(s, "/", "node_modules/left-pad"), &[unlisted]);
    rounds.check(
        |s| s.write("node_modules/@fixture/more/index.js", "x"),
        &["@fixture/more unlisted node_modules/@fixture/more"],
    );
    let old = "node_modules/.pkg/old@1.0.0";
    rounds.check(
        |s| s.write(&format!("{old}/node_modules/old/index.js"), "x"),
        &[&format!("old@1.0.0 unlisted {old}")],
    );
    let foreign = "- foreign node_modules/notes.txt";
    rounds.check(|s| s.write("node_modules/notes.txt", "x"), &[foreign]);
    // What tools keep there under names with a dot is theirs.
    sandbox.write("node_modules/.cache/tool/x", "x");
    sandbox.write("node_modules/.package-lock.json", "{}");
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn flat_and_nested_trees_are_put_right_as_what_they_are() {
    let sandbox = Sandbox::with_dependencies(&[
        ("number-stats", "1"),
        ("number-list", "1"),
        ("bundle-holder", "1"),
    ]);
    for layout in ["flat", "nested"] {
        sandbox.install(&[&format!("--layout={layout}")]);
        let rounds = Rounds::new(&sandbox);
        let inner = "node_modules/bundle-holder/node_modules/bundle-inner";
        let changed = format!("bundle-holder@1.0.0 changed {inner}/index.js");
        let index = format!("{inner}/index.js");
        rounds.check(|s| replace(s, &index, ""), &[&changed]);
        let missing = |file: &str| format!("bundle-holder@1.0.0 missing {inner}/{file}");
        let told = [missing("index.js"), missing("package.json")];
        rounds.check(|s| s.remove(inner), &[&told[0], &told[1]]);
        let nested = "node_modules/number-stats/node_modules";
        rounds.check(
            |s| s.write(&format!("{nested}/odd/index.js"), "x"),
            &[&format!("odd unlisted {nested}/odd")],
        );
        let manifest = format!("{nested}/number-list/package.json");
        let missing = format!("number-list@2.1.1 missing {manifest}");
        rounds.check(|s| s.remove(&manifest), &[&missing]);
        let missing = "number-list@1.3.0 missing node_modules/number-list";
        rounds.check(|s| s.remove("node_modules/number-list"), &[missing]);
    }
}
