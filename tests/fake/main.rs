//! The fake server: its own features, and its responses compared with recorded ones.

mod flows;
mod hooks;
mod identities;
mod recovery_codes;
mod services;
mod shapes;
