//! Metadata of the server: OpenID Connect, OAuth 2.0, SAML 2.0 and SCIM 2.0.

use futures_util::TryStreamExt;

use super::{Call, Client};
use crate::{error::Result, raw, types};

impl Client {
    /// Returns the metadata for OpenID Connect clients (`GET /.well-known/openid-configuration`). It also works if
    /// the OAuth server is disabled.
    pub async fn openid_configuration(&self) -> Result<types::OAuthServerMetadata> {
        let call = self.raw_call();
        call.finish(call.raw.openid_configuration()).await
    }

    /// Returns the metadata for OAuth clients (`GET /.well-known/oauth-authorization-server`, RFC 8414).
    ///
    /// # Errors
    /// `feature_disabled` if the OAuth server is disabled.
    pub async fn oauth_server_metadata(&self) -> Result<types::OAuthServerMetadata> {
        let call = self.raw_call();
        call.finish(call.raw.oauth_server_metadata()).await
    }

    /// Returns the SAML 2.0 metadata for identity providers (`GET /sso/saml/metadata`), an XML document.
    ///
    /// # Errors
    /// `saml_provider_disabled` if SAML is disabled.
    pub async fn saml_metadata(&self) -> Result<String> {
        let call = self.raw_call();
        let body = call.finish(call.raw.saml_metadata(None)).await?;
        text(&call, body).await
    }

    /// Returns SAML 2.0 metadata that is valid for five years, to upload to an identity provider
    /// (`GET /sso/saml/metadata?download=true`).
    ///
    /// # Errors
    /// `saml_provider_disabled` if SAML is disabled.
    pub async fn saml_metadata_file(&self) -> Result<String> {
        let call = self.raw_call();
        let body = call.finish(call.raw.saml_metadata(Some(true))).await?;
        text(&call, body).await
    }

    /// Returns the SCIM 2.0 features that the server supports (`GET /scim/v2/ServiceProviderConfig`). Experimental.
    pub async fn scim_service_provider_config(&self) -> Result<types::ScimServiceProviderConfig> {
        let call = self.raw_call();
        call.finish(call.raw.scim_service_provider_config()).await
    }

    /// Returns the SCIM resource types (`GET /scim/v2/ResourceTypes`), currently none. Experimental.
    pub async fn scim_resource_types(&self) -> Result<types::ScimListResponse> {
        let call = self.raw_call();
        call.finish(call.raw.scim_resource_types()).await
    }

    /// Returns the schemas of SCIM resources (`GET /scim/v2/Schemas`), currently none. Experimental.
    pub async fn scim_schemas(&self) -> Result<types::ScimListResponse> {
        let call = self.raw_call();
        call.finish(call.raw.scim_schemas()).await
    }
}

/// Reads a response body that is not JSON.
async fn text(call: &Call, body: raw::ByteStream) -> Result<String> {
    let (mut body, mut bytes) = (body.into_inner(), Vec::new());
    loop {
        match body.try_next().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return call.required("the text", String::from_utf8(bytes).ok()),
            Err(broken) => return Err(call.error(raw::Error::ResponseBodyError(broken)).await),
        }
    }
}
