//! Passkeys and redirects in a browser.
//!
//! The session of a page is kept in a [`WebStore`](crate::WebStore). [`create_credential`] and [`get_credential`] use a
//! passkey; [`start_flow`] and [`complete_flow`] sign in with a provider or a link.

mod credentials;
mod flow;

pub use credentials::{create_credential, get_credential};
pub use flow::{complete_flow, current_url, leave_for, start_flow};
