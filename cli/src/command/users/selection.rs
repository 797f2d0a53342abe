//! The users that a command applies to: named ones, or all that meet conditions.

use std::str::FromStr;

use gotrue::{
    Error, User,
    admin::Users,
    chrono::{DateTime, NaiveDate, Utc},
    futures_util::TryStreamExt,
    reqwest::StatusCode,
    uuid::Uuid,
};

use super::find::{find, name_of};
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    output::counted,
    prompt,
};

/// The largest useful page: fewer requests.
const PAGE: u64 = 500;

/// The users that a command applies to.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// IDs, email addresses or phone numbers of the users
    #[arg(required_unless_present = "conditions")]
    users: Vec<String>,
    #[arg(long = "where", id = "conditions", value_name = "CONDITION", conflicts_with = "users")]
    #[arg(help = "All users that meet the condition; repeat to combine: unconfirmed, anonymous, banned, \
                  never-signed-in, email=*@example.com, created-before=2026-01-31, inactive-since=2026-01-31")]
    conditions: Vec<Condition>,
    /// Only list the users, without changing them
    #[arg(long)]
    dry_run: bool,
}

/// A condition that a user meets or not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Unconfirmed,
    Anonymous,
    Banned,
    NeverSignedIn,
    /// The email address matches the pattern, in which `*` stands for any characters.
    Email(String),
    CreatedBefore(DateTime<Utc>),
    /// The last sign-in, or the creation if there was none, is before this time.
    InactiveSince(DateTime<Utc>),
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=').unwrap_or((text, "")) {
            ("unconfirmed", "") => Ok(Self::Unconfirmed),
            ("anonymous", "") => Ok(Self::Anonymous),
            ("banned", "") => Ok(Self::Banned),
            ("never-signed-in", "") => Ok(Self::NeverSignedIn),
            ("email", pattern) if !pattern.is_empty() => Ok(Self::Email(pattern.to_lowercase())),
            ("created-before", date) => Ok(Self::CreatedBefore(midnight(date)?)),
            ("inactive-since", date) => Ok(Self::InactiveSince(midnight(date)?)),
            _ => Err("expected a condition such as unconfirmed or email=*@example.com".to_owned()),
        }
    }
}

fn midnight(date: &str) -> Result<DateTime<Utc>, String> {
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| "expected a date such as 2026-01-31")?;
    Ok(date.and_time(gotrue::chrono::NaiveTime::MIN).and_utc())
}

impl Condition {
    fn is_met_by(&self, user: &User, now: DateTime<Utc>) -> bool {
        match self {
            Self::Unconfirmed => user.email_confirmed_at.is_none() && user.phone_confirmed_at.is_none(),
            Self::Anonymous => user.is_anonymous == Some(true),
            Self::Banned => user.banned_until.is_some_and(|until| until > now),
            Self::NeverSignedIn => user.last_sign_in_at.is_none(),
            Self::Email(pattern) => user.email.as_ref().is_some_and(|email| matches(pattern, &email.to_lowercase())),
            Self::CreatedBefore(time) => user.created_at.is_some_and(|created| created < *time),
            Self::InactiveSince(time) => user.last_sign_in_at.or(user.created_at).is_some_and(|last| last < *time),
        }
    }
}

/// Returns whether a text matches a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..]))
        }),
    }
}

impl Selection {
    /// Returns the users to change, after confirmation, or none for a dry run. Finds all of them first, so that a misspelt
    /// address stops the command before it starts. `action` is what happens to them, such as "Delete".
    pub async fn confirmed(&self, context: &Context, users: &Users, action: &str) -> Result<Vec<User>> {
        let selected = self.find(users).await?;
        if self.dry_run {
            for user in &selected {
                if context.out.json { context.out.json(user)? } else { context.out.line(name_of(user))? }
            }
            context.out.note(counted(selected.len() as u64, "user"));
            return Ok(Vec::new());
        }
        if !self.conditions.is_empty() && !selected.is_empty() && !context.options.yes {
            let (count, users) = (selected.len().to_string(), counted(selected.len() as u64, "user"));
            if prompt::line(&format!("{action} {users}? Enter the number of users to confirm"))?.trim() != count {
                return Err(Failure::new(Exit::Refused, "cancelled"));
            }
        }
        if selected.is_empty() {
            context.out.note("no users match");
        }
        Ok(selected)
    }

    /// Changes each of the users, and prints that it is `done`, such as "deleted". A user who cannot be changed does not
    /// keep the others from it, unless the error is about the server or the key.
    pub async fn change_each(
        context: &Context,
        api: &Users,
        users: Vec<User>,
        done: &str,
        change: impl AsyncFn(Uuid) -> Result<(), Error>,
    ) -> Result<()> {
        let (count, mut failed) = (users.len(), 0_u64);
        for user in users {
            let name = name_of(&user);
            match change(user.id).await {
                Ok(()) => context.out.note(format!("{done} {name}")),
                Err(error) if count == 1 || !is_about_user(&error, api).await => {
                    return Err(Failure::from(error).during(&name));
                }
                Err(error) => {
                    failed += 1;
                    context.out.warning(format!("not {done}: {name}: {error}"));
                }
            }
        }
        if failed == 0 {
            return Ok(());
        }
        let exit = if failed == count as u64 { Exit::Refused } else { Exit::Partial };
        Err(Failure::new(exit, format!("{} of {count} not {done}", counted(failed, "user"))))
    }

    /// Whether the users were named one by one.
    pub fn is_by_name(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The number of users that were named one by one.
    pub fn names(&self) -> usize {
        self.users.len()
    }

    async fn find(&self, users: &Users) -> Result<Vec<User>> {
        let mut selected = Vec::new();
        for user in &self.users {
            selected.push(find(users, user).await?);
        }
        if self.is_by_name() {
            return Ok(selected);
        }
        let now = Utc::now();
        let mut all = users.list().per_page(PAGE).stream();
        while let Some(user) = all.try_next().await? {
            if self.conditions.iter().all(|condition| condition.is_met_by(&user, now)) {
                selected.push(user);
            }
        }
        Ok(selected)
    }
}

/// Returns whether an error is about one user, rather than about the server or the key. The server may fail on a user,
/// and work otherwise.
async fn is_about_user(error: &Error, api: &Users) -> bool {
    match error.status() {
        Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) | None => false,
        Some(StatusCode::INTERNAL_SERVER_ERROR) => api.list().per_page(1).get().await.is_ok(),
        _ => error.api().is_some() && !error.is_retryable(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("*@a.example", "ada@a.example"),
            ("a*", "a"),
            ("*", ""),
            ("a*b*c", "aXbYc"),
            ("abc", "abc"),
            ("*é*", "caféx"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("*@a.example", "ada@a.example.org"), ("a", "ab"), ("", "a"), ("a*b", "ac")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_are_parsed() {
        assert_eq!("unconfirmed".parse(), Ok(Condition::Unconfirmed));
        assert_eq!("email=*@A.example".parse(), Ok(Condition::Email("*@a.example".to_owned())));
        for invalid in ["", "confirmed", "email=", "email", "created-before=yesterday", "unconfirmed=yes"] {
            assert!(invalid.parse::<Condition>().is_err(), "{invalid}");
        }
    }
}
