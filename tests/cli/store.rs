//! `pkg store`.

use insta::assert_snapshot;

use crate::support::Sandbox;

#[test]
fn the_path_of_the_store_is_told() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["store", "path"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/home/pkg/store
    ");
}
