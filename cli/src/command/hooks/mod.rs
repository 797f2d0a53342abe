//! `gotrue hooks`: the requests that a server sends to the auth hooks of its operator.

mod example;
mod send;
mod verify;

use std::env;

use clap::Subcommand;
use gotrue::{hooks::HookSecrets, serde_json::json};

use self::{example::Example, send::Send, verify::Verify};
use crate::{
    context::Context,
    failure::{Failure, Result},
    prompt,
};

pub const ABOUT: &str = "Make and check the requests of auth hooks

A server calls a hook, a service of its operator, before or after it creates a user, issues a token, sends a message, or \
                         checks a password or a factor. The variables of a hook are \
                         GOTRUE_HOOK_<NAME>_ENABLED, GOTRUE_HOOK_<NAME>_URI and GOTRUE_HOOK_<NAME>_SECRETS, for \
                         example GOTRUE_HOOK_SEND_EMAIL_URI. These commands send nothing to the server.";

/// Make and check the requests of auth hooks.
#[derive(Debug, Subcommand)]
pub enum Hooks {
    /// Make a secret for a hook and its server
    Secret,
    /// Send an example of a hook to a service, as the server would, and show what the server would make of the response
    Send(Send),
    /// Check the signature of a request
    Verify(Verify),
}

impl Hooks {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Secret => {
                let secrets = HookSecrets::generate()?;
                if context.out.json {
                    return context.out.json(&json!({ "secret": secrets.setting() }));
                }
                context.out.line(secrets.setting().expose())
            }
            Self::Send(command) => command.run(context).await,
            Self::Verify(command) => command.run(context),
        }
    }
}

/// Reads the secrets of a hook from the server's variable for it, or a prompt. A flag would end up in the shell history.
fn secrets(example: &Example) -> Result<HookSecrets> {
    let variable = example.secrets_variable;
    let text = match env::var(variable) {
        Ok(text) if !text.is_empty() => text.into(),
        _ => prompt::secret("Secrets of the hook")
            .map_err(|failure| failure.hint(format!("set {variable}; make a secret with gotrue hooks secret")))?,
    };
    text.expose().parse().map_err(|error| Failure::usage(format!("{variable}: {error}")))
}
