//! PKCE flows with ids, for applications that have several open at once.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::pkce::{PkceVerifier, random};
use crate::{
    client::Client,
    clock::{Clock, SystemClock},
    error::{Error, Result},
    input,
    secret::Secret,
};

/// How many flows are kept open, unless said otherwise.
const CAPACITY: usize = 16;

/// What a flow is for, and what an application does when it has come to its end: after a recovery it asks for a new
/// password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowKind {
    /// A sign-in with a provider or by single sign-on.
    SignIn,
    /// The confirmation of a sign-up.
    SignUp,
    /// A link that signs in.
    MagicLink,
    /// The recovery of a password.
    Recovery,
    /// A new e-mail address.
    EmailChange,
    /// An invitation. Its link always brings a session, never a code.
    Invite,
    /// One more identity for the signed-in user.
    LinkIdentity,
}

impl FlowKind {
    /// How long a flow stays open: ten minutes where the user is in the browser all the time, and a day where the way
    /// back is a link in a mail, which is good for a day by the server's default. The code that the redirect brings in
    /// the end is good for five minutes, whatever the kind.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        const MINUTE: Duration = Duration::from_secs(60);
        match self {
            Self::SignIn | Self::LinkIdentity => 10 * MINUTE,
            Self::SignUp | Self::MagicLink | Self::Recovery | Self::EmailChange | Self::Invite => 24 * 60 * MINUTE,
        }
    }

    /// By the `type` in the fragment to which a link leads.
    pub(crate) fn of_link(name: &str) -> Self {
        match name {
            "signup" => Self::SignUp,
            "magiclink" => Self::MagicLink,
            "recovery" => Self::Recovery,
            "email_change" => Self::EmailChange,
            "invite" => Self::Invite,
            _ => Self::SignIn,
        }
    }
}

/// An open flow: its verifier, and an id that comes back with the redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkceFlow {
    id: String,
    verifier: PkceVerifier,
    kind: FlowKind,
}

impl PkceFlow {
    /// The query parameter of the redirect URL that holds the id.
    pub const PARAMETER: &str = "flow_id";

    /// The id. It is no secret, and worth nothing without the verifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The verifier, for the call that begins the flow.
    #[must_use]
    pub fn verifier(&self) -> &PkceVerifier {
        &self.verifier
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> FlowKind {
        self.kind
    }

    /// The redirect URL with the id of this flow, to be given to the call that begins it. The server's list of allowed
    /// URLs has to let it pass, as `https://app.example.com/cb*` does.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when it is not an absolute URL.
    pub fn redirect_to(&self, url: impl AsRef<str>) -> Result<Url> {
        let mut url = input::url("redirect URL", url.as_ref())?;
        let is_id = |name: &str| name == Self::PARAMETER;
        if url.query_pairs().any(|(name, _)| is_id(&name)) {
            let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_id(name)).collect();
            url.query_pairs_mut().clear().extend_pairs(others);
        }
        url.query_pairs_mut().append_pair(Self::PARAMETER, &self.id);
        Ok(url)
    }
}

/// The flows that are open. Cheap to clone; clones share them.
///
/// A flow ends when its code comes back, when its [time](FlowKind::lifetime) is over, or when too many newer ones have
/// been begun: 16 are kept, unless [`capacity`](Self::capacity) says otherwise. One flow's verifier is never used for
/// another.
///
/// ```
/// # use gotrue::{Callback, Client, Provider, Recover, auth::{CallbackOutcome, FlowKind}, url::Url};
/// # async fn f(client: Client, url_of_the_request: Url) -> Result<(), gotrue::Error> {
/// let flows = client.pkce_flows();
///
/// let flow = flows.begin(FlowKind::SignIn)?;
/// let back = flow.redirect_to("https://app.example.com/cb")?;
/// let url = client.authorize(Provider::Github).redirect_to(back).pkce_with(flow.verifier())?;
/// // … send the browser to the URL …
///
/// let flow = flows.begin(FlowKind::Recovery)?;
/// let back = flow.redirect_to("https://app.example.com/cb")?;
/// client.recover(Recover::email("ada@example.com").redirect_to(back).pkce(flow.verifier())).await?;
///
/// // … and whichever of the two comes back:
/// let callback = Callback::parse(&url_of_the_request);
/// match client.sign_in_from_callback(&flows, &callback).await? {
///     CallbackOutcome::SignedIn { session, kind: FlowKind::Recovery } => println!("ask for a new password"),
///     CallbackOutcome::SignedIn { session, .. } => println!("welcome, {}", session.user().id),
///     CallbackOutcome::ConfirmationPending { message } => println!("{message}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PkceFlows {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

struct State {
    /// Oldest first.
    open: VecDeque<Open>,
    capacity: usize,
}

/// A flow, and the clock's uptime at which it is over.
pub(crate) struct Open {
    pub(crate) flow: PkceFlow,
    until: Duration,
}

/// A flow to be kept over a restart. Serialized it holds the verifier as plain text: keep it where nobody else can
/// read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedFlow {
    id: String,
    verifier: Secret,
    kind: FlowKind,
    expires_at: DateTime<Utc>,
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
    /// A place to keep open flows, by this client's clock.
    #[must_use]
    pub fn pkce_flows(&self) -> PkceFlows {
        PkceFlows::with_clock(self.clock().clone())
    }
}

impl PkceFlows {
    /// No flow yet, by the clock of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let state = State { open: VecDeque::new(), capacity: CAPACITY };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    /// How many are kept open, for all clones; at least one. One too many, and the oldest is dropped.
    #[must_use]
    pub fn capacity(self, capacity: usize) -> Self {
        self.state().capacity = capacity.max(1);
        self.state().drop_oldest();
        self
    }

    /// Begins a flow.
    ///
    /// # Errors
    /// [`Error::Randomness`] when the operating system gives none.
    pub fn begin(&self, kind: FlowKind) -> Result<PkceFlow> {
        let flow = PkceFlow { id: random(16)?, verifier: PkceVerifier::generate()?, kind };
        let until = self.clock.uptime().saturating_add(kind.lifetime());
        self.put(Open { flow: flow.clone(), until });
        Ok(flow)
    }

    /// Ends a flow, whose id came back with the redirect. Each is there to be taken once.
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] when there is no such flow: it was begun elsewhere, is over, or took too long.
    pub fn take(&self, flow_id: &str) -> Result<PkceFlow> {
        self.take_open(flow_id).map(|open| open.flow)
    }

    pub(crate) fn take_open(&self, flow_id: &str) -> Result<Open> {
        let mut state = self.fresh_state();
        let index = state.open.iter().position(|open| open.flow.id == flow_id);
        index.and_then(|index| state.open.remove(index)).ok_or(Error::MissingVerifier)
    }

    /// Keeps a flow, or keeps it again after an exchange that may succeed later.
    pub(crate) fn put(&self, open: Open) {
        let mut state = self.fresh_state();
        state.open.push_back(open);
        // A flow that is put back has its old place.
        state.open.make_contiguous().sort_by_key(|open| open.until.saturating_sub(open.flow.kind.lifetime()));
        state.drop_oldest();
    }

    /// How many flows are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fresh_state().open.len()
    }

    /// Whether no flow is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The open flows, oldest first, to be kept over a restart.
    ///
    /// ```
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// use gotrue::{PkceFlows, auth::{FlowKind, SavedFlow}, serde_json};
    ///
    /// let flows = PkceFlows::new();
    /// let flow = flows.begin(FlowKind::MagicLink)?;
    /// // The text holds the verifiers: it belongs where nobody else can read it.
    /// let text = serde_json::to_string(&flows.save())?;
    ///
    /// let flows = PkceFlows::new();
    /// flows.restore(serde_json::from_str::<Vec<SavedFlow>>(&text)?);
    /// assert_eq!(flows.take(flow.id())?, flow);
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    #[must_use]
    pub fn save(&self) -> Vec<SavedFlow> {
        let (now, uptime) = (self.clock.now(), self.clock.uptime());
        let state = self.fresh_state();
        let saved = state.open.iter().map(|Open { flow, until }| SavedFlow {
            id: flow.id.clone(),
            verifier: flow.verifier.secret().clone(),
            kind: flow.kind,
            expires_at: now + until.saturating_sub(uptime),
        });
        saved.collect()
    }

    /// Adds flows that were kept. Those whose time is over meanwhile, that are open already, or whose verifier is none
    /// are passed over.
    pub fn restore(&self, saved: impl IntoIterator<Item = SavedFlow>) {
        for SavedFlow { id, verifier, kind, expires_at } in saved {
            // What is left of its time; never more than a new one has, however the clock was moved.
            let left = expires_at.signed_duration_since(self.clock.now()).to_std().unwrap_or_default();
            let until = self.clock.uptime().saturating_add(left.min(kind.lifetime()));
            let is_open = self.state().open.iter().any(|open| open.flow.id == id);
            if let (false, Ok(verifier)) = (is_open || id.is_empty(), PkceVerifier::from_secret(verifier)) {
                self.put(Open { flow: PkceFlow { id, verifier, kind }, until });
            }
        }
    }

    /// What is there, without the flows whose time is over.
    fn fresh_state(&self) -> MutexGuard<'_, State> {
        let uptime = self.clock.uptime();
        let mut state = self.state();
        state.open.retain(|open| uptime < open.until);
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked has left whole flows.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_oldest(&mut self) {
        let excess = self.open.len().saturating_sub(self.capacity);
        self.open.drain(..excess);
    }
}
