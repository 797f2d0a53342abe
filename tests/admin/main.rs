//! What the service key may do: what is sent, and what is made of recorded replies.

mod flows;
mod input;
mod links;
mod listing;
mod oauth_clients;
mod paging;
mod providers;
mod recorded;
mod secrets;
mod streams;
mod users;
