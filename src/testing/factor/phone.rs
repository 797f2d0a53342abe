//! Second factors of a phone: a code that is sent to it.

use serde::Deserialize;
use uuid::Uuid;
use wiremock::Request;

use super::Proof;
use crate::{
    testing::{
        contact::{self, check_channel},
        mailbox::Message,
        reply::Refusal,
        router::body,
        session::Caller,
        state::State,
    },
    types::{ErrorCode, Factor},
};

/// How a code gets to a phone.
#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    channel: String,
}

pub(super) fn check_delivery(request: &Request) -> Result<(), Refusal> {
    let delivery: Delivery = body(request)?;
    check_channel(&delivery.channel)
}

impl State {
    /// From now on codes go to another number.
    pub(in crate::testing) fn set_factor_phone(&mut self, factor_id: Uuid, number: &str) -> Result<(), Refusal> {
        self.factor_row(factor_id)?.proof = Proof::Phone(number.to_owned());
        Ok(())
    }

    /// The number of a new factor. An older factor that waits for the same number makes way.
    pub(super) fn new_phone(&mut self, caller: &Caller, phone: &str) -> Result<String, Refusal> {
        if phone.is_empty() {
            return Err(Refusal::validation_failed("Phone number required to enroll Phone factor"));
        }
        let number = contact::phone(phone)?;
        let has_number = |factor: &Factor| factor.phone.as_deref() == Some(number.as_str());
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        if factors.any(|factor| has_number(factor) && factor.is_verified()) {
            let message = "A verified phone factor already exists, unenroll the existing factor to continue";
            return Err(Refusal::new(422, ErrorCode::MFA_VERIFIED_FACTOR_EXISTS, message));
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
