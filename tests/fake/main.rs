//! The fake server itself: what it adds to a real one, and how closely it behaves like one.

mod flows;
mod identities;
mod shapes;
