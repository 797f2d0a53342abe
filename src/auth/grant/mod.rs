//! Ways to get a session. A way is a value; a new one is a new file here.

mod anonymous;
mod callback;
mod id_token;
mod otp;
mod passkey;
mod password;
mod pkce;
mod refresh;
mod web3;

use std::future::Future;

pub use anonymous::Anonymous;
pub use callback::CallbackOutcome;
pub use id_token::IdToken;
pub use otp::{Verified, Verify};
pub use passkey::PasskeyAssertion;
pub use password::Password;
pub use pkce::AuthorizationCode;
pub use refresh::RefreshToken;
pub use web3::{EthereumMessage, SolanaMessage, SolanaNetwork, Web3};

use crate::{
    client::Client,
    error::Result,
    session::Session,
    types::{GrantType, TokenRequest},
};

/// Credentials that can be exchanged for a session.
///
/// Give them to [`Client::sign_in`].
pub trait Grant: Send {
    /// Exchanges them.
    fn exchange(self, client: &Client) -> impl Future<Output = Result<Session>> + Send;
}

/// The exchange at `POST /token`.
async fn token(
    client: &Client,
    grant_type: GrantType,
    audience: Option<&str>,
    request: impl Into<TokenRequest>,
) -> Result<Session> {
    // The server lets a spent refresh token pass again for a while, for just this: an answer that was lost.
    let call = if grant_type == GrantType::RefreshToken { client.raw_call().repeatable() } else { client.raw_call() };
    let reply = call.raw.token(grant_type, audience, &request.into()).await;
    Ok(call.session(call.answer(reply).await?))
}

impl Client {
    /// Exchanges credentials for a session: [`Password`](crate::Password),
    /// [`AuthorizationCode`](crate::AuthorizationCode), [`RefreshToken`](crate::RefreshToken),
    /// [`IdToken`](crate::IdToken), [`PasskeyAssertion`](crate::PasskeyAssertion), [`Web3`](crate::Web3), or
    /// [`Anonymous`](crate::Anonymous) for none.
    ///
    /// # Errors
    /// As the grant says.
    pub async fn sign_in(&self, grant: impl Grant) -> Result<Session> {
        grant.exchange(self).await
    }
}
