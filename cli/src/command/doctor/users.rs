//! Users that the server cannot read, or that cannot sign in.

use gotrue::{User, admin::Users, reqwest::StatusCode};

use super::report::Report;
use crate::{failure::Result, output::counted};

/// The number of users per request; a power of two, so that pages can be halved.
const PAGE: u64 = 256;

/// After this many findings of one kind the rest is not listed.
const MAX_FINDINGS: usize = 10;

const UNREADABLE: &str = "rows that were inserted with SQL often have NULL where the server expects an empty string: \
                          update auth.users set confirmation_token = coalesce(confirmation_token, ''), recovery_token = \
                          coalesce(recovery_token, ''), email_change = coalesce(email_change, ''), \
                          email_change_token_new = coalesce(email_change_token_new, '')";

pub async fn check(users: &Users, report: &mut Report) -> Result<()> {
    let mut found = Found::default();
    let mut pages = vec![(1, PAGE)];
    // Depth first, with the next page of full size last.
    while let Some((number, size)) = pages.pop() {
        if size == PAGE {
            pages.insert(0, (number + 1, PAGE));
        }
        match users.list().page(number).per_page(size).get().await {
            Ok(page) => {
                if page.items.is_empty() && size == PAGE {
                    break;
                }
                found.users += page.items.len();
                found.not_lower_case.extend(page.items.into_iter().filter(cannot_sign_in));
            }
            Err(error) if error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR) => {
                if size == 1 {
                    found.unreadable.push(number);
                    if found.unreadable.len() >= MAX_FINDINGS {
                        break;
                    }
                } else {
                    pages.extend([(number * 2, size / 2), (number * 2 - 1, size / 2)]);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    found.tell(report)
}

#[derive(Default)]
struct Found {
    users: usize,
    /// The positions of unreadable users, newest first.
    unreadable: Vec<u64>,
    not_lower_case: Vec<User>,
}

impl Found {
    fn tell(&self, report: &mut Report) -> Result<()> {
        if !self.unreadable.is_empty() {
            let positions: Vec<_> = self.unreadable.iter().map(ToString::to_string).collect();
            let message =
                format!("the server cannot read the users at these positions, newest first: {}", positions.join(", "));
            report.failure("users", message, UNREADABLE)?;
        }
        if !self.not_lower_case.is_empty() {
            let ids: Vec<_> = self.not_lower_case.iter().take(MAX_FINDINGS).map(|user| user.id.to_string()).collect();
            let message = format!(
                "{} cannot sign in, since the address is not in lower case: {}",
                counted(self.not_lower_case.len() as u64, "user"),
                ids.join(", ")
            );
            report.failure("users", message, "update auth.users set email = lower(email)")?;
        }
        if self.unreadable.is_empty() && self.not_lower_case.is_empty() {
            return report.ok("users", format!("{} can be read", self.users));
        }
        Ok(())
    }
}

/// The server looks addresses up in lower case.
fn cannot_sign_in(user: &User) -> bool {
    user.email.as_ref().is_some_and(|email| *email != email.to_lowercase())
}
