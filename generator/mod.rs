//! The generator: what `build.rs` does with the document, step by step, and `cargo xtask` shares in part.

pub mod document;
pub mod generate;
pub mod lint;
pub mod lower;
pub mod models;
pub mod open;
pub mod operations;
pub mod secrets;
