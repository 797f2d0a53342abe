//! Codes sent to a phone.

use serde::Deserialize;

use crate::{
    contact::check_channel,
    wire::{ApiError, Request, json_body},
};

/// The channel for a code.
#[derive(Deserialize)]
#[serde(rename = "ChallengeFactorParams")]
struct Delivery {
    #[serde(default)]
    channel: String,
}

pub(crate) fn check_delivery(request: &Request) -> Result<(), ApiError> {
    let delivery: Delivery = json_body(request)?;
    check_channel(&delivery.channel)
}
