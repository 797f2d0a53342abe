//! The routes of signing in that need no page of the application.

mod page;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower_service::Service;
use url::{Url, form_urlencoded};

use super::{BrowserSession, LocalPath, SignInNotice, redirect::see_other};
use crate::{
    auth::{
        flow::FlowKind,
        grant::{CallbackOutcome, VerifyOtp, VerifyOtpOutcome},
        sso::Sso,
    },
    error::{Error, Result},
    input,
    types::{OtpType, Provider, SignOutScope},
};

/// The routes of signing in that need no page of the application. Needs a [`SessionLayer`](super::SessionLayer) around
/// it.
///
/// | route | what it does |
/// |---|---|
/// | `GET /provider/NAME` | starts a sign-in with a provider, such as `/provider/github` |
/// | `GET /sso?domain=DOMAIN` | starts a sign-in with a company (SAML) |
/// | `GET /callback` | completes a flow that this browser has started: a sign-in of the two kinds above, or one from [`BrowserSession::start_flow`] |
/// | `GET /confirm?token_hash=HASH&type=TYPE` | shows a page with a button, since the scanners of mail servers follow links, and a link is valid once |
/// | `POST /confirm?token_hash=HASH&type=TYPE` | verifies the link, what the button does |
/// | `POST /sign-out` | signs out of this session |
///
/// Each accepts the page to return to in the query parameter `next`, which must be a [`LocalPath`]. If something goes
/// wrong, the browser is redirected to the sign-in page with a [`SignInNotice`] in the parameter `notice`.
///
/// The server's list of allowed redirect URLs has to match the callback, as `https://app.example.com/auth/callback*`
/// does. Confirmation links need a template in which the link is
/// `{{ .SiteURL }}/auth/confirm?token_hash={{ .TokenHash }}&type=email`; they also work in another browser.
///
/// With [`SsrCookies`](super::SsrCookies), the callback also completes flows that JavaScript has started in the same
/// browser. A provider that starts the sign-in by itself, and links that bring tokens in the fragment, are not
/// supported, since anyone could have crafted them.
///
/// ```
/// use axum::Router;
/// use gotrue::web::{AuthRoutes, SessionLayer, SsrCookies};
///
/// # fn f(client: gotrue::Client) -> Result<Router, gotrue::Error> {
/// let routes = AuthRoutes::new("https://app.example.com/auth")?;
/// let app = Router::new().nest_service("/auth", routes).layer(SessionLayer::new(&client, SsrCookies::new(&client)));
/// # Ok(app) }
/// ```
#[derive(Clone, Debug)]
pub struct AuthRoutes {
    base_url: Url,
    sign_in_page: LocalPath,
    home_page: LocalPath,
    confirm_at_once: bool,
}

impl AuthRoutes {
    /// Creates the routes. The URL is the public one, under which they are mounted.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the URL is not absolute.
    pub fn new(base_url: impl AsRef<str>) -> Result<Self> {
        let base_url = input::url("base URL", base_url.as_ref().trim_end_matches('/'))?;
        let sign_in_page = "/sign-in".parse()?;
        Ok(Self { base_url, sign_in_page, home_page: LocalPath::default(), confirm_at_once: false })
    }

    /// Sets the page that shows notices. Default: `/sign-in`.
    #[must_use]
    pub fn sign_in_page(mut self, page: LocalPath) -> Self {
        self.sign_in_page = page;
        self
    }

    /// Sets the page to return to if the request does not name one. Default: `/`.
    #[must_use]
    pub fn home_page(mut self, page: LocalPath) -> Self {
        self.home_page = page;
        self
    }

    /// Sets whether `GET /confirm` verifies the link at once, without the page with a button. Default: `false`.
    #[must_use]
    pub fn confirm_at_once(mut self, at_once: bool) -> Self {
        self.confirm_at_once = at_once;
        self
    }

    async fn respond(self, method: Method, uri: Uri, session: BrowserSession) -> Response<String> {
        let query = Query(uri.query().unwrap_or_default());
        let next = query.get("next").and_then(|next| next.parse().ok());
        let path = uri.path().strip_prefix(self.base_url.path()).unwrap_or(uri.path());
        let provider = path.strip_prefix("/provider/").filter(|name| !name.is_empty() && !name.contains('/'));
        let is_read = matches!(method, Method::GET | Method::HEAD);
        let redirect = match (path, provider) {
            (_, Some(provider)) if is_read => self.provider(&session, provider, next).map(String::from),
            ("/sso", _) if is_read => self.sso(&session, &query, next).await.map(String::from),
            ("/callback", _) if is_read => return self.callback(&session, &uri).await,
            ("/confirm", _) if is_read && !self.confirm_at_once => return page::confirm(query.get("type").as_deref()),
            ("/confirm", _) if is_read || method == Method::POST => return self.confirm(&session, &query, next).await,
            ("/sign-out", _) if method == Method::POST => return self.sign_out(&session, next).await,
            (_, Some(_)) | ("/sso" | "/callback" | "/confirm" | "/sign-out", _) => {
                return status(StatusCode::METHOD_NOT_ALLOWED);
            }
            _ => return status(StatusCode::NOT_FOUND),
        };
        redirect.map_or_else(|error| self.notice(&error), |location| see_other(&location))
    }

    fn provider(&self, session: &BrowserSession, name: &str, next: Option<LocalPath>) -> Result<Url> {
        let flow = session.start_flow(FlowKind::SignIn, self.next(next))?;
        let redirect_to = flow.redirect_to(self.callback_url())?;
        session.client().authorize(Provider::from(name)).redirect_to(redirect_to).pkce_with(flow.verifier())
    }

    async fn sso(&self, session: &BrowserSession, query: &Query<'_>, next: Option<LocalPath>) -> Result<Url> {
        let flow = session.start_flow(FlowKind::SignIn, self.next(next))?;
        let sso = Sso::domain(query.get("domain").unwrap_or_default());
        session.client().sso(sso.redirect_to(flow.redirect_to(self.callback_url())?)).pkce_with(flow.verifier()).await
    }

    async fn callback(&self, session: &BrowserSession, uri: &Uri) -> Response<String> {
        let mut url = self.base_url.clone();
        url.set_query(uri.query());
        let mut response = match session.complete_callback(&url).await {
            Ok(completed) => match completed.outcome {
                CallbackOutcome::SignedIn { .. } => go_on(session, &self.next(completed.next)),
                CallbackOutcome::ConfirmationPending { .. } => self.redirect(SignInNotice::ConfirmationPending),
            },
            Err(error) => self.notice(&error),
        };
        // The URL contains the code.
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    async fn confirm(&self, session: &BrowserSession, query: &Query<'_>, next: Option<LocalPath>) -> Response<String> {
        let otp_type: Option<OtpType> = query.get("type").and_then(|name| name.parse().ok());
        let Some(otp_type) = otp_type else {
            return self.notice(&Error::invalid("type", "must be the type of a link"));
        };
        let hash = query.get("token_hash").unwrap_or_default();
        match session.verify_otp(VerifyOtp::token_hash(hash, otp_type)).await {
            Ok(VerifyOtpOutcome::Session(_)) => go_on(session, &self.next(next)),
            Ok(VerifyOtpOutcome::ConfirmationPending { .. }) => self.redirect(SignInNotice::ConfirmationPending),
            Err(error) => self.notice(&error),
        }
    }

    async fn sign_out(&self, session: &BrowserSession, next: Option<LocalPath>) -> Response<String> {
        if let Err(error) = session.sign_out(SignOutScope::Local).await {
            // The cookies are removed in any case.
            tracing::warn!(%error, "a session could not be ended at the server");
        }
        see_other(self.next(next).as_str())
    }

    fn next(&self, next: Option<LocalPath>) -> LocalPath {
        next.unwrap_or_else(|| self.home_page.clone())
    }

    fn callback_url(&self) -> String {
        format!("{}/callback", self.base_url.as_str().trim_end_matches('/'))
    }

    fn notice(&self, error: &Error) -> Response<String> {
        tracing::debug!(%error, "a sign-in was not completed");
        self.redirect(SignInNotice::of(error))
    }

    fn redirect(&self, notice: SignInNotice) -> Response<String> {
        see_other(&self.page_with(notice))
    }

    fn page_with(&self, notice: SignInNotice) -> String {
        let page = self.sign_in_page.as_str();
        let separator = if page.contains('?') { '&' } else { '?' };
        format!("{page}{separator}notice={}", notice.as_str())
    }
}

/// Leads a browser that has just been signed in to a page of the application.
fn go_on(session: &BrowserSession, next: &LocalPath) -> Response<String> {
    if session.is_strict() { page::go_on(next) } else { see_other(next.as_str()) }
}

fn status(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

/// The query of a request.
struct Query<'a>(&'a str);

impl Query<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

impl<B> Service<Request<B>> for AuthRoutes {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (routes, method, uri) = (self.clone(), request.method().clone(), request.uri().clone());
        let session = BrowserSession::of(request.extensions());
        Box::pin(async move {
            Ok(match session {
                Ok(session) => routes.respond(method, uri, session).await,
                Err(rejection) => rejection.into_response(),
            })
        })
    }
}
