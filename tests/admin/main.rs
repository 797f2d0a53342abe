//! What the service key may do: what is sent, and what is made of recorded replies.

#[path = "../replay/exchange.rs"]
#[allow(dead_code, reason = "the other half is for replaying")]
mod exchange;
mod flows;
mod input;
mod links;
mod listing;
mod oauth_clients;
mod paging;
mod providers;
mod recorded;
#[path = "../replay/same.rs"]
mod same;
mod secrets;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod users;
