//! From an exchange to the call of its operation.

use gotrue::raw::{ByteStream, Client, Error, ResponseValue};
use serde::Serialize;
use serde_json::Value;

use crate::exchange::Exchange;

/// What the operation came to, with the decoded reply as JSON again.
pub type Outcome = Result<Value, Error<()>>;

/// Calls the operation with what was recorded. None when the types cannot say it.
pub async fn call(raw: &Client, it: &Exchange) -> Option<Outcome> {
    let redirect_to = it.query("redirect_to");
    let outcome = match it.operation()?.id {
        "health" => value(raw.health().await),
        "settings" => value(raw.settings().await),
        "jwks" => value(raw.jwks().await),
        "sign_up" => value(raw.sign_up(redirect_to, None, &it.body()?).await),
        "invite" => value(raw.invite(redirect_to, None, &it.body()?).await),
        "token" => value(raw.token(it.query_as("grant_type")?, None, &it.body()?).await),
        "send_otp" => value(raw.send_otp(redirect_to, None, &it.body()?).await),
        "send_magic_link" => value(raw.send_magic_link(redirect_to, None, &it.body()?).await),
        "recover" => value(raw.recover(redirect_to, None, &it.body()?).await),
        "resend" => value(raw.resend(redirect_to, None, &it.body()?).await),
        "verify" => value(raw.verify(None, &it.body()?).await),
        "verify_link" => bytes(raw.verify_link(redirect_to, &it.query_as("token")?, it.query_as("type")?).await),
        "authorize" => bytes(
            raw.authorize(
                it.query("code_challenge"),
                it.query_as("code_challenge_method"),
                None,
                &it.query_as("provider")?,
                None,
                redirect_to,
                it.query("scopes"),
                None,
            )
            .await,
        ),
        "callback" => {
            let code = it.query_as("code");
            let (error, about) = (it.query("error"), it.query("error_description"));
            bytes(raw.callback(code.as_ref(), error, about, None, None, it.query("state"), None).await)
        }
        "callback_form" => bytes(raw.callback_form(&it.body()?).await),
        "get_user" => value(raw.get_user(None).await),
        "update_user" => value(raw.update_user(redirect_to, None, &it.body()?).await),
        "reauthenticate" => value(raw.reauthenticate(redirect_to).await),
        "sign_out" => {
            let scope = match it.query("scope") {
                None => None,
                Some(_) => Some(it.query_as("scope")?),
            };
            value(raw.sign_out(scope).await)
        }
        other => panic!("{other} is not replayed yet"),
    };
    Some(outcome)
}

fn value<T: Serialize>(reply: Result<ResponseValue<T>, Error<()>>) -> Outcome {
    reply.map(|reply| serde_json::to_value(reply.into_inner()).unwrap())
}

/// A reply that is for browsers, and never a success here.
fn bytes(reply: Result<ResponseValue<ByteStream>, Error<()>>) -> Outcome {
    reply.map(|reply| panic!("a page: {}", reply.status()))
}
