//! The exact error responses to invalid requests. Each line of `refusals.json` is a request and its response.

use gotrue::{reqwest, url::Url};
use serde_json::Value;

use crate::world::World;

pub async fn word_for_word(world: &World) {
    let (_, session) = world.new_user("ada").await;
    let rows: Vec<Value> = serde_json::from_str(include_str!("refusals.json")).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let token = match row["as"].as_str().unwrap() {
            "user" => Some(session.access_token().clone()),
            "admin" => Some(world.service_key()),
            _ => None,
        };
        let came = send(world, row, token.as_ref().map(gotrue::Secret::expose)).await;
        if let Err(difference) = compare(row, &came) {
            wrong.push(format!("{} {}: {difference}", row["send"], row["body"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

struct Reply {
    status: u16,
    location: Option<String>,
    json: Value,
}

async fn send(world: &World, row: &Value, token: Option<&str>) -> Reply {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let (method, path) = row["send"].as_str().unwrap().split_once(' ').unwrap();
    let url = Url::parse(world.client.base_url().as_str()).unwrap().join(path).unwrap();
    let mut request = http.request(method.parse().unwrap(), url).header("x-supabase-api-version", "2024-01-01");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = row["body"].as_str() {
        request = request.header("content-type", "application/json").body(body.to_owned());
    }
    let reply = request.send().await.unwrap();
    let location = reply.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    let status = reply.status().as_u16();
    Reply { status, location, json: serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap_or_default() }
}

fn compare(row: &Value, came: &Reply) -> Result<(), String> {
    let text = |names: [&str; 2]| names.iter().find_map(|name| came.json[name].as_str()).unwrap_or_default();
    let (code, words) = (text(["code", "error"]), text(["message", "error_description"]));
    // The text after the colon is that of the JSON parser.
    let words = if code == "bad_json" { words.split(": ").next().unwrap() } else { words };
    let wanted = |name: &str| row[name].as_str().unwrap_or_default();
    let location = came.location.as_deref().unwrap_or_default();
    let is_alike = row["status"] == came.status
        && wanted("code") == code
        && wanted("words") == words
        && wanted("location") == location;
    if is_alike { Ok(()) } else { Err(format!("{} {code} {words:?} {location}, and not {row}", came.status)) }
}
