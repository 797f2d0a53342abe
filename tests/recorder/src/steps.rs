//! The requests that are recorded, in an order in which each finds what it needs.

mod accounts;
mod admin;
mod factors;
mod oauth;
mod passkeys;
mod recovery_codes;
mod server;

use gotrue_openapi::document::{Credential, Operation};
use serde_json::{Value, json};

use crate::{
    Result,
    recorder::{Call, Recorder, Response, call},
};

/// The password of the users of the recorder.
pub const PASSWORD: &str = "correct-horse-battery-7";

/// An id that nothing has.
const NOWHERE: &str = "9efe3b11-b06f-4052-a373-8863ca266a87";

/// A code verifier with its challenge (RFC 7636, S256).
pub const VERIFIER: &str = "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
const CHALLENGE: &str = "Gh3faLGEJjqh4DMByhG9hl3jMWdIN6Yhz3JiOQfe8lc";

/// A user that the recorder has created, with a session.
struct Account {
    id: String,
    email: String,
    token: String,
    refresh_token: String,
}

/// Returns whether the server has users. The request is not recorded.
pub async fn has_users(recorder: &mut Recorder<'_>) -> Result<bool> {
    let list = call("admin_list_users", "before").query("per_page", "1").bearer(recorder.service_key());
    let (_, response) = recorder.exchange(&list).await?;
    match response.json["users"].as_array() {
        Some(users) => Ok(!users.is_empty()),
        None => Err(format!("the service key cannot list users: {} {}", response.status, response.json).into()),
    }
}

pub async fn all(recorder: &mut Recorder<'_>, origin: &str) -> Result<()> {
    server::steps(recorder).await?;
    let mut ada = accounts::steps(recorder).await?;
    factors::steps(recorder, &mut ada).await?;
    passkeys::steps(recorder, &ada, origin).await?;
    oauth::steps(recorder, &ada).await?;
    admin::steps(recorder, &ada).await?;
    accounts::end(recorder, &ada).await?;
    for operation in recorder.missing() {
        recorder.send(any(&operation, recorder.service_key())).await?;
    }
    Ok(())
}

/// Returns the simplest request of an operation that no step calls, such as one that is new in the document.
fn any<'d>(operation: &Operation<'d>, service_key: String) -> Call<'d> {
    let mut request = call(operation.id().unwrap_or_default(), "simplest");
    for _ in operation.path.matches('{') {
        request = request.path(NOWHERE);
    }
    if operation.value.get("requestBody").is_some() {
        request = request.json(json!({}));
    }
    match operation.credential() {
        Credential::None | Credential::OAuthClient => request,
        _ => request.bearer(service_key),
    }
}

/// Creates a user, confirmed, and signs in.
async fn account(recorder: &mut Recorder<'_>, name: &str) -> Result<Account> {
    let email = format!("{name}-{}@example.com", recorder.run);
    let user =
        json!({ "email": email, "password": PASSWORD, "email_confirm": true, "user_metadata": { "name": name } });
    let created = call("admin_create_user", name).json(user).bearer(recorder.service_key());
    let id = recorder.send(created).await?.text("/id");
    let session = sign_in(recorder, name, &email).await?;
    let (token, refresh_token) = (session.text("/access_token"), session.text("/refresh_token"));
    Ok(Account { id, email, token, refresh_token })
}

async fn sign_in(recorder: &mut Recorder<'_>, name: &str, email: &str) -> Result<Response> {
    let credentials = json!({ "email": email, "password": PASSWORD });
    recorder.send(call("token", &format!("password-{name}")).query("grant_type", "password").json(credentials)).await
}

/// Returns a text member of an object.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
