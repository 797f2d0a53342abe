//! The options of every command.

/// Options that every command has.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Options for all commands")]
pub struct Options {
    #[arg(long, global = true, value_name = "URL")]
    #[arg(help = "The URL of the server, such as https://project.supabase.co/auth/v1")]
    pub url: Option<String>,
    /// The API key that a gateway in front of the server asks for
    #[arg(long, global = true, value_name = "KEY")]
    pub key: Option<gotrue::Secret>,
    /// The service key, for operators; - asks for it
    #[arg(long, global = true, value_name = "KEY")]
    pub service_key: Option<gotrue::Secret>,
    /// The profile to use this time
    #[arg(long, short, global = true, value_name = "NAME", conflicts_with = "url")]
    pub profile: Option<String>,
    /// Prints JSON for programs, one value a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Does not ask before something is removed
    #[arg(long, short, global = true)]
    pub yes: bool,
}
