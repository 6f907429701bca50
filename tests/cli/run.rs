//! `pkg run`: scripts, their arguments, their ends.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

#[test]
fn arguments_reach_the_script_verbatim() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"show": "node show.js first"}
    }));
    sandbox.write("show.js", "console.log(JSON.stringify(process.argv.slice(2)))");
    let ran = sandbox.run(&[
        "run", "show", "a b", "it's", "\"quoted\"", "two\nlines", "--", "--flag", "$HOME", "*", "", "\\",
    ]);
    assert_snapshot!(ran, @r#"
    exit: 0
    ----- stdout
    ["first","a b","it's","\"quoted\"","two\nlines","--","--flag","$HOME","*","","\\"]
    ----- stderr
    $ node show.js first (show)
    "#);
}

#[test]
fn a_missing_script_is_told_with_the_nearest() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"build": "true", "test": "true"}
    }));
    assert_snapshot!(sandbox.run(&["run", "biuld"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `biuld` in `[SANDBOX]/project/package.json`
      help: did you mean `build`?
    ");
    assert_snapshot!(sandbox.run(&["run", "zzzzzzzzzzz"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `zzzzzzzzzzz` in `[SANDBOX]/project/package.json`
      help: it has `build`, `test`
    ");
    assert_snapshot!(sandbox.run(&["run", "--if-present", "biuld"]), @"exit: 0");
    assert_snapshot!(sandbox.run(&["run"]), @"
    exit: 0
    ----- stdout
    build
      true
    test
      true
    ");
}
