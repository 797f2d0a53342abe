//! The way back from the browser to an application on this machine (RFC 8252, 7.3).

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

/// How long a connection may last. A browser opens some that it never uses.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait when the machine is short of sockets.
const PAUSE: Duration = Duration::from_millis(100);

/// The most connections at a time. One too many, and the oldest is closed.
const CONNECTIONS: usize = 64;

/// The most bytes of a request's head, and of its body.
const REQUEST: usize = 64 * 1024;

/// Listens on 127.0.0.1 for the browser that comes back from a sign-in, for applications on a desktop or a command
/// line.
///
/// The redirect URL has a random path, so that a stray or forged request is refused. Both flows work: the code of PKCE
/// is in the query, and the session of the implicit flow, in the fragment, is handed over by a script in the page.
///
/// Today's server allows any redirect URL on a loopback address; for those of 2023 put `http://127.0.0.1:*/*` on the
/// list of allowed URLs.
///
/// ```no_run
/// # use std::time::Duration;
/// # use gotrue::{AuthorizationCode, Callback, Client, Loopback, Provider};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let loopback = Loopback::bind().await?;
/// let (url, verifier) = client.authorize(Provider::Github).redirect_to(loopback.redirect_to()).pkce()?;
///
/// // Opening it is up to you: the crates `open` and `webbrowser` do, as in `webbrowser::open(url.as_str())`.
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
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the path: whoever knows it can come back in the browser's place.
        f.debug_struct("Loopback").field("port", &self.desk.redirect_to.port()).finish_non_exhaustive()
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
    /// A port of your choice, where the server's list of allowed URLs asks for one. Default: any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The clock. Default: that of this machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// [`Error::Listen`] when the port is taken; [`Error::Randomness`].
    pub async fn bind(self) -> Result<Loopback> {
        let failed = |error| Error::Listen(Arc::new(error));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let redirect_to = input::url("redirect URL", &format!("http://{address}/{}", random(32)?))?;
        let desk = Arc::new(Desk { redirect_to, taken: OnceLock::new() });
        Ok(Loopback { listener, desk, clock: self.clock })
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

    /// One with more to choose.
    pub fn builder() -> LoopbackBuilder {
        LoopbackBuilder { port: 0, clock: Arc::new(SystemClock) }
    }

    /// The redirect URL, to be given to the call that begins the flow. Nobody else may learn its path.
    #[must_use]
    pub fn redirect_to(&self) -> Url {
        self.desk.redirect_to.clone()
    }

    /// Waits until the browser comes back, shows it a page that says so, and stops listening. It is never
    /// [`Callback::NotOurs`]. Whatever else comes, such as a request for a favicon, is answered and does not end the
    /// wait.
    ///
    /// # Errors
    /// [`Error::NoCallback`] when it takes longer than that.
    pub async fn wait(self, timeout: Duration) -> Result<Callback> {
        let mut timeout = self.clock.sleep(timeout);
        // They end with the set, that is with this call.
        let mut connections = JoinSet::new();
        let mut handles = VecDeque::new();
        loop {
            let is_taken = self.desk.taken.get().is_some();
            tokio::select! {
                // The time first, so that no crowd of connections makes it longer.
                biased;
                () = &mut timeout, if !is_taken => if self.desk.taken.get().is_none() {
                    break;
                },
                Some(done) = connections.join_next() => if matches!(done, Ok(Brought::Callback)) {
                    break;
                },
                accepted = self.listener.accept(), if !is_taken => match accepted {
                    Ok((stream, _)) => {
                        make_room(&mut handles);
                        let serve = serve(stream, self.desk.clone(), self.clock.clone());
                        handles.push_back(connections.spawn(serve));
                    }
                    Err(_) => self.clock.sleep(PAUSE).await,
                },
                // Taken, and its connection is gone.
                else => break,
            }
        }
        self.desk.taken.get().cloned().ok_or(Error::NoCallback)
    }
}

/// What a connection came to.
#[derive(Clone, Copy, Debug)]
enum Brought {
    Callback,
    Nothing,
}

fn make_room(handles: &mut VecDeque<AbortHandle>) {
    handles.retain(|handle| !handle.is_finished());
    if handles.len() >= CONNECTIONS
        && let Some(oldest) = handles.pop_front()
    {
        oldest.abort();
    }
}

/// Answers the one request of a connection. It ends when the page is on its way, so that nobody ends the process before
/// that.
async fn serve(stream: TcpStream, desk: Arc<Desk>, clock: Arc<dyn Clock>) -> Brought {
    let is_taker = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (desk, is_taker) = (desk.clone(), is_taker.clone());
        async move { Ok::<_, Infallible>(desk.answer(request, &is_taker).await) }
    });
    let mut http = http1::Builder::new();
    // The time is ours to keep, by the clock.
    http.keep_alive(false).max_buf_size(REQUEST).header_read_timeout(None);
    tokio::select! {
        // A broken connection is the other side's loss.
        _ = http.serve_connection(TokioIo::new(stream), service) => {}
        () = clock.sleep(PATIENCE) => {}
    }
    if is_taker.load(Ordering::Acquire) { Brought::Callback } else { Brought::Nothing }
}

/// Where requests are looked at.
struct Desk {
    redirect_to: Url,
    /// The callback that has come. There is one only.
    taken: OnceLock<Callback>,
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>, is_taker: &AtomicBool) -> Response<Full<Bytes>> {
        if !self.is_awaited(request.uri().path()) {
            return page::not_found();
        }
        let mut url = self.redirect_to.clone();
        url.set_query(request.uri().query());
        match *request.method() {
            Method::GET => match Callback::parse(&url) {
                // What has come may be in the fragment, which only the browser knows.
                Callback::NotOurs => page::ask_for_fragment(),
                callback => self.take(callback, is_taker),
            },
            Method::POST => {
                url.set_fragment(fragment(request.into_body()).await.as_deref());
                match Callback::parse(&url) {
                    Callback::NotOurs => page::bad_request(),
                    callback => self.take(callback, is_taker),
                }
            }
            _ => page::not_found(),
        }
    }

    /// Whether it is the path of the redirect URL, in a time that does not tell how much of it was right.
    fn is_awaited(&self, path: &str) -> bool {
        path.as_bytes().ct_eq(self.redirect_to.path().as_bytes()).into()
    }

    fn take(&self, callback: Callback, is_taker: &AtomicBool) -> Response<Full<Bytes>> {
        let page = page::of(&callback);
        if self.taken.set(callback).is_err() {
            return page::not_found();
        }
        is_taker.store(true, Ordering::Release);
        page
    }
}

/// The fragment that the page hands over.
async fn fragment(body: Incoming) -> Option<String> {
    let body = Limited::new(body, REQUEST).collect().await.ok()?.to_bytes();
    form_urlencoded::parse(&body).find(|(name, _)| name == page::FIELD).map(|(_, value)| value.into_owned())
}
