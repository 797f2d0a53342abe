//! Second factors of a phone: a code that is sent to it.

use crate::wire::{ApiError, Request, json_body};
use serde::Deserialize;
use uuid::Uuid;

use super::Proof;

use crate::model::{ErrorCode, types::Factor};
use crate::{
    contact::{self, check_channel},
    mailbox::Message,
    session::Caller,
    state::State,
};

/// How a code gets to a phone.
#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    channel: String,
}

pub(super) fn check_delivery(request: &Request) -> Result<(), ApiError> {
    let delivery: Delivery = json_body(request)?;
    check_channel(&delivery.channel)
}

impl State {
    /// From now on codes go to another number.
    pub(crate) fn set_factor_phone(&mut self, factor_id: Uuid, number: &str) -> Result<(), ApiError> {
        self.factor_row(factor_id)?.proof = Proof::Phone(number.to_owned());
        Ok(())
    }

    /// The number of a new factor. An older factor that waits for the same number makes way.
    pub(super) fn new_phone(&mut self, caller: &Caller, phone: &str) -> Result<String, ApiError> {
        if phone.is_empty() {
            return Err(ApiError::validation_failed("Phone number required to enroll Phone factor"));
        }
        let number = contact::phone(phone)?;
        let has_number = |factor: &Factor| factor.phone.as_deref() == Some(number.as_str());
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        if factors.any(|factor| has_number(factor) && factor.is_verified()) {
            let message = "A verified phone factor already exists, unenroll the existing factor to continue";
            return Err(ApiError::new(422, ErrorCode::MfaVerifiedFactorExists, message));
        }
        self.retain_factors(caller.user_id, |factor| !has_number(factor))?;
        Ok(number)
    }

    pub(super) fn send_factor_code(&mut self, number: String) -> String {
        let code = self.draw_code();
        let sent = code.clone().into();
        self.mailbox.push(Message { to: number, otp_type: None, code: sent, token_hash: None, link: None });
        code
    }
}
