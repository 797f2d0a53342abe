//! The HTTP server.

use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    thread,
};

use bytes::{Bytes, BytesMut};
use http::header;
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    ext::ReasonPhrase,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use crate::wire::{
    refusal,
    request::Request,
    response::{Cut, Response},
};

/// The maximum number of headers. The real server limits only their size.
const MOST_HEADERS: usize = 1_000;

/// The stack of a server's thread, in bytes: enough for JSON that is nested as deeply as Go reads it. Only what is used
/// takes memory.
pub(super) const STACK: usize = 256 << 20;

/// The response to come.
pub(crate) type Responding = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Handles one request.
type Handler = Arc<dyn Fn(Request) -> Responding + Send + Sync>;

/// A bound port, on which a server can be started.
pub(crate) struct Listener {
    socket: std::net::TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = std::net::TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts a server, and returns once it accepts connections.
    pub(crate) async fn serve(
        self,
        handler: impl Fn(Request) -> Responding + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let (stop, stopped) = oneshot::channel();
        let (started, starts) = oneshot::channel();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let connections = Connections { handler: Arc::new(handler), is_stopped: is_stopped.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("gotrue-fake".to_owned()).stack_size(STACK).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = connections.accept(self.socket, started) => {}
                    _ = stopped => {}
                }
            });
        })?;
        starts.await.map_err(io::Error::other)??;
        Ok(Server { is_stopped, _stop: stop })
    }
}

/// A running server.
///
/// It runs on its own thread, so that it responds while a test blocks its runtime, and outlives the runtime that
/// started it. Dropping it closes the port and every connection, and waits for nothing.
pub(crate) struct Server {
    is_stopped: Arc<AtomicBool>,
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<Infallible>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread may stop a moment later; no further requests are handled until then.
        self.is_stopped.store(true, Ordering::Release);
    }
}

#[derive(Clone)]
struct Connections {
    handler: Handler,
    is_stopped: Arc<AtomicBool>,
}

impl Connections {
    async fn accept(self, socket: std::net::TcpListener, started: oneshot::Sender<io::Result<()>>) {
        let (listener, result) = match TcpListener::from_std(socket) {
            Ok(listener) => (Some(listener), Ok(())),
            Err(error) => (None, Err(error)),
        };
        // If the receiver is gone, the server is not needed and stops by itself.
        let _ = started.send(result);
        let Some(listener) = listener else { return };
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => { connections.spawn(self.clone().serve(stream)); }
                    // For example out of file descriptors: retries until a connection closes.
                    Err(_) => tokio::task::yield_now().await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Serves the requests of one connection, until it ends or a response is to be cut off.
    async fn serve(self, stream: TcpStream) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let service = service_fn(|request| Box::pin(self.answer(request)));
        let mut connection = http1::Builder::new()
            // A client may close its sending half and still wait for the response.
            .half_close(true)
            .max_headers(MOST_HEADERS)
            .max_buf_size(refusal::LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
        let stream = connection.into_parts().io.into_inner();
        if let Err(error) = ended
            && let Some(Cut::Reset | Cut::ResetInBody) = Cut::cause_of(&error)
        {
            // Closing such a socket sends a reset. If the option cannot be set, the client sees a normal close.
            let _ = stream.set_zero_linger();
        }
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> Result<hyper::Response<Payload>, BrokenOff> {
        let (head, body) = request.into_parts();
        // A client that aborts its request gets no response.
        if let Some(refusal) = refusal::of(&head) {
            return Ok(http_response(refusal));
        }
        let (body, is_cut_off) = read(body).await;
        // Such a connection has no next request.
        let is_last = is_cut_off && head.headers.contains_key(header::TRANSFER_ENCODING);
        if self.is_stopped.load(Ordering::Acquire) {
            return Err(BrokenOff(Cut::Reset));
        }
        let request = Request { method: head.method, uri: head.uri, headers: head.headers, body, is_cut_off, id: None };
        let mut response = (self.handler)(request).await;
        if is_last {
            response = response.header("connection", "close");
        }
        if let Some(delay) = response.delay {
            tokio::time::sleep(delay).await;
        }
        if response.cut == Some(Cut::Reset) {
            return Err(BrokenOff(Cut::Reset));
        }
        Ok(http_response(response))
    }
}

/// Reads a body, or what there is of one that is cut off or malformed.
async fn read(mut body: Incoming) -> (Bytes, bool) {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (read.freeze(), true) };
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
    }
    (read.freeze(), false)
}

fn http_response(response: Response) -> hyper::Response<Payload> {
    let mut http = hyper::Response::new(Payload::new(response.body, response.cut));
    *http.status_mut() = http::StatusCode::from_u16(response.status).unwrap_or_default();
    *http.headers_mut() = response.headers;
    if response.status == 413 {
        // Go still has the former name.
        http.extensions_mut().insert(ReasonPhrase::from_static(b"Request Entity Too Large"));
    }
    http
}

/// The reason that a response was cut off.
#[derive(Debug)]
struct BrokenOff(Cut);

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response is broken off on purpose")
    }
}

impl std::error::Error for BrokenOff {}

impl Cut {
    /// Returns how the response was cut off, if that is what ended the connection.
    fn cause_of(error: &hyper::Error) -> Option<Self> {
        let cause = std::error::Error::source(error)?;
        cause.downcast_ref::<BrokenOff>().map(|BrokenOff(cut)| *cut)
    }
}

/// The body of a response, complete or cut off.
struct Payload {
    rest: Bytes,
    length: u64,
    then: Then,
}

/// What follows the bytes of a body.
enum Then {
    End,
    /// One more poll of the connection, which flushes its buffer.
    Flush(Cut),
    Break(Cut),
}

impl Payload {
    fn new(body: Bytes, cut: Option<Cut>) -> Self {
        let length = body.len() as u64;
        match cut {
            None => Self { rest: body, length, then: Then::End },
            Some(cut) => Self { rest: body.slice(..body.len() / 2), length, then: Then::Flush(cut) },
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Flush(cut) => {
                self.then = Then::Break(cut);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break(cut) => Poll::Ready(Some(Err(BrokenOff(cut)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.then, Then::End) && self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        // The length of the complete body, so that a client notices that it is truncated.
        SizeHint::with_exact(self.length)
    }
}
