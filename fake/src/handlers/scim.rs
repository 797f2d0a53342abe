//! SCIM, of which the server implements only the discovery endpoints.

use serde_json::{Value, json};

use crate::{model::Operation, state::State, wire::Response};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// `GET /scim/v2/ServiceProviderConfig`.
pub(crate) fn service_provider_config(state: &State) -> Response {
    let path = Operation::by_id("scim_service_provider_config").map_or("", |operation| operation.path);
    let off = || json!({ "supported": false });
    response(&json!({
        "schemas": [CONFIG],
        "patch": off(),
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": false, "maxResults": 0 },
        "changePassword": off(),
        "sort": off(),
        "etag": off(),
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "Authentication scheme using the OAuth Bearer Token Standard",
            "specUri": "http://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{}{path}", state.base_url) },
    }))
}

/// `GET /scim/v2/ResourceTypes` and `GET /scim/v2/Schemas`.
pub(crate) fn empty_list() -> Response {
    response(&json!({ "schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [] }))
}

/// Returns the response to any other request below the path of SCIM.
pub(crate) fn not_found() -> Response {
    let detail = "Endpoint or resource does not exist";
    Response { status: 404, ..response(&json!({ "schemas": [ERROR], "detail": detail, "status": "404" })) }
}

fn response(body: &Value) -> Response {
    Response::new(200).body("application/scim+json", body.to_string())
}
