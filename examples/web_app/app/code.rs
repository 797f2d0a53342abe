//! The code in an email, for a browser in which its link cannot be opened.

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use gotrue::{Secret, VerifyOtp, types::OtpType, web::BrowserSession};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    App,
    page::{alert, code_field, page},
    words::in_words,
};

pub fn routes() -> Router<App> {
    Router::new().route("/code", post(verify))
}

#[derive(Deserialize)]
struct CodeForm {
    email: String,
    purpose: OtpType,
    code: Secret,
}

async fn verify(State(app): State<App>, session: BrowserSession, Form(form): Form<CodeForm>) -> Response {
    let code = VerifyOtp::email(&form.email, form.code).otp_type(form.purpose);
    match session.verify_otp(code).await {
        Ok(_) if form.purpose == OtpType::Recovery => Redirect::to("/new-password").into_response(),
        Ok(_) => Redirect::to("/account").into_response(),
        Err(error) => {
            let page = code_page(&app, &form.email, form.purpose, Some(&in_words(&error)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

/// Returns the page after an email was sent.
pub fn code_page(app: &App, email: &str, purpose: OtpType, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "Check your email" }
            p { "If " strong { (email) } " is the right address, an email is on its way. Open the link in this browser, or \
                enter the code here." }
            @if let Some(mailbox) = &app.mailbox {
                p.notice { "No email leaves the fake server: " a href=(mailbox) target="_blank" { "read it here" } "." }
            }
            (alert(error))
            form method="post" action="/code" {
                input type="hidden" name="email" value=(email);
                input type="hidden" name="purpose" value=(purpose);
                (code_field("Code"))
                button.primary { "Continue" }
            }
        }
    };
    page("Check your email", None, &content)
}
