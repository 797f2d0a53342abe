//! The options of every command.

use gotrue::Secret;

/// Options that every command has.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Options {
    #[arg(long, global = true, value_name = "URL")]
    #[arg(help = "URL of the server, such as https://project.supabase.co/auth/v1")]
    pub url: Option<String>,
    /// API key for the gateway in front of the server; - prompts for it
    #[arg(long, global = true, value_name = "KEY")]
    pub key: Option<Secret>,
    /// Service key, for admin commands; - prompts for it
    #[arg(long, global = true, value_name = "KEY")]
    pub service_key: Option<Secret>,
    /// Profile to use for this command
    #[arg(long, short, global = true, value_name = "NAME", conflicts_with = "url")]
    pub profile: Option<String>,
    /// Print results and messages as JSON, one value per line
    #[arg(long, global = true)]
    pub json: bool,
    /// Skip confirmation prompts
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Print each request with its status, duration and request ID to standard error
    #[arg(long, global = true)]
    pub debug: bool,
}
