//! What a script reaches in the jail.

use std::{
    net::{TcpListener, UdpSocket},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;

use super::{
    FOUND, append_user_settings, assert_all_denied, failed, found, has_jail, probe, probing,
    publish,
};
use crate::support::{served, server};

/// SCR-07.
#[test]
fn scr_07_a_script_writes_nowhere_but_to_its_own_files() {
    if !has_jail() {
        return;
    }
    let server = server();
    publish(&server, "sibling", "1.0.0", "");
    let sandbox = probing(
        &server,
        "const root = path.resolve('../../../../..'), home = path.resolve(root, '../home');\n\
         const append = (name, file) => denied(name, () => fs.appendFileSync(file, 'x'));\n\
         append('canary', path.join(root, '../canary'));\n\
         append('sibling', path.join(root, 'node_modules/sibling/index.js'));\n\
         append('lockfile', path.join(root, 'pkg.lock'));\n\
         append('manifest', path.join(root, 'package.json'));\n\
         append('approvals', path.join(root, 'pkg-builds.json'));\n\
         append('record', path.join(root, 'node_modules/.pkg/tree'));\n\
         append('npmrc', path.join(home, '.npmrc'));\n\
         denied('bin', () => fs.mkdirSync(path.join(root, 'node_modules/.bin')));\n\
         denied('slot', () => fs.mkdirSync('../other'));\n\
         denied('store', () => fs.writeFileSync(path.join(home, 'pkg/store/v1/files/evil'), 'x'));\n\
         denied('temporary', () => fs.writeFileSync('/tmp/pkg-probe-' + process.pid, 'x'));\n\
         denied('link', () => fs.linkSync(path.join(root, 'package.json'), 'mine.json'));\n\
         denied('rename', () => fs.renameSync('index.js', path.join(root, 'index.js')));\n\
         denied('remove', () => fs.unlinkSync(path.join(root, 'package.json')));\n\
         denied('system', () => fs.writeFileSync('/usr/pkg-probe', 'x'));",
    );
    std::fs::write(sandbox.beside("canary"), "alive").unwrap();
    assert_eq!(sandbox.run(&["add", "sibling"]).code, 0);
    let manifest = sandbox.read("package.json");
    let found = probe(&sandbox);
    let mut found = found.as_object().unwrap().clone();
    // What leads from one folder to another is refused as if they were two file systems.
    for name in ["link", "rename"] {
        let outcome = found.remove(name).unwrap();
        assert!(
            outcome == "EXDEV" || outcome == "EACCES" || outcome == "EROFS",
            "{name}: {outcome}"
        );
    }
    assert_all_denied(&found.into());
    assert_eq!(
        std::fs::read_to_string(sandbox.beside("canary")).unwrap(),
        "alive"
    );
    assert_eq!(sandbox.read("package.json"), manifest);
}

/// SCR-07: what lies in a package's folder in other layouts is not its own either.
#[test]
fn scr_07_packages_that_lie_in_its_folder_are_not_its_own_files() {
    if !has_jail() {
        return;
    }
    let server = server();
    server.publish(
        "inner",
        "1.0.0",
        json!({}),
        &[("index.js", "module.exports = 'inner'")],
    );
    server.publish(
        "inner",
        "2.0.0",
        json!({}),
        &[("index.js", "module.exports = 'other'")],
    );
    let program = "const fs = require('fs');\n\
        const found = { inner: require('inner') };\n\
        const file = require.resolve('inner');\n\
        try { fs.writeFileSync(file, 'evil'); found.write = 'done'; } catch (error) { found.write = error.code; }\n\
        fs.writeFileSync('found.json', JSON.stringify(found));";
    let fields =
        json!({"scripts": {"postinstall": "node probe.js"}, "dependencies": {"inner": "1.0.0"}});
    server.publish("probe", "1.0.0", fields, &[("probe.js", program)]);
    for layout in ["flat", "nested"] {
        let sandbox = served(&server, &[("probe", "1"), ("inner", "2")]);
        append_user_settings(&sandbox, &format!("layout={layout}\n"));
        sandbox.install(&[]);
        let found = probe(&sandbox);
        assert_eq!(
            found,
            json!({"inner": "inner", "write": found["write"]}),
            "{layout}"
        );
        let write = found["write"].as_str().unwrap();
        assert!(matches!(write, "EACCES" | "EROFS"), "{layout}: {write}");
        let inner = sandbox.read("node_modules/probe/node_modules/inner/index.js");
        assert_eq!(inner, "module.exports = 'inner'");
        let again = sandbox.install(&[]);
        assert!(again.stdout.starts_with("Already up to date"), "{again}");
    }
}

/// What Landlock does not see is refused where a user can have a view of the file system.
#[test]
fn modes_and_times_of_other_files_stay_where_a_view_can_be_had() {
    let has_view = Command::new("unshare")
        .args(["--user", "--mount", "true"])
        .status();
    if !has_jail() || !has_view.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no view of the file system can be had");
        return;
    }
    let server = server();
    let sandbox = probing(
        &server,
        "const manifest = path.resolve('../../../../../package.json');\n\
         denied('mode', () => fs.chmodSync(manifest, 0o777));\n\
         denied('time', () => fs.utimesSync(manifest, 1, 1));\n\
         fs.chmodSync('index.js', 0o755);\n\
         fs.writeFileSync(path.join(process.env.TMPDIR, 'x'), 'x');\n\
         fs.renameSync('index.js', 'moved.js');\n\
         fs.writeFileSync('/dev/null', 'x');",
    );
    assert_eq!(probe(&sandbox), json!({"mode": "EROFS", "time": "EROFS"}));
}

/// SCR-08.
#[test]
fn scr_08_a_script_reads_nothing_of_the_user_and_of_other_projects() {
    if !has_jail() {
        return;
    }
    let server = server();
    let sandbox = probing(
        &server,
        "const root = path.resolve('../../../../..'), home = path.resolve(root, '../home');\n\
         const read = (name, file) => denied(name, () => fs.readFileSync(file));\n\
         read('npmrc', path.join(home, '.npmrc'));\n\
         read('key', path.join(home, '.ssh/id_ed25519'));\n\
         read('cloud', path.join(home, '.aws/credentials'));\n\
         read('git', path.join(root, '.git/config'));\n\
         read('manifest', path.join(root, 'package.json'));\n\
         read('other', path.join(root, '../other/package.json'));\n\
         read('shadow', '/etc/shadow');\n\
         read('environment', '/proc/1/environ');\n\
         denied('home', () => fs.readdirSync(home));\n\
         denied('root', () => fs.readdirSync('/'));",
    );
    for (path, text) in [
        ("home/.ssh/id_ed25519", "key"),
        ("home/.aws/credentials", "key"),
        ("project/.git/config", "url"),
        ("other/package.json", "{}"),
    ] {
        let path = sandbox.beside(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    assert_all_denied(&probe(&sandbox));
}

/// SCR-09.
#[test]
fn scr_09_a_script_reaches_no_address_and_offers_none() {
    if !has_jail() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server();
    let program = format!(
        "const note = (name, socket) => socket.on('error', (error) => {{ found[name] = error.code; }});\n\
         note('connect', net.connect({port}, '127.0.0.1', () => {{ found.connect = 'done'; }}));\n\
         note('six', net.connect({port}, '::1', () => {{ found.six = 'done'; }}));\n\
         note('bind', net.createServer().listen(0, '127.0.0.1', () => {{ found.bind = 'done'; process.exit(); }}));\n\
         note('file', net.connect('/var/run/docker.sock', () => {{ found.file = 'done'; }}));"
    );
    let sandbox = probing(&server, &program);
    let found = probe(&sandbox);
    assert_eq!(found.as_object().unwrap().len(), 4, "{found}");
    assert_all_denied(&found);
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody connected");
}

/// A program of Python as the probe; skipped without Python, which alone can make such calls.
fn python_probe(program: &str) -> Option<serde_json::Value> {
    python_probe_with(program, &[])
}

/// As [`python_probe`], approved with more arguments.
pub(super) fn python_probe_with(program: &str, arguments: &[&str]) -> Option<serde_json::Value> {
    if !has_jail() {
        return None;
    }
    let has_python = Command::new("/usr/bin/python3")
        .arg("-c")
        .arg("")
        .stdin(Stdio::null())
        .status();
    if !has_python.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no /usr/bin/python3");
        return None;
    }
    let server = server();
    let program = format!(
        "import ctypes, errno, json, os, signal, socket, subprocess, sys\n\
         found = {{}}\n\
         libc = ctypes.CDLL(None, use_errno=True)\n\
         def denied(name, act):\n\
         \x20 try:\n\
         \x20   act(); found[name] = 'done'\n\
         \x20 except OSError as error:\n\
         \x20   found[name] = errno.errorcode.get(error.errno, str(error))\n\
         def call(*arguments):\n\
         \x20 if libc.syscall(*arguments) < 0: raise OSError(ctypes.get_errno(), 'call')\n\
         {program}\n\
         json.dump(found, open('found.json', 'w'))\n"
    );
    let fields = json!({"scripts": {"postinstall": "python3 probe.py"}});
    server.publish("probe", "1.0.0", fields, &[("probe.py", &program)]);
    let sandbox = served(&server, &[("probe", "1")]);
    sandbox.install(&[]);
    let ran = sandbox.run(&[&["approve-builds", "probe"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran}");
    Some(found(&sandbox))
}

/// SCR-10.
#[test]
fn scr_10_a_script_makes_no_socket_of_any_kind() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = receiver.local_addr().unwrap().port();
    let program = format!(
        "def send():\n\
         \x20 socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'secret', ('127.0.0.1', {port}))\n\
         denied('udp', send)\n\
         denied('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n\
         denied('multipath', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))\n\
         denied('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))\n\
         denied('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))\n\
         denied('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n\
         denied('unix', lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))\n\
         denied('datagrams', lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))\n\
         left, right = socket.socketpair()\n\
         left.send(b'x')\n\
         denied('again', lambda: left.connect('/var/run/docker.sock'))"
    );
    let Some(found) = python_probe(&program) else {
        return;
    };
    assert_eq!(found.as_object().unwrap().len(), 9, "{found}");
    assert_all_denied(&found);
    receiver
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    assert!(receiver.recv(&mut [0; 8]).is_err(), "something arrived");
}

/// SCR-13.
#[test]
fn scr_13_a_script_signals_nobody_and_looks_into_nobody() {
    let program = format!(
        "other = {}\n\
         denied('other', lambda: os.kill(other, 0))\n\
         denied('init', lambda: os.kill(1, 0))\n\
         denied('ptrace', lambda: call(101, 16, other, 0, 0))\n\
         denied('memory', lambda: open(f'/proc/{{other}}/mem'))\n\
         denied('limits', lambda: call(302, other, 7, 0, 0))\n\
         child = subprocess.Popen(['sleep', '60'])\n\
         child.kill()\n\
         assert child.wait() == -9",
        std::process::id()
    );
    // The number is that of x86-64; elsewhere it is another call, which is not what is asked.
    if !cfg!(target_arch = "x86_64") {
        eprintln!("skipped: another machine");
        return;
    }
    let Some(found) = python_probe(&program) else {
        return;
    };
    assert_eq!(found.as_object().unwrap().len(), 5, "{found}");
    assert_all_denied(&found);
}

/// SCR-15.
#[test]
fn scr_15_the_ways_around_are_closed() {
    if !cfg!(target_arch = "x86_64") {
        eprintln!("skipped: another machine");
        return;
    }
    let program = "denied('userfaultfd', lambda: call(323, 0))\n\
        denied('namespace', lambda: call(272, 0x10000000))\n\
        denied('clone', lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0))\n\
        denied('mount', lambda: call(165, 0, 0, 0, 0, 0))\n\
        denied('bpf', lambda: call(321, 0, 0, 0))\n\
        denied('keys', lambda: call(250, 0, 0))\n\
        def absent(name, number):\n\
        \x20 denied(name, lambda: call(number, 0, 0))\n\
        \x20 assert found.pop(name) == 'ENOSYS', name\n\
        open('own', 'w').close()\n\
        denied('setuid', lambda: os.chmod('own', 0o4755))\n\
        denied('setgid', lambda: os.open('made', os.O_CREAT | os.O_WRONLY, 0o2755))\n\
        denied('setuid without a name', lambda: os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o4755))\n\
        os.close(os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o755))\n\
        os.chmod('own', 0o755)\n\
        owner = os.stat('own').st_uid\n\
        os.chown('own', 12345, 12345)\n\
        assert os.stat('own').st_uid == owner, 'it was given away'\n\
        absent('ring', 425)\n\
        absent('clone3', 435)\n\
        absent('second numbers', 0x40000000 + 41)\n\
        assert libc.prctl(39, 0, 0, 0, 0) == 1, 'new privileges'";
    let Some(found) = python_probe(program) else {
        return;
    };
    assert_eq!(found.as_object().unwrap().len(), 9, "{found}");
    assert_all_denied(&found);
}

/// All that a script may see of the environment, without grants.
const SEEN: [&str; 28] = [
    "HOME",
    "INIT_CWD",
    "LC_TIME",
    "NODE",
    "NO_COLOR",
    "PATH",
    "PWD",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "npm_command",
    "npm_config_cache",
    "npm_config_devdir",
    "npm_config_node_gyp",
    "npm_config_nodedir",
    "npm_config_user_agent",
    "npm_config_userconfig",
    "npm_execpath",
    "npm_lifecycle_event",
    "npm_lifecycle_script",
    "npm_node_execpath",
    "npm_package_json",
    "npm_package_name",
    "npm_package_version",
    // The shell's own.
    "OLDPWD",
    "SHLVL",
    "_",
];

/// SCR-18.
#[test]
fn scr_18_a_script_sees_what_is_listed_of_the_environment_and_nothing_else() {
    let server = server();
    let sandbox = probing(&server, "Object.assign(found, process.env);");
    let ran = sandbox
        .pkg(&["approve-builds", "probe"])
        .env("NODE_AUTH_TOKEN", "secret")
        .env("GITHUB_TOKEN", "secret")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("npm_config__authToken", "secret")
        .env("HTTPS_PROXY", "http://user:secret@proxy.example.test")
        .env("SSH_AUTH_SOCK", "/tmp/secret")
        .env("NODE_OPTIONS", "--title=secret")
        .env("LD_PRELOAD", "")
        .env("MY_OWN", "secret")
        .env("LC_TIME", "C")
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    let found = found(&sandbox);
    let names: Vec<&str> = found
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let others: Vec<_> = names.iter().filter(|name| !SEEN.contains(name)).collect();
    assert_eq!(others, Vec::<&&str>::new());
    assert!(!sandbox.read(FOUND).contains("secret"));
    let home = found["HOME"].as_str().unwrap();
    assert!(home.contains("/node_modules/.pkg/building/"), "{home}");
}

/// SCR-22.
#[test]
fn scr_22_without_landlock_the_jail_is_refused_or_what_is_left_of_it_is_told() {
    let server = server();
    let program = "found.token = process.env.TOKEN || 'none';\n\
        found.home = process.env.HOME;\n\
        net.connect(1, '127.0.0.1').on('error', (error) => { found.connect = error.code; });";
    let sandbox = probing(&server, program);
    let approve = |required: &str| {
        let invocation = sandbox.pkg(&["approve-builds", "probe", required]);
        invocation
            .env("PKG_TEST_NO_LANDLOCK", "1")
            .env("TOKEN", "secret")
            .run()
    };
    let (code, _) = failed(&approve("--config.sandbox=required"));
    assert_eq!(code, "ERR_PKG_NO_SANDBOX");
    assert!(!sandbox.has(FOUND));
    let ran = approve("--config.sandbox=auto");
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("no Landlock"), "{ran}");
    let found = found(&sandbox);
    assert_eq!(found["token"], "none");
    assert_ne!(found["home"], sandbox.beside("home").to_str().unwrap());
    // Calls are denied even so.
    assert_eq!(found["connect"], "EPERM");
}

/// A denial names what was tried and the grant for it, and the grant works.
#[test]
fn a_denial_names_the_grant_that_allows_it() {
    if !has_jail() {
        return;
    }
    let server = server();
    let outside = "require('fs').writeFileSync(require('path').resolve('../../../../../../outside/file'), 'x');";
    publish(&server, "writer", "1.0.0", outside);
    let sandbox = served(&server, &[("writer", "1")]);
    std::fs::create_dir(sandbox.beside("outside")).unwrap();
    sandbox.install(&[]);
    let (code, said) = failed(&sandbox.run(&["approve-builds", "writer"]));
    assert_eq!(code, "ERR_PKG_BUILD_FAILED");
    let grant = "write:[ROOT]/outside/file";
    assert!(said.contains("wanted to write"), "{said}");
    assert!(
        said.contains("pkg approve-builds writer --grant 'write:"),
        "{said} {grant}"
    );
    let granted = format!("write:{}", sandbox.beside("outside").display());
    let ran = sandbox.run(&["approve-builds", "writer", "--grant", &granted]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(sandbox.beside("outside/file").exists());
}
