//! What the program says of itself.

use insta::assert_snapshot;

use crate::support::Sandbox;

#[test]
fn the_version_is_told() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["--version"]), @"
    exit: 0
    ----- stdout
    pkg [VERSION]
    ");
    assert_eq!(sandbox.run(&["-v"]), sandbox.run(&["--version"]));
    assert_eq!(sandbox.run(&["-V"]), sandbox.run(&["--version"]));
}

#[test]
fn help_lists_the_commands() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["-h"]);
    let (start, _) = help.stdout.split_once("\nOptions:\n").unwrap();
    assert_snapshot!(start, @"
    A package manager for Node.js projects

    Usage: pkg [OPTIONS] [COMMAND]

    Commands:
      install         Install what package.json asks for; with packages, as `pkg add` [alias: i]
      add             Add packages to package.json and install them [alias: a]
      remove          Take packages out of package.json and out of the tree [aliases: rm, un, uninstall,
                      r]
      update          Move packages to newer versions [aliases: up, upgrade]
      dedupe          Let each range take the highest version that is there already, so that fewer
                      versions are left [alias: ddp]
      prune           Take out of the tree what package.json and pkg.lock do not want
      link            Depend on a folder as it is: what changes in it is seen at once [alias: ln]
      unlink          Take links to folders back, to what stood before; without names all of them
      run             Run a script of package.json, with the project's commands on PATH [alias:
                      run-script]
      test            Run the script `test` [aliases: t, tst]
      start           Run the script `start`; without one, `node server.js`
      stop            Run the script `stop`
      restart         Run the script `restart`; without one, `stop` and `start`
      exec            Run a command of the project's packages, or any other, in their surroundings
      dlx             Run a package's command without adding the package to the project [alias: x]
      create          Make a project with a package made for that: `pkg create vite` runs `create-vite`
      init            Write a package.json; with a name, as `pkg create`
      verify          Hold node_modules against pkg.lock and the store, file by file, by hash
      node            Run a program with Node.js, which finds the project's packages in every layout
      layout          Print how packages are laid out, or lay them out otherwise and keep it so
      approve-builds  Show install scripts of packages and decide which may run, in the jail [aliases:
                      approve, trust]
      rebuild         Run the install scripts of packages again, those that may run [alias: rb]
      list            List what the project depends on [aliases: ls, la, ll]
      why             Say why a package is there: every way to it, the shortest first
      explain         Say why a package has its version: who asks for what, and what stands in the way
                      of another
      outdated        List direct dependencies that have newer versions; exit code 1 where there is one
      view            Show what the registry says of a package [aliases: info, show, v]
      licenses        List the licences of what the project depends on
      size            Say how big the packages are, and why they are there
      bin             Print the folder of the project's commands
      root            Print the folder of the project's packages
      prefix          Print the project's folder
      config          Show settings and who set them, or change a settings file [alias: c]
      doctor          Look at what an install needs of this machine, and say what is wrong and what to
                      do
      store           Look at the store
      semver          Check versions against ranges, as npm's `semver` program does
      completion      Print what a shell reads to complete commands, flags, scripts and dependencies
      help            Print help of a command, of a topic, or of the code of an error
    ");
    let long = sandbox.run(&["--help"]);
    assert_eq!((help.code, long.code), (0, 0));
    let is_explained =
        |line: &&str| line.trim_start().starts_with("--") || line.trim_start().starts_with('-');
    for line in help.stdout.lines().filter(is_explained) {
        let flag = line.trim().split("  ").next().unwrap();
        assert!(long.stdout.contains(flag), "{flag}");
    }
}

#[test]
fn help_of_install_has_a_line_a_flag() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["install", "-h"]), @"
    exit: 0
    ----- stdout
    Install what package.json asks for; with packages, as `pkg add`

    Usage: pkg install [OPTIONS] [PACKAGE]...

    Arguments:
      [PACKAGE]...  Packages to add, as `pkg add` takes them

    Options:
          --frozen-lockfile     Install exactly what pkg.lock says; fail if package.json asks for
                                something else (default in CI) [alias: --immutable]
          --no-frozen-lockfile  Bring pkg.lock up to date where package.json changed, also in CI
          --lockfile-only       Write pkg.lock and nothing else [alias: --package-lock-only]
      -P, --prod                Leave out devDependencies [alias: --production]
      -D, --dev                 Install devDependencies only
          --no-optional         Leave out optionalDependencies
          --omit <GROUP>        Leave out a group, in npm's words [possible values: dev, optional]
          --include <GROUP>     Install a group whatever else leaves it out [possible values: dev,
                                optional]
          --offline             Ask the network for nothing
          --prefer-offline      Ask the network only for what is not cached
          --ignore-scripts      Run no scripts of the project
      -f, --force               Build the tree anew, and check every file that goes into it
          --fix-lockfile        Resolve anew what a damaged pkg.lock does not say
          --dry-run             Say what would change and write nothing
          --layout <NAME>       Lay packages out so this once: isolated, flat, nested or pnp [alias:
                                --node-linker]
          --allow-build <NAME>  Approve the install scripts of NAME; several times for several
          --save-dev            Save to devDependencies
      -O, --save-optional       Save to optionalDependencies
          --save-peer           Save to peerDependencies and devDependencies
      -E, --save-exact          Save the exact version
      -h, --help                Print help (see more with '--help')

    Global options:
      -C, --dir <DIR>           Work in this folder instead of the current one [alias: --prefix]
          --registry <URL>      Take packages from this registry: an address, or `file:DIR`
          --store-dir <DIR>     Keep the contents of packages in this folder
          --cache-dir <DIR>     Keep the registry's answers in this folder
          --userconfig <FILE>   Read the user's settings from this file
          --config <KEY=VALUE>  Set any setting: `--config.KEY=VALUE`
          --reporter <KIND>     How progress is shown [possible values: default, append-only, ndjson,
                                silent]
          --json                Print one JSON document on standard output, also on failure
          --exit-codes <HOW>    Tell failures apart by the exit code: see `pkg help exit-codes`
                                [possible values: plain, detailed]
      -s, --silent              Print nothing but errors
          --loglevel <LEVEL>    Tell no more than this: `error` leaves warnings out [possible values:
                                silent, error, warn]
          --color <WHEN>        Colour the output [default: auto] [possible values: auto, always, never]

    Examples:
      pkg install --prod
      pkg install --frozen-lockfile
      pkg install --offline
    ");
}

#[test]
fn help_of_the_other_commands_shows_how_to_use_them() {
    let sandbox = Sandbox::new();
    let usage = |command: &str| {
        let help = sandbox.run(&[command, "-h"]);
        let (start, _) = help.stdout.split_once("\nOptions:\n").unwrap();
        start.to_owned()
    };
    assert_snapshot!(usage("run"), @"
    Run a script of package.json, with the project's commands on PATH

    Usage: pkg run [OPTIONS] [SCRIPT [ARGS]]...

    Arguments:
      [SCRIPT [ARGS]]...  The script, or a pattern: `build:*`, `/^build/`; then its arguments, which
                          reach it verbatim
    ");
    assert_snapshot!(usage("store"), @"
    Look at the store

    Usage: pkg store [OPTIONS] <COMMAND>

    Commands:
      path    Print the folder of the store
      verify  Hash every file of the store and name what is damaged
      repair  Hash every file of the store and move what is damaged aside, so that installs fetch it
              again
      prune   Remove from the store what no project needs
    ");
    let bare = sandbox.run(&["store"]);
    assert_eq!((bare.code, bare.stdout.as_str()), (2, ""));
    assert!(bare.stderr.contains("Usage: pkg store"), "{bare}");
}
