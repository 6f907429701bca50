//! Where packages and commands are: `pkg list` with paths, `pkg root`, `pkg bin`, in the layouts.

use insta::assert_snapshot;

use crate::support::Sandbox;

#[test]
fn places_are_those_of_the_layout() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("other", "npm:greet@2")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert_snapshot!(sandbox.run(&["list", "--parseable", "--long"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project:app
    [SANDBOX]/project/node_modules/greet:greet@1.2.3
    [SANDBOX]/project/node_modules/other:greet@2.1.0
    ");
    assert_snapshot!(sandbox.run(&["root"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project/node_modules
    ");
    // Other names of the long form, as npm has them.
    let long = sandbox.run(&["list", "--long"]);
    assert_eq!(
        (sandbox.run(&["ll"]), sandbox.run(&["la"])),
        (long.clone(), long)
    );
    assert_eq!(
        sandbox.run(&["licenses", "list"]),
        sandbox.run(&["licenses"])
    );
    let switched = sandbox.run(&["layout", "pnp"]);
    assert_eq!(switched.code, 0, "{switched}");
    let listed = sandbox.run(&["list", "--parseable"]);
    let places: Vec<_> = listed.stdout.lines().skip(1).collect();
    assert_eq!(places.len(), 2, "{listed}");
    let listed = sandbox.run(&["list", "--json"]).json();
    for (alias, id) in [("greet", "greet/1.2.3"), ("other", "greet/2.1.0")] {
        let place = listed[0]["dependencies"][alias]["path"].as_str().unwrap();
        let store = format!("[SANDBOX]/home/pkg/store/v1/links/{id}/");
        assert!(place.starts_with(&store), "{place}");
        assert!(place.ends_with("/node_modules/greet"), "{place}");
    }
    assert_snapshot!(sandbox.run(&["bin"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project/.pkg/bin
    ");
    // A path that is not there would fail later, and without a reason.
    assert_snapshot!(sandbox.run(&["root"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_PACKAGES_FOLDER]: in the layout `pnp` no folder has the packages of the project
      help: `pkg list --parseable` prints where each is, `pkg node` runs what needs them, and `pkg bin` prints the folder of commands
    ");
}
