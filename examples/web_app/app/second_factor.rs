//! The authenticator app: setting it up, and its code as the second factor of a sign-in.

use axum::{
    Form, Router,
    extract::Query,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gotrue::{
    Secret,
    user::{EnrollTotp, TotpFactor},
    uuid::Uuid,
    web::{BrowserSession, CurrentUser, LocalPath},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    App, failed,
    page::{alert, code_field, page},
    sign_in::PageQuery,
    words::in_words,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/second-factor", get(ask).post(verify))
        .route("/authenticator", get(explain).post(enroll))
        .route("/authenticator/verify", post(verify_new))
        .route("/authenticator/remove", post(remove))
}

#[derive(Deserialize)]
struct CodeForm {
    factor: Uuid,
    code: Secret,
    #[serde(default)]
    next: String,
}

/// Asks for the code of the user's authenticator app.
async fn ask(user: CurrentUser, session: BrowserSession, Query(query): Query<PageQuery>) -> Response {
    let factors = match session.user().mfa().factors().await {
        Ok(factors) => factors,
        Err(error) => return failed(Some(&user), &error),
    };
    match factors.totp().find(|factor| factor.is_verified()) {
        Some(factor) => code_page(&user, factor.id, &query.next.unwrap_or_default(), None).into_response(),
        None => Redirect::to("/authenticator").into_response(),
    }
}

async fn verify(user: CurrentUser, session: BrowserSession, Form(form): Form<CodeForm>) -> Response {
    match session.user().mfa().challenge_and_verify(form.factor, form.code).await {
        Ok(_) => Redirect::to(form.next.parse::<LocalPath>().unwrap_or_default().as_str()).into_response(),
        Err(error) => {
            let page = code_page(&user, form.factor, &form.next, Some(&in_words(&error)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

async fn explain(user: CurrentUser) -> Markup {
    let content = html! {
        section.card {
            h1 { "Authenticator app" }
            p { "With an authenticator app on your phone, a stolen password is not enough to get into your account." }
            form method="post" action="/authenticator" { button.primary { "Set it up" } }
        }
    };
    page("Authenticator app", Some(&user), &content)
}

async fn enroll(user: CurrentUser, session: BrowserSession) -> Response {
    match start(&session).await {
        Ok(factor) => new_factor_page(&user, factor.id, Some(&factor), None).into_response(),
        Err(error) => failed(Some(&user), &error),
    }
}

/// Replaces a factor whose set-up was not finished.
async fn start(session: &BrowserSession) -> gotrue::Result<TotpFactor> {
    let mfa = session.user().mfa();
    for factor in mfa.factors().await?.unverified() {
        mfa.unenroll(factor.id).await?;
    }
    mfa.enroll_totp(EnrollTotp::new().friendly_name("Authenticator app").issuer("Acme")).await
}

async fn verify_new(user: CurrentUser, session: BrowserSession, Form(form): Form<CodeForm>) -> Response {
    match session.user().mfa().challenge_and_verify(form.factor, form.code).await {
        Ok(_) => Redirect::to("/account?notice=authenticator").into_response(),
        Err(error) => {
            // The server shows the secret only once. The app has it by now.
            let page = new_factor_page(&user, form.factor, None, Some(&in_words(&error)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

#[derive(Deserialize)]
struct FactorForm {
    factor: Uuid,
}

async fn remove(user: CurrentUser, session: BrowserSession, Form(form): Form<FactorForm>) -> Response {
    match session.user().mfa().unenroll(form.factor).await {
        Ok(()) => Redirect::to("/account?notice=removed").into_response(),
        Err(error) => failed(Some(&user), &error),
    }
}

fn code_page(user: &CurrentUser, factor: Uuid, next: &str, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "Second factor" }
            p { "Enter the code that your authenticator app shows." }
            (alert(error))
            form method="post" action="/second-factor" {
                input type="hidden" name="factor" value=(factor);
                input type="hidden" name="next" value=(next);
                (code_field("Code"))
                button.primary { "Continue" }
            }
        }
    };
    page("Second factor", Some(user), &content)
}

/// Returns the page with the QR code, unless it was shown before.
fn new_factor_page(user: &CurrentUser, id: Uuid, factor: Option<&TotpFactor>, error: Option<&str>) -> Markup {
    let content = html! {
        section.card {
            h1 { "Authenticator app" }
            @if let Some(factor) = factor {
                p { "Scan this picture with your app, then enter the code that it shows." }
                img.qr src=(factor.qr_code_data_uri().expose()) alt="QR code for the authenticator app";
                p.hint { "No camera? Enter this key: " code { (factor.secret.expose()) } }
            }
            (alert(error))
            form method="post" action="/authenticator/verify" {
                input type="hidden" name="factor" value=(id);
                (code_field("Code"))
                button.primary { "Verify" }
            }
            form method="post" action="/authenticator" { button.link { "Start again with a new picture" } }
        }
    };
    page("Authenticator app", Some(user), &content)
}
