//! The broker: it answers a script's connections as a proxy does, and lets through what the policy grants.
//!
//! It runs in the supervisor, outside the jail. All of it is bounded: connections, the length of a request, and the time that
//! anything may take. It remembers which places were refused, and nothing of what is sent.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Endpoint, Refusal, address::is_private, request::ProxyRequest};

/// Connections that one script has at once, at most.
const MOST_CONNECTIONS: usize = 64;
/// Places whose refusal is remembered, at most.
const MOST_REFUSALS: usize = 16;
/// The longest head of a request, in bytes.
const HEAD: usize = 16 << 10;
/// How long anything on this machine may take.
const NEAR: Duration = Duration::from_secs(1);
/// How long connecting, and asking, may take.
const CONNECTING: Duration = Duration::from_secs(15);
/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(60);

/// Answers the connections of one script.
#[derive(Clone)]
pub(in crate::jail) struct Broker(Arc<State>);

struct State {
    listener: TcpListener,
    granted: Vec<Endpoint>,
    refusals: Mutex<BTreeSet<Refusal>>,
    /// Held by each connection.
    connections: Arc<()>,
}

/// Why nothing is passed on.
enum Stop {
    /// Nothing grants it.
    Refused(Refusal),
    /// Nobody answers there, or it is no request.
    Failed(&'static str),
}

impl Broker {
    /// Begins to listen, on this machine only.
    pub(in crate::jail) fn new(granted: &[Endpoint]) -> io::Result<Self> {
        Ok(Self(Arc::new(State {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
            granted: granted.to_vec(),
            refusals: Mutex::default(),
            connections: Arc::default(),
        })))
    }

    /// Where scripts are told that it is.
    pub(in crate::jail) fn address(&self) -> io::Result<SocketAddr> {
        self.0.listener.local_addr()
    }

    /// What was refused so far.
    pub(in crate::jail) fn refusals(&self) -> Vec<Refusal> {
        let refusals = self
            .0
            .refusals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        refusals.iter().cloned().collect()
    }

    /// Whether a script that asks for this address itself gets there.
    pub(super) fn grants(&self, address: SocketAddr) -> bool {
        self.0.granted.contains(&Endpoint::from(address))
    }

    /// Takes note of a place that was refused.
    pub(super) fn refuse(&self, refusal: Refusal) {
        let mut refusals = self
            .0
            .refusals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if refusals.len() < MOST_REFUSALS {
            refusals.insert(refusal);
        }
    }

    /// Makes a connection for the script, whose other end is answered: with an address, as a way there. Nobody else gets one.
    pub(super) fn connect(&self, direct: Option<SocketAddr>) -> io::Result<TcpStream> {
        if Arc::strong_count(&self.0.connections) > MOST_CONNECTIONS {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let held = Arc::clone(&self.0.connections);
        let ours = TcpStream::connect_timeout(&self.address()?, NEAR)?;
        let own = ours.local_addr()?;
        let theirs = loop {
            let mut ready = [PollFd::new(&self.0.listener, PollFlags::IN)];
            let patience = Timespec::try_from(NEAR).unwrap_or_default();
            if poll(&mut ready, Some(&patience))? == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let (stream, peer) = self.0.listener.accept()?;
            if peer == own {
                break stream;
            }
        };
        let broker = self.clone();
        thread::Builder::new().spawn(move || {
            let _held = held;
            // Whoever asked learns of a failure by the end of the connection.
            broker.answer(theirs, direct).unwrap_or_default();
        })?;
        Ok(ours)
    }

    fn answer(&self, mut script: TcpStream, direct: Option<SocketAddr>) -> io::Result<()> {
        script.set_read_timeout(Some(CONNECTING))?;
        script.set_write_timeout(Some(IDLE))?;
        if let Some(address) = direct {
            let place = TcpStream::connect_timeout(&address, CONNECTING)?;
            return relay(script, place);
        }
        let (head, rest) = read_head(&mut script)?;
        let request = ProxyRequest::parse(&head);
        let found = match &request {
            Some(ProxyRequest::Tunnel(place) | ProxyRequest::Forward(place, _)) => {
                self.reach(place)
            }
            None => Err(Stop::Failed("this is no request to a proxy")),
        };
        let mut place = match found {
            Ok(place) => place,
            Err(stop) => return self.decline(&mut script, stop),
        };
        match &request {
            Some(ProxyRequest::Forward(_, head)) => place.write_all(head)?,
            _ => script.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?,
        }
        place.write_all(&rest)?;
        relay(script, place)
    }

    /// Connects to a place, where it is granted, and where its name does not lead to somebody's own address.
    fn reach(&self, place: &Endpoint) -> Result<TcpStream, Stop> {
        let refused = |grant: Endpoint| {
            Stop::Refused(Refusal {
                wanted: place.clone(),
                grant,
            })
        };
        let addresses: Vec<SocketAddr> = match (place.address(), place.name()) {
            (Some(address), _) if self.grants(address) => vec![address],
            (None, Some(name)) if self.0.granted.contains(place) => (name, place.port())
                .to_socket_addrs()
                .map_err(|_| Stop::Failed("its name leads nowhere"))?
                .collect(),
            _ => return Err(refused(place.clone())),
        };
        // A name that means this machine by itself was granted as such.
        let means_here = |address: IpAddr| {
            let is_here = |name: &str| name == "localhost" || name.ends_with(".localhost");
            address.is_loopback() && place.name().is_some_and(is_here)
        };
        let is_allowed = |address: &SocketAddr| {
            !is_private(address.ip()) || means_here(address.ip()) || self.grants(*address)
        };
        if let Some(private) = addresses.iter().find(|address| !is_allowed(address)) {
            return Err(refused(Endpoint::from(*private)));
        }
        addresses
            .iter()
            .take(4)
            .find_map(|address| TcpStream::connect_timeout(address, CONNECTING).ok())
            .ok_or(Stop::Failed("nobody answers there"))
    }

    /// Says why nothing is passed on.
    fn decline(&self, script: &mut TcpStream, stop: Stop) -> io::Result<()> {
        let (status, text) = match stop {
            Stop::Refused(refusal) => {
                let text = format!("the jail of pkg does not grant network:{}\n", refusal.grant);
                self.refuse(refusal);
                ("403 Forbidden", text)
            }
            Stop::Failed(why) => ("502 Bad Gateway", format!("the jail of pkg: {why}\n")),
        };
        let length = text.len();
        write!(
            script,
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
    }
}

/// Reads to the empty line, and what came with it.
fn read_head(script: &mut TcpStream) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    let mut bytes = [0; 4096];
    while head.len() < HEAD {
        let count = script.read(&mut bytes)?;
        if count == 0 {
            break;
        }
        head.extend_from_slice(&bytes[..count]);
        let end = head.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = head.split_off(end + 4);
            return Ok((head, rest));
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Passes on what comes from either side until both have ended.
fn relay(script: TcpStream, place: TcpStream) -> io::Result<()> {
    for stream in [&script, &place] {
        stream.set_read_timeout(Some(IDLE))?;
        stream.set_write_timeout(Some(IDLE))?;
    }
    let passed = Arc::new(Passed::default());
    let (from_script, to_place) = (script.try_clone()?, place.try_clone()?);
    let counted = Arc::clone(&passed);
    let sending = thread::Builder::new().spawn(move || pass_on(from_script, to_place, &counted))?;
    pass_on(place, script, &passed);
    sending
        .join()
        .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

/// How often something was passed on, in either direction.
#[derive(Default)]
struct Passed(AtomicU64);

impl Passed {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nothing was since `seen`, which is brought up to date. A long answer is no silence of whoever asked.
    fn is_silent(&self, seen: &mut u64) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        std::mem::replace(seen, now) == now
    }
}

/// Passes on to the end of one side. Where that is its end the other may still have something to say; after a fault, and
/// after a silence of both, nobody has.
fn pass_on(mut from: TcpStream, mut to: TcpStream, passed: &Passed) {
    let mut bytes = vec![0; 64 << 10];
    let mut seen = 0;
    let how = loop {
        match from.read(&mut bytes) {
            Ok(0) => break Shutdown::Write,
            Ok(count) if to.write_all(&bytes[..count]).is_ok() => passed.count(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) && !passed.is_silent(&mut seen) => {}
            Ok(_) | Err(_) => break Shutdown::Both,
        }
    };
    to.shutdown(how).unwrap_or_default();
    if how == Shutdown::Both {
        from.shutdown(how).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the broker answers to a request, with these grants.
    fn answer(granted: &[&str], request: &str) -> (String, Vec<String>) {
        let granted: Vec<Endpoint> = granted.iter().map(|text| text.parse().unwrap()).collect();
        let broker = Broker::new(&granted).unwrap();
        let mut stream = broker.connect(None).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let refusals = broker.refusals().into_iter();
        let grants = refusals.map(|refusal| refusal.grant.to_string());
        (text, grants.collect())
    }

    /// A server that answers every connection with what it got, once.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).unwrap();
                stream.write_all(&bytes).unwrap();
            }
        });
        port
    }

    #[test]
    fn what_is_granted_is_reached_by_a_tunnel_and_by_a_plain_request() {
        let port = echo();
        let place = format!("127.0.0.1:{port}");
        let request = format!("CONNECT {place} HTTP/1.1\r\n\r\nhello");
        let (text, refusals) = answer(&[&place], &request);
        assert_eq!(text, "HTTP/1.1 200 OK\r\n\r\nhello");
        assert!(refusals.is_empty());
        let request = format!("POST http://{place}/x HTTP/1.1\r\nHost: y\r\n\r\nbody");
        let (text, _) = answer(&[&place], &request);
        assert_eq!(
            text,
            format!("POST /x HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\nbody")
        );
    }

    #[test]
    fn what_is_not_granted_is_refused_and_remembered() {
        let port = echo();
        for (granted, wanted, grant) in [
            (
                vec![],
                format!("127.0.0.1:{port}"),
                format!("127.0.0.1:{port}"),
            ),
            (
                vec!["a.test"],
                "a.test:80".to_owned(),
                "a.test:80".to_owned(),
            ),
            (
                vec!["a.test"],
                "b.a.test:443".to_owned(),
                "b.a.test".to_owned(),
            ),
            (
                vec!["127.0.0.1:1"],
                format!("127.0.0.1:{port}"),
                format!("127.0.0.1:{port}"),
            ),
        ] {
            let request = format!("CONNECT {wanted} HTTP/1.1\r\n\r\n");
            let (text, refusals) = answer(&granted, &request);
            assert!(text.starts_with("HTTP/1.1 403 "), "{text}");
            assert_eq!(refusals, [grant]);
        }
    }

    #[test]
    fn a_name_that_means_this_machine_is_one_and_what_is_no_request_gets_nowhere() {
        let port = echo();
        let place = format!("localhost:{port}");
        let (text, _) = answer(&[&place], &format!("CONNECT {place} HTTP/1.1\r\n\r\nhello"));
        assert_eq!(text, "HTTP/1.1 200 OK\r\n\r\nhello");
        let (text, _) = answer(&[&place], "GET / HTTP/1.1\r\n\r\n");
        assert!(text.starts_with("HTTP/1.1 502 "), "{text}");
        let (text, _) = answer(&[&place], &"x".repeat(HEAD));
        assert_eq!(text, "");
    }

    #[test]
    fn a_side_that_waits_for_a_long_answer_is_not_silent() {
        let (passed, mut seen) = (Passed::default(), 0);
        assert!(passed.is_silent(&mut seen));
        passed.count();
        assert!(!passed.is_silent(&mut seen));
        assert!(passed.is_silent(&mut seen));
    }

    #[test]
    fn a_script_has_so_many_connections_and_no_more() {
        let broker = Broker::new(&[]).unwrap();
        let all: Vec<_> = std::iter::repeat_with(|| broker.connect(None))
            .take_while(Result::is_ok)
            .take(MOST_CONNECTIONS * 2)
            .collect();
        assert_eq!(all.len(), MOST_CONNECTIONS);
    }
}
