//! `gotrue users sessions`: what the server tells about the sessions of a user, and ending all of them.

use gotrue::{SignOutScope, admin::AuditLog, futures_util::TryStreamExt, types::AuditLogEntry, uuid::Uuid};

use super::find::{find, name_of};
use crate::{
    command::{audit::entry, keys},
    context::Context,
    failure::{Failure, Result},
};

const ABOUT: &str = "Show recent sign-ins of a user, or end all sessions

The server has no operation that lists the sessions of a user, or that ends one of them. This command shows what the \
                     audit log contains: sign-ins, refreshes and sign-outs of the user, newest first. It is empty if \
                     the server does not write its audit log to the database.

--end ends all sessions. The service key cannot do this, but an access token of the user can. The command mints one, so \
                     it needs the key that the server signs with, in GOTRUE_JWT_KEYS or GOTRUE_JWT_SECRET (see gotrue \
                     keys --help). Without that key, set a new password, which also ends all sessions (users update \
                     --password), or ban the user (users ban).

Access tokens that were issued before remain valid until they expire, usually for up to an hour, in services that only \
                     verify their signature.";

/// The lifetime of the access token that ends the sessions.
const LIFETIME: std::time::Duration = std::time::Duration::from_secs(60);

/// Actions that say something about sessions.
const ACTIONS: [&str; 6] =
    ["login", "logout", "token_refreshed", "token_revoked", "user_signedup", "user_recovery_requested"];

/// The number of entries per request.
const PAGE: u64 = 200;

/// Show recent sign-ins of a user, or end all sessions.
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT)]
pub struct Sessions {
    /// ID, email address or phone number of the user
    user: String,
    /// End all sessions of the user
    #[arg(long)]
    end: bool,
    /// Maximum number of audit log entries
    #[arg(long, default_value_t = 20, value_name = "NUMBER", conflicts_with = "end")]
    limit: usize,
}

impl Sessions {
    pub async fn run(self, context: &Context) -> Result<()> {
        let admin = context.admin()?;
        let user = find(&admin.users(), &self.user).await?;
        let name = name_of(&user);
        if self.end {
            return end(context, user.id, &name).await;
        }
        let mut log = admin.audit_log().per_page(PAGE);
        // The server's filter finds part of a name or address, so the entries are checked for the ID as well.
        if let Some(address) = user.email.or(user.phone).filter(|address| !address.is_empty()) {
            log = log.author(address);
        }
        let entries = self.entries(log, user.id).await?;
        context.out.list(&entry::COLUMNS, &entries, entry::cells)?;
        context.out.note("the server cannot list sessions; these are entries of its audit log");
        Ok(())
    }

    async fn entries(&self, log: AuditLog, user: Uuid) -> Result<Vec<AuditLogEntry>> {
        let mut entries = Vec::new();
        let mut stream = log.stream();
        while entries.len() < self.limit
            && let Some(entry) = stream.try_next().await?
        {
            if is_about_session(&entry, user) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

fn is_about_session(entry: &AuditLogEntry, user: Uuid) -> bool {
    entry.payload.as_ref().is_some_and(|payload| {
        payload.actor_id == Some(user.to_string())
            && payload.action.as_ref().is_some_and(|action| ACTIONS.contains(&action.as_str()))
    })
}

/// Ends all sessions with an access token that belongs to none.
async fn end(context: &Context, user: Uuid, name: &str) -> Result<()> {
    let Some(token) = keys::access_token(user, LIFETIME)? else {
        let failure = Failure::usage("a service key cannot end sessions; the server's signing key can");
        return Err(failure
            .hint("set GOTRUE_JWT_KEYS or GOTRUE_JWT_SECRET, or set a new password: gotrue users update --password"));
    };
    context.confirm(format!("End all sessions of {name}?"))?;
    context.client()?.user(token).sign_out(SignOutScope::Global).await?;
    context.out.note(format!("ended all sessions of {name}"));
    Ok(())
}
