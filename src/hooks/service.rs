//! A tower service that answers hooks.

use std::{
    collections::HashMap,
    convert::Infallible,
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tower_service::Service;

use super::{Hook, HookError, HookVerifier, Payload, Refusal, response::respond};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Handler = Arc<dyn Fn(Value) -> BoxFuture<Result<Response<String>, HookError>> + Send + Sync>;

/// Verifies hooks and calls the handler of each: a tower service, to be mounted at the URL of the hooks.
///
/// It responds with 401 and nothing else to a request without a valid signature, with 404 to a hook without a handler,
/// with 405 unless the method is POST, and with 413 to a body that is too long. It reads the body only if the headers
/// of the signature are well-formed and recent, and the declared length is within the limit.
///
/// ```
/// use axum::Router;
/// use gotrue::hooks::{HookClaims, CustomAccessToken, Hook, HookService, HookVerifier, Refusal};
///
/// async fn add_team(hook: Hook<CustomAccessToken>) -> Result<HookClaims, Refusal> {
///     let mut claims = hook.into_payload().claims;
///     claims.set("team", "blue")?;
///     Ok(claims)
/// }
///
/// # fn f(verifier: HookVerifier) -> Router {
/// Router::new().route_service("/hooks", HookService::new(verifier).on(add_team))
/// # }
/// ```
#[derive(Clone)]
pub struct HookService {
    verifier: HookVerifier,
    handlers: HashMap<&'static str, Handler>,
    fallback: Option<Handler>,
}

impl HookService {
    /// Creates a service without handlers.
    #[must_use]
    pub fn new(verifier: HookVerifier) -> Self {
        Self { verifier, handlers: HashMap::new(), fallback: None }
    }

    /// Adds the handler of a hook, or replaces it. A handler for `Hook<serde_json::Value>` gets the hooks that have no
    /// other handler.
    #[must_use]
    pub fn on<T, F, R>(mut self, handler: F) -> Self
    where
        T: Payload,
        F: Fn(Hook<T>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T::Response, Refusal>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |json| match Hook::parse(json) {
            Ok(hook) => {
                let response = handler(hook);
                Box::pin(async move { Ok(respond(response.await)) })
            }
            Err(error) => Box::pin(std::future::ready(Err(error))),
        });
        if let Some(name) = T::HOOK {
            self.handlers.insert(name, handler);
        } else {
            self.fallback = Some(handler);
        }
        self
    }

    async fn respond<B>(self, request: Request<B>) -> Result<Response<String>, HookError>
    where
        B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send,
    {
        if request.method() != Method::POST {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(header::ALLOW, http::HeaderValue::from_static("POST"));
            return Ok(response);
        }
        let (parts, body) = request.into_parts();
        let body = receive(&self.verifier, &parts.headers, body).await?;
        let json = self.verifier.verified_json(&parts.headers, &body)?;
        let name = json["metadata"]["name"].as_str().unwrap_or_default();
        if let Some(handler) = self.handlers.get(name).or(self.fallback.as_ref()) {
            handler(json).await
        } else {
            tracing::warn!(name, "there is no handler for this hook");
            Ok(empty(StatusCode::NOT_FOUND))
        }
    }
}

impl fmt::Debug for HookService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hooks: Vec<_> = self.handlers.keys().collect();
        hooks.sort_unstable();
        f.debug_struct("HookService").field("verifier", &self.verifier).field("hooks", &hooks).finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for HookService
where
    B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.respond(request).await.unwrap_or_else(|error| reject(&error))) })
    }
}

/// Receives a body up to the limit, unless the headers already show that the request will be refused.
pub(super) async fn receive<B>(verifier: &HookVerifier, headers: &HeaderMap, body: B) -> Result<Bytes, HookError>
where
    B: Body<Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    verifier.check_headers(headers)?;
    let limit = verifier.limit();
    let collected = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { HookError::TooLarge { limit } } else { HookError::Receive(error) }
    })?;
    let mut buffer = collected.aggregate();
    Ok(buffer.copy_to_bytes(buffer.remaining()))
}

/// Returns the response to a request that is not a valid hook. It reveals nothing; the traces contain the reason.
pub(super) fn reject(error: &HookError) -> Response<String> {
    tracing::debug!(error = error as &dyn StdError, "a request is not a valid hook");
    empty(error.status())
}

fn empty(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}
