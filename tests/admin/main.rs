//! The admin API: the requests, and the results of recorded responses.

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
