//! How a script's `connect` becomes a connection to the broker: a filter hands the call to the supervisor, which puts a
//! connected socket in the place of the script's own and says that the call succeeded. The call itself is never made.
//!
//! Unchecked by the compiler are the calls of the system for this, which no safe interface has.
#![expect(unsafe_code, reason = "calls of the system that no safe interface has")]

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    net::{IpAddr, SocketAddr},
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
        unix::{fs::FileExt as _, net::UnixStream},
    },
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::{Broker, Endpoint, Refusal};

/// The flags of an open file that are passed on to what takes its place.
const NONBLOCKING: u32 = 0o4000;
const CLOSED_ON_EXEC: u32 = 0o2_000_000;

/// Hands each `connect` of this process, and of all that it starts, to whoever holds the other end of standard input.
///
/// # Errors
/// Where the kernel cannot do it.
pub(in crate::jail) fn hand_over_connects() -> io::Result<()> {
    let listener = install_filter()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [listener.as_fd()];
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(
        io::stdin(),
        &[IoSlice::new(b"x")],
        &mut control,
        SendFlags::empty(),
    )?;
    let nothing = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(nothing)?;
    Ok(())
}

fn install_filter() -> io::Result<OwnedFd> {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let step = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let connect = u32::try_from(libc::SYS_connect).unwrap_or_default();
    // The other filters refuse calls with other numbers and of other machines.
    let mut steps = [
        step(LOAD_NUMBER, 0, 0),
        step(JUMP_IF_EQUAL, 1, connect),
        step(RETURN, 0, libc::SECCOMP_RET_USER_NOTIF),
        step(RETURN, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: steps.as_mut_ptr(),
    };
    // SAFETY: the program and its steps live until the call returns, and `len` is the number of steps.
    let descriptor = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    let descriptor = i32::try_from(checked(descriptor)?).map_err(io::Error::other)?;
    // SAFETY: the call has just made it, for this process alone.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Answers each `connect` of the script whose process has the other end of a channel as its standard input, until there is
/// none any more.
pub(in crate::jail) fn answer_connects(channel: &UnixStream, broker: &Broker) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        channel,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut received = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    // A process that ended before it came so far connects to nothing.
    let Some(listener) = received.next() else {
        return Ok(());
    };
    loop {
        let call = match next_call(listener.as_fd()) {
            Ok(call) => call,
            // The caller went away, or a signal came.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR)) => {
                continue;
            }
            Err(error) => return Err(error),
        };
        let answered = match answer(listener.as_fd(), &call, broker) {
            Ok(()) => respond(listener.as_fd(), call.id, 0),
            Err(errno) => respond(listener.as_fd(), call.id, -errno),
        };
        // A caller that went away needs no answer.
        answered.unwrap_or_default();
    }
}

fn next_call(listener: BorrowedFd<'_>) -> io::Result<libc::seccomp_notif> {
    // SAFETY: all of its fields are numbers; the kernel wants it zeroed.
    let mut call: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    // SAFETY: the call writes one such value to the place given, which lives until it returns.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_RECV,
            &raw mut call,
        )
    };
    checked(result.into())?;
    Ok(call)
}

fn respond(listener: BorrowedFd<'_>, id: u64, error: i32) -> io::Result<()> {
    let mut response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error,
        flags: 0,
    };
    // SAFETY: the call reads one such value, which lives until it returns.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SEND,
            &raw mut response,
        )
    };
    checked(result.into()).map(drop)
}

/// Puts a connection in the place of the socket that a call names; an error is a number of the system's.
///
/// What the call says is read from the memory of the script, which may change it at any time: it decides what the script is
/// told, and which of the granted places it reaches, and nothing more.
fn answer(
    listener: BorrowedFd<'_>,
    call: &libc::seccomp_notif,
    broker: &Broker,
) -> Result<(), i32> {
    let [descriptor, place, length, ..] = call.data.args;
    let own = broker.address().map_err(|_| libc::ECONNREFUSED)?;
    let direct = match read_address(call.pid, place, length) {
        // Where the script's memory cannot be read, it gets the broker.
        Err(_) => None,
        Ok(Some(address)) if address == own => None,
        Ok(Some(address)) if broker.grants(address) => Some(address),
        Ok(Some(address)) => {
            let wanted = Endpoint::from(address);
            let grant = wanted.clone();
            broker.refuse(Refusal { wanted, grant });
            return Err(libc::EPERM);
        }
        Ok(None) => return Err(libc::EPERM),
    };
    let descriptor = u32::try_from(descriptor & 0xffff_ffff).map_err(|_| libc::EBADF)?;
    let flags = open_flags(call.pid, descriptor).unwrap_or(NONBLOCKING | CLOSED_ON_EXEC);
    let stream = broker.connect(direct).map_err(|_| libc::ECONNREFUSED)?;
    let is_nonblocking = flags & NONBLOCKING != 0;
    stream
        .set_nonblocking(is_nonblocking)
        .map_err(|_| libc::ECONNREFUSED)?;
    let source = u32::try_from(stream.as_raw_fd()).map_err(|_| libc::ECONNREFUSED)?;
    let mut replacement = libc::seccomp_notif_addfd {
        id: call.id,
        flags: u32::try_from(libc::SECCOMP_ADDFD_FLAG_SETFD).unwrap_or(1),
        srcfd: source,
        newfd: descriptor,
        newfd_flags: flags & CLOSED_ON_EXEC,
    };
    // SAFETY: the call reads one such value, which lives until it returns, and copies the descriptor that it names.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_ADDFD,
            &raw mut replacement,
        )
    };
    let failed = |error: io::Error| error.raw_os_error().unwrap_or(libc::ECONNREFUSED);
    checked(result.into()).map(drop).map_err(failed)
}

/// The address that a call names; `None` for one that is of no version of the network's protocol.
fn read_address(pid: u32, place: u64, length: u64) -> io::Result<Option<SocketAddr>> {
    let memory = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut bytes = [0; 28];
    let length = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    memory.read_exact_at(&mut bytes[..length], place)?;
    Ok(parse_address(&bytes[..length]))
}

/// Reads an address as the system lays it out.
fn parse_address(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?);
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    let address: IpAddr = match i32::from(family) {
        libc::AF_INET => <[u8; 4]>::try_from(bytes.get(4..8)?).ok()?.into(),
        libc::AF_INET6 => <[u8; 16]>::try_from(bytes.get(8..24)?).ok()?.into(),
        _ => return None,
    };
    Some(SocketAddr::new(address.to_canonical(), port))
}

/// The flags of an open file of a process.
fn open_flags(pid: u32, descriptor: u32) -> Option<u32> {
    let path = format!("/proc/{pid}/fdinfo/{descriptor}");
    let bytes = pkg_fs::read_regular_file(path.as_ref(), 4096).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
    u32::from_str_radix(flags.trim(), 8).ok()
}

fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_system_lays_them_out() {
        let family = |family: i32| u16::try_from(family).unwrap().to_ne_bytes().to_vec();
        let four = [family(libc::AF_INET), vec![1, 187, 127, 0, 0, 1]].concat();
        assert_eq!(parse_address(&four), "127.0.0.1:443".parse().ok());
        let mut six = [family(libc::AF_INET6), vec![0, 80, 0, 0, 0, 0]].concat();
        six.extend([0; 15]);
        six.push(1);
        assert_eq!(parse_address(&six), "[::1]:80".parse().ok());
        assert_eq!(parse_address(&family(libc::AF_UNIX)), None);
        assert_eq!(parse_address(&four[..6]), None);
    }
}
