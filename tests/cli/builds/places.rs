//! SCR-30: places of the network that are granted, and all others.

use std::net::TcpListener;

use serde_json::json;

use super::{assert_all_denied, failed, found, has_jail, jail::python_probe_with, probing};
use crate::support::server;

/// Asks through the proxy that the environment names, as curl does; needs nothing but Node.js.
const ASK: &str = "const ask = (name, request, done) => {\n\
      const proxy = new URL(process.env.HTTPS_PROXY);\n\
      let text = '';\n\
      const socket = net.connect(proxy.port, proxy.hostname, () => socket.end(request));\n\
      socket.on('data', (bytes) => { text += bytes; });\n\
      socket.on('error', (error) => { found[name] = error.code; });\n\
      socket.on('end', () => { found[name] = text.slice(9, 12) + ' ' + text.slice(-5); });\n\
    };\n\
    const reach = (name, port, host) => {\n\
      const socket = net.connect(port, host, () => { found[name] = 'done'; socket.destroy(); });\n\
      socket.on('error', (error) => { found[name] = error.code; });\n\
    };\n";

/// A server that answers everybody `hello`, whatever they say.
fn greeter() -> u16 {
    use std::io::{Read as _, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Somebody who went away gets no answer.
            drop(stream.read(&mut [0; 1024]));
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello"));
        }
    });
    port
}

/// SCR-30.
#[test]
fn scr_30_a_granted_place_is_reached_through_the_broker_and_everything_else_stays_denied() {
    if !has_jail() {
        return;
    }
    let (granted, other) = (greeter(), greeter());
    let server = server();
    let program = format!(
        "{ASK}\
         ask('tunnel', 'CONNECT 127.0.0.1:{granted} HTTP/1.1\\r\\n\\r\\nhi');\n\
         ask('plain', 'GET http://127.0.0.1:{granted}/ HTTP/1.1\\r\\n\\r\\n');\n\
         ask('other', 'CONNECT 127.0.0.1:{other} HTTP/1.1\\r\\n\\r\\nhi');\n\
         ask('name', 'CONNECT example.test:443 HTTP/1.1\\r\\n\\r\\nhi');\n\
         reach('direct', {granted}, '127.0.0.1');\n\
         reach('straight', {other}, '127.0.0.1');\n\
         reach('six', {other}, '::1');\n\
         net.createServer().listen(0).on('error', (error) => {{ found.listen = error.code; }});\n\
         net.connect('/var/run/docker.sock').on('error', (error) => {{ found.file = error.code; }});\n\
         require('dns').lookup('example.test', (error) => {{ found.lookup = error.code; }});\n\
         denied('npmrc', () => fs.readFileSync(path.resolve('../../../../../../home/.npmrc')));\n\
         found.curl = cp.spawnSync('/usr/bin/curl', ['-s', '-m', '20', 'http://127.0.0.1:{granted}/']).stdout;\n\
         found.curl = found.curl === null || String(found.curl) === 'hello';"
    );
    let sandbox = probing(&server, &program);
    let grant = format!("network:127.0.0.1:{granted}");
    let ran = sandbox.run(&["approve-builds", "probe", "--grant", &grant]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        found(&sandbox),
        json!({
            "tunnel": "200 hello", "plain": "200 hello", "other": format!("403 {}", &format!("{other}\n")[1..]),
            "name": "403 test\n", "direct": "done", "straight": "EPERM", "six": "EPERM", "listen": "EPERM",
            "file": "EPERM", "lookup": "EAI_AGAIN", "npmrc": "EACCES", "curl": true
        })
    );
    for place in ["127.0.0.1:PORT", "example.test"] {
        let told = format!("pkg approve-builds probe --grant 'network:{place}'");
        assert!(ran.stderr.contains(&told), "{ran}");
    }
}

/// SCR-30: a script that fails for want of a place is told of with the grant, and with the grant it succeeds.
#[test]
fn scr_30_a_denied_place_is_told_with_its_grant() {
    if !has_jail() {
        return;
    }
    let port = greeter();
    let server = server();
    let program = format!(
        "{ASK}\
         if (!process.env.HTTPS_PROXY) reach('answer', {port}, '127.0.0.1');\n\
         else ask('answer', 'CONNECT localhost:{port} HTTP/1.1\\r\\n\\r\\nhi');\n\
         process.on('exit', () => {{\n\
           if (found.answer.startsWith('200')) return;\n\
           console.error('Error: connect ' + found.answer + ' 127.0.0.1:{port}');\n\
           process.exitCode = 1;\n\
         }});"
    );
    let sandbox = probing(&server, &program);
    let (_, said) = failed(&sandbox.run(&["approve-builds", "probe"]));
    let told = "--grant 'network:127.0.0.1:PORT'";
    assert!(said.contains(told), "by the script's own words: {said}");
    let elsewhere = ["approve-builds", "probe", "--grant", "network:example.test"];
    let (_, said) = failed(&sandbox.run(&elsewhere));
    let told = format!("--grant 'network:localhost:{port}'");
    assert!(said.contains(&told), "by the broker: {said}");
    let granted = format!("network:localhost:{port}");
    let ran = sandbox.run(&["approve-builds", "probe", "--grant", &granted]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(found(&sandbox)["answer"], "200 hello");
}

/// SCR-30: a script that asks no proxy is told of as such, and not with a grant that it has.
#[test]
fn scr_30_a_script_that_does_not_ask_the_broker_is_told_of() {
    if !has_jail() {
        return;
    }
    let server = server();
    let program = "require('dns').lookup('example.test', (error) => { throw error; });";
    let sandbox = probing(&server, program);
    let grant = [
        "approve-builds",
        "probe",
        "--grant",
        "network:example.test:80",
    ];
    let (_, said) = failed(&sandbox.run(&grant));
    assert!(
        said.contains("did not ask the proxy that HTTPS_PROXY names"),
        "{said}"
    );
    assert!(said.contains("--grant 'network:*'"), "{said}");
}

/// SCR-30: what the filter of calls leaves of sockets has no way to an address but `connect`.
#[test]
fn scr_30_no_other_call_gives_a_socket_an_address() {
    let program = format!(
        "def stream(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n\
         def fast(): stream().sendto(b'x', 0x20000000, ('127.0.0.1', {port}))\n\
         def message(): stream().sendmsg([b'x'], [], 0x20000000, ('127.0.0.1', {port}))\n\
         denied('fast', fast)\n\
         denied('message', message)\n\
         denied('bind', lambda: stream().bind(('127.0.0.1', 0)))\n\
         denied('listen', lambda: stream().listen())\n\
         denied('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))\n\
         denied('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 6))\n\
         denied('multipath', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))\n\
         denied('sctp', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132))\n\
         denied('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))\n\
         denied('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n\
         denied('unix', lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))\n\
         denied('connect', lambda: stream().connect(('127.0.0.1', {port})))\n\
         left, right = socket.socketpair()\n\
         denied('pair', lambda: left.connect('/var/run/docker.sock'))",
        port = greeter()
    );
    let grant = ["--grant", "network:example.test"];
    let Some(found) = python_probe_with(&program, &grant) else {
        return;
    };
    assert_eq!(found.as_object().unwrap().len(), 13, "{found}");
    assert_all_denied(&found);
}

/// SCR-30: all of the network has to be asked for by its own name.
#[test]
fn scr_30_the_whole_network_can_be_granted_and_everything_else_stays_denied() {
    if !has_jail() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server();
    let program = format!(
        "denied('npmrc', () => fs.readFileSync(path.resolve('../../../../../../home/.npmrc')));\n\
         const socket = net.connect({port}, '127.0.0.1', () => {{ found.connect = 'done'; socket.destroy(); }});\n\
         socket.on('error', (error) => {{ found.connect = error.code; }});\n\
         const file = net.connect('/var/run/docker.sock').on('error', (error) => {{ found.file = error.code; }});"
    );
    let sandbox = probing(&server, &program);
    let short = sandbox.run(&["approve-builds", "probe", "--grant", "network"]);
    assert_eq!(short.code, 2, "{short}");
    let ran = sandbox.run(&["approve-builds", "probe", "--grant", "network:*"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        found(&sandbox),
        json!({"npmrc": "EACCES", "connect": "done", "file": "EPERM"})
    );
}
