//! The parts of the build script that the tools share. What generates stays out, and with it the generator's weight.

// Each side uses its own part.
#![allow(dead_code)]

#[path = "../../generator/document.rs"]
pub mod document;
#[path = "../../generator/lint.rs"]
pub mod lint;
#[path = "../../generator/operations.rs"]
pub mod operations;
