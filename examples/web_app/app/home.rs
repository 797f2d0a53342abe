//! The pages that the application is about.

use axum::{http::StatusCode, response::IntoResponse};
use gotrue::web::CurrentUser;
use maud::{Markup, html};

use super::page::page;

pub async fn home(user: Option<CurrentUser>) -> Markup {
    let content = html! {
        section.hero {
            h1 { "Keep what matters in one place" }
            p { "A small web application in Rust that signs people in with a GoTrue server." }
            @if user.is_some() {
                p.actions {
                    a.button.primary href="/vault" { "Open the vault" }
                    a.button href="/account" { "Your account" }
                }
            } @else {
                p.actions {
                    a.button.primary href="/sign-up" { "Create an account" }
                    a.button href="/sign-in" { "Sign in" }
                }
            }
        }
    };
    page("Home", user.as_ref(), &content)
}

/// The vault opens only after a second factor, which the route requires.
pub async fn vault(user: CurrentUser) -> Markup {
    let content = html! {
        section.card {
            h1 { "Vault" }
            p { "You have verified a second factor, so the vault is open." }
            p.hint { a href="/account" { "Your account" } }
        }
    };
    page("Vault", Some(&user), &content)
}

pub async fn not_found(user: Option<CurrentUser>) -> impl IntoResponse {
    let content = html! {
        section.card { h1 { "Not found" } p { "There is no such page." } p.hint { a href="/" { "Home" } } }
    };
    (StatusCode::NOT_FOUND, page("Not found", user.as_ref(), &content))
}
