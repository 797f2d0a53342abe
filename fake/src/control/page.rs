//! The page for people: messages with their links and codes, and the codes of authenticator apps.

use std::fmt::Write as _;

use crate::{
    mailbox::Message,
    state::State,
    wire::{Response, escape},
};

/// How many messages the page shows.
const SHOWN: usize = 100;

const STYLE: &str = "body{font:16px system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
                     table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem .4rem 0;\
                     border-bottom:1px solid #8884}code{font-size:1.1em}form{display:inline}\
                     h1 small{font-weight:normal;font-size:1rem;margin-left:1rem}";

/// Returns the page, which reloads itself.
pub(super) fn page(state: &mut State) -> Response {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"3\">\n\
         <title>gotrue fake</title>\n<style>{STYLE}</style>\n<h1>Messages<small>of the fake server at {}</small></h1>\n",
        escape(&state.base_url)
    );
    let rows: String = state.mailbox.iter().rev().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        html.push_str("<p>No message has been sent yet.</p>\n");
    } else {
        let _ = write!(html, "<table>\n<tr><th>Sent<th>To<th>Message<th>Code<th>Link</tr>\n{rows}</table>\n");
    }
    let apps = state.authenticator_codes();
    if !apps.is_empty() {
        html.push_str("<h2>Authenticator apps</h2>\n<table>\n<tr><th>User<th>App<th>Code now</tr>\n");
        for app in apps {
            let [email, name, code] = [app.email.as_str(), app.name.as_str(), app.code.expose()].map(escape);
            let _ = writeln!(html, "<tr><td>{email}<td>{name}<td><code>{code}</code></tr>");
        }
        html.push_str("</table>\n");
    }
    let users = state.accounts.len();
    let _ = writeln!(
        html,
        "<p>{users} user{}, {} session{}. <form method=\"post\" action=\"/reset\"><button>Reset</button></form></p>",
        if users == 1 { "" } else { "s" },
        state.sessions.len(),
        if state.sessions.len() == 1 { "" } else { "s" },
    );
    // What a user has chosen is in the page, so no script runs in it.
    Response::new(200)
        .body("text/html; charset=utf-8", html)
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        .header("cache-control", "no-store")
}

fn row(message: &Message) -> String {
    let link = message.link.as_ref().map_or_else(String::new, |link| {
        format!("<a href=\"{}\" target=\"_blank\" rel=\"noreferrer\">open</a>", escape(link.expose()))
    });
    let [to, subject, code] = [message.to.as_str(), message.subject.as_str(), message.code.expose()].map(escape);
    let time = message.sent_at.format("%H:%M:%S");
    format!("<tr><td>{time}<td>{to}<td>{subject}<td><code>{code}</code><td>{link}</tr>\n")
}
