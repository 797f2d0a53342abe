//! How far it is, on a terminal.

use std::{io::IsTerminal, time::Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with the rate and the time left. Without a terminal nobody sees it.
pub struct Progress {
    bar: ProgressBar,
    began: Instant,
    rows: u64,
}

impl Progress {
    /// Of a file of this size, in bytes; without a size it only counts.
    pub fn new(size: Option<u64>) -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(size, target);
        let template = if size.is_some() { "{wide_bar} {percent}%  {msg}, {eta} left" } else { "{spinner} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, began: Instant::now(), rows: 0 }
    }

    /// Another row is done, which ends there in the file.
    pub fn row(&mut self, position: u64) {
        self.rows += 1;
        self.bar.set_position(position);
        // Not for each row: nobody reads that fast.
        if self.rows.is_multiple_of(20) {
            self.bar.set_message(format!("{} users, {:.0} a second", self.rows, self.rate()));
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    #[expect(clippy::cast_precision_loss, reason = "it is for people")]
    pub fn rate(&self) -> f64 {
        self.rows as f64 / self.began.elapsed().as_secs_f64().max(0.001)
    }
}
