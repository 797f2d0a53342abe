//! The command line: every command, and what each runs.

use clap::{CommandFactory, Parser, Subcommand};

use crate::{command, context::Context, failure::Result, options::Options};

const ABOUT: &str = "Sign in to a GoTrue (Supabase Auth) server, and administer one.

The server comes from the first of these that is set: --url; --profile; GOTRUE_PROFILE; the environment (GOTRUE_URL, \
                     or SUPABASE_URL); the current profile; a server on this machine. Admin commands need the \
                     service key, from --service-key, the environment or a profile. Keys are only sent to the server that they belong to: \
                     those of the environment to the server of the environment, those of a profile to the server of \
                     that profile. gotrue profile show prints where each value comes from.

Environment variables: GOTRUE_URL with GOTRUE_API_KEY and GOTRUE_SERVICE_KEY, or SUPABASE_URL (to which /auth/v1 is \
                     appended) with SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY, and SUPABASE_SECRET_KEY or \
                     SUPABASE_SERVICE_ROLE_KEY. The two families are never mixed; GOTRUE_URL takes precedence.

Profiles and sessions are stored in the platform's configuration directory, or in GOTRUE_CONFIG_DIR.";

const EXIT_CODES: &str = "Exit codes: 0 success, 1 refused or failed, 2 usage error, 3 unavailable (try again), \
                          4 unauthorized, 5 not found, 6 only partly done, 130 interrupted.";

/// The parsed command line.
#[derive(Debug, Parser)]
#[command(name = "gotrue", version, about = "Sign in to a GoTrue (Supabase Auth) server, and administer one")]
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
    /// Manage profiles: servers by name, with their keys
    #[command(subcommand)]
    Profile(command::profile::Profile),
    /// Sign in with a password, code, link or provider
    Login(command::login::Login),
    /// Sign out
    Logout(command::logout::Logout),
    /// Show the signed-in user
    Whoami(command::whoami::Whoami),
    /// Print a fresh access token, for scripts
    Token(command::token::Token),
    /// Manage the account of the signed-in user
    #[command(subcommand)]
    User(command::user::User),
    /// Manage the second factors of the signed-in user
    #[command(subcommand)]
    Mfa(command::mfa::Mfa),
    /// Manage the passkeys of the signed-in user
    #[command(subcommand)]
    Passkeys(command::passkeys::Passkeys),
    /// Manage the users of the server
    #[command(subcommand)]
    Users(command::users::Users),
    /// Invite a user by email
    Invite(command::invite::Invite),
    /// Generate the link that a mail would contain, without sending it
    #[command(subcommand)]
    Link(command::link::Link),
    /// Show the audit log
    Audit(command::audit::Audit),
    /// Manage SAML identity providers
    #[command(subcommand)]
    Sso(command::sso::Sso),
    /// Manage custom OAuth and OpenID Connect providers
    #[command(subcommand)]
    Providers(command::providers::Providers),
    /// Manage the OAuth clients of the server
    #[command(subcommand)]
    Clients(command::clients::Clients),
    /// Inspect and verify tokens
    #[command(subcommand)]
    Jwt(command::jwt::Jwt),
    /// Generate the signing keys of a server, and mint tokens signed with them
    #[command(subcommand, long_about = command::keys::ABOUT)]
    Keys(command::keys::Keys),
    /// Make and check the requests of auth hooks
    #[command(subcommand, long_about = command::hooks::ABOUT)]
    Hooks(command::hooks::Hooks),
    /// Check that the server is up, and show its version
    Health(command::health::Health),
    /// Check the server, its keys and its settings, and say what to do
    Doctor(command::doctor::Doctor),
    /// Show what the server has enabled
    Settings(command::settings::Settings),
    /// Run a fake server on this machine, for development and tests
    #[cfg(feature = "fake")]
    Fake(command::fake::Fake),
    /// Call any operation of the server
    Api(command::api::Api),
    /// Print a completion script for a shell
    Completions(command::completions::Completions),
    /// Write the manual pages to a directory
    Man(command::man::Man),
}

impl Command {
    /// Runs the command.
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
            Self::Keys(command) => command.run(context),
            Self::Hooks(command) => command.run(context).await,
            Self::Health(command) => command.run(context).await,
            Self::Doctor(command) => command.run(context).await,
            Self::Settings(command) => command.run(context).await,
            #[cfg(feature = "fake")]
            Self::Fake(command) => command.run(context).await,
            Self::Api(command) => command.run(context).await,
            Self::Completions(command) => command.run(Cli::command()),
            Self::Man(command) => command.run(Cli::command()),
        }
    }
}
