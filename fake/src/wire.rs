//! The server's socket. wiremock sends whole replies only; here they are broken where a fault says so.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    thread,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp::ReadHalf},
    sync::oneshot,
};
use wiremock::ResponseTemplate;

/// The header by which a reply tells where it is to be broken.
const MARK: &str = "x-fake-fault";

/// Where a reply is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Before it begins, by a reset.
    Reset,
    /// Within its body, by a reset.
    ResetInBody,
    /// Within its body, by an orderly end of the connection.
    Truncated,
}

impl Cut {
    const ALL: [Self; 3] = [Self::Reset, Self::ResetInBody, Self::Truncated];

    fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::ResetInBody => "reset-in-body",
            Self::Truncated => "truncated",
        }
    }

    pub(super) fn mark(self, reply: ResponseTemplate) -> ResponseTemplate {
        reply.insert_header(MARK, self.name())
    }

    /// What a reply says, whose head comes in one piece: hyper sends it so.
    fn of(reply: &[u8]) -> Option<Self> {
        let mark = find(reply, format!("\n{MARK}: ").as_bytes())?;
        let value = reply[mark..].split(|byte| matches!(byte, b' ' | b'\r')).nth(1)?;
        Self::ALL.into_iter().find(|cut| cut.name().as_bytes() == value)
    }

    /// How much of the reply goes out.
    fn kept(self, reply: &[u8]) -> usize {
        let body = find(reply, b"\r\n\r\n").map_or(reply.len(), |end| end + 4);
        if self == Self::Reset { 0 } else { body + (reply.len() - body) / 2 }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A socket of loopback whose connections lead to the server behind it. It has a thread of its own, so that it goes on
/// when a test blocks.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Wire {
    pub(super) fn start(server: SocketAddr) -> io::Result<Self> {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        socket.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = accept(socket, server) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name("fake-gotrue".to_owned()).spawn(work)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.stop.take());
        // It has nothing left to do; a panic of it would have been seen by the test.
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

async fn accept(socket: std::net::TcpListener, server: SocketAddr) -> io::Result<()> {
    let socket = TcpListener::from_std(socket)?;
    loop {
        let (client, _) = socket.accept().await?;
        tokio::spawn(relay(client, server));
    }
}

/// Passes on what comes, until either end has enough or a reply is to be broken.
async fn relay(mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_server, mut to_server) = server.split();
    let (mut from_client, mut to_client) = client.split();
    let requests = async { copy(&mut from_client, &mut to_server).await.map(|_| None) };
    let replies = async {
        loop {
            let Some(reply) = read(&mut from_server).await? else { return Ok(None) };
            match Cut::of(&reply) {
                None => to_client.write_all(&reply).await?,
                Some(cut) => {
                    to_client.write_all(&reply[..cut.kept(&reply)]).await?;
                    return Ok(Some(cut));
                }
            }
        }
    };
    let cut: io::Result<Option<Cut>> = tokio::select! {
        ended = requests => ended,
        ended = replies => ended,
    };
    if matches!(cut?, Some(Cut::Reset | Cut::ResetInBody)) {
        client.set_zero_linger()?;
    }
    Ok(())
}

/// The next piece; nothing at the end.
async fn read(from: &mut ReadHalf<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut piece = Vec::with_capacity(64 * 1024);
    let size = from.read_buf(&mut piece).await?;
    Ok((size > 0).then_some(piece))
}
