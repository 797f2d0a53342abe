//! The rules for new passwords.

use gotrue::Secret;

use crate::{
    lookup::Lookup,
    model::{ErrorCode, types::WeakPassword},
    state::{
        rows::password::{check_length, weakness},
        store::State,
    },
    wire::ApiError,
};

impl State {
    /// Checks the rules for a new password.
    pub(crate) fn check_strength(&mut self, password: &Secret) -> Result<(), ApiError> {
        check_length(password, "Password cannot be longer than 72 characters")?;
        let has_leaked = self.has_leaked(password)?;
        if has_leaked.is_none() && self.settings.leaked_passwords.fail_closed {
            let message = "Unable to perform password strength check with HaveIBeenPwned.org.";
            return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
        }
        let weak = weakness(&self.settings, password, has_leaked == Some(true));
        weak.map_or(Ok(()), |weak| Err(ApiError::weak_password(weak)))
    }

    /// Returns why a password that a user has breaks the rules, if it does. It may, which does not prevent a sign-in.
    pub(crate) fn weakness_of(&mut self, password: &Secret) -> Result<Option<WeakPassword>, ApiError> {
        match self.has_leaked(password)? {
            // The check that fails is skipped as a whole.
            None if self.settings.leaked_passwords.fail_closed => Ok(None),
            has_leaked => Ok(weakness(&self.settings, password, has_leaked == Some(true))),
        }
    }

    /// Returns whether a password is known to have leaked, if that matters. `None` if the service does not answer.
    fn has_leaked(&mut self, password: &Secret) -> Result<Option<bool>, ApiError> {
        let known = &self.settings.leaked_passwords;
        if !known.refuse {
            return Ok(Some(false));
        }
        let Some(service) = known.service.clone() else {
            return Ok(Some(known.list.iter().any(|leaked| leaked == password.expose())));
        };
        let user_agent = known.user_agent.clone();
        self.look_up(Lookup::LeakedPassword { service, user_agent, password: password.clone() })
    }
}
