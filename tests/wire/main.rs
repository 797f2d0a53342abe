//! Requests as they are sent and responses as they are read, with everything that can go wrong between the two.

mod anything;
mod echo;
mod environment;
mod error_bodies;
mod errors;
mod faults;
mod headers;
mod input;
mod nesting;
mod odd_values;
mod redirects;
mod replies;
mod retries;
#[cfg(feature = "schemars")]
mod schemas;
mod second_tier;
mod secrets;
