//! Requests as they are sent and responses as they are read, with everything that can go wrong between the two.

mod anything;
mod errors;
mod faults;
mod headers;
mod input;
mod replies;
mod retries;
#[cfg(feature = "schemars")]
mod schemas;
mod secrets;
