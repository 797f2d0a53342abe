//! Users in bulk: `gotrue users import` and `gotrue users export`.

mod create;
mod everyone;
mod export;
mod format;
mod import;
mod input;
mod interrupt;
mod journal;
mod originals;
mod part;
mod progress;
mod refused;
mod row;
mod sibling;
mod source;
mod writer;

pub use export::Export;
pub use import::Import;
