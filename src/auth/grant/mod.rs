//! Grants: credentials that are exchanged for a session. Each kind is a file of its own.

mod anonymous;
mod callback;
mod id_token;
mod passkey;
mod password;
mod pkce;
mod refresh;
mod verify_otp;
mod web3;

use std::future::Future;

pub use anonymous::Anonymous;
pub use callback::CallbackOutcome;
pub use id_token::IdToken;
pub use passkey::PasskeyAssertion;
pub use password::Password;
pub use pkce::AuthorizationCode;
pub use refresh::RefreshToken;
pub use verify_otp::{VerifyOtp, VerifyOtpOutcome};
pub use web3::{EthereumMessage, SolanaMessage, SolanaNetwork, Web3};

use crate::{
    client::{Call, Client},
    error::Result,
    platform::MaybeSend,
    session::Session,
    types::{GrantType, TokenRequest},
};

/// Credentials that can be exchanged for a session, with [`Client::sign_in`].
pub trait Grant: MaybeSend {
    /// Exchanges the credentials.
    fn exchange(self, client: &Client) -> impl Future<Output = Result<Session>> + MaybeSend;
}

/// Exchanges a grant at `POST /token`.
pub(crate) fn token(
    call: &Call,
    grant_type: GrantType,
    audience: Option<&str>,
    request: impl Into<TokenRequest>,
) -> impl Future<Output = Result<Session>> {
    let request = request.into();
    async move {
        let operation = call.raw.token(grant_type, audience, &request);
        Ok(call.session(call.finish(operation).await?))
    }
}

impl Client {
    /// Exchanges credentials for a session: [`Password`](crate::Password),
    /// [`AuthorizationCode`](crate::AuthorizationCode), [`RefreshToken`](crate::RefreshToken),
    /// [`IdToken`](crate::IdToken), [`PasskeyAssertion`](crate::PasskeyAssertion), [`Web3`](crate::Web3), or
    /// [`Anonymous`](crate::Anonymous).
    ///
    /// # Errors
    /// As documented for each grant.
    pub async fn sign_in(&self, grant: impl Grant) -> Result<Session> {
        grant.exchange(self).await
    }
}
