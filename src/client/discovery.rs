//! What others have to know of the server: its clients, identity providers and directories.

use futures_util::TryStreamExt;

use super::{Call, Client};
use crate::{error::Result, raw, types};

impl Client {
    /// What an OpenID Connect client has to know of the server (`GET /.well-known/openid-configuration`), also while
    /// its OAuth server is off.
    pub async fn openid_configuration(&self) -> Result<types::OAuthServerMetadata> {
        let call = self.call();
        call.answer(call.raw.openid_configuration().await).await
    }

    /// What an OAuth client has to know of the server (`GET /.well-known/oauth-authorization-server`, RFC 8414).
    ///
    /// # Errors
    /// `feature_disabled` while the OAuth server is off.
    pub async fn oauth_server_metadata(&self) -> Result<types::OAuthServerMetadata> {
        let call = self.call();
        call.answer(call.raw.oauth_server_metadata().await).await
    }

    /// What an identity provider has to know of the server (`GET /sso/saml/metadata`): SAML 2.0 metadata, XML.
    ///
    /// # Errors
    /// `saml_provider_disabled`.
    pub async fn saml_metadata(&self) -> Result<String> {
        let call = self.call();
        let body = call.answer(call.raw.saml_metadata(None).await).await?;
        text(&call, body).await
    }

    /// The same as a file to hand over, which stays valid for five years (`GET /sso/saml/metadata?download=true`).
    ///
    /// # Errors
    /// `saml_provider_disabled`.
    pub async fn saml_metadata_file(&self) -> Result<String> {
        let call = self.call();
        let body = call.answer(call.raw.saml_metadata(Some(true)).await).await?;
        text(&call, body).await
    }

    /// Which parts of SCIM 2.0 the server knows (`GET /scim/v2/ServiceProviderConfig`). Experimental.
    pub async fn scim_service_provider_config(&self) -> Result<types::ScimServiceProviderConfig> {
        let call = self.call();
        call.answer(call.raw.scim_service_provider_config().await).await
    }

    /// The kinds of SCIM resources (`GET /scim/v2/ResourceTypes`), none so far. Experimental.
    pub async fn scim_resource_types(&self) -> Result<types::ScimListResponse> {
        let call = self.call();
        call.answer(call.raw.scim_resource_types().await).await
    }

    /// The schemas of SCIM resources (`GET /scim/v2/Schemas`), none so far. Experimental.
    pub async fn scim_schemas(&self) -> Result<types::ScimListResponse> {
        let call = self.call();
        call.answer(call.raw.scim_schemas().await).await
    }
}

/// A body that is no JSON.
async fn text(call: &Call, body: raw::ByteStream) -> Result<String> {
    let (mut body, mut bytes) = (body.into_inner(), Vec::new());
    loop {
        match body.try_next().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return call.required("text", String::from_utf8(bytes).ok()),
            Err(broken) => return call.answer(Err(raw::Error::ResponseBodyError(broken))).await,
        }
    }
}
