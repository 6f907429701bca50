//! A listener on loopback with a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// A running listener; it stops when dropped, with all its connections.
pub(crate) struct Loopback {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A free port, taken.
///
/// # Panics
/// When loopback has no free port.
pub(crate) fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
    let address = listener.local_addr().expect("a listener has an address");
    listener
        .set_nonblocking(true)
        .expect("a listener can be made non-blocking");
    (listener, address)
}

impl Loopback {
    /// Hands every connection to `handle`.
    pub(crate) fn serve<F>(
        listener: TcpListener,
        address: SocketAddr,
        handle: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || run(listener, &handle, stopped));
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may already be gone, and then has nothing to hear.
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            // Its panic was already printed, and a second one while dropping would abort.
            drop(thread.join());
        }
    }
}

fn run<F>(listener: TcpListener, handle: &impl Fn(TcpStream) -> F, stopped: oneshot::Receiver<()>)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is usable");
        let accept = async {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                // Small answers go out at once; where that cannot be, they only come later.
                stream.set_nodelay(true).ok();
                // A client that goes away is no failure of the server.
                drop(tokio::spawn(handle(stream)));
            }
        };
        tokio::select! {
            () = accept => {}
            _ = stopped => {}
        }
    });
}
