//! `gotrue doctor`: checks of a server and its configuration.

mod keys;
mod report;
mod settings;
mod users;

use gotrue::Client;

use self::report::Report;
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    output::counted,
};

/// Clock differences from which tokens are refused or expire early, in seconds.
const SKEW_WARNING: i64 = 5;
const SKEW_FAILURE: i64 = 60;

/// Check the server, its keys and its settings, and say what to do.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Also read all users, to find rows that the server cannot read
    #[arg(long)]
    users: bool,
}

impl Doctor {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        // Without a server there is nothing else to check.
        let health = client.health().await?;
        let mut report = Report::new(context.out);
        report
            .ok("server", format!("{} {} at {}", health.name, health.version.unwrap_or_default(), client.base_url()))?;
        clock(&client, &mut report)?;
        keys::check(context, &client, &mut report).await?;
        settings::check(&client.settings().await?, &mut report)?;
        if self.users {
            users::check(&context.admin()?.users(), &mut report).await?;
        }
        match report.failures() {
            0 => Ok(()),
            count => Err(Failure::new(Exit::Refused, format!("{} failed", counted(count as u64, "check")))),
        }
    }
}

fn clock(client: &Client, report: &mut Report) -> Result<()> {
    let Some(skew) = client.clock_skew() else { return report.ok("clock", "the server does not send its time") };
    let hint = "synchronize the clocks of this machine and the server, for example with NTP";
    let message = format!("differs from the server's by {} s", skew.num_seconds());
    match skew.num_seconds().abs() {
        seconds if seconds >= SKEW_FAILURE => report.failure("clock", message, hint),
        seconds if seconds >= SKEW_WARNING => report.warning("clock", message, hint),
        _ => report.ok("clock", message),
    }
}
