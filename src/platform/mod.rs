//! Everything that differs between native targets and browsers: tasks, timers, clocks, `Send`, HTTP, signatures
//! and hashes.
//!
//! Both implementations have the same items. The cfg `browser`, which `build.rs` sets for wasm32, selects one; outside
//! of this module it only excludes whole items that one of the two lacks.

#[cfg(browser)]
mod browser;
#[cfg(not(browser))]
mod native;
mod too_large;

#[cfg(browser)]
use browser as target;
#[cfg(not(browser))]
use native as target;

#[cfg(browser)]
pub(crate) use browser::js;
use std::{error, fmt};

pub(crate) use self::too_large::TooLarge;
pub use target::MaybeSend;
pub(crate) use target::{BoxFuture, Task, http, sha256, signature, sleep, spawn, timeout, try_spawn, uptime};

/// A limit of time has passed.
#[derive(Debug)]
pub(crate) struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the limit of time has passed")
    }
}

impl error::Error for Elapsed {}
