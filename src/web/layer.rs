//! The layer that gives each request the session of its browser.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Request, Response, header};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    CookieSession, LocalPath, RequestCookies, SessionCookies,
    browser_session::{BrowserSession, Change, RequestState},
    cross_site,
    flows::FlowCookies,
    open::{Opened, Opener},
    redirect::{Navigation, see_other},
};
use crate::{
    client::Client,
    error::Result,
    jwt::{Claims, JwtVerifier},
    tower::{Rejection, Verification},
};

/// Gives each request the session of its browser, from cookies.
///
/// - It reads the session and verifies its access token. Handlers take [`CurrentUser`](super::CurrentUser) or
///   `Option<CurrentUser>`, and [`RequireLayer`](crate::tower::RequireLayer) states the requirements of routes. Cookies
///   that cannot be read, or whose token is invalid, are removed, and the request is that of a visitor.
/// - It refreshes the session if the token expires within 90 seconds, or a quarter of its lifetime if that is shorter.
///   All requests of this process with the same refresh token share one refresh, and those that arrive within ten
///   seconds after it get its result. Other processes get the same tokens from the server for that long. If the server
///   ends the session, the cookies are removed; a network failure never ends it.
/// - Handlers change the session with [`BrowserSession`]. What has changed is written to the cookies of the response,
///   whatever its status.
/// - A request that may change something and comes from a page of another origin is rejected with 403, before its
///   session is read (cross-site request forgery): any method but GET, HEAD and OPTIONS, and any protocol upgrade. See
///   [`trusted_origin`](Self::trusted_origin).
/// - After a sign-out, the browser forgets the pages that it has kept for the way back (`Clear-Site-Data: "cache"`), which
///   `no-store` does not prevent.
/// - No shared cache keeps a session: a response that sets cookies has `Cache-Control: private, no-store`, whatever the
///   handler has set, and so has each response to a signed-in user unless the handler sets another value. Each response
///   has `Vary: Cookie`. Serve files that are the same for everyone outside of this layer.
///
/// ```
/// use axum::{Router, routing::get};
/// use gotrue::{axum::RequireLayer, types::AssuranceLevel, web::{CurrentUser, SessionLayer, SsrCookies}};
///
/// async fn home(user: Option<CurrentUser>) -> String {
///     user.map_or("hello".to_owned(), |user| format!("hello {}", user.email.as_deref().unwrap_or_default()))
/// }
///
/// # fn f(client: gotrue::Client) -> Result<Router, gotrue::Error> {
/// let sessions = SessionLayer::new(&client, SsrCookies::new(&client))
///     .sign_in_page("/sign-in".parse()?)
///     .second_factor_page("/second-factor".parse()?);
/// let app = Router::new()
///     .route("/safe", get(async |user: CurrentUser| user.sub.to_string()))
///     .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::Aal2))
///     .route("/", get(home))
///     .layer(sessions);
/// # Ok(app) }
/// ```
#[derive(Clone, Debug)]
pub struct SessionLayer {
    opener: Opener,
    trusted_origins: Vec<String>,
    sign_in_page: Option<LocalPath>,
    second_factor_page: Option<LocalPath>,
}

impl SessionLayer {
    /// Creates a layer for the sessions of this client's server, in cookies of this form. Access tokens need the
    /// audience `authenticated`.
    #[must_use]
    pub fn new(client: &Client, cookies: impl SessionCookies) -> Self {
        Self {
            opener: Opener::new(client, Arc::new(cookies)),
            trusted_origins: Vec::new(),
            sign_in_page: None,
            second_factor_page: None,
        }
    }

    /// Sets the verifier of the access tokens, for example one with another audience.
    #[must_use]
    pub fn verifier(mut self, verifier: JwtVerifier) -> Self {
        self.opener.verifier = verifier;
        self
    }

    /// Accepts requests that change something from pages of this origin, such as `https://admin.example.com`, besides
    /// those of the application itself. Default: none.
    #[must_use]
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.trusted_origins.push(origin.into());
        self
    }

    /// Redirects a browser that opens a page for signed-in users only to this page, with the path of the former in the
    /// query parameter `next`. Read it as a [`LocalPath`]. Other requests, such as those of scripts, get the response
    /// of the [`Rejection`]. Default: all of them do.
    #[must_use]
    pub fn sign_in_page(mut self, page: LocalPath) -> Self {
        self.sign_in_page = Some(page);
        self
    }

    /// Redirects a browser likewise if the page requires a higher assurance level than that of the session. Default:
    /// the response of the [`Rejection`].
    #[must_use]
    pub fn second_factor_page(mut self, page: LocalPath) -> Self {
        self.second_factor_page = Some(page);
        self
    }

    /// Returns where to redirect the browser instead of this response.
    fn page_instead<B>(&self, response: &Response<B>, navigation: Option<Navigation>) -> Option<String> {
        let page = match response.extensions().get::<Rejection>()? {
            Rejection::Missing | Rejection::Invalid | Rejection::Unusable => self.sign_in_page.as_ref(),
            Rejection::LowAssurance => self.second_factor_page.as_ref(),
            _ => None,
        };
        Some(navigation?.redirect_to(page?))
    }

    /// Returns the cookies that the browser has to set or remove.
    async fn cookies(&self, opened: &Opened, change: Change) -> Result<Vec<cookie::Cookie<'static>>> {
        let (before, current) = (opened.in_request.as_ref(), opened.current.as_ref());
        let after = match change {
            Change::Unchanged if opened.is_unknown => return Ok(Vec::new()),
            Change::Unchanged if opened.is_refreshed || current.is_none() => current.cloned(),
            Change::Unchanged => return Ok(Vec::new()),
            Change::Removed(session) => {
                session.inspect(|session| self.opener.refreshes.forget(session));
                None
            }
            Change::Replaced(session) => Some(replaced(current, CookieSession::new(&session))),
        };
        self.opener.cookies.write(&opened.cookies, before, after.as_ref()).await
    }
}

/// Returns the new session, with what is unknown of the former one if it is the same session.
fn replaced(former: Option<&CookieSession>, new: CookieSession) -> CookieSession {
    let id = |session: &CookieSession| Claims::read_unverified(session.access_token()).ok()?.session_id;
    match former {
        Some(former) if id(former).is_some() && id(former) == id(&new) => new.continuing(former),
        _ => new,
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = WithSession<S>;

    fn layer(&self, inner: S) -> WithSession<S> {
        WithSession { inner, layer: self.clone() }
    }
}

/// The service that [`SessionLayer`] returns.
#[derive(Clone, Debug)]
pub struct WithSession<S> {
    inner: S,
    layer: SessionLayer,
}

impl<S, B, A> Service<Request<B>> for WithSession<S>
where
    S: Service<Request<B>, Response = Response<A>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    A: From<String> + Send,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let next = self.inner.clone();
        // `poll_ready` was called on this service, not on its clone.
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            if cross_site::is_forged(&request, &layer.trusted_origins) {
                return Ok(Rejection::CrossSite.into_response());
            }
            let navigation = Navigation::of(&request);
            let opened = layer.opener.open(Arc::new(RequestCookies::of(request.headers()))).await;
            let flows = FlowCookies::new(opened.cookies.clone(), layer.opener.cookies.clone());
            let state = RequestState::new(layer.opener.client.clone(), opened.verified(), flows);
            let session = BrowserSession::new(state);
            request.extensions_mut().insert(Verification(opened.verification.clone()));
            request.extensions_mut().insert(session.clone());

            let mut response = ready.call(request).await?;
            if let Some(page) = layer.page_instead(&response, navigation) {
                response = see_other(&page);
            }
            let mut cookies = session.flow_changes();
            let change = session.change();
            if matches!(change, Change::Removed(_)) {
                // Browsers keep pages in memory for the way back, even those with `no-store`.
                response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
            }
            match layer.cookies(&opened, change).await {
                Ok(changes) => cookies.extend(changes),
                Err(error) => {
                    tracing::error!(%error, "the session of a browser could not be kept");
                    response = Rejection::Unavailable.into_response();
                }
            }
            finish(response.headers_mut(), &cookies, opened.current.is_some());
            Ok(response)
        })
    }
}

/// Sets the cookies, and keeps shared caches from storing a response that is for one user.
fn finish(headers: &mut HeaderMap, cookies: &[cookie::Cookie<'static>], is_signed_in: bool) {
    for cookie in cookies {
        // The values are encoded, and the attributes are those of the configuration.
        let Ok(value) = HeaderValue::try_from(cookie.to_string()) else {
            tracing::error!(cookie = cookie.name(), "a cookie has a name or a domain that is not allowed");
            continue;
        };
        headers.append(header::SET_COOKIE, value);
    }
    if !cookies.is_empty() || is_signed_in && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    let varies = headers.get_all(header::VARY).iter().filter_map(|names| names.to_str().ok());
    let mut names = varies.flat_map(|names| names.split(',')).map(str::trim);
    if !names.any(|name| name == "*" || name.eq_ignore_ascii_case("cookie")) {
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    }
}
