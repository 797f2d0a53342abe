//! The layout of all pages, and the elements that they share.

use gotrue::web::CurrentUser;
use maud::{DOCTYPE, Markup, html};

/// Returns a page. Visitors see links to sign in and up; users see who they are and can sign out.
pub fn page(title: &str, user: Option<&CurrentUser>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Acme" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                header {
                    a.brand href="/" { "Acme" }
                    nav aria-label="Account" {
                        @if let Some(user) = user {
                            a href="/account" { (user.email.as_deref().unwrap_or("Account")) }
                            form method="post" action="/sign-out" { button.link { "Sign out" } }
                        } @else {
                            a href="/sign-in" { "Sign in" }
                            a href="/sign-up" { "Sign up" }
                        }
                    }
                }
                main { (content) }
            }
        }
    }
}

/// Returns a form field with its label.
pub fn field(label: &str, name: &str, kind: &str, autocomplete: &str, value: &str) -> Markup {
    html! {
        label {
            (label)
            input name=(name) type=(kind) autocomplete=(autocomplete) value=(value) required;
        }
    }
}

/// Returns the field for a code of six digits.
pub fn code_field(label: &str) -> Markup {
    html! {
        label {
            (label)
            input.code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="10" required;
        }
    }
}

/// Returns the message that something failed.
pub fn alert(error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error {
            p.alert role="alert" { (error) }
        }
    }
}

/// Returns the message that something is done. The name comes from the URL, so unknown ones show nothing.
pub fn notice(name: Option<&str>) -> Markup {
    let text = match name {
        Some("profile") => "Your profile is saved.",
        Some("password") => "Your password is changed.",
        Some("authenticator") => "Your authenticator app is set up.",
        Some("removed") => "Your authenticator app is removed.",
        Some("others") => "Your other devices are signed out.",
        Some("signed-out") => "You are signed out.",
        _ => return html! {},
    };
    html! { p.notice role="status" { (text) } }
}
