//! `gotrue whoami`, `token` and `logout`: the session that `gotrue login` began.

use gotrue::{SignOutScope, User, serde_json::json};

use crate::{
    context::Context,
    failure::Result,
    output::{Field, yes_no},
    time,
};

/// Shows who is signed in.
#[derive(Debug, clap::Args)]
pub struct Whoami;

impl Whoami {
    pub async fn run(self, context: &Context) -> Result<()> {
        let user = context.session().await?.user().get().await?;
        show_user(context, &user)
    }
}

/// Prints a fresh access token, for scripts.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// Asks for a new one, also when the last is still good
    #[arg(long)]
    refresh: bool,
}

impl Token {
    pub async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        if self.refresh {
            manager.refresh().await?;
        }
        let token = manager.access_token().await?;
        if !context.out.json {
            return context.out.line(token.expose());
        }
        let expires_at = manager.session().map(|session| session.expires_at());
        context.out.json(&json!({ "access_token": token, "expires_at": expires_at }))
    }
}

/// Signs out.
#[derive(Debug, clap::Args)]
pub struct Logout {
    /// Ends all sessions of the user, on all devices
    #[arg(long)]
    all: bool,
    /// Ends all sessions of the user but this one
    #[arg(long, conflicts_with = "all")]
    others: bool,
}

impl Logout {
    pub async fn run(self, context: &Context) -> Result<()> {
        let scope = match self {
            Self { all: true, .. } => SignOutScope::Global,
            Self { others: true, .. } => SignOutScope::Others,
            _ => SignOutScope::Local,
        };
        let manager = context.session().await?;
        if manager.session().is_none() {
            context.out.note("nobody was signed in");
            return Ok(());
        }
        manager.sign_out(scope).await?;
        context.out.note(if scope == SignOutScope::Others { "the other sessions are over" } else { "signed out" });
        Ok(())
    }
}

/// A user as people read one.
pub fn show_user(context: &Context, user: &User) -> Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let json = |value: &Option<gotrue::serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let identities: Vec<_> = user.identities.iter().flatten().map(|identity| identity.provider.as_str()).collect();
    let factors: Vec<_> =
        user.factors.iter().flatten().map(|factor| format!("{} ({})", factor.factor_type, factor.status)).collect();
    let fields: [Field; 16] = [
        ("id", user.id.to_string()),
        ("e-mail", text(&user.email)),
        ("new e-mail", text(&user.new_email)),
        ("phone", text(&user.phone)),
        ("role", text(&user.role)),
        (
            "anonymous",
            user.is_anonymous.filter(|anonymous| *anonymous).map_or_else(String::new, |_| yes_no(Some(true))),
        ),
        ("identities", identities.join(", ")),
        ("second factors", factors.join(", ")),
        ("created", time::full(user.created_at)),
        ("confirmed", time::full(user.email_confirmed_at.or(user.phone_confirmed_at))),
        ("invited", time::full(user.invited_at)),
        ("last sign-in", time::full(user.last_sign_in_at)),
        ("banned until", time::full(user.banned_until)),
        ("deleted", time::full(user.deleted_at)),
        ("user metadata", json(&user.user_metadata)),
        ("app metadata", json(&user.app_metadata)),
    ];
    context.out.record(user, fields)
}
