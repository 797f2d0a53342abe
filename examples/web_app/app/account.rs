//! The account of the signed-in user.

use axum::{
    Form, Router,
    extract::Query,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gotrue::{
    ProfileUpdate, SignOutScope,
    types::User,
    user::Factors,
    web::{BrowserSession, CurrentUser},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{
    App, failed,
    page::{field, notice, page},
    sign_in::PageQuery,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(show))
        .route("/account/profile", post(update_profile))
        .route("/account/sign-out-others", post(sign_out_others))
        .route("/account/sign-out-everywhere", post(sign_out_everywhere))
}

async fn show(user: CurrentUser, session: BrowserSession, Query(query): Query<PageQuery>) -> Response {
    // The claims of the access token are as old as the token, so the page asks the server.
    match session.user().get().await {
        Ok(profile) => account_page(&user, &profile, query.notice.as_deref()).into_response(),
        Err(error) => failed(Some(&user), &error),
    }
}

#[derive(Deserialize)]
struct ProfileForm {
    name: String,
}

async fn update_profile(user: CurrentUser, session: BrowserSession, Form(form): Form<ProfileForm>) -> Response {
    match session.user().update(ProfileUpdate::new().data(json!({ "name": form.name }))).await {
        Ok(_) => Redirect::to("/account?notice=profile").into_response(),
        Err(error) => failed(Some(&user), &error),
    }
}

async fn sign_out_others(user: CurrentUser, session: BrowserSession) -> Response {
    match session.sign_out(SignOutScope::Others).await {
        Ok(()) => Redirect::to("/account?notice=others").into_response(),
        Err(error) => failed(Some(&user), &error),
    }
}

async fn sign_out_everywhere(session: BrowserSession) -> Response {
    match session.sign_out(SignOutScope::Global).await {
        Ok(()) => Redirect::to("/sign-in?notice=signed-out").into_response(),
        Err(error) => failed(None, &error),
    }
}

fn account_page(user: &CurrentUser, profile: &User, notice_name: Option<&str>) -> Markup {
    let name = profile.user_metadata.as_ref().and_then(|data| data["name"].as_str()).unwrap_or_default();
    let factors = Factors::of(profile);
    let app = factors.totp().find(|factor| factor.is_verified());
    let content = html! {
        h1 { @if name.is_empty() { "Your account" } @else { "Hello, " (name) } }
        (notice(notice_name))
        div.columns {
            section.card {
                h2 { "Profile" }
                form method="post" action="/account/profile" {
                    (field("Name", "name", "text", "name", name))
                    button.primary { "Save" }
                }
                dl {
                    dt { "Email" } dd { (profile.email.as_deref().unwrap_or("none")) }
                    dt { "Sign-in" } dd { (sign_in_methods(profile)) }
                }
            }
            section.card {
                h2 { "Security" }
                dl {
                    dt { "Password" } dd { a href="/new-password" { "Change" } }
                    dt { "Authenticator app" }
                    dd {
                        @if let Some(app) = app {
                            span.badge { "On" } " "
                            form method="post" action="/authenticator/remove" {
                                input type="hidden" name="factor" value=(app.id);
                                button.link { "Remove" }
                            }
                        } @else {
                            a href="/authenticator" { "Set up" }
                        }
                    }
                    dt { "Vault" } dd { a href="/vault" { "Open" } }
                }
                p.hint { "The vault opens only with a code of the authenticator app." }
            }
            section.card {
                h2 { "Devices" }
                p { "A device that is signed out from here notices it within an hour." }
                form method="post" action="/account/sign-out-others" { button { "Sign out other devices" } }
                form method="post" action="/account/sign-out-everywhere" { button.danger { "Sign out everywhere" } }
            }
        }
    };
    page("Account", Some(user), &content)
}

/// Returns the ways in which the user signs in, such as `email, github`.
fn sign_in_methods(profile: &User) -> String {
    let identities = profile.identities.iter().flatten();
    identities.map(|identity| identity.provider.as_str()).collect::<Vec<_>>().join(", ")
}
