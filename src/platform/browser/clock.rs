//! A clock that counts suspended time.

use std::{cell::Cell, time::Duration};

use js_sys::{Date, Reflect};
use wasm_bindgen::JsCast;
use web_sys::Performance;

/// If the wall clock advances by this much more than the monotonic clock, the machine was suspended. In milliseconds.
const TOLERANCE: f64 = 1000.0;

/// The two clocks and the uptime at one moment, in milliseconds.
#[derive(Clone, Copy)]
struct Reading {
    monotonic: f64,
    wall: f64,
    uptime: f64,
}

thread_local! {
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// Returns the time since the first call.
///
/// The monotonic clock stands still during a suspend in some browsers, and the wall clock may be set. A wall clock that
/// is set forward counts as a suspend: tokens are refreshed early, which is safe.
pub(crate) fn uptime() -> Duration {
    let (monotonic, wall) = (monotonic(), Date::now());
    let uptime = LAST.get().map_or(0.0, |last| last.uptime + passed(monotonic - last.monotonic, wall - last.wall));
    LAST.set(Some(Reading { monotonic, wall, uptime }));
    Duration::try_from_secs_f64(uptime / 1000.0).unwrap_or_default()
}

/// Returns how much time has passed, from what either clock says.
fn passed(monotonic: f64, wall: f64) -> f64 {
    if wall > monotonic + TOLERANCE { wall } else { monotonic.max(0.0) }
}

/// Returns the time of `performance.now()`, or zero in a host without it.
fn monotonic() -> f64 {
    let performance = Reflect::get(&js_sys::global(), &"performance".into()).ok();
    performance.and_then(|value| value.dyn_into::<Performance>().ok()).map_or(0.0, |performance| performance.now())
}
