//! Metadata of a protected resource, from which OAuth clients learn where to get a token (RFC 9728).

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use serde::Serialize;
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::Rejection;
use crate::{
    client::Client,
    error::{Error, Result},
    input,
};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Tells OAuth clients, such as those of the Model Context Protocol (MCP), which server issues the tokens of this
/// service.
///
/// It answers `GET /.well-known/oauth-protected-resource`, followed by the path of the resource, with the metadata of
/// RFC 9728, and names the URL of that document in the `WWW-Authenticate` header of each [`Rejection`]. A client that
/// has no token follows them to the server, where the user allows it to get one. Add this layer around the
/// [`VerifyLayer`](super::VerifyLayer).
///
/// ```
/// use axum::{Router, routing::post};
/// use gotrue::axum::{ProtectedResourceLayer, RequireLayer, Verified, VerifyLayer};
///
/// # fn f(client: gotrue::Client) -> Result<Router, gotrue::Error> {
/// let resource = ProtectedResourceLayer::new(&client, "https://api.example.com/mcp")?.name("Example");
/// let app = Router::new()
///     .route("/mcp", post(async |user: Verified| user.sub.to_string()))
///     .layer(VerifyLayer::new(client.jwt_verifier().audience("authenticated")))
///     .layer(resource);
/// # Ok(app) }
/// ```
#[derive(Clone, Debug)]
pub struct ProtectedResourceLayer {
    /// The path of the document.
    path: String,
    /// The parameter of the challenge.
    parameter: String,
    metadata: Metadata,
}

/// The document (RFC 9728, section 2).
#[derive(Clone, Debug, Serialize)]
struct Metadata {
    resource: String,
    authorization_servers: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
}

impl ProtectedResourceLayer {
    /// Creates a layer for the resource with this public URL. Its tokens are issued by the server of this client.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] unless the URL is absolute, with the scheme `https` or `http` and without a fragment
    /// (RFC 9728, section 1.2).
    pub fn new(client: &Client, resource: impl AsRef<str>) -> Result<Self> {
        let url = input::url("resource URL", resource.as_ref())?;
        if !matches!(url.scheme(), "http" | "https") || url.fragment().is_some() || url.query().is_some() {
            return Err(Error::invalid("resource URL", "must be an HTTP URL without a query and a fragment"));
        }
        let path = format!("{WELL_KNOWN}{}", url.path().trim_end_matches('/'));
        let document = Url::options().base_url(Some(&url)).parse(&path);
        let document = document.map_err(|_| Error::invalid("resource URL", "must have a host"))?;
        let metadata = Metadata {
            resource: resource.as_ref().to_owned(),
            authorization_servers: vec![client.base_url().as_str().trim_end_matches('/').to_owned()],
            bearer_methods_supported: ["header"],
            scopes_supported: Vec::new(),
            resource_name: None,
        };
        Ok(Self { path, parameter: format!("resource_metadata=\"{document}\""), metadata })
    }

    /// Sets the issuer of the tokens, if clients reach the server under another URL than this service does. Default:
    /// the URL of the client.
    #[must_use]
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.metadata.authorization_servers = vec![issuer.into()];
        self
    }

    /// Sets the scopes that clients may request. Default: not stated.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.metadata.scopes_supported = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the name of the resource that clients show to users. Default: none.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.metadata.resource_name = Some(name.into());
        self
    }

    fn document<B: From<String>>(&self) -> Response<B> {
        // Strings always serialize.
        let json = serde_json::to_string(&self.metadata).unwrap_or_default();
        let mut response = Response::new(json.into());
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
            // Clients in browsers read it as well.
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// Adds the URL of the document to the challenge.
    fn add_to(&self, headers: &mut HeaderMap) {
        let challenge = headers.get(header::WWW_AUTHENTICATE).and_then(|challenge| challenge.to_str().ok());
        let Some(challenge) = challenge else { return };
        let separator = if challenge.contains(' ') { ", " } else { " " };
        if let Ok(challenge) = HeaderValue::try_from(format!("{challenge}{separator}{}", self.parameter)) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
}

impl<S> Layer<S> for ProtectedResourceLayer {
    type Service = ProtectedResource<S>;

    fn layer(&self, inner: S) -> ProtectedResource<S> {
        ProtectedResource { inner, layer: Arc::new(self.clone()) }
    }
}

/// The service that [`ProtectedResourceLayer`] returns.
#[derive(Clone, Debug)]
pub struct ProtectedResource<S> {
    inner: S,
    layer: Arc<ProtectedResourceLayer>,
}

impl<S, B, A> Service<Request<B>> for ProtectedResource<S>
where
    S: Service<Request<B>, Response = Response<A>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    A: From<String>,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let next = self.inner.clone();
        // `poll_ready` was called on this service, not on its clone.
        let mut ready = mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            if request.uri().path() == layer.path && matches!(*request.method(), Method::GET | Method::HEAD) {
                return Ok(layer.document());
            }
            let mut response = ready.call(request).await?;
            if response.extensions().get::<Rejection>().is_some() {
                layer.add_to(response.headers_mut());
            }
            Ok(response)
        })
    }
}
