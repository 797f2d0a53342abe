//! What the server says about itself, and what it offers without a user.

use serde_json::json;

use super::NOWHERE;
use crate::{
    Result,
    recorder::{Recorder, call},
};

pub async fn steps(recorder: &mut Recorder<'_>) -> Result<()> {
    for operation in ["health", "settings", "jwks", "openid_configuration", "oauth_server_metadata"] {
        recorder.send(call(operation, "ok")).await?;
    }
    for operation in ["scim_service_provider_config", "scim_resource_types", "scim_schemas"] {
        recorder.send(call(operation, "ok")).await?;
    }
    recorder.send(call("saml_metadata", "ok")).await?;
    recorder.send(call("saml_acs", "not-base64").form(json!({ "SAMLResponse": "x" }))).await?;
    recorder.send(call("authorize", "unsupported").query("provider", "nobody")).await?;
    recorder.send(call("authorize", "github").query("provider", "github")).await?;
    recorder.send(call("callback", "no-state")).await?;
    recorder.send(call("callback_form", "unknown-state").form(json!({ "code": "x", "state": NOWHERE }))).await?;
    recorder.send(call("sso", "unknown-domain").json(json!({ "domain": "unknown.example" }))).await?;
    Ok(())
}
