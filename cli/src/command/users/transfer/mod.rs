//! Users in bulk: `gotrue users import` and `gotrue users export`.

mod create;
mod everyone;
mod export;
mod format;
mod hash;
mod import;
mod input;
mod interrupt;
mod journal;
mod layout;
mod originals;
mod part;
mod passwords;
mod progress;
mod refused;
mod row;
mod sibling;
mod source;
mod too_deep;
mod vendor;
mod writer;

pub use export::Export;
pub use import::Import;
