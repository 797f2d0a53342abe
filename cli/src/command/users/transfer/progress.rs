//! Progress of a transfer.

use std::{
    cell::{Cell, RefCell},
    io::IsTerminal,
    time::Instant,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{Output, printable};

/// A progress bar with the rate and the remaining time. Hidden unless standard error is a terminal.
pub struct Progress {
    bar: ProgressBar,
    out: Output,
    started: Instant,
    rows: Cell<u64>,
    /// The last reason for a retry that was reported.
    reason: RefCell<String>,
}

impl Progress {
    /// Starts a bar of this length, or one that only counts.
    pub fn new(out: Output, length: Option<u64>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(length, target);
        let template = if length.is_some() { "{wide_bar} {percent}%  {msg}, {eta} left" } else { "{spinner} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, out, started: Instant::now(), rows: Cell::new(0), reason: RefCell::default() }
    }

    /// Counts a row that ends at this position.
    pub fn row(&self, position: u64) {
        let rows = self.rows.get() + 1;
        self.rows.set(rows);
        self.reason.borrow_mut().clear();
        self.bar.set_position(position);
        // Not for every row, which would be too fast to read.
        if rows.is_multiple_of(20) {
            self.bar.set_message(format!("{rows} users, {:.0} per second", self.rate()));
        }
    }

    /// Says that a request is retried, and why. Says it once per reason until a row succeeds.
    pub fn retrying(&self, reason: &str) {
        if *self.reason.borrow() == reason {
            return;
        }
        reason.clone_into(&mut self.reason.borrow_mut());
        self.bar.suspend(|| self.out.warning(format!("{}; trying again", printable(reason))));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    #[expect(clippy::cast_precision_loss, reason = "a rough figure is enough")]
    pub fn rate(&self) -> f64 {
        self.rows.get() as f64 / self.started.elapsed().as_secs_f64().max(0.001)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_moves_the_bar_to_its_end() {
        let progress = Progress::new(Output { json: false }, Some(100));
        for position in [30, 70] {
            progress.row(position);
            assert_eq!(progress.bar.position(), position);
        }
        assert!(progress.rate() > 0.0);
    }
}
