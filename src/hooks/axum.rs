//! The extractor and the responses for axum.

use axum_core::{
    body::Body,
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};

use super::{
    Acknowledged, Decision, Hook, HookClaims, HookError, HookVerifier, Payload, Refusal,
    response::respond,
    service::{receive, reject},
};

/// Verifies the request with the [`HookVerifier`] in the state of the router.
///
/// ```
/// use axum::{Router, routing::post};
/// use gotrue::hooks::{Acknowledged, Hook, HookVerifier, SendEmail};
///
/// async fn send_email(hook: Hook<SendEmail>) -> Acknowledged {
///     println!("a mail to {:?}: {}", hook.user.email, hook.email_data.email_action_type);
///     Acknowledged
/// }
///
/// # fn f(verifier: HookVerifier) -> Router {
/// Router::new().route("/hooks/send-email", post(send_email)).with_state(verifier)
/// # }
/// ```
impl<T, S> FromRequest<S> for Hook<T>
where
    T: Payload,
    S: Sync,
    HookVerifier: FromRef<S>,
{
    type Rejection = HookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HookError> {
        let verifier = HookVerifier::from_ref(state);
        let (parts, body) = request.into_parts();
        let body = receive(&verifier, &parts.headers, body).await?;
        verifier.verify_as(&parts.headers, &body)
    }
}

impl IntoResponse for HookError {
    fn into_response(self) -> Response {
        reject(&self).map(Body::from)
    }
}

impl IntoResponse for Acknowledged {
    fn into_response(self) -> Response {
        respond(Ok(self)).map(Body::from)
    }
}

impl IntoResponse for HookClaims {
    fn into_response(self) -> Response {
        respond(Ok(self)).map(Body::from)
    }
}

impl IntoResponse for Decision {
    fn into_response(self) -> Response {
        respond(Ok(self)).map(Body::from)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        respond(Err::<Acknowledged, _>(self)).map(Body::from)
    }
}
