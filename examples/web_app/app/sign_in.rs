//! Signing in: by password, by a link in an email, and with GitHub.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gotrue::{
    Password, Secret, SignInMessage, SignOutScope,
    types::OtpType,
    user::Assurance,
    web::{BrowserSession, CurrentUser, LocalPath},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    App,
    code::code_page,
    page::{alert, field, notice, page},
    words::in_words,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(show).post(by_password))
        .route("/sign-in/email", post(by_email))
        .route("/sign-out", post(sign_out))
}

/// The query of a page to which other pages redirect.
#[derive(Deserialize)]
pub struct PageQuery {
    /// The page to return to. It comes from the URL, so it is parsed as a [`LocalPath`] before it is used.
    pub next: Option<String>,
    pub notice: Option<String>,
}

#[derive(Default, Deserialize)]
struct SignInForm {
    email: String,
    password: Secret,
    next: String,
}

impl SignInForm {
    fn next(&self) -> LocalPath {
        self.next.parse().unwrap_or_default()
    }
}

async fn show(visitor: Option<CurrentUser>, Query(query): Query<PageQuery>) -> Response {
    if visitor.is_some() {
        return Redirect::to("/account").into_response();
    }
    let form = SignInForm { next: query.next.unwrap_or_else(|| "/account".to_owned()), ..SignInForm::default() };
    sign_in_page(&form, &notice(query.notice.as_deref())).into_response()
}

async fn by_password(session: BrowserSession, Form(form): Form<SignInForm>) -> Response {
    match session.sign_in(Password::email(&form.email, form.password.clone())).await {
        Ok(session) if Assurance::of(session.access_token(), session.user()).needs_second_factor() => {
            Redirect::to(&super::with_next("/second-factor", &form.next())).into_response()
        }
        Ok(_) => Redirect::to(form.next().as_str()).into_response(),
        Err(error) => refused(&form, &in_words(&error)),
    }
}

async fn by_email(State(app): State<App>, Form(form): Form<SignInForm>) -> Response {
    let message = SignInMessage::email(&form.email).create_user(false);
    match app.client.send_otp(message).await {
        Ok(_) => code_page(&app, &form.email, OtpType::Email, None).into_response(),
        Err(error) => refused(&form, &in_words(&error)),
    }
}

async fn sign_out(session: BrowserSession) -> Redirect {
    // The cookies are removed even if the server cannot be reached.
    let _ = session.sign_out(SignOutScope::Local).await;
    Redirect::to("/sign-in?notice=signed-out")
}

fn refused(form: &SignInForm, error: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, sign_in_page(form, &alert(Some(error)))).into_response()
}

fn sign_in_page(form: &SignInForm, message: &Markup) -> Markup {
    let content = html! {
        section.card {
            h1 { "Sign in" }
            (message)
            form method="post" action="/sign-in" {
                input type="hidden" name="next" value=(form.next);
                (field("Email", "email", "email", "username", &form.email))
                (field("Password", "password", "password", "current-password", ""))
                button.primary { "Sign in" }
                button formaction="/sign-in/email" formnovalidate { "Email me a link instead" }
            }
            p.hint { a href="/forgotten-password" { "Forgot your password?" } }
            p.hint { "New here? " a href="/sign-up" { "Create an account" } }
        }
    };
    page("Sign in", None, &content)
}
