//! What can be typed.

use clap::{CommandFactory, Parser, Subcommand};

use crate::{command, context::Context, failure::Result, options::Options};

const ABOUT: &str = "Signs in to a GoTrue (Supabase Auth) server, and looks after one.

The server is that of --url, of --profile, of the environment (GOTRUE_URL and GOTRUE_API_KEY, or SUPABASE_URL and \
                     SUPABASE_ANON_KEY), of the profile in use, or one on this machine, in this order. Commands for \
                     operators take the service key from --service-key, GOTRUE_SERVICE_KEY or the profile. A \
                     profile's keys go to its own server only. Profiles and sessions are in the platform's own \
                     folder for configuration, or in GOTRUE_CONFIG_DIR.";

const EXIT_CODES: &str = "Exit codes: 0 done, 1 refused, 2 wrong use, 3 no answer or busy (try again), 4 not signed in \
                          or no right to, 5 no such thing, 130 interrupted.";

/// The command.
#[derive(Debug, Parser)]
#[command(name = "gotrue", version, about = "Signs in to a GoTrue (Supabase Auth) server, and looks after one")]
#[command(long_about = ABOUT, after_help = EXIT_CODES, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub command: Command,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Servers by name, with their keys
    #[command(subcommand)]
    Profile(command::profile::Profile),
    /// Signs in: by password, code, link or provider
    Login(command::login::Login),
    /// Signs out
    Logout(command::session::Logout),
    /// Shows who is signed in
    Whoami(command::session::Whoami),
    /// Prints a fresh access token, for scripts
    Token(command::session::Token),
    /// The account of whoever is signed in
    #[command(subcommand)]
    User(command::user::User),
    /// The second factors of whoever is signed in
    #[command(subcommand)]
    Mfa(command::mfa::Mfa),
    /// The passkeys of whoever is signed in
    #[command(subcommand)]
    Passkeys(command::passkeys::Passkeys),
    /// The users of the server
    #[command(subcommand)]
    Users(command::users::Users),
    /// Invites somebody by mail
    Invite(command::invite::Invite),
    /// Makes a link as a mail would have it, and sends nothing
    #[command(subcommand)]
    Link(command::link::Kind),
    /// What was done, by whom
    Audit(command::audit::Audit),
    /// The identity providers of companies (SAML)
    #[command(subcommand)]
    Sso(command::sso::Sso),
    /// The custom OAuth and OpenID Connect providers
    #[command(subcommand)]
    Providers(command::providers::Providers),
    /// The clients of the server's own OAuth
    #[command(subcommand)]
    Clients(command::clients::Clients),
    /// What a token says, and whether it is true
    #[command(subcommand)]
    Jwt(command::jwt::Jwt),
    /// Whether the server is up, and its version
    Health(command::server::Health),
    /// What the server has switched on
    Settings(command::server::Settings),
    /// Any operation of the server, as its document describes it
    Api(command::api::Api),
    /// Prints a script that completes the command in a shell
    #[command(hide = true)]
    Completions(command::shell::Completions),
    /// Writes the manual pages to a directory
    #[command(hide = true)]
    Man(command::shell::Man),
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Profile(command) => command.run(context),
            Self::Login(command) => command.run(context).await,
            Self::Logout(command) => command.run(context).await,
            Self::Whoami(command) => command.run(context).await,
            Self::Token(command) => command.run(context).await,
            Self::User(command) => command.run(context).await,
            Self::Mfa(command) => command.run(context).await,
            Self::Passkeys(command) => command.run(context).await,
            Self::Users(command) => command.run(context).await,
            Self::Invite(command) => command.run(context).await,
            Self::Link(command) => command.run(context).await,
            Self::Audit(command) => command.run(context).await,
            Self::Sso(command) => command.run(context).await,
            Self::Providers(command) => command.run(context).await,
            Self::Clients(command) => command.run(context).await,
            Self::Jwt(command) => command.run(context).await,
            Self::Health(command) => command.run(context).await,
            Self::Settings(command) => command.run(context).await,
            Self::Api(command) => command.run(context).await,
            Self::Completions(command) => command.run(Cli::command()),
            Self::Man(command) => command.run(Cli::command()),
        }
    }
}
