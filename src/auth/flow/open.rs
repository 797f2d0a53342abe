//! The open PKCE flows of an application with a single user.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use super::{FlowKind, PkceFlow};
use crate::{
    client::Client,
    clock::{Clock, SystemClock},
    error::{Error, Result},
};

/// How many flows are kept open by default.
const CAPACITY: usize = 16;

/// The open flows of one user's application, on a desktop, a phone or a command line.
///
/// A flow ends when its code comes back, when it [expires](FlowKind::lifetime), or when too many newer ones have been
/// started: 16 are kept by default, see [`capacity`](Self::capacity). The verifier of one flow is never used for
/// another.
///
/// ```
/// # use gotrue::{Callback, Client, Provider, Recover, auth::{CallbackOutcome, FlowKind}, url::Url};
/// # async fn f(client: Client, url_of_the_request: Url) -> Result<(), gotrue::Error> {
/// let mut flows = client.pkce_flows();
///
/// let flow = flows.start(FlowKind::SignIn)?;
/// let redirect_to = flow.redirect_to("com.example.app:/callback")?;
/// let url = client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier())?;
/// // … open the URL in the browser …
///
/// let flow = flows.start(FlowKind::Recovery)?;
/// let redirect_to = flow.redirect_to("com.example.app:/callback")?;
/// client.recover(Recover::email("ada@example.com").redirect_to(redirect_to).pkce(flow.verifier())).await?;
///
/// // … then complete whichever flow comes back first:
/// let callback = Callback::parse(&url_of_the_request);
/// match client.sign_in_from_callback(&mut flows, &callback).await? {
///     CallbackOutcome::SignedIn { session, kind: FlowKind::Recovery } => println!("ask for a new password"),
///     CallbackOutcome::SignedIn { session, .. } => println!("welcome, {}", session.user().id),
///     CallbackOutcome::ConfirmationPending { message } => println!("{message}"),
/// }
/// # Ok(()) }
/// ```
///
/// # Not for web services
///
/// These flows are found by the id in the callback URL. If several browsers shared them, a callback URL that an
/// attacker started would sign its visitor in to the attacker's account. A web service therefore keeps each
/// [`PkceFlow`] in a cookie of the browser. State that is shared between requests cannot contain these flows: they
/// cannot be cloned, and starting or completing a flow needs exclusive access.
///
/// ```compile_fail,E0277
/// // What a web framework requires of shared state.
/// fn shared_state(_: impl Clone + Send + Sync + 'static) {}
/// shared_state(gotrue::PkceFlows::new());
/// ```
///
/// ```compile_fail,E0596
/// # use gotrue::{PkceFlows, auth::FlowKind};
/// let flows = std::sync::Arc::new(PkceFlows::new());
/// flows.start(FlowKind::SignIn);
/// ```
pub struct PkceFlows {
    /// Oldest first.
    open: VecDeque<OpenFlow>,
    capacity: usize,
    clock: Arc<dyn Clock>,
}

/// A flow, and the uptime of the clock at which it expires.
pub(crate) struct OpenFlow {
    pub(crate) flow: PkceFlow,
    expires_at: Duration,
}

impl OpenFlow {
    fn started_at(&self) -> Duration {
        self.expires_at.saturating_sub(self.flow.kind.lifetime())
    }
}

impl fmt::Debug for PkceFlows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PkceFlows").field("open", &self.len()).finish_non_exhaustive()
    }
}

impl Default for PkceFlows {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// Returns an empty collection of open flows that uses the clock of this client.
    #[must_use]
    pub fn pkce_flows(&self) -> PkceFlows {
        PkceFlows::with_clock(self.clock().clone())
    }
}

impl PkceFlows {
    /// Creates an empty collection that uses the system clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { open: VecDeque::new(), capacity: CAPACITY, clock }
    }

    /// Sets how many flows are kept open, at least one. Beyond that, the oldest is dropped. Defaults to 16.
    #[must_use]
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity.max(1);
        self.drop_excess();
        self
    }

    /// Starts a flow.
    ///
    /// # Errors
    /// [`Error::Randomness`] if the operating system provides no randomness.
    pub fn start(&mut self, kind: FlowKind) -> Result<PkceFlow> {
        let flow = PkceFlow::start(kind, &*self.clock)?;
        let expires_at = self.clock.uptime().saturating_add(kind.lifetime());
        self.put(OpenFlow { flow: flow.clone(), expires_at });
        Ok(flow)
    }

    /// Removes and returns the flow with the id from a redirect.
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] if there is no such flow: it was started elsewhere, has ended, or has expired.
    pub fn take(&mut self, flow_id: &str) -> Result<PkceFlow> {
        self.take_open(flow_id).map(|open| open.flow)
    }

    pub(crate) fn take_open(&mut self, flow_id: &str) -> Result<OpenFlow> {
        self.drop_expired();
        let index = self.open.iter().position(|open| open.flow.has_id(flow_id));
        index.and_then(|index| self.open.remove(index)).ok_or(Error::MissingVerifier)
    }

    /// Adds a flow, or puts it back in its place after an exchange that may succeed later.
    pub(crate) fn put(&mut self, open: OpenFlow) {
        self.drop_expired();
        self.open.push_back(open);
        self.open.make_contiguous().sort_by_key(OpenFlow::started_at);
        self.drop_excess();
    }

    /// Returns the number of open flows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unexpired().count()
    }

    /// Returns whether no flow is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the open flows, oldest first, to be stored until the application restarts.
    ///
    /// ```
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// use gotrue::{PkceFlows, auth::{FlowKind, PkceFlow}, serde_json};
    ///
    /// let mut flows = PkceFlows::new();
    /// let flow = flows.start(FlowKind::MagicLink)?;
    /// // The text contains the verifiers: store it where no one else can read it.
    /// let text = serde_json::to_string(&flows.save())?;
    ///
    /// let mut flows = PkceFlows::new();
    /// flows.restore(serde_json::from_str::<Vec<PkceFlow>>(&text)?);
    /// assert_eq!(flows.take(flow.id())?.verifier(), flow.verifier());
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    #[must_use]
    pub fn save(&self) -> Vec<PkceFlow> {
        let (now, uptime) = (self.clock.now(), self.clock.uptime());
        let saved = self.unexpired().map(|open| {
            // The wall clock may have been set since the flow was started.
            PkceFlow { expires_at: now + open.expires_at.saturating_sub(uptime), ..open.flow.clone() }
        });
        saved.collect()
    }

    /// Adds stored flows. Flows that have expired or are open already are skipped.
    pub fn restore(&mut self, saved: impl IntoIterator<Item = PkceFlow>) {
        for flow in saved {
            let left = flow.expires_at.signed_duration_since(self.clock.now()).to_std().unwrap_or_default();
            // The wall clock may have been set back meanwhile; a flow never lives longer than a new one.
            let expires_at = self.clock.uptime().saturating_add(left.min(flow.kind.lifetime()));
            if !flow.id.is_empty() && !self.open.iter().any(|open| open.flow.id == flow.id) {
                self.put(OpenFlow { flow, expires_at });
            }
        }
    }

    fn unexpired(&self) -> impl Iterator<Item = &OpenFlow> {
        let uptime = self.clock.uptime();
        self.open.iter().filter(move |open| uptime < open.expires_at)
    }

    fn drop_expired(&mut self) {
        let uptime = self.clock.uptime();
        self.open.retain(|open| uptime < open.expires_at);
    }

    fn drop_excess(&mut self) {
        let excess = self.open.len().saturating_sub(self.capacity);
        self.open.drain(..excess);
    }
}
