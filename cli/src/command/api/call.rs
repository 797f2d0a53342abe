//! Calling an operation of the document.

use std::env;

use clap::ArgMatches;
use gotrue::{
    Secret,
    raw::{self, Credential},
    uuid::Uuid,
};

use super::{flags, reply::Reply, table::Operation};
use crate::{context::Context, failure::Result, prompt};

/// Calls the operation with its arguments, and returns the response.
pub async fn call(context: &Context, operation: &Operation, matches: &ArgMatches) -> Result<Reply> {
    if operation.endpoint.starts_with("DELETE ") {
        context.confirm(format!("{}?", operation.about))?;
    }
    let request = flags::read(operation, matches)?;
    let raw = client(context, operation, matches).await?;
    (operation.call)(&raw, &request).await
}

/// Returns a client with the credential that the operation needs.
async fn client(context: &Context, operation: &Operation, matches: &ArgMatches) -> Result<raw::Client> {
    match operation.credential() {
        Credential::Admin => Ok(context.admin()?.raw()?),
        Credential::User => Ok(context.session().await?.user().raw().await?),
        Credential::OptionalUser => {
            let manager = context.session().await?;
            match manager.session() {
                Some(_) => Ok(manager.user().raw().await?),
                None => Ok(context.client()?.raw()),
            }
        }
        Credential::OAuthClient => match matches.get_one::<Uuid>(flags::OAUTH_CLIENT) {
            Some(id) => Ok(context.client()?.oauth_app(*id, oauth_secret()?).raw()?),
            None => Ok(context.client()?.raw()),
        },
        _ => Ok(context.client()?.raw()),
    }
}

/// Reads the secret from the environment or a prompt. A flag would end up in the shell history.
fn oauth_secret() -> Result<Secret> {
    match env::var(flags::OAUTH_SECRET_VARIABLE) {
        Ok(secret) if !secret.is_empty() => Ok(secret.into()),
        _ => prompt::secret("OAuth client secret"),
    }
}
