//! Users in bulk: `gotrue users import` and `export`.

mod export;
mod format;
mod import;
mod journal;
mod progress;
mod row;
mod sibling;
mod source;

pub use export::Export;
pub use import::Import;
