//! A local listener for the browser's callback (RFC 8252, 7.3).

mod page;

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    net::Ipv4Addr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use subtle::ConstantTimeEq;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};
use url::{Url, form_urlencoded};

use crate::{
    auth::{callback::Callback, pkce::random},
    clock::{Clock, SystemClock},
    error::{Error, Result},
    input,
};

/// How long a connection may last. Browsers open some that they never use.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before accepting again after an error, for example if the process has no more file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The maximum number of connections. Beyond that, the oldest is closed.
const MAX_CONNECTIONS: usize = 64;

/// The maximum length in bytes of a request's head, and of its body.
const MAX_REQUEST: usize = 64 * 1024;

/// A listener on 127.0.0.1 for the callback of a sign-in, for applications on a desktop or a command line.
///
/// The redirect URL has a random path, so that stray and forged requests are rejected. Both flows work: with PKCE, the
/// code is in the query; in the implicit flow, a script in the page sends the session from the fragment.
///
/// Current servers allow any redirect URL on a loopback address; for those of 2023, add `http://127.0.0.1:*/*` to the
/// list of allowed URLs.
///
/// ```no_run
/// # use std::time::Duration;
/// # use gotrue::{AuthorizationCode, Callback, Client, Loopback, Provider};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let loopback = Loopback::bind().await?;
/// let (url, verifier) = client.authorize(Provider::Github).redirect_to(loopback.redirect_to()).pkce()?;
///
/// // Or open it with a crate such as `webbrowser`: `webbrowser::open(url.as_str())`.
/// println!("Open this in your browser: {url}");
///
/// let session = match loopback.wait(Duration::from_secs(300)).await? {
///     Callback::Code { code, .. } => client.sign_in(AuthorizationCode::new(code, verifier)).await?,
///     Callback::Error(error) => return Err(error.into()),
///     _ => return Ok(()),
/// };
/// # Ok(()) }
/// ```
pub struct Loopback {
    listener: TcpListener,
    receiver: Arc<Receiver>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path is secret: anyone who knows it can send a callback.
        f.debug_struct("Loopback").field("port", &self.receiver.redirect_to.port()).finish_non_exhaustive()
    }
}

/// Builds a [`Loopback`].
///
/// ```no_run
/// # async fn f() -> Result<(), gotrue::Error> {
/// let loopback = gotrue::Loopback::builder().port(8123).bind().await?;
/// assert_eq!(loopback.redirect_to().port(), Some(8123));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call bind"]
pub struct LoopbackBuilder {
    port: u16,
    clock: Arc<dyn Clock>,
}

impl LoopbackBuilder {
    /// Sets the port, if the server's list of allowed URLs requires one. Defaults to any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the clock. Defaults to the system clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts listening.
    ///
    /// # Errors
    /// [`Error::Listen`] if the port is in use; [`Error::Randomness`].
    pub async fn bind(self) -> Result<Loopback> {
        let failed = |error| Error::Listen(Arc::new(error));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let redirect_to = input::url("redirect URL", &format!("http://{address}/{}", random(32)?))?;
        let receiver = Arc::new(Receiver { redirect_to, callback: OnceLock::new() });
        Ok(Loopback { listener, receiver, clock: self.clock })
    }
}

impl Loopback {
    /// Listens on a free port.
    ///
    /// # Errors
    /// As [`LoopbackBuilder::bind`].
    pub async fn bind() -> Result<Self> {
        Self::builder().bind().await
    }

    /// Returns a builder with more options.
    pub fn builder() -> LoopbackBuilder {
        LoopbackBuilder { port: 0, clock: Arc::new(SystemClock) }
    }

    /// Returns the redirect URL, for the call that starts the flow. Keep its path secret.
    #[must_use]
    pub fn redirect_to(&self) -> Url {
        self.receiver.redirect_to.clone()
    }

    /// Waits for the callback, shows a page that confirms it, and stops listening. The result is never
    /// [`Callback::NotOurs`]. Other requests, such as for a favicon, get a response and do not end the wait.
    ///
    /// # Errors
    /// [`Error::NoCallback`] after this time.
    pub async fn wait(self, timeout: Duration) -> Result<Callback> {
        let mut timeout = self.clock.sleep(timeout);
        // The set aborts its tasks when this call ends.
        let mut connections = JoinSet::new();
        let mut handles = VecDeque::new();
        loop {
            let is_received = self.receiver.callback.get().is_some();
            tokio::select! {
                // The timeout comes first, so that many connections cannot extend it.
                biased;
                () = &mut timeout, if !is_received => if self.receiver.callback.get().is_none() {
                    break;
                },
                Some(done) = connections.join_next() => if matches!(done, Ok(ConnectionOutcome::Callback)) {
                    break;
                },
                accepted = self.listener.accept(), if !is_received => match accepted {
                    Ok((stream, _)) => {
                        make_room(&mut handles);
                        let serve = serve(stream, self.receiver.clone(), self.clock.clone());
                        handles.push_back(connections.spawn(serve));
                    }
                    Err(_) => self.clock.sleep(ACCEPT_RETRY).await,
                },
                // The callback was received, and its connection is closed.
                else => break,
            }
        }
        self.receiver.callback.get().cloned().ok_or(Error::NoCallback)
    }
}

#[derive(Clone, Copy, Debug)]
enum ConnectionOutcome {
    Callback,
    NoCallback,
}

fn make_room(handles: &mut VecDeque<AbortHandle>) {
    handles.retain(|handle| !handle.is_finished());
    if handles.len() >= MAX_CONNECTIONS
        && let Some(oldest) = handles.pop_front()
    {
        oldest.abort();
    }
}

/// Serves the one request of a connection. It returns once the page is sent, since the process may exit after that.
async fn serve(stream: TcpStream, receiver: Arc<Receiver>, clock: Arc<dyn Clock>) -> ConnectionOutcome {
    let has_callback = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (receiver, has_callback) = (receiver.clone(), has_callback.clone());
        async move { Ok::<_, Infallible>(receiver.respond(request, &has_callback).await) }
    });
    let mut http = http1::Builder::new();
    // The clock of the builder limits the connection as a whole.
    http.keep_alive(false).max_buf_size(MAX_REQUEST).header_read_timeout(None);
    tokio::select! {
        // The browser can try again after a broken connection.
        _ = http.serve_connection(TokioIo::new(stream), service) => {}
        () = clock.sleep(CONNECTION_TIMEOUT) => {}
    }
    if has_callback.load(Ordering::Acquire) { ConnectionOutcome::Callback } else { ConnectionOutcome::NoCallback }
}

/// Responds to requests, and keeps the first callback.
struct Receiver {
    redirect_to: Url,
    callback: OnceLock<Callback>,
}

impl Receiver {
    async fn respond(&self, request: Request<Incoming>, has_callback: &AtomicBool) -> Response<Full<Bytes>> {
        if !self.is_expected(request.uri().path()) {
            return page::not_found();
        }
        let mut url = self.redirect_to.clone();
        url.set_query(request.uri().query());
        match *request.method() {
            Method::GET => match Callback::parse(&url) {
                // The parameters may be in the fragment, which browsers do not send.
                Callback::NotOurs => page::ask_for_fragment(),
                callback => self.keep(callback, has_callback),
            },
            Method::POST => {
                url.set_fragment(fragment(request.into_body()).await.as_deref());
                match Callback::parse(&url) {
                    Callback::NotOurs => page::bad_request(),
                    callback => self.keep(callback, has_callback),
                }
            }
            _ => page::not_found(),
        }
    }

    /// Compares the path with that of the redirect URL in constant time.
    fn is_expected(&self, path: &str) -> bool {
        path.as_bytes().ct_eq(self.redirect_to.path().as_bytes()).into()
    }

    fn keep(&self, callback: Callback, has_callback: &AtomicBool) -> Response<Full<Bytes>> {
        let page = page::of(&callback);
        if self.callback.set(callback).is_err() {
            return page::not_found();
        }
        has_callback.store(true, Ordering::Release);
        page
    }
}

/// Reads the fragment that the page sends.
async fn fragment(body: Incoming) -> Option<String> {
    let body = Limited::new(body, MAX_REQUEST).collect().await.ok()?.to_bytes();
    form_urlencoded::parse(&body).find(|(name, _)| name == page::FIELD).map(|(_, value)| value.into_owned())
}
