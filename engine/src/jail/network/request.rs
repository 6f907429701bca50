//! What a script asks the broker for: the head of a request to a proxy, and what is passed on of it.

use super::Endpoint;

/// The port of addresses that begin with `http://`.
const PLAIN_PORT: u16 = 80;
/// How such addresses begin.
const PLAIN: &str = "http://";

/// A request that the broker understands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ProxyRequest {
    /// A way to a place: what goes over it is nobody else's.
    Tunnel(Endpoint),
    /// One request, and its head as the place itself is to get it.
    Forward(Endpoint, Vec<u8>),
}

impl ProxyRequest {
    /// Reads a head, with the empty line that ends it. `None` for anything else than a request to a proxy.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if words.next().is_some() || !version.starts_with("HTTP/1.") || !is_method {
            return None;
        }
        if method == "CONNECT" {
            let has_port = target
                .rsplit_once(':')
                .is_some_and(|(_, port)| !port.contains(']'));
            let endpoint = target.parse().ok().filter(|_| has_port)?;
            return Some(Self::Tunnel(endpoint));
        }
        let rest = target.strip_prefix(PLAIN)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let endpoint = Endpoint::parse(authority, PLAIN_PORT).ok()?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        // The name of the host is that of the address: a server of many names answers for the granted one.
        let mut passed = format!("{method} {slash}{path} {version}\r\nHost: {authority}\r\n");
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, _) = line.split_once(':')?;
            let name = name.to_ascii_lowercase();
            // A line that begins with a blank continues another one: nobody sends such any more.
            if name.is_empty() || name.contains([' ', '\t', '\n', '\r']) {
                return None;
            }
            if name == "host" || name == "connection" || name.starts_with("proxy-") {
                continue;
            }
            passed.push_str(line);
            passed.push_str("\r\n");
        }
        // One request a connection: the next one may be for another place.
        passed.push_str("Connection: close\r\n\r\n");
        Some(Self::Forward(endpoint, passed.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    #[test]
    fn a_tunnel_names_host_and_port() {
        let parse =
            |line: &str| ProxyRequest::parse(format!("{line}\r\nHost: other\r\n\r\n").as_bytes());
        let tunnel = parse("CONNECT a.test:443 HTTP/1.1");
        assert_eq!(tunnel, Some(ProxyRequest::Tunnel(endpoint("a.test"))));
        for line in [
            "CONNECT a.test HTTP/1.1",
            "CONNECT a.test:443",
            "CONNECT  a.test:443 HTTP/1.1",
            "connect a.test:443 HTTP/1.1",
            "CONNECT a.test:443 HTTP/2",
            "GET / HTTP/1.1",
            "GET https://a.test/ HTTP/1.1",
            "\u{16}\u{3}",
            "",
        ] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_plain_request_reaches_the_place_that_its_address_names_and_no_other() {
        let head = b"GET http://a.test/x?y HTTP/1.1\r\nHost: b.test\r\nConnection: keep-alive\r\n\
            Proxy-Authorization: x\r\nAccept: */*\r\n\r\n";
        let passed =
            b"GET /x?y HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        let expected = ProxyRequest::Forward(endpoint("a.test:80"), passed.to_vec());
        assert_eq!(ProxyRequest::parse(head), Some(expected));
        for head in [
            "GET http://u@a.test/ HTTP/1.1\r\n\r\n",
            "GET http://a.test/ HTTP/1.1\r\n folded: x\r\n\r\n",
            "GET http://a.test/ HTTP/1.1\r\nA: b\nHost: c\r\nno colon\r\n\r\n",
        ] {
            assert_eq!(ProxyRequest::parse(head.as_bytes()), None, "{head:?}");
        }
    }
}
