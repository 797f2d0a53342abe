//! A user as a record.

use gotrue::User;

use crate::{
    context::Context,
    failure::Result,
    output::{Field, yes_no},
    time,
};

/// Shows a user.
pub fn show_user(context: &Context, user: &User) -> Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let json = |value: &Option<gotrue::serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let identities: Vec<_> = user.identities.iter().flatten().map(|identity| identity.provider.as_str()).collect();
    let factors: Vec<_> =
        user.factors.iter().flatten().map(|factor| format!("{} ({})", factor.factor_type, factor.status)).collect();
    let fields: [Field; 16] = [
        ("id", user.id.to_string()),
        ("email", text(&user.email)),
        ("new email", text(&user.new_email)),
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
