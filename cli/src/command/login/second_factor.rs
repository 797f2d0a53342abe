//! The second factor of a sign-in.

use gotrue::{
    Client, Session, SignOutScope,
    user::{Assurance, Factors},
};

use crate::{
    command::factor_code::factor_code,
    context::Context,
    failure::{Exit, Failure, Result},
    prompt,
};

/// Prompts for the code of a second factor if the user has one, or for a recovery code. Ends the session if the code is
/// not verified.
pub async fn with_second_factor(
    context: &Context,
    client: &Client,
    session: Session,
    with_recovery_code: bool,
) -> Result<Session> {
    if !Assurance::of(session.access_token(), session.user()).needs_second_factor() {
        return Ok(session);
    }
    let verified = if with_recovery_code {
        verify_recovery_code(client, &session).await
    } else {
        verify(context, client, &session).await
    };
    if verified.is_err() {
        // If this fails, the session expires by itself.
        let _ = client.user(session.access_token()).sign_out(SignOutScope::Local).await;
    }
    verified
}

async fn verify_recovery_code(client: &Client, session: &Session) -> Result<Session> {
    let codes = client.user(session.access_token()).mfa().recovery_codes();
    Ok(codes.verify(prompt::secret("Recovery code")?).await?)
}

async fn verify(context: &Context, client: &Client, session: &Session) -> Result<Session> {
    let factors = Factors::of(session.user());
    let factor = factors.totp().chain(factors.phone()).find(|factor| factor.is_verified()).ok_or_else(|| {
        Failure::new(Exit::Unauthorized, "the second factor is a security key, which works only in a browser")
    })?;
    let mfa = client.user(session.access_token()).mfa();
    let challenge = mfa.challenge(factor.id).await?;
    Ok(mfa.verify(&challenge, factor_code(context, factor)?).await?)
}
