//! Emails, as the HTTP API of Mailpit lists them, so that tests written for it find them here too.

use serde_json::{Value, json};

use crate::{
    mailbox::Message,
    state::State,
    wire::{Request, Response, json_response},
};

const SENDER: &str = "noreply@example.com";

/// Responds to a request of the API, or returns `None` for any other request.
pub(super) fn answer(state: &mut State, request: &Request) -> Option<Result<Response, (u16, String)>> {
    let rest = request.path().strip_prefix("/api/v1/")?.trim_end_matches('/');
    let not_found = || Err((404, "message not found".to_owned()));
    Some(match (request.method.as_str(), rest) {
        ("GET", "info") => {
            Ok(json_response(200, &json!({ "Version": "gotrue-fake", "Messages": emails(state).count() })))
        }
        ("GET", "messages") => Ok(list(state, request, "")),
        ("GET", "search") => Ok(list(state, request, &request.query("query").unwrap_or_default())),
        ("DELETE", "messages" | "search") => {
            state.mailbox.retain(|message| message.link.is_none() && message.token_hash.is_none());
            Ok(Response::new(200).body("text/plain", "ok"))
        }
        ("GET", path) if path.starts_with("message/") => {
            let id = path.trim_start_matches("message/");
            let is_it = |message: &&Message| id == "latest" || id == message.id.to_string();
            emails(state).find(is_it).map_or_else(not_found, |message| Ok(json_response(200, &whole(message))))
        }
        _ => not_found(),
    })
}

/// Returns the emails, newest first.
pub(super) fn emails(state: &State) -> impl Iterator<Item = &Message> {
    state.mailbox.iter().rev().filter(|message| message.is_email())
}

fn list(state: &State, request: &Request, query: &str) -> Response {
    let number = |name: &str, default| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (start, limit): (usize, usize) = (number("start", 0), number("limit", 50));
    let total = emails(state).count();
    let found: Vec<&Message> = emails(state).filter(|message| fits(message, query)).collect();
    let page: Vec<Value> = found.iter().skip(start).take(limit).map(|message| summary(message)).collect();
    json_response(
        200,
        &json!({
            "total": total, "unread": total, "count": page.len(), "messages_count": found.len(),
            "messages_unread": found.len(), "start": start, "tags": [], "messages": page,
        }),
    )
}

/// Returns whether a message fits each word of a search: `to:`, `from:`, `subject:`, or any text.
fn fits(message: &Message, query: &str) -> bool {
    query.split_whitespace().all(|word| {
        let word = word.replace('"', "").to_lowercase();
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        match word.split_once(':') {
            Some(("to" | "addressed", part)) => has(&message.to, part),
            Some(("from", part)) => has(SENDER, part),
            Some(("subject", part)) => has(&message.subject, part),
            _ => has(&message.to, &word) || has(&message.subject, &word) || has(&text(message), &word),
        }
    })
}

fn address(address: &str) -> Value {
    json!({ "Name": "", "Address": address })
}

fn summary(message: &Message) -> Value {
    let text = text(message);
    json!({
        "ID": message.id.to_string(), "MessageID": format!("{}@gotrue-fake", message.id), "Read": false,
        "From": address(SENDER), "To": [address(&message.to)], "Cc": [], "Bcc": [], "ReplyTo": [],
        "Subject": message.subject, "Created": message.sent_at, "Username": "", "Tags": [], "Size": text.len(),
        "Attachments": 0, "Snippet": text.chars().take(250).collect::<String>(),
    })
}

fn whole(message: &Message) -> Value {
    let (text, html) = (text(message), html(message));
    json!({
        "ID": message.id.to_string(), "MessageID": format!("{}@gotrue-fake", message.id),
        "From": address(SENDER), "To": [address(&message.to)], "Cc": [], "Bcc": [], "ReplyTo": [],
        "ReturnPath": SENDER, "Subject": message.subject, "Date": message.sent_at, "Tags": [], "Username": "",
        "Size": text.len() + html.len(), "Inline": [], "Attachments": [], "Text": text, "HTML": html,
    })
}

fn text(message: &Message) -> String {
    let code = message.code.expose();
    if code.is_empty() {
        return format!("{}\n", message.subject);
    }
    message.link.as_ref().map_or_else(
        || format!("{}\n\nEnter the code: {code}\n", message.subject),
        |link| format!("{}\n\nFollow this link: {}\n\nOr enter the code: {code}\n", message.subject, link.expose()),
    )
}

fn html(message: &Message) -> String {
    let (subject, code) = (crate::wire::escape(&message.subject), message.code.expose());
    let link = message.link.as_ref().map_or_else(String::new, |link| {
        format!(
            "<p><a href=\"{}\">{subject}</a></p>\n<p>Or enter the code: {code}</p>\n",
            crate::wire::escape(link.expose())
        )
    });
    let only_code =
        if link.is_empty() && !code.is_empty() { format!("<p>Enter the code: {code}</p>\n") } else { String::new() };
    format!("<h2>{subject}</h2>\n{link}{only_code}")
}
