//! Auth hooks: recorded requests, signatures, handlers and responses.

mod anything;
mod claims;
mod extractor;
mod outcomes;
mod recorded;
mod recording;
mod secrets;
mod service;
mod signatures;
