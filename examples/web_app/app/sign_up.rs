//! Creating an account.

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gotrue::{Secret, SignUp, SignUpOutcome, types::OtpType, web::BrowserSession};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{
    App,
    code::code_page,
    page::{alert, field, page},
    words::in_words,
};

pub fn routes() -> Router<App> {
    Router::new().route("/sign-up", get(async || sign_up_page(&SignUpForm::default(), None)).post(sign_up))
}

#[derive(Default, Deserialize)]
struct SignUpForm {
    name: String,
    email: String,
    password: Secret,
}

async fn sign_up(State(app): State<App>, session: BrowserSession, Form(form): Form<SignUpForm>) -> Response {
    let sign_up = SignUp::email(&form.email, form.password.clone()).data(json!({ "name": form.name }));
    match session.sign_up(sign_up).await {
        Ok(SignUpOutcome::Session(_)) => Redirect::to("/account").into_response(),
        // The page is the same if the address has an account already.
        Ok(SignUpOutcome::ConfirmationRequired(_)) => {
            code_page(&app, &form.email, OtpType::Email, None).into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, sign_up_page(&form, Some(&in_words(&error)))).into_response(),
    }
}

fn sign_up_page(form: &SignUpForm, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "Create an account" }
            (alert(error))
            form method="post" action="/sign-up" {
                (field("Name", "name", "text", "name", &form.name))
                (field("Email", "email", "email", "username", &form.email))
                (field("Password", "password", "password", "new-password", ""))
                button.primary { "Create account" }
            }
            p.hint { "Have an account? " a href="/sign-in" { "Sign in" } }
        }
    };
    page("Create an account", None, &content)
}
