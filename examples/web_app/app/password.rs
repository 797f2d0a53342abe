//! A forgotten password, and a new one.

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gotrue::{
    ProfileUpdate, Recover, Secret,
    types::OtpType,
    web::{BrowserSession, CurrentUser},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    App,
    code::code_page,
    page::{alert, field, page},
    words::in_words,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/forgotten-password", get(async || forgotten_page("", None)).post(recover))
        .route("/new-password", get(async |user: CurrentUser| new_password_page(&user, None)).post(change))
}

#[derive(Deserialize)]
struct EmailForm {
    email: String,
}

async fn recover(State(app): State<App>, Form(form): Form<EmailForm>) -> Response {
    match app.client.recover(Recover::email(&form.email)).await {
        Ok(()) => code_page(&app, &form.email, OtpType::Recovery, None).into_response(),
        Err(error) => {
            (StatusCode::UNPROCESSABLE_ENTITY, forgotten_page(&form.email, Some(&in_words(&error)))).into_response()
        }
    }
}

#[derive(Deserialize)]
struct PasswordForm {
    password: Secret,
}

async fn change(user: CurrentUser, session: BrowserSession, Form(form): Form<PasswordForm>) -> Response {
    match session.user().update(ProfileUpdate::new().password(form.password)).await {
        Ok(_) => Redirect::to("/account?notice=password").into_response(),
        Err(error) => {
            (StatusCode::UNPROCESSABLE_ENTITY, new_password_page(&user, Some(&in_words(&error)))).into_response()
        }
    }
}

fn forgotten_page(email: &str, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "Forgot your password?" }
            p { "We email you a link to set a new one." }
            (alert(error))
            form method="post" action="/forgotten-password" {
                (field("Email", "email", "email", "username", email))
                button.primary { "Email me" }
            }
            p.hint { a href="/sign-in" { "Back to sign-in" } }
        }
    };
    page("Forgot your password?", None, &content)
}

fn new_password_page(user: &CurrentUser, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "New password" }
            (alert(error))
            form method="post" action="/new-password" {
                (field("New password", "password", "password", "new-password", ""))
                button.primary { "Change password" }
            }
        }
    };
    page("New password", Some(user), &content)
}
